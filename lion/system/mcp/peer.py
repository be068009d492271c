"""Look here if you want to know how lion speaks with a server: the SDK's session in a task of its
own, as long as the run lasts.

Rule: nothing that a server says of itself is taken: its tools are compared with what was pinned
each time it is started, and its schemas are not run by the SDK (patterns of theirs may take for
ever).
Rule: what it asks of us (a model, a person, directories) is refused; lion offers none of it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import trio
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    Implementation,
    InputRequiredResult,
    ListToolsRequest,
    ListToolsResult,
    PaginatedRequestParams,
    Tool,
)
from pydantic import TypeAdapter, ValidationError

from lion.domain.text import show_line
from lion.system.mcp.http_line import HttpLine
from lion.system.mcp.inbound import Fault, hush
from lion.system.mcp.pins import LONGEST_TOOL, MOST_TOOLS, PinnedTool, Pins
from lion.system.mcp.process import ServerProcess
from lion.version import VERSION

MOST_PAGES: Final = 64
_RESULT: Final[TypeAdapter[Any]] = TypeAdapter(CallToolResult | InputRequiredResult)

Line = ServerProcess | HttpLine
Make = Callable[[], Line]


class Peer:
    """A server that was started, until it is stopped or has ended."""

    def __init__(self, make: Make, start: str) -> None:
        self._make = make
        self._start = start
        self._line: Line | None = None
        self._client: Client | None = None
        self._pins: Pins | None = None
        self._error = ""
        self._ready = trio.Event()
        self._leave = trio.Event()
        self._ended = trio.Event()

    async def start(self) -> Pins:
        """Start it; what it says of itself. Raises Fault."""
        trio.lowlevel.spawn_system_task(self._live)
        try:
            await self._ready.wait()
        except BaseException:
            await self.stop()
            raise
        if self._pins is None:
            await self.stop()
            raise Fault(self._error or "it has ended")
        return self._pins

    async def stop(self) -> None:
        """End it; returns when it has."""
        self._leave.set()
        with trio.CancelScope(shield=True):
            await self._ended.wait()

    @property
    def is_live(self) -> bool:
        """It can be asked."""
        return self._client is not None and self._line is not None and not self._line.fault

    def take_asked(self) -> list[str]:
        """What it asked of us since the last time."""
        if self._line is None:
            return []
        inbound = self._line.inbound
        asked, inbound.asked = inbound.asked, []
        return asked

    async def listed_anew(self) -> Pins | None:
        """What it says of itself now, if it said since the last time that this is another; else
        None. Raises Fault.
        """
        assert self._client is not None and self._line is not None
        if not self._line.inbound.is_changed:
            return None
        self._line.inbound.is_changed = False
        try:
            return await self._listed(self._client)
        except (MCPError, ValidationError) as exc:
            raise Fault(self._line.fault or "it does not say which tools it has now") from exc

    async def call(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """Call a tool by the server's name for it. Raises Fault."""
        assert self._client is not None and self._line is not None
        request = CallToolRequest(
            params=CallToolRequestParams(name=name, arguments=dict(arguments))
        )
        try:
            result = await self._client.session.send_request(request, _RESULT)
        except MCPError as exc:
            if self._line.fault:
                raise Fault(self._line.fault) from exc
            raise Fault(f"it refused: {show_line(exc.error.message, longest=500)}") from exc
        except ValidationError as exc:
            raise Fault("its answer is none of the protocol's") from exc
        if isinstance(result, InputRequiredResult):
            self._line.inbound.asked += [
                one.method for one in (result.input_requests or {}).values()
            ][:8]
            raise Fault("it wants input of a person or a model, which is not granted")
        assert isinstance(result, CallToolResult)
        return result

    async def _live(self) -> None:
        """The session from its beginning to its end; no exception leaves this task."""
        hush()
        self._line = self._make()
        try:
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._until_left, scope)
                    await self._converse(self._line)
                    scope.cancel()
        except Exception as exc:  # noqa: BLE001 - whatever the SDK raises, in whatever group
            self._error = _told(exc, self._line.fault)
        finally:
            self._error = self._error or self._line.fault
            if self._error and (words := self._line.last_words):
                self._error += f"; last it said: {words}"
            self._client = None
            self._ready.set()
            self._ended.set()

    async def _until_left(self, scope: trio.CancelScope) -> None:
        await self._leave.wait()
        scope.cancel()

    async def _converse(self, line: Line) -> None:
        info = Implementation(name="lion", version=VERSION)
        async with Client(line, client_info=info, cache=None) as client:
            self._pins = await self._listed(client)
            self._client = client
            self._ready.set()
            await self._leave.wait()

    async def _listed(self, client: Client) -> Pins:
        """All tools of a server. Raises Fault for more, or for larger ones, than anybody reads."""
        tools: list[Tool] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            params = PaginatedRequestParams(cursor=cursor)
            request = ListToolsRequest(params=params)
            page = await client.session.send_request(request, ListToolsResult)
            tools += page.tools
            cursor = page.next_cursor
            if cursor is None or len(tools) > MOST_TOOLS:
                break
        if cursor is not None or len(tools) > MOST_TOOLS:
            raise Fault(f"it has more than {MOST_TOOLS} tools")
        return Pins(start=self._start, server=_named(client), tools=tuple(map(_pinned, tools)))


def _named(client: Client) -> str:
    info = client.server_info
    return "" if info is None else show_line(f"{info.name} {info.version}".strip(), longest=100)


def _pinned(tool: Tool) -> PinnedTool:
    if len(tool.model_dump_json()) > LONGEST_TOOL:
        what = show_line(tool.name, longest=80)
        raise Fault(f"what it says of {what!r} has more than {LONGEST_TOOL:,} bytes")
    return PinnedTool(
        name=tool.name,
        description=tool.description or "",
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
    )


def _told(exc: BaseException, fault: str) -> str:
    """The first of what was raised, on one line; `fault` is why the line has ended, which says
    more than what came of that.
    """
    while isinstance(exc, BaseExceptionGroup):
        exc = exc.exceptions[0]
    if isinstance(exc, Fault):
        return str(exc)
    return fault or show_line(f"{type(exc).__name__}: {exc}", longest=500)
