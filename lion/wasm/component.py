"""Look here if you want to know how a component is linked, instantiated and called.

Rule: an instance serves one call and is gone when the call returns, however it returns.
Rule: a component may import only what lion offers, with exactly lion's types; anything else is
refused at load.
Rule: wasmtime limits each memory, so each of a component's memories has the same share of
`limits.memory`, and there can be no more of them than were counted: their sum is within the limit.
"""

import ctypes
from collections.abc import Mapping, Sequence
from functools import partial
from math import inf
from typing import Any

import trio
import wasmtime
from wasmtime.component import Component as WasmComponent
from wasmtime.component import Linker

from lion.domain.memory_sum import MemorySum
from lion.domain.plan import Limits
from lion.ports import Adapted, CallStats, Export, HandleCall, Handles, Import
from lion.wasm import capi
from lion.wasm.admission import Admission
from lion.wasm.crossing import Entry, Reading, Values
from lion.wasm.exits import Finished, given, with_exit
from lion.wasm.fiber import Callbacks, Guest, HostFunction, drive
from lion.wasm.lift import compile_lift, has_list
from lion.wasm.lines import NO_LINES
from lion.wasm.lower import compile_lower
from lion.wasm.poll_meter import CpuExceeded, Finish, PollMeter
from lion.wasm.traps import guest_error

INSTANCES, TABLES, MEMORIES = 64, 16, 16
"""Core instances, tables and memories one component may have."""


class Shared:
    """What all components of one runtime share."""

    def __init__(
        self, engine: wasmtime.Engine, meter: PollMeter, admission: Admission, memory: MemorySum
    ) -> None:
        self.engine = engine
        self.engine_address = capi.address(engine)
        self.meter = meter
        self.admission = admission
        self.memory = memory
        self.callbacks = Callbacks()
        self.type_ids: dict[str, int] = {}

    def type_id(self, resource: str) -> int:
        """The host type id of a resource, by `interface.name`."""
        return self.type_ids.setdefault(resource, len(self.type_ids) + 1)


def link(
    shared: Shared, imports: Sequence[Import], resources: Mapping[str, Sequence[str]]
) -> tuple[Linker, list[int]]:
    """Define every imported function and resource type as one of ours; the functions' numbers.
    `resources` are names by interface.
    """
    linker = Linker(shared.engine)
    numbers: list[int] = []
    ids = shared.type_ids
    with linker.root() as root:
        for interface in dict.fromkeys([*resources, *(i.interface for i in imports)]):
            with root.add_instance(interface) as instance:
                for name in resources.get(interface, ()):
                    type_id = shared.type_id(f"{interface.split('@')[0]}.{name}")
                    kind = wasmtime.component.ResourceType.host(type_id)
                    capi.add_resource(instance, name, kind, shared.callbacks.drop, 0)
                for index, item in enumerate(imports):
                    if item.interface == interface:
                        lift = compile_lift([t for _, t in item.type.params])
                        result = item.type.result
                        lower = None if result is None else partial(compile_lower, result, ids)
                        is_heavy = any(map(has_list, [*(t for _, t in item.type.params), result]))
                        number = shared.callbacks.register(
                            HostFunction(index, lift, lower, is_heavy)
                        )
                        numbers.append(number)
                        capi.add_function(instance, item.name, shared.callbacks.host, number)
    return linker, numbers


