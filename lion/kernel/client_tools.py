"""Look here if you want to know which tools a client from outside reaches: those of plugins, as a
guest would, and agents, whose `run` takes a task.

Rule: an agent that a client asks works under its own grants, like a tool; the grant that lets the
client ask it names `AGENT.run`.
"""

from collections.abc import Mapping
from typing import Any, Final

from lion.domain.call import BULK, CallError
from lion.domain.plan import SYSTEM, Grant
from lion.errors import BrokenCall, GuestError
from lion.kernel.execution import as_agent, execute
from lion.kernel.exports import is_agent_export
from lion.kernel.invocation import Invocation
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.kernel.tool_calls import ToolPort, build_invocation, check_depth, dump_json, told_caller
from lion.ports import Export
from lion.review.reach import own_grants, reachable
from lion.values.json_arguments import values_from_json
from lion.values.json_scalars import JsonMismatch

AGENT_SCHEMAS: Final[tuple[dict[str, Any], dict[str, Any]]] = (
    {
        "type": "object",
        "properties": {"task": {"type": "string", "description": "What the agent is to do."}},
        "required": ["task"],
        "additionalProperties": False,
    },
    {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "json": {"type": ["string", "null"], "description": "The answer as JSON, if it is."},
        },
        "required": ["text", "json"],
    },
)
"""What an agent takes and gives, as JSON."""


def find_agent_run(live: LiveRun, name: str) -> tuple[LiveHolder, Export] | None:
    """The agent that `AGENT.run` names, if it is one."""
    agent, _, function = name.partition(".")
    holder = live.holders.get(agent)
    if holder is None or function != "run" or holder.holder.kind != "agent":
        return None
    runs = [export for export in holder.component.exports if is_agent_export(export)]
    return (holder, runs[0]) if runs else None


class ClientTools(ToolPort):
    """The tools as a client's call sees them; implements ports.Tools."""

    async def call(self, name: str, arguments: str) -> str:
        """JSON in, JSON out. Raises CallError."""
        found = find_agent_run(self._caller.live, name)
        if found is None:
            return await super().call(name, arguments)
        check_depth(self._caller)
        task = _task_of(arguments)
        cause = f"{self._caller.path}#{self._caller.number}"
        invocation = build_invocation(self._caller, found[0], cause)
        invocation.is_awaited = True
        return await self._ask(invocation, found[1], task)

    async def _ask(self, invocation: Invocation, export: Export, task: str) -> str:
        form = as_agent(invocation.holder, task)
        try:
            tag, value = await execute(invocation, export, [task], form)
        except (GuestError, BrokenCall) as exc:
            raise told_caller("the agent", exc) from exc
        if tag == "err":
            case, words = value
            raise CallError(case, words)
        text = dump_json(value)
        if len(text.encode("utf-8", "replace")) > BULK:
            raise CallError("exhausted", f"the agent's answer has more than {BULK:,} bytes")
        return text


def _task_of(arguments: str) -> str:
    """The task of an agent's arguments. Raises CallError("invalid")."""
    try:
        given = values_from_json(arguments)
    except JsonMismatch as exc:
        raise CallError("invalid", str(exc)) from exc
    if not isinstance(given, Mapping) or given.keys() != {"task"}:
        raise CallError("invalid", 'an agent takes {"task": "..."} and nothing else')
    if not isinstance(given["task"], str):
        raise CallError("invalid", "arguments.task: expected a string")
    return given["task"]


def reach_of(live: LiveRun, holder: str) -> tuple[Grant, ...]:
    """What a tool of this holder can bring about, by its own grants and through others'; trusted
    Python is a grant of SYSTEM.
    """
    holders = live.holders
    rights = {name: one.rights for name, one in holders.items()}
    imports: dict[str, dict[str, list[str]]] = {name: {} for name in holders}
    for name, one in holders.items():
        for operation in one.operations:
            imports[name].setdefault(operation.capability, []).append(operation.name)
    tools = {f"{name}.{tool}": name for name, one in holders.items() for tool in one.tools}
    trusted = {name: one.holder for name, one in holders.items() if one.system is not None}
    found = reachable(rights, imports, tools, trusted)[holder]
    grants: list[Grant] = []
    for name in dict.fromkeys((holder, *(one.holder for one in found))):
        grants += own_grants(rights[name])
        if name in trusted:
            grants.append(Grant(SYSTEM, f"{SYSTEM}.{name}"))
    return tuple(grants)
