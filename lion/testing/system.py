"""Look here if you want to know how to test a system plugin without a run.

    async with open_system(Shelf, {"greeting": "Hi"}) as bench:
        assert await bench.call("find", title="lions") == ["Hi lions"]
        assert await bench.function("count", by="ann") == 0
        assert bench.judge("tools", "call", "db.query") == Deny("not on Sundays")
        await bench.hear("RunEnding", exit_code=0)

Rule: it is loaded, opened, called and closed by the code that a host uses; only what it asks the
host for is answered by the test.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import trio

from lion.domain.call import CallError, HostCall, Verdict
from lion.domain.events import EVENTS, Event, encode_body
from lion.domain.events.upcast import VERSIONS
from lion.domain.names import did_you_mean
from lion.domain.plan import SYSTEM, Holder, Limits
from lion.domain.record import Record
from lion.domain.units import seconds_of
from lion.errors import GuestError, OperatorError
from lion.kernel.handles import HandleTable
from lion.manifest.document import Document
from lion.ports import Asking, CallStats
from lion.system.contract import Ask, Deny, HostError, SystemPlugin, ToolError
from lion.system.discovery import Installed, find_claim, load_class
from lion.system.extension import Failure
from lion.system.loaded import LoadedPlugin
from lion.system.opening import build_plugin, open_plugin
from lion.testing.clock import FrozenClock
from lion.values.packed import pack

Said = tuple[int, str] | HostError
"""What a server says: status and body, or why there is no answer."""


class SystemBench:
    """An open system plugin. `asked` is what it asked the host for, `logged` its lines.

    Times are the clock's (`clock.advance`).
    """

    def __init__(
        self,
        loaded: LoadedPlugin,
        limits: Limits,
        clock: FrozenClock,
        http: Mapping[str, Said],
        tools: Mapping[str, Any],
    ) -> None:
        self.info = loaded.info
        self.clock = clock
        self.tools = {export.name: export for export in loaded.exports}
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.logged: list[tuple[str, str]] = []
        self._loaded = loaded
        self._limits = limits
        self._http = http
        self._answers = tools
        self._seq = 0

    async def call(self, tool: str, **arguments: Any) -> Any:
        """The tool's result as JSON.

        Raises ToolError for its own error, JsonMismatch for wrong arguments, GuestError for what
        is the plugin's fault or takes longer than the deadline.
        """
        export = self.tools[tool]
        assert export.json is not None
        args = export.json.read(arguments)
        call = self._loaded.call(
            export, args, self._handle, HandleTable(0), self._limits, CallStats()
        )
        status, value = await self._timed(call, tool)
        if status == "err":
            raise ToolError(value)
        return value

    async def function(self, name: str, /, *, by: str = "guide", **arguments: Any) -> Any:
        """What its function (`find`) answers the guest `by`; Python values by parameter names,
        which cross as they would between plugin and guest.

        Raises Failure for the function's own, CallError("invalid") for arguments no guest could
        have given sense, NoFit for those that are not what the annotations say, GuestError for
        what is the plugin's fault or takes longer than the deadline.
        """
        one = self._loaded.function(name)
        asking = Asking(run="run-1", chain=(by,), namespace=f"test/{by}")
        call = self._loaded.call(
            one.offered.export, [asking, *one.ask(arguments)], self._handle, HandleTable(0),
            self._limits, CallStats(),
        )  # fmt: skip
        status, value = await self._timed(call, name)
        if status == "ok":
            return one.answer(value)
        case, text = value
        raise CallError(case, text) if case == "invalid" else Failure(case, text)

    def judge(
        self,
        capability: str,
        operation: str,
        target: str = "",
        *,
        holder: str = "guide",
        args: tuple[Any, ...] = (),
    ) -> Deny | Ask | None:
        """What it says of a call, now. Raises GuestError if it fails (a host then denies).

        Nothing, as in a host, of a capability that it does not judge.
        """
        if not {capability, "*"} & set(self.info.judges):
            return None
        call = HostCall("run-1", "0", 1, (holder,), capability, operation, target, list(args))
        opinion = self._loaded.judge(call, "test", self.clock.now_ns())
        if opinion is None:
            return None
        kind = Deny if opinion.verdict is Verdict.DENY else Ask
        return kind(opinion.reason)

    async def hear(
        self, event: str, *, principal: str = "", behind: int = 0, **fields: Any
    ) -> None:
        """Tell it of an event (lion/domain/events), whether it chose that type or not.

        Raises GuestError if it fails or takes longer than the deadline, OperatorError for what is
        no event.
        """
        self._seq += 1
        body = encode_body(_event(event, fields))
        record = Record(
            position=self._seq, run="run-1", seq=self._seq, invocation="", call=0,
            principal=principal, component_digest="", cause="", correlation="",
            time_ns=self.clock.now_ns(), type=event, version=VERSIONS[event], body=body,
        )  # fmt: skip
        told = self._loaded.hear(record, behind, self._handle, self._limits)
        await self._timed(told, "hear")

    async def close(self) -> None:
        """Close it now, not at the end. Raises GuestError for what its `close` raises."""
        await self._loaded.close()

    async def _timed(self, work: Any, what: str) -> Any:
        seconds = seconds_of(self._limits.deadline_ns)
        with trio.move_on_after(seconds):
            return await work
        raise GuestError(f"{what!r} ran longer than {seconds:g} s", ending="deadline")

    async def _handle(self, index: int, args: list[Any]) -> Any:
        """Answer what it asks the host for."""
        await trio.lowlevel.checkpoint()
        wanted = self._loaded.imports[index]
        match wanted.interface.rpartition("/")[2]:
            case "log":
                self.logged.append((args[0], args[1]))
                return "ok", None
            case "http":
                return self._answer(args[0])
            case _:
                self.asked.append(args[0])
                self.bodies.append(args[1])
                return self._tool(args[0])

    def _answer(self, request: Mapping[str, Any]) -> Any:
        target = f"{request['method']} {request['url']}"
        self.asked.append(target)
        self.bodies.append(request["body"])
        said = self._http.get(target, HostError("denied", "no grant covers it"))
        if isinstance(said, HostError):
            return "err", (said.case, said.text)
        status, text = said
        return "ok", {
            "status": status, "headers": "", "url": request["url"], "body": pack(text.encode()),
        }  # fmt: skip

    def _tool(self, name: str) -> Any:
        from lion.kernel.tool_calls import dump_json

        if name not in self._answers:
            return "err", ("denied", "no grant covers it")
        said = self._answers[name]
        if isinstance(said, HostError):
            return "err", (said.case, said.text)
        return "ok", dump_json(said)


@asynccontextmanager
async def open_system(
    plugin: type[SystemPlugin[Any]] | str,
    settings: Mapping[str, Any] = {},
    *,
    folder: Path | None = None,
    http: Mapping[str, Said] = {},
    tools: Mapping[str, Any] = {},
    limits: Limits = Limits(deadline_ns=5_000_000_000, concurrent=8),  # noqa: B008 - frozen
    clock: FrozenClock | None = None,
) -> AsyncIterator[SystemBench]:
    """A system plugin by its class or the name of its entry point, opened.

    `settings` are as a manifest in `folder` has them. `http` answers requests by `GET https://...`,
    `tools` calls by name (JSON values); all else is denied. Raises OperatorError as a host does.
    """
    clock = clock or FrozenClock()
    claim = find_claim(plugin) if isinstance(plugin, str) else _claim(plugin)
    kind = load_class(claim) if isinstance(plugin, str) else plugin
    holder = Holder(
        name="test", kind=SYSTEM, use=claim.name, settings=dict(settings), limits=limits
    )
    document = Document("", kind="manifest", path=None if folder is None else folder / "m.toml")
    loaded = build_plugin(kind, claim, document, holder, clock, str)
    await open_plugin(loaded, holder, str)
    try:
        yield SystemBench(loaded, limits, clock, http, tools)
    finally:
        await loaded.close()


def _event(name: str, fields: Mapping[str, Any]) -> Event:
    if name not in EVENTS:
        raise OperatorError(f"there is no event {name!r}", hint=did_you_mean(name, EVENTS))
    try:
        return msgspec.convert(fields, EVENTS[name])
    except msgspec.ValidationError as exc:
        raise OperatorError(
            f"these fields make no {name}: {exc}", hint="lion/domain/events says what it has"
        ) from exc


def _claim(kind: type[SystemPlugin[Any]]) -> Installed:
    return Installed(name=kind.__name__.lower(), value="", distribution="this test", version="0")
