"""Look here if you want to know how an export runs from its first record to its last: the one way,
for agents, tools and functions of system plugins.

Rule: its beginning is in the log before it runs, and whatever stops it, its ending is there before
anybody else learns of it.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import trio

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    Event,
    PluginError,
    PluginInvoked,
    PluginResult,
)
from lion.errors import GuestError
from lion.kernel.broker import Broker
from lion.kernel.going_on import check_can_go_on, recorded_value
from lion.kernel.invocation import Invocation
from lion.kernel.resumed import Resumed
from lion.ports import Export
from lion.values.wit import ResultOf


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of an execution: how it `began`, what of a value (with nanoseconds of CPU)
    and what of a failure.
    """

    began: Event
    ended: Callable[[Any, int], Event]
    failed: type[PluginError] | type[AgentError]


def as_tool(name: str, export: Export, args: list[Any]) -> Form:
    """Of a tool or a function, by the name it goes by and the arguments it was given."""
    has_errors = isinstance(export.type.result, ResultOf)
    return Form(
        began=PluginInvoked(export=name, args=args),
        ended=lambda value, cpu_ns: PluginResult(
            value=value, cpu_ns=cpu_ns, is_error=has_errors and value[0] == "err"
        ),
        failed=PluginError,
    )


def as_agent(name: str, task: str) -> Form:
    """Of an agent's task; its own error is an ending like another."""
    return Form(
        began=AgentSpawned(agent=name, task=task),
        ended=lambda value, cpu_ns: AgentCompleted(
            value, is_error=value[0] == "err", cpu_ns=cpu_ns
        ),
        failed=AgentError,
    )


async def execute(invocation: Invocation, export: Export, args: list[Any], form: Form) -> Any:
    """The export's WIT value. Raises GuestError for what stopped it."""
    owner, parent, past = invocation.owner, invocation.parent, invocation.past
    if past is None:
        owner.share.check(began=False)
        # What it is asked is its caller's to pay, what it answers its own.
        payer = owner if parent is None else parent.owner
        payer.share.charge(invocation.record(form.began))
    elif past.ended is not None:
        return recorded_value(past.ended)
    else:
        check_can_go_on(invocation, past)
    value = await _attempt(invocation, export, args, form)
    owner.share.charge(invocation.record(form.ended(value, invocation.stats.cpu_ns)))
    return value


async def execute_tool(invocation: Invocation, export: Export, args: list[Any]) -> Any:
    """A tool of the invocation's holder. Raises GuestError."""
    form = as_tool(invocation.owner.tool_name(export), export, args)
    return await execute(invocation, export, args, form)


async def _attempt(invocation: Invocation, export: Export, args: list[Any], form: Form) -> Any:
    stats, past = invocation.stats, invocation.past
    answers = Broker(invocation) if past is None else Resumed(invocation, past)
    try:
        return await invocation.call(export, args, answers.handle)
    except GuestError as exc:
        failure = form.failed(
            exc.ending, exc.what, words=exc.words, frames=exc.frames, cpu_ns=stats.cpu_ns,
            began=exc.began, hint=exc.hint,
        )  # fmt: skip
        invocation.owner.share.charge(invocation.record(failure))
        raise
    except BaseException as exc:
        ending = "cancelled" if isinstance(exc, trio.Cancelled) else "failed"
        invocation.record(form.failed(ending, f"the call was {ending}", cpu_ns=stats.cpu_ns))
        raise
