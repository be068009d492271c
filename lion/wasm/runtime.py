"""Look here if you want to know how bytes become a component: check, compile or take from the
cache, reflect, link.
"""

import hashlib
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import trio
from wasmtime.component import Component as WasmComponent
from wasmtime.component import ResourceType
from wasmtime.component._types import FuncType

from lion.domain.memory_sum import MemorySum, process_sum
from lion.domain.pythons import check_python
from lion.domain.text import show_line
from lion.errors import GuestError, OperatorError
from lion.ports import NO_EXTENSIONS, Adapted, Export, Extensions, Import, ImportSeen
from lion.values.wit import render_function
from lion.wasm import capi, reflect
from lion.wasm.adapting import Adapter
from lion.wasm.admission import Admission, check_addresses
from lion.wasm.cache import CompileCache
from lion.wasm.compile_ends import Costs
from lion.wasm.compiler import Compiled, Compiler
from lion.wasm.component import MEMORIES, LoadedComponent, Shared
from lion.wasm.engine import Ticker, build_engine, engine_digest
from lion.wasm.exits import check_exit, is_exit
from lion.wasm.extension_imports import check_extensions
from lion.wasm.linear import Memories, machines_memory
from lion.wasm.lines import Lines, read_lines
from lion.wasm.notes import with_notes
from lion.wasm.offers import Offers, offered
from lion.wasm.poll_meter import PollMeter
from lion.wasm.processor import processor
from lion.wasm.sections import check_preamble, import_names, is_module
from lion.wasm.survey import survey_imports

KEPT = 128
"""Loaded components that are kept for the next run: each holds its machine code."""
REST = 2.0
"""Seconds at least between two times that memory is given back, about a millisecond's work."""


