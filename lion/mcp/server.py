"""Look here if you want to know what a session with a client answers: the protocol's requests, by
the official SDK, over what the kernel lets the client do.

Rule: every call passes the one door, also one of a tool that is not listed: the refusal is on
record.
Rule: a client's answer to an approval counts only where the operator said so (`may_approve`).
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
)
from mcp.types.jsonrpc import INVALID_PARAMS
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

from lion.domain.approval import Answer, Request
from lion.domain.call import CallError
from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.kernel.session import OpenTool, Session
from lion.mcp.approving import KEY, SCHEMA, answer_of, form, question
from lion.mcp.calls import Call, Calls, arguments_text
from lion.mcp.listing import described, refusal_of, result_of, tool_name
from lion.mcp.resources import MOST, Resources
from lion.version import VERSION

PAGE: Final = 200
"""Tools in one answer."""

Context = ServerRequestContext[Any, Any]
Approve = Callable[[str, Answer], Awaitable[None]]
"""Answers a request for approval by its id. Raises OperatorError if nobody waits for it."""


class Service:
    """The answers of one session. `approve` is None unless the client may approve."""

    def __init__(
        self, session: Session, calls: Calls, approve: Approve | None, shows_log: bool
    ) -> None:
        self._session = session
        self._calls = calls
        self._approve = approve
        self._resources: Resources | None = None
        if shows_log:
            calls.latest = deque(maxlen=MOST)
            calls.watch()
            self._resources = Resources(session.run, calls.latest)
        self._known: dict[str, OpenTool] = {}
        self._clients: set[str] = set()
        self._noted: object = self

    def server(self, title: str) -> Server[Any]:
        """The SDK's server with these answers."""
        more: dict[str, Any] = {}
        if self._resources is not None:
            more = {
                "on_list_resources": self._resources.list,
                "on_read_resource": self._resources.read,
            }
        return Server(
            "lion",
            version=VERSION,
            title=title,
            instructions=(
                f"Tools of the lion manifest {title!r}. Each call is decided by grants and "
                f"policy, and recorded in run {self._session.run}; a refusal says so."
            ),
            on_list_tools=self._list,
            on_call_tool=self._call,
            **more,
        )

    async def _list(
        self, context: Context, params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        self._note_client(context)
        begin = position(params)
        tools = self._tools()
        page = []
        for tool in tools[begin : begin + PAGE]:
            page.append(described(tool, self._session.reach(tool.holder)))
            await trio.lowlevel.checkpoint()
        is_more = begin + PAGE < len(tools)
        return ListToolsResult(tools=page, next_cursor=str(begin + PAGE) if is_more else None)

    def _tools(self) -> list[OpenTool]:
        tools = self._session.tools()
        self._known = {tool.name: tool for tool in tools}
        return tools

    async def _call(
        self, context: Context, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        self._note_client(context)
        name = tool_name(params.name)
        try:
            arguments = arguments_text(params.arguments)
            if params.request_state is None and not self._wants_news(context):
                return self._result(await self._calls.make(name, arguments))
            if params.request_state is None:
                call = self._calls.begin(name, arguments)
            else:
                call = await self._taken_up(context, params, name, arguments)
        except CallError as exc:
            raise MCPError(code=INVALID_PARAMS, message=exc.text) from None
        try:
            return await self._follow(context, call)
        except BaseException:
            call.scope.cancel()
            raise
        finally:
            if call.outcome is not None or call.scope.cancel_called:
                self._calls.forget(call)

    def _wants_news(self, context: Context) -> bool:
        """Whether a call has more to tell its client than its outcome."""
        can_answer = self._approve is not None and _can_be_asked(context)
        return can_answer or "progress_token" in (context.meta or {})

    async def _follow(self, context: Context, call: Call) -> CallToolResult | InputRequiredResult:
        """Tell the client what comes of a call until it is over, or waits for the client."""
        told, is_heard = 0, "progress_token" in (context.meta or {})
        while True:
            if call.outcome is not None and is_heard:
                await self._calls.wait_recorded(call)
            while call.said:
                told += 1
                await context.session.report_progress(told, message=call.said.popleft())
            if call.outcome is not None:
                return self._result(call)
            if call.asked:
                request = call.asked.popleft()
                if self._approve is None or not _can_be_asked(context):
                    told += 1
                    await context.session.report_progress(told, message=waits(request))
                elif context.protocol_version in MODERN_PROTOCOL_VERSIONS:
                    call.asked.appendleft(request)
                    word = self._calls.leave(call)
                    return InputRequiredResult(
                        input_requests={KEY: form(request)}, request_state=word
                    )
                else:
                    await self._ask(context, call, request)
                continue
            await call.wait_news()

    async def _ask(self, context: Context, call: Call, request: Request) -> None:
        """Ask the client while the call waits; it may be over before somebody says something."""

        async def ask() -> None:
            said = await context.session.elicit_form(
                question(request), SCHEMA, related_request_id=context.request_id
            )
            await self._answer(request, answer_of(said, _name_of(context)))
            nursery.cancel_scope.cancel()

        async def until_over() -> None:
            await call.wait_outcome()
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            nursery.start_soon(until_over)

    async def _answer(self, request: Request, answer: Answer) -> None:
        assert self._approve is not None
        try:
            await self._approve(request.id, answer)
        except OperatorError as exc:  # it was answered elsewhere, or is too old: the call says so
            self._session.note(f"an answer of {answer.by} came to nothing: {exc.what}")

    async def _taken_up(
        self, context: Context, params: CallToolRequestParams, name: str, arguments: str
    ) -> Call:
        call = self._calls.take(params.request_state or "", name, arguments)
        if call.asked and self._approve is not None:
            said = (params.input_responses or {}).get(KEY)
            await self._answer(call.asked.popleft(), answer_of(said, _name_of(context)))
        return call

    def _result(self, call: Call) -> CallToolResult:
        meta = {"lion/run": self._session.run, "lion/invocation": call.path}
        match call.outcome:
            case str() as text:
                if call.name not in self._known:
                    self._tools()
                schema = self._known[call.name].output_schema if call.name in self._known else {}
                return result_of(text, schema, meta)
            case CallError() as error:
                return refusal_of(error.case, error.text, meta)
            case None:
                raise AssertionError("a call is over and has no outcome")

    def _note_client(self, context: Context) -> None:
        """Say in the log who this is, once; it says so itself, and nothing hangs on it."""
        if context.session.client_params is self._noted:
            return
        self._noted = context.session.client_params
        name = f"{_name_of(context)} (protocol {context.protocol_version})"
        if name not in self._clients and len(self._clients) < 8:
            self._clients.add(name)
            self._session.note(f"an MCP client calls itself {name}")


def _name_of(context: Context) -> str:
    params = context.session.client_params
    if params is None:
        return "an unnamed client"
    info = params.client_info
    return show_line(f"{info.name} {info.version}".strip(), longest=80)


def _can_be_asked(context: Context) -> bool:
    capabilities = context.session.client_capabilities
    return capabilities is not None and capabilities.elicitation is not None


def waits(request: Request) -> str:
    """What is told of a call that waits for a person elsewhere."""
    return f"waits for the operator's approval: lion approve {request.id}"


def position(params: PaginatedRequestParams | None) -> int:
    """Where a page begins. Raises MCPError for a cursor that was not given out."""
    cursor = None if params is None else params.cursor
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 8):
        raise MCPError(code=INVALID_PARAMS, message="this cursor is of no page")
    return int(cursor)
