"""Look here if you want to know how a system plugin's object answers where the kernel expects a
component: tools as exports, the door as imports.

Rule: functions written with `def` run in threads of the plugin's own, at most
`limits.concurrent`; one that does not come back keeps its thread and nobody else's.
Rule: an opinion is Deny, Ask or None; whatever else `judge` gives is its failure, which denies.
Rule: a processor sees copies: what it changes is not what is executed.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, Final

import msgspec
import trio

from lion.domain.call import CallError, HostCall, Opinion, Verdict
from lion.domain.plan import Limits
from lion.domain.record import Record
from lion.errors import GuestError
from lion.ports import (
    Asking,
    CallStats,
    Clock,
    Export,
    HandleCall,
    Handles,
    Import,
    SystemInfo,
)
from lion.system.contract import Ask, Call, Deny, Heard, SystemPlugin, ToolError
from lion.system.door import HostDoor, imports_of, numbers_of
from lion.system.extension import Caller, Failure
from lion.system.faults import Scrub, translated
from lion.system.functions import OfferedFunction
from lion.system.scalars import NoFit
from lion.system.signature import Signature
from lion.threads import finish
from lion.values.json_plain import check_plain
from lion.values.json_scalars import JsonMismatch
from lion.values.wit import Function, Prim, ResultOf

CLOSING: Final = 2.0
"""Seconds that `close` has."""

_TEXT = Prim("string")
_TYPE: Final = Function((("arguments", _TEXT),), ResultOf(_TEXT, _TEXT))
"""What an export of Python is to those who ask for WIT; its types are its `json`."""


class LoadedPlugin:
    """A system plugin of one run. Implements ports.SystemComponent."""

    digest = ""

    def __init__(
        self,
        holder: str,
        info: SystemInfo,
        plugin: SystemPlugin[Any],
        signatures: Mapping[str, tuple[str, Signature]],
        functions: Mapping[str, OfferedFunction],
        clock: Clock,
        scrub: Scrub,
    ) -> None:
        self.info = info
        self.imports: Sequence[Import] = imports_of(info.uses)
        self._numbers = numbers_of(self.imports)
        self.exports: Sequence[Export] = tuple(
            Export("", name, _TYPE, signature.docs, signature)
            for name, (_, signature) in signatures.items()
        )
        self.functions = tuple(one.offered for one in functions.values())
        self._functions = functions
        self._holder = holder
        self._plugin = plugin
        self._signatures = signatures
        self._clock = clock
        self._scrub = scrub
        self._threads: trio.CapacityLimiter | None = None
        self._own_thread = trio.CapacityLimiter(1)
        self._is_open = False

    async def call(
        self,
        export: Export,
        args: Sequence[Any],
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> Any:
        """Run a tool: ("ok", JSON), or ("err", JSON) for its ToolError. Raises GuestError.

        An offered function (its export has an interface): ("ok", its WIT value), or
        ("err", (case, text)) for its Failure and for arguments that make no sense.
        """
        if export.interface:
            return await self._serve(export, args, handle, limits)
        attribute, signature = self._signatures[export.name]
        function = getattr(self._plugin, attribute)
        try:
            arguments = signature.bind(args[0], self._door(handle))
            with translated(repr(export.name), self._scrub):
                value = await self._run(partial(function, **arguments), function, limits)
            return "ok", signature.write(value)
        except ToolError as exc:
            return "err", self._own_error(export.name, exc)
        except JsonMismatch as exc:
            raise GuestError(
                f"{export.name!r} gave what its annotation does not say: {exc}", ending="result"
            ) from exc

    def function(self, name: str) -> OfferedFunction:
        """An offered function by its WIT name. Raises KeyError."""
        return self._functions[name]

    async def _serve(
        self, export: Export, args: Sequence[Any], handle: HandleCall, limits: Limits
    ) -> Any:
        asking: Asking = args[0]
        one = self._functions[export.name]
        method = getattr(self._plugin, one.attribute)
        caller = Caller(
            run=asking.run,
            holder=asking.chain[-1],
            chain=asking.chain,
            namespace=asking.namespace,
        )
        try:
            arguments = one.bind(args[1:], self._door(handle), caller)
            with translated(repr(export.name), self._scrub):
                value = await self._run(partial(method, **arguments), method, limits)
            return "ok", one.write(value)
        except Failure as exc:
            return "err", (exc.case, self._scrub(exc.text))
        except CallError as exc:
            return "err", (exc.case, exc.text)
        except NoFit as exc:
            raise GuestError(
                f"{export.name!r} gave what its annotation does not say: {exc}", ending="result"
            ) from exc

    def _own_error(self, tool: str, exc: ToolError) -> Any:
        try:
            check_plain(exc.value, "error")
        except JsonMismatch as mismatch:
            raise GuestError(
                f"{tool!r}: its error is no JSON: {mismatch}", ending="result"
            ) from exc
        return exc.value

    async def _run(self, work: Callable[[], Any], function: Any, limits: Limits) -> Any:
        if inspect.iscoroutinefunction(function):
            return await work()
        if self._threads is None:
            if limits.concurrent < 1:
                raise GuestError(
                    "it may have no thread: limits.concurrent is 0", ending="exhausted"
                )
            self._threads = trio.CapacityLimiter(limits.concurrent)
        return await _in_thread(work, self._threads)

    def judge(self, call: HostCall, name: str, time_ns: int) -> Opinion | None:
        """See ports.SystemComponent."""
        asked = Call(
            run=call.run, holder=call.holder, chain=call.chain, capability=call.capability,
            operation=call.operation, target=str(call.target), args=tuple(deepcopy(call.args)),
            time_ns=time_ns,
        )  # fmt: skip
        with translated("judge", self._scrub):
            said = self._plugin.judge(asked)
        # Exact types: a subclass could be made to look like anything.
        if said is None:
            return None
        if type(said) is Deny:
            return Opinion(name, Verdict.DENY, self._scrub(str(said.reason)))
        if type(said) is Ask:
            return Opinion(name, Verdict.ASK, self._scrub(str(said.reason)))
        raise GuestError(
            f"judge gave a {type(said).__name__}, and an opinion is Deny, Ask or None",
            ending="raised",
        )

    async def hear(self, record: Record, behind: int, handle: HandleCall, limits: Limits) -> None:
        """See ports.SystemComponent."""
        heard = Heard(
            run=record.run, seq=record.seq, time_ns=record.time_ns, type=record.type,
            principal=record.principal, invocation=record.invocation, call=record.call,
            fields=msgspec.to_builtins(record.event(), str_keys=True), behind=behind,
        )  # fmt: skip
        hear = self._plugin.hear
        work = partial(hear, heard, self._door(handle))
        with translated("hear", self._scrub):
            if inspect.iscoroutinefunction(hear):
                await work()
            else:
                await _in_thread(work, self._own_thread)

    async def open(self) -> None:
        """Call the plugin's `open`. Raises what it raises; the deadline is the caller's."""
        await self._either("open")
        self._is_open = True

    async def close(self) -> None:
        """See ports.SystemComponent."""
        if not self._is_open:
            return
        self._is_open = False
        with trio.move_on_after(CLOSING, shield=True) as scope:
            with translated("close", self._scrub):
                await self._either("close")
        if scope.cancelled_caught:
            raise GuestError(f"close took longer than {CLOSING:g} s", ending="deadline")

    async def _either(self, name: str) -> None:
        """Call `open` or `close`, if the plugin has it."""
        function = getattr(self._plugin, name)
        if inspect.iscoroutinefunction(function):
            await function()
        elif getattr(type(self._plugin), name) is not getattr(SystemPlugin, name):
            await _in_thread(function, trio.CapacityLimiter(1))

    def _door(self, handle: HandleCall) -> HostDoor:
        return HostDoor(self._holder, self._numbers, handle, self._clock)


async def _in_thread(work: Callable[[], Any], limiter: trio.CapacityLimiter) -> Any:
    """A thread that does not come back is left behind; it keeps its place until it ends."""
    value = await finish(work, (limiter,))
    if inspect.iscoroutine(value):
        value.close()
        raise TypeError("it gave a coroutine, and is not written with `async def`")
    return value
