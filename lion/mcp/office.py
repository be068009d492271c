"""Look here if you want to know what a client of MCP is answered by a service: what is installed
there, as tools; each call is a task like any that somebody submits.

Rule: nothing is commanded here that the role of who asks does not allow; every call waits for its
turn, is a run of its own and is on record as submitted by him.
Rule: whoever leaves takes his call back: nobody else would hear what it comes to.
"""

import json
from collections.abc import Iterable
from contextlib import aclosing
from typing import Any, Final

import msgspec
import trio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)
from mcp.types.jsonrpc import INVALID_PARAMS

from lion.domain.call import BULK, CallError
from lion.domain.events import AgentPartialOutput, ApprovalAsked
from lion.domain.plan import SYSTEM, Grant, Plan
from lion.domain.record import Record
from lion.domain.task import Order, Principal, TaskState
from lion.domain.text import show_line
from lion.errors import LionError, OperatorError
from lion.kernel.client_tools import AGENT_SCHEMAS
from lion.kernel.session import OpenTool
from lion.mcp.calls import arguments_text, said_by
from lion.mcp.listing import described, refusal_of, result_of, tool_name
from lion.mcp.server import PAGE, position, waits
from lion.review.loaded import ComponentInfo
from lion.service.living import Living
from lion.service.reach import reached
from lion.service.tasks import Task
from lion.service.workspace import Installed
from lion.version import VERSION

TITLE: Final = "lion service"
RUN: Final = "run"
"""The function of an agent, as a tool."""
Context = ServerRequestContext[Any, Any]


class Catalogue:
    """The tools of what is installed, looked at once for each version of a manifest."""

    def __init__(self, living: Living) -> None:
        self._living = living
        self._known: dict[str, tuple[Installed, dict[str, ComponentInfo]]] = {}

    async def tools(self) -> list[tuple[OpenTool, tuple[Grant, ...]]]:
        """Those that get work, by name, with the grants that each reaches."""
        service = self._living.service
        workspace = service.chain.state.workspace.manifests
        self._known = {name: one for name, one in self._known.items() if name in workspace}
        found = []
        for installed in list(workspace.values()):
            infos = await self._infos(installed)
            plan = service.plan_of(installed)
            for holder in installed.holders:
                if installed.why_not(holder) is None:
                    reach = _reach(plan, holder)
                    found += [(tool, reach) for tool in _tools_of(plan, holder, infos)]
        return sorted(found, key=lambda one: one[0].name)

    async def _infos(self, installed: Installed) -> dict[str, ComponentInfo]:
        """What is offered; nothing where files are not what was installed: that gets no work."""
        known = self._known.get(installed.name)
        if known is None or known[0] is not installed:
            plan = self._living.service.plan_of(installed)
            try:
                infos, _ = await self._living.service.host.look_at(plan, is_strict=False)
            except OperatorError:
                return {}
            known = self._known[installed.name] = installed, infos
        return known[1]


def _reach(plan: Plan, holder: str) -> tuple[Grant, ...]:
    """What a holder can bring about, by its grants and those of whom it may call."""
    grants: list[Grant] = []
    for name in reached(plan, holder):
        one = plan.holders[name]
        if one.kind == SYSTEM:
            grants.append(Grant(SYSTEM, f"system.{name}"))
        grants += [g for g in one.grants if g.capability not in ("tools", "agents", "people")]
    return tuple(grants)


def _tools_of(plan: Plan, holder: str, infos: dict[str, ComponentInfo]) -> Iterable[OpenTool]:
    info = infos.get(holder)
    if plan.holders[holder].kind == "agent":
        words = f"Ask the agent {holder} to do something."
        yield OpenTool(
            name=f"{holder}.{RUN}", holder=holder, is_agent=True, description=words,
            input_schema=AGENT_SCHEMAS[0], output_schema={},
        )  # fmt: skip
    elif info is not None and info.system is None:
        for tool in info.tools:
            yield OpenTool(
                name=f"{holder}.{tool.name}", holder=holder, is_agent=False,
                description=tool.description, input_schema=tool.input_schema,
                output_schema=tool.output_schema,
            )  # fmt: skip