class WasmRuntime:
    """One engine; implements ports.Runtime."""

    def __init__(self, shared: Shared, compiler: Compiler, offers: Offers) -> None:
        self.engine_digest = engine_digest()
        self.wasmtime_version = capi.VERSION
        self._shared = shared
        self._compiler = compiler
        self._offers = offers
        self._adapter = Adapter(offers)
        self._rested = time.monotonic()
        self._loaded: dict[str, LoadedComponent] = {}

    def rest(self) -> None:
        """Give back memory that nobody uses, if a while has passed since the last time."""
        now = time.monotonic()
        if now - self._rested > REST:
            self._rested = now
            capi.trim()

    @property
    def memory(self) -> MemorySum:
        """What all instances have together."""
        return self._shared.memory

    def check_room(self) -> None:
        """Raise OperatorError where no instance can be made at all."""
        check_addresses()

    @property
    def live(self) -> int:
        """Instances alive now."""
        return self._shared.admission.live

    async def load(
        self, data: bytes, origin: str, extensions: Extensions | None = NO_EXTENSIONS
    ) -> LoadedComponent:
        """See ports.Runtime.load."""
        with _of_origin(origin):
            adapted = await self._adapter.adapt(data, origin, extensions)
        data = data if adapted is None else adapted.data
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._loaded:
            check_preamble(data, origin)
            compiled = await self._compiler.compile(data, digest, origin)
            with _of_origin(origin):
                _check_memories(compiled)
                self._keep(digest, await self._build(compiled, digest, data, adapted))
        # What was used last is let go last.
        loaded = self._loaded[digest] = self._loaded.pop(digest)
        if extensions is not None:
            # Each run has its own, so this is asked also of what was loaded before.
            with _of_origin(origin):
                check_extensions(self._offers, loaded.imports, extensions)
        return loaded

    def _keep(self, digest: str, loaded: LoadedComponent) -> None:
        """Keep a component for the next run; whoever uses one that is let go keeps it himself."""
        while len(self._loaded) >= KEPT:
            del self._loaded[next(iter(self._loaded))]
        self._loaded[digest] = loaded

    async def survey(self, data: bytes, origin: str) -> tuple[ImportSeen, ...]:
        """See ports.Runtime.survey."""
        try:
            with _of_origin(origin):
                adapted = await self._adapter.adapt(data, origin, None)
        except GuestError:
            if is_module(data):
                raise  # why it becomes no component: by itself it is none
            adapted = None  # what it imports itself is told then
        data = data if adapted is None else adapted.data
        check_preamble(data, origin)
        digest = hashlib.sha256(data).hexdigest()
        try:
            compiled = await self._compiler.compile(data, digest, origin)
        except OperatorError as exc:
            names = [show_line(name) for name in import_names(data)]
            hint = f"it imports {', '.join(names)}" if names else exc.hint
            raise OperatorError(exc.what, hint=hint) from exc
        return await trio.to_thread.run_sync(self._survey, compiled)

    def _survey(self, compiled: Compiled) -> tuple[ImportSeen, ...]:
        wasm = WasmComponent.deserialize(self._shared.engine, compiled.code)
        return tuple(survey_imports(wasm, self._shared.engine, self._offers))

    async def _build(
        self, compiled: Compiled, digest: str, data: bytes, adapted: Adapted | None
    ) -> LoadedComponent:
        wasm, imports, kinds, exports, lines = await trio.to_thread.run_sync(
            self._reflect, compiled, data
        )
        ends = [i for i in imports if is_exit(i.interface)]
        imports = [i for i in imports if not is_exit(i.interface)]
        parts = digest, imports, exports, kinds, compiled.memories, ends, adapted
        loaded = LoadedComponent(self._shared, wasm, *parts)
        loaded.lines = lines
        return loaded

    def _reflect(
        self, compiled: Compiled, data: bytes
    ) -> tuple[
        WasmComponent, Sequence[Import], Mapping[str, Sequence[str]], Sequence[Export], Lines
    ]:
        """Load machine code, and read the types of what it imports and exports, and what it says
        of them and of its lines.
        """
        wasm = WasmComponent.deserialize(self._shared.engine, compiled.code)
        resources = reflect.name_resources(wasm, self._shared.engine)
        imports, kinds = self._imports(wasm, resources)
        exports = with_notes(tuple(self._exports(wasm, resources, compiled.docs)), data)
        return wasm, imports, kinds, exports, read_lines(data)

    def _imports(
        self, wasm: WasmComponent, resources: reflect.Resources
    ) -> tuple[Sequence[Import], Mapping[str, Sequence[str]]]:
        engine = self._shared.engine
        imports: list[Import] = []
        kinds: dict[str, list[str]] = {}
        for interface, items in reflect.interfaces(wasm.type.imports(engine), engine):
            asked = [i for i in items.values() if isinstance(i, FuncType | ResourceType)]
            is_extension = self._offers.leaves_to_plugins(interface)
            is_own = is_extension or is_exit(interface)
            if not is_own:
                self._offers.check_interface(interface, is_empty=not asked)
            if not asked:
                continue
            for name, item in items.items():
                if isinstance(item, ResourceType):
                    self._offers.check_resource(interface, name)
                    kinds.setdefault(interface, []).append(name)
                elif isinstance(item, FuncType):
                    kind = reflect.function(item, resources)
                    if is_exit(interface):
                        check_exit(name, render_function(kind))
                    elif not is_extension:
                        self._offers.check_function(interface, name, render_function(kind))
                    imports.append(Import(interface=interface, name=name, type=kind))
        return imports, kinds

    def _exports(
        self, wasm: WasmComponent, resources: reflect.Resources, docs: Mapping[str, str]
    ) -> Iterator[Export]:
        engine = self._shared.engine
        for interface, items in reflect.interfaces(wasm.type.exports(engine), engine):
            for name, item in items.items():
                if isinstance(item, FuncType):
                    kind = reflect.function(item, resources)
                    yield Export(
                        interface=interface, name=name, type=kind, docs=docs.get(name, "")
                    )


def _check_memories(compiled: Compiled) -> None:
    if compiled.memories > MEMORIES:
        raise GuestError(
            f"an instance has {compiled.memories} memories, of which {MEMORIES} are allowed",
            ending="world",
            hint="compose it of fewer components",
        )


@contextmanager
def _of_origin(origin: str) -> Iterator[None]:
    """What a component was refused for, with its name."""
    try:
        yield
    except GuestError as exc:
        raise GuestError(f"{origin!r}: {exc.what}", ending=exc.ending, hint=exc.hint) from exc


@asynccontextmanager
async def open_runtime(
    cache: Path | None = None,
    *,
    offers: Offers | None = None,
    instances: int | None = None,
    memory: int | None = None,
    costs: Costs | None = None,
) -> AsyncIterator[WasmRuntime]:
    """Open an engine with its ticker. `cache` is the directory for compiled code (none: compile
    each time), `offers` what components may import (lion's interfaces), `instances` how many may
    live (what the machine allows), `memory` how many bytes of memory they may have together (what
    the machine has), `costs` what compiling one may cost.
    """
    check_python(sys.version_info[:3])
    memories = Memories()
    engine = build_engine(memories)
    ticker = Ticker(engine)
    meter = PollMeter(ticker, memories, os.cpu_count() or 2)
    total = process_sum(machines_memory() if memory is None else memory)
    shared = Shared(engine, meter, Admission(instances), total)
    kept = CompileCache(cache, f"{engine_digest()} {processor()}") if cache else None
    with ticker.run():
        yield WasmRuntime(shared, Compiler(kept, costs), offers or offered())