class LoadedComponent:
    """A compiled component and its linker; implements ports.Component."""

    def __init__(
        self,
        shared: Shared,
        wasm: WasmComponent,
        digest: str,
        imports: Sequence[Import],
        exports: Sequence[Export],
        resources: Mapping[str, Sequence[str]],
        memories: int = 1,
        ends: Sequence[Import] = (),
        adapted: Adapted | None = None,
    ) -> None:
        """`ends` is the import by which a call ends early, if there is one (exits.py)."""
        self.digest = digest
        self.adapted = adapted
        self.memories = memories
        self.imports = imports
        self.exports = exports
        self.lines = NO_LINES
        self._shared = shared
        self._wasm = wasm
        self._ends = bool(ends)
        self._linker, numbers = link(shared, [*imports, *ends], resources)
        shared.callbacks.forget_with(self, numbers)
        self._linker_address = capi.address(self._linker)
        self._wasm_address = capi.address(wasm)
        self._entries: dict[tuple[str, str], Entry] = {}

    def _entry(self, export: Export) -> Entry:
        key = (export.interface, export.name)
        entry = self._entries.get(key)
        if entry is None:
            at = self._wasm.get_export_index(export.interface) if export.interface else None
            index = self._wasm.get_export_index(export.name, at)
            entry = self._entries[key] = Entry(index, export.type, self._shared.type_ids)
        return entry

    @trio.lowlevel.enable_ki_protection
    async def call(
        self,
        export: Export,
        args: Sequence[Any],
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> Any:
        """See ports.Component.call. Raises LowerError if an argument does not fit its type."""
        if not self._ends:
            return await self._call(export, args, handle, handles, limits, stats)
        ending = with_exit(self.imports, handle)
        try:
            return await self._call(export, args, ending, handles, limits, stats)
        except Finished as finished:
            return given(export, finished.value)

    async def _call(
        self,
        export: Export,
        args: Sequence[Any],
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> Any:
        shared = self._shared
        await shared.meter.turn()
        with shared.admission.admit(self.memories):
            store = capi.store_new(shared.engine_address, None, None)
            context = capi.store_context(store)
            guest = shared.callbacks.guests[context] = Guest(
                context, stats.memory or shared.memory
            )
            try:
                share = limits.memory // self.memories
                capi.store_limiter(
                    store, share, limits.table_elements, INSTANCES, TABLES, self.memories
                )
                capi.yield_at_epoch(context, 1)
                one = _OneCall(self, guest, handle, handles, limits, stats)
                await one.instantiate(self._linker_address, self._wasm_address)
                return await one.run(export, self._entry(export), args)
            finally:
                del shared.callbacks.guests[context]
                capi.store_delete(store)


class _OneCall:
    """One instance and the one call it is for."""

    def __init__(
        self,
        component: LoadedComponent,
        guest: Guest,
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> None:
        self.guest = guest
        self.meter = component._shared.meter
        self.lines = component.lines
        self.handle = handle
        self.drop = handles.drop
        self.limits = limits
        self.memories = component.memories
        self.stats = stats
        self.instance = ctypes.create_string_buffer(capi.INSTANCE)
        self.error = ctypes.c_void_p()

    async def _drive(
        self, future: int, is_busy: bool, origin: str, finish: Finish | None = None
    ) -> None:
        try:
            await drive(
                future,
                self.guest,
                self.meter,
                self.handle,
                self.drop,
                self.stats,
                inf if self.limits.cpu_ns is None else self.limits.cpu_ns,
                is_busy,
                finish,
            )
        finally:
            capi.future_delete(future)
            error, self.error.value = self.error.value, None
            text = capi.error_text(error)
        if text:
            raise guest_error(text, origin, self.memories, self.lines)

    async def instantiate(self, linker: int, wasm: int) -> None:
        where, error = ctypes.addressof(self.instance), ctypes.addressof(self.error)
        future = capi.instantiate_async(linker, self.guest.context, wasm, where, error)
        await self._drive(future, False, "the instance")

    async def run(self, export: Export, entry: Entry, args: Sequence[Any]) -> Any:
        context = self.guest.context
        func = ctypes.create_string_buffer(capi.FUNC)
        where = ctypes.addressof(func)
        capi.instance_get_func(ctypes.addressof(self.instance), context, entry.index, where)
        given, result = Values(len(args)), Values(1)
        reading = Reading(entry, result, self.error, context, self.limits)
        try:
            given.fill(entry.lowers, args, context)
            future = capi.func_call_async(
                where,
                context,
                given.address,
                given.count,
                result.address,
                0 if entry.lift is None else 1,
                ctypes.addressof(self.error),
            )
            finish = reading.read if entry.gives_lists else None
            await self._drive(future, entry.takes_lists, f"{export.name!r}", finish)
            if finish is None:
                reading.read()
            elif self.limits.cpu_ns is not None and self.stats.cpu_ns > self.limits.cpu_ns:
                raise CpuExceeded(self.limits.cpu_ns)
            return reading.value(export)
        finally:
            given.free()
            result.free()
