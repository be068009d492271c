"""Look here if you want to know how a server of `[mcp.NAME]` becomes a holder with tools: one more
system plugin, made of what was pinned.

Rule: a server that was never pinned, or is started otherwise than was agreed to, is not started.
Rule: it is opened with the run and ended with it; one that ends before is started again a few
times, and compared anew each time.
"""

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol, cast

import trio

from lion.domain.plan import SERVER, Holder, Plan
from lion.domain.text import show_line
from lion.domain.units import seconds_of
from lion.errors import OperatorError
from lion.manifest.document import Document
from lion.ports import Clock, Services, SystemInfo
from lion.system.contract import CONTRACT, PluginHost, PluginSettings, SystemPlugin, ToolError
from lion.system.faults import Scrub
from lion.system.loaded import LoadedPlugin
from lion.system.mcp.pins import PinnedTool, Pins, drift, start_digest
from lion.system.mcp.tools import BadSchema, RemoteTool, scrub_value, value_of

MOST_STARTS: Final = 4
"""How often one is started in a run."""
PINS: Final = "pins"
"""The setting that has the pins; no manifest can write it."""


class Reaches(Protocol):
    """Services that reach servers."""

    def hand(self, name: str) -> str | None:
        """A secret's value, for a program's environment; None if it is not bound."""
        ...

    def post(self, name: str, settings: Mapping[str, Any]) -> Any:
        """The way to a server at a URL (http_line.Post)."""
        ...


class Remote(SystemPlugin[PluginSettings]):
    """A server of the Model Context Protocol."""

    contract = CONTRACT
    judges = ()
    hears = ()

    def __init__(
        self, holder: Holder, pins: Pins, folder: Path, services: Services, scrub: Scrub
    ) -> None:
        super().__init__(PluginSettings())
        self._holder = holder
        self._pins = pins
        self._folder = folder
        self._services = services
        self._scrub = scrub
        self._peer: Any = None
        self._starts = 0
        self._changed = ""
        """How it is another than was agreed to, if it said so while it runs."""
        self._one_at_a_time = trio.Lock()
        for index, tool in enumerate(pins.tools):
            setattr(self, f"tool_{index}", partial(self._call, tool))

    async def open(self) -> None:
        """Start it, and compare. Raises OperatorError."""
        try:
            await self._start()
        except _Refused as exc:
            raise OperatorError(
                f"the MCP server {self._holder.name!r}: {self._scrub(str(exc))}", hint=exc.hint
            ) from exc

    async def close(self) -> None:
        """End it, with all that it has started."""
        if self._peer is not None:
            await self._peer.stop()

    async def _start(self) -> None:
        # What it imports takes a second, in which nobody else shall wait.
        await trio.to_thread.run_sync(import_module, "lion.system.mcp.peer")
        from lion.system.mcp.inbound import Fault
        from lion.system.mcp.peer import Peer

        self._starts += 1
        settings, services, folder = self._holder.settings, self._services, self._folder
        make = line_of(self._holder.name, settings, services, folder)
        self._peer = Peer(make, start_digest(settings))
        try:
            found = await self._peer.start()
        except Fault as exc:
            raise _Refused(str(exc)) from exc
        if changed := drift(self._pins, found):
            await self._peer.stop()
            raise _Refused(
                "it is not what was agreed to:\n" + "\n".join(f"  {line}" for line in changed),
                "look at it, and if that is as it should be: lion mcp pin MANIFEST",
            )

    async def _live_peer(self) -> Any:
        """The server, started again if it has ended. Raises ToolError."""
        async with self._one_at_a_time:
            if not self._peer.is_live:
                if self._starts >= MOST_STARTS:
                    raise ToolError(f"the server has ended {self._starts} times and is left alone")
                await self._peer.stop()
                try:
                    await self._start()
                except _Refused as exc:
                    raise ToolError(self._scrub(f"the server was refused: {exc}")) from exc
            await self._compare_anew()
            return self._peer

    async def _compare_anew(self) -> None:
        """A server that said that its tools are others is compared again, and refused from then
        on if one that was agreed to is. Raises ToolError.
        """
        from lion.system.mcp.inbound import Fault

        try:
            found = await self._peer.listed_anew()
        except Fault as exc:
            raise ToolError(self._scrub(f"the server failed: {exc}")) from exc
        if found is not None:
            self._changed = "\n".join(f"  {line}" for line in drift(self._pins, found))
        if self._changed:
            what = "its tools are others now than was agreed to (look: lion mcp pin MANIFEST):"
            raise ToolError(self._scrub(f"the server is refused: {what}\n{self._changed}"))

    async def _call(self, tool: PinnedTool, arguments: Mapping[str, Any], host: PluginHost) -> Any:
        from lion.system.mcp.inbound import Fault

        peer = await self._live_peer()
        try:
            result = await peer.call(tool.name, arguments)
        except Fault as exc:
            raise ToolError(self._scrub(f"the server failed: {exc}")) from exc
        finally:
            for method in peer.take_asked():
                await host.log("warn", f"the server asked for {method}, which is refused")
        if result.is_error:
            raise ToolError(scrub_value(value_of(result, tool), self._scrub))
        return value_of(result, tool)


