"""Look here if you want to know how a program for WASI preview 1, a core module, becomes a
component.

    lion's interfaces -> adapter (WASI 0.2) -> the standard adapter -> bridge.py -> the program

The program's memory is there only after the program, and what the standard adapter imports is
lowered with a function of its own: both circles are broken by a table that is filled when all are
there.

Rule: pure: bytes in, bytes out, and the same ones for the same program and adapters.
Rule: what of WASI 0.2 the program cannot reach is closed to the standard adapter too.
"""

from collections.abc import Mapping
from typing import Final

from lion.wasm.extism.abi import WASI
from lion.wasm.extism.binary import Signature
from lion.wasm.extism.frame import CORE_FUNC, CORE_MEMORY, CORE_TABLE
from lion.wasm.extism.glue import fills, forwards
from lion.wasm.extism.module import CoreImport, CoreModule
from lion.wasm.extism.rewrite import plain_name
from lion.wasm.wasi.bridge import asked_functions, bridge, memory
from lion.wasm.wasi.host import Adapter, base_name
from lion.wasm.wasi.preview1 import DROP, MAIN_MODULE, MEMORY, START, preview1, reached_imports
from lion.wasm.wasi.stage import Stage
from lion.wasm.wasi.starter import Core, Starter

VERSION: Final = 1
"""Of this composer: what it makes of the same bytes."""
_RUN: Final = "wasi:cli/run@"
_REALLOC: Final = "cabi_import_realloc"


class Command:
    """One program being composed. `needs` are the functions of lion's, by interface."""

    def __init__(self, core: CoreModule, adapter: Adapter, needs: Mapping[str, set[str]]) -> None:
        self._core = core
        self._stage = Stage(adapter, needs)
        self._frame = self._stage.frame

    def compose(self) -> bytes:
        """The component."""
        f = self._frame
        own = {f"{WASI} {i.name}": i for i in self._core.imports}
        open_, closed = self._adapters_imports()
        slots = {key: i.signature or Signature() for key, i in {**own, **open_}.items()}
        shut = {key: i.signature or Signature() for key, i in closed.items()}
        shim = f.instantiate(f.core_module(forwards(slots, shut)), {})
        through = {i.name: f.core_export(shim, key, CORE_FUNC) for key, i in own.items()}
        program = f.instantiate(f.core_module(self._core.data), {WASI: f.bundle(through)})
        room = f.instantiate(f.core_module(memory()), {})
        made = self._standard(program, room, shim)
        crossed = self._bridge(program, room, made)
        functions = {
            key: f.core_export(crossed, plain_name(i.name), CORE_FUNC) for key, i in own.items()
        }
        place = f.core_export(room, MEMORY, CORE_MEMORY)[1]
        realloc = f.core_export(made, _REALLOC, CORE_FUNC)[1]
        functions |= {key: self._lower(one, place, realloc) for key, one in open_.items()}
        table = f.core_export(shim, "t", CORE_TABLE)
        fill = f.core_module(fills(slots, 0, len(slots)))
        f.instantiate(fill, {"": f.bundle({"t": table, **functions})})
        starter = Starter(self._stage)
        (run,) = [name for name in preview1().functions if name.startswith(_RUN)]
        starter.add_run(lambda: f.core_export(made, run, CORE_FUNC))
        starter.export()
        return f.write()

    def _adapters_imports(self) -> tuple[dict[str, CoreImport], dict[str, CoreImport]]:
        """What the standard adapter imports of WASI 0.2: what is reached, and the rest."""
        reached = reached_imports(self._core)
        parts: tuple[dict[str, CoreImport], dict[str, CoreImport]] = {}, {}
        for one in preview1().imports:
            if one.signature is not None and one.module != MAIN_MODULE:
                is_closed = f"{one.module}#{one.name}" not in reached
                parts[is_closed][f"{one.module} {one.name}"] = one
        return parts

    def _standard(self, program: int, room: int, shim: int) -> int:
        """An instance of the standard adapter, in a memory of its own."""
        f = self._frame
        given: dict[str, dict[str, Core]] = {}
        for one in preview1().imports:
            if one.signature is None:
                found = f.core_export(room, MEMORY, CORE_MEMORY)
            elif one.module == MAIN_MODULE:
                found = f.core_export(program, START, CORE_FUNC)
            else:
                found = f.core_export(shim, f"{one.module} {one.name}", CORE_FUNC)
            given.setdefault(one.module, {})[one.name] = found
        bundles = {module: f.bundle(items) for module, items in given.items()}
        return f.instantiate(f.core_module(preview1().data), bundles)

    def _bridge(self, program: int, room: int, made: int) -> int:
        """What the program calls: it copies between both memories."""
        f = self._frame
        functions = {plain_name(i.name): i.signature or Signature() for i in self._core.imports}
        memories = {
            "p": f.bundle({"memory": f.core_export(program, MEMORY, CORE_MEMORY)}),
            "m": f.bundle({"memory": f.core_export(room, MEMORY, CORE_MEMORY)}),
        }
        asked = asked_functions(functions)
        inner = {name: f.core_export(made, name, CORE_FUNC) for name in asked}
        return f.instantiate(f.core_module(bridge(functions)), {**memories, "a": f.bundle(inner)})

    def _lower(self, one: CoreImport, memory: int, realloc: int) -> Core:
        f, instance = self._frame, self._stage.wasi(base_name(one.module))
        if one.name.startswith(DROP):
            return f.drop(f.type_of(instance, one.name.removeprefix(DROP)))
        return f.lower(f.function_of(instance, one.name), memory, realloc)
