"""Look here if you want to know how the agents and calls of a run start together and end apart.

Rule: one's failure is its own: its siblings go on, and the run's exit code is the worst of theirs.
Rule: only the log's refusal and a bug in the kernel end the whole run; one in a host function ends
the invocation that called it.
Rule: what is cancelled is recorded as such before the run's own ending.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import trio

from lion.domain.plan import RunAgent, RunCall
from lion.errors import (
    INTERRUPTED,
    WAITING,
    BrokenCall,
    GuestError,
    OperatorError,
    OutsideError,
    OwnError,
)
from lion.kernel.execution import as_agent, execute, execute_tool
from lion.kernel.exports import find_agent
from lion.kernel.groups import flattened
from lion.kernel.invocation import Invocation
from lion.kernel.run_state import LiveRun
from lion.kernel.tool_calls import build_root
from lion.kernel.tool_types import bind_call, write_result
from lion.review.report import Ending
from lion.values.json_scalars import JsonMismatch

MOST_LISTED: Final = 10
"""Steps that an error names."""


class Tries:
    """The instances of one task, one after the other: `0`, `0+1`, `0+2`."""

    last: Invocation
    """The one that was begun last."""

    def __init__(self, live: LiveRun, path: str) -> None:
        self._live = live
        self._path = path
        self._begun = 0

    def next_path(self) -> str:
        """Where the next one stands in the tree of calls."""
        self._begun += 1
        return self._path if self._begun == 1 else f"{self._path}+{self._begun - 1}"


async def supervise(
    live: LiveRun, runs: Sequence[RunAgent | RunCall], endings: dict[int, Ending]
) -> None:
    """Start everything at once and wait for all; `endings` fills up by position in `runs`.

    Raises AuditError and InternalError, which end the whole run.
    """

    @trio.lowlevel.enable_ki_protection
    async def one(index: int, entry: RunAgent | RunCall) -> None:
        endings[index] = await _run_one(live, str(index), entry)

    with flattened():
        async with trio.open_nursery() as nursery:
            for index, entry in enumerate(runs):
                nursery.start_soon(one, index, entry)


def cancelled_ending(entry: RunAgent | RunCall) -> Ending:
    """The ending of what was cut before it had one."""
    name, kind = name_entry(entry)
    return Ending(
        name,
        kind,
        ok=False,
        exit_code=INTERRUPTED,
        error="it was interrupted",
        ending="cancelled",
    )


def waiting_ending(entry: RunAgent | RunCall) -> Ending:
    """The ending of what has none, since its run waits."""
    name, kind = name_entry(entry)
    return Ending(
        name, kind, ok=False, exit_code=WAITING, error="it waits", ending="waiting",
        hint="it goes on when its run is resumed",
    )  # fmt: skip


def name_entry(entry: RunAgent | RunCall) -> tuple[str, str]:
    """What was started is called, and its kind."""
    return (entry.agent, "agent") if isinstance(entry, RunAgent) else (entry.call, "call")


async def _run_one(live: LiveRun, path: str, entry: RunAgent | RunCall) -> Ending:
    name, kind = name_entry(entry)
    try:
        if isinstance(entry, RunAgent):
            return await run_agent(live, path, entry)
        return await run_call(live, path, entry)
    except BrokenCall as exc:
        return Ending(
            name, kind, ok=False, exit_code=exc.exit_code, error=f"a bug in lion: {exc.what}",
            ending="failed",
        )  # fmt: skip
    except (GuestError, OperatorError) as exc:
        ending = exc.ending if isinstance(exc, GuestError) else "refused"
        words = exc.words if isinstance(exc, GuestError) else ""
        return Ending(
            name, kind, ok=False, exit_code=exc.exit_code, error=exc.what, ending=ending,
            words=words, hint=exc.hint,
        )  # fmt: skip


async def run_agent(live: LiveRun, path: str, entry: RunAgent) -> Ending:
    """Run an agent's task to its one ending, as often as its output and its table say. Raises
    GuestError.
    """
    tries = Tries(live, path)
    restart = live.holders[entry.agent].holder.restart
    if restart is None:
        return await _run_agent(live, tries, entry)
    from lion.kernel.restarts import Restarts

    restarts = Restarts(entry.agent, restart, tries)
    while True:
        try:
            ending = await _run_agent(live, tries, entry)
        except GuestError as exc:
            if not restarts.again(exc.ending, exc.what):
                raise
        else:
            if ending.ok or not restarts.again(ending.ending, ending.error):
                return ending


async def _run_agent(live: LiveRun, tries: Tries, entry: RunAgent) -> Ending:
    if entry.output is None:
        _, ending = await _ask_agent(live, tries, entry.agent, entry.task)
        return ending
    from lion.kernel.answers import Answers

    answers = Answers(entry.agent, entry.task, entry.output)
    while True:
        invocation, ending = await _ask_agent(live, tries, entry.agent, answers.task)
        if not ending.ok:
            return ending
        taken = await answers.judge(invocation, ending.value)
        if taken is not None:
            return msgspec.structs.replace(
                ending, answer=taken.value, repaired=taken.repaired, asked=answers.asked
            )


async def _ask_agent(
    live: LiveRun, tries: Tries, name: str, task: str
) -> tuple[Invocation, Ending]:
    invocation = tries.last = build_root(live, live.holders[name], tries.next_path())
    export = find_agent(name, invocation.owner.component)
    tag, value = await execute(invocation, export, [task], as_agent(name, task))
    if tag == "err":
        case, text = value
        own = {"tag": case, "value": text}
        return invocation, _own_error(invocation, name, "agent", value, own, f"{case}: {text}")
    ending = Ending(name, "agent", ok=True, exit_code=0, text=value["text"], value=value)
    return invocation, ending


def _own_error(
    invocation: Invocation, name: str, kind: str, value: Any, shown: Any, error: str
) -> Ending:
    """The ending of who gave an error of its own, which may be the outside's."""
    outside = invocation.outside.told_by(value)
    code = OutsideError.exit_code if outside else OwnError.exit_code
    return Ending(
        name, kind, ok=False, exit_code=code, error=error, ending="error", value=shown,
        outside=outside,
    )  # fmt: skip