class _Refused(Exception):
    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


def line_of(name: str, settings: Mapping[str, Any], services: Services, folder: Path) -> Any:
    """What makes the way to a server. Raises OperatorError for a secret that is not bound."""
    from lion.system.mcp.http_line import HttpLine
    from lion.system.mcp.process import ServerProcess

    if "url" in settings:
        return partial(HttpLine, cast(Reaches, services).post(name, settings))
    env = dict(settings.get("env", {}))
    for variable, secret in settings.get("secrets", {}).items():
        value = cast(Reaches, services).hand(secret)
        if value is None:
            raise OperatorError(
                f"the MCP server {name!r} is handed the secret {secret!r}, which is not bound",
                hint=f"bind it in secrets.toml, or in LION_SECRET_{secret.upper()}",
            )
        env[variable] = value
    return partial(ServerProcess, settings["command"], env, folder)


def load_server(plan: Plan, holder: Holder, clock: Clock, services: Services) -> LoadedPlugin:
    """A holder's server as it was pinned, not started. Raises OperatorError."""
    document = Document(plan.text, kind="manifest", path=plan.path, folder=plan.folder)
    place = (SERVER, holder.name)
    if not holder.settings.keys() & {"command", "url"}:
        raise document.error(place, "servers of MCP have a table of their own", "[mcp.NAME]")
    pins = holder.settings.get(PINS)
    how = f"lion mcp pin {'MANIFEST' if plan.path is None else plan.path}"
    if not isinstance(pins, Pins):
        what = "nobody has agreed to this server: no sandbox holds it"
        raise document.error(place, what, f"look at what it is: {how}")
    if pins.start != start_digest(holder.settings):
        raise document.error(place, "it is started otherwise than was agreed to", f"again: {how}")
    signatures: dict[str, tuple[str, Any]] = {}
    for index, tool in enumerate(pins.tools):
        if tool.own_name in signatures:
            what = f"two of its tools are {tool.own_name!r} here, one of them {tool.name!r}"
            raise document.error(place, what, "leave this server out; it has to rename one")
        try:
            signatures[tool.own_name] = f"tool_{index}", RemoteTool(tool, services.scrub)
        except BadSchema as exc:
            raise document.error(place, f"the schema of {tool.name!r}: {exc}") from exc
    info = SystemInfo(
        use=SERVER,
        distribution=place_of(holder.settings),
        version=pins.digest[:12],
        contract=CONTRACT,
        summary=f"{pins.server}, as it was pinned",
    )
    remote = Remote(holder, pins, plan.folder, services, services.scrub)
    return LoadedPlugin(holder.name, info, remote, signatures, {}, clock, services.scrub)


def place_of(settings: Mapping[str, Any]) -> str:
    """The command or the URL, on one line for people."""
    return show_line(settings.get("url") or " ".join(settings["command"]), longest=200)


async def list_server(name: str, holder: Holder, services: Services, folder: Path) -> Pins:
    """Start a server, ask for its tools, end it. Raises OperatorError."""
    from lion.system.mcp.inbound import Fault
    from lion.system.mcp.peer import Peer

    make = line_of(name, holder.settings, services, folder)
    peer = Peer(make, start_digest(holder.settings))
    seconds = seconds_of(holder.limits.deadline_ns)
    try:
        with trio.fail_after(seconds):
            pins = await peer.start()
    except Fault as exc:
        raise OperatorError(f"the MCP server {name!r}: {services.scrub(str(exc))}") from exc
    except trio.TooSlowError:
        raise OperatorError(f"the MCP server {name!r} says nothing for {seconds:g} s") from None
    await peer.stop()
    return pins