class Office:
    """The answers to one request of somebody's."""

    def __init__(self, living: Living, catalogue: Catalogue, by: Principal) -> None:
        self._living = living
        self._catalogue = catalogue
        self._by = by

    def server(self) -> Server[Any]:
        """The SDK's server with these answers."""
        return Server(
            "lion",
            version=VERSION,
            title=TITLE,
            instructions=(
                "Tools of what is installed in this service of lion. Each call is a task: it "
                "waits for its turn, is decided by grants and policy, and recorded."
            ),
            on_list_tools=self._list,
            on_call_tool=self._call,
        )

    async def _list(
        self, context: Context, params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        begin = position(params)
        tools = await self._catalogue.tools()
        page = [described(tool, reach) for tool, reach in tools[begin : begin + PAGE]]
        is_more = begin + PAGE < len(tools)
        return ListToolsResult(tools=page, next_cursor=str(begin + PAGE) if is_more else None)

    async def _call(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        name = tool_name(params.name)
        tools = {tool.name: tool for tool, _ in await self._catalogue.tools()}
        try:
            arguments = arguments_text(params.arguments)
            task, value = await self._done(context, _order(name, tools.get(name), arguments))
        except CallError as exc:
            raise MCPError(code=INVALID_PARAMS, message=exc.text) from None
        except LionError as exc:  # it is not taken: nobody may, the queue is full, no such thing
            words = f"{exc.what}; {exc.hint}" if exc.hint else exc.what
            return refusal_of("refused", words, {})
        return _told(task, value, tools.get(name))

    async def _done(self, context: Context, order: Order) -> tuple[Task, Any]:
        """Submit it, and wait until it is over, while who asked hears of it. Raises LionError."""
        service = self._living.service
        with trio.CancelScope(shield=True):  # once it is on record somebody has to take it back
            task = await service.submit(self._by, order, keeps=True)
        try:
            if "progress_token" in (context.meta or {}):
                await self._follow(context, task)
            task = await service.wait_over(self._by, task.id)
            return task, service.values.take(task.id)
        except trio.Cancelled:
            with trio.CancelScope(shield=True):
                if not service.task(self._by, task.id).state.is_over:
                    await service.cancel(self._by, task.id, "who asked for it has left")
            raise
        finally:
            service.values.take(task.id)

    async def _follow(self, context: Context, task: Task) -> None:
        told = 0
        async with aclosing(self._living.service.follow(self._by, task.id)) as followed:
            async for one in followed:
                if words := _news(one):
                    told += 1
                    await context.session.report_progress(told, message=words)


def _news(one: Task | Record) -> str:
    """What is told of a task, or of a record of its run, while it lasts."""
    if isinstance(one, Task):
        return "it waits for its turn" if one.state is TaskState.PENDING else ""
    if one.type == AgentPartialOutput.__name__:
        event = one.event()
        return said_by(event) if isinstance(event, AgentPartialOutput) else ""
    if one.type == ApprovalAsked.__name__:
        event = one.event()
        return waits(event.request) if isinstance(event, ApprovalAsked) else ""
    return ""


def _order(name: str, tool: OpenTool | None, arguments: str) -> Order:
    """What is asked for. Raises CallError for a task that is no text."""
    given = json.loads(arguments)
    if tool is None or not tool.is_agent:
        return Order(call=name, arguments=given)
    match given:
        case {"task": str(task)} if len(given) == 1:
            return Order(agent=tool.holder, task=task)
        case _:
            raise CallError("invalid", 'an agent takes {"task": "..."}, and nothing else')


def _told(task: Task, value: Any, tool: OpenTool | None) -> CallToolResult:
    """What a task came to, for a client."""
    meta = {"lion/task": task.id, "lion/run": task.run}
    end = task.end
    if end is None or task.state is not TaskState.COMPLETED:
        words = "" if end is None else f"{end.error}; {end.hint}" if end.hint else end.error
        case = "other" if end is None or end.ending in ("error", "") else end.ending
        return refusal_of(case, show_line(words or str(task.state), longest=BULK), meta)
    text = msgspec.json.encode(value).decode()
    if len(text) > BULK:
        words = f"the result has more than {BULK:,} bytes; its run has it: {task.run}"
        return refusal_of("exhausted", words, meta)
    return result_of(text, {} if tool is None else tool.output_schema, meta)