async def run_call(live: LiveRun, path: str, entry: RunCall) -> Ending:
    """Run one tool call to its ending. Raises GuestError, OperatorError for a wrong name or
    arguments.
    """
    plugin = entry.call.partition(".")[0]
    holder = live.holders.get(plugin)
    if holder is None:
        raise OperatorError(f"there is no plugin {plugin!r}")
    invocation = build_root(live, holder, path)
    export, args = bind_call(holder.tools, entry)
    value = await execute_tool(invocation, export, args)
    try:
        status, result = write_result(export, value)
    except JsonMismatch as exc:
        raise GuestError(
            f"the result of {entry.call!r} is no JSON: {exc}", ending="result"
        ) from exc
    if status == "err":
        error = f"the tool's own error: {result}"
        if holder.holder.workflow is not None:
            error = _told(result)
        return _own_error(invocation, entry.call, "call", value, result, error)
    return Ending(entry.call, "call", ok=True, exit_code=0, value=result)


def _told(failed: dict[str, Any]) -> str:
    """How a workflow failed, and what of it was undone, for people."""
    what = f"the step {failed['step']!r}" if failed["step"] else "the workflow"
    words = f"{what} failed ({failed['case']}): {failed['text']}"
    if failed.get("undone"):
        words += f"; undone: {_listed(failed['undone'])}"
    if failed.get("stuck"):
        words += f"; not undone: {_listed([one['step'] for one in failed['stuck']])}"
    return words


def _listed(keys: Sequence[str]) -> str:
    more = len(keys) - MOST_LISTED
    return ", ".join(keys[:MOST_LISTED]) + (f" and {more:,} more" if more > 0 else "")
