"""Look here if you want to know how an invocation of before goes on: what ended is told from its
records, what was being stopped stays so, and a guest is brought to where it was.

Rule: a system plugin's Python is never run again for what it had begun: whether that took effect
is not known.
Rule: what is stopped takes with it all that it led to, the deepest first, each call with an
outcome and each invocation with an ending.
"""

from typing import Any, Final, NoReturn

from lion.domain.call import CallError, Status
from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    CallFinished,
    Event,
    PluginError,
    PluginResult,
)
from lion.domain.record import Draft, Scope
from lion.errors import BrokenCall, GuestError
from lion.kernel.hosted_call import UNKNOWN
from lion.kernel.invocation import Invocation
from lion.kernel.past import Ended, PastInvocation
from lion.kernel.run_state import LiveRun

CUT: Final = "it was being stopped when the process of its run ended"
NEARLY: Final = 0.95
"""Of a deadline: who was being stopped after so much of it had run into it."""


def recorded_value(ended: Ended) -> Any:
    """The value of an invocation that has ended. Raises what it was raised as then."""
    match ended:
        case PluginResult() | AgentCompleted():
            return ended.value
        case PluginError(ending="failed") | AgentError(ending="failed"):
            raise BrokenCall(ended.error)
        case _:
            raise GuestError(
                ended.error, ending=ended.ending, words=ended.words, frames=ended.frames,
                began=ended.began, hint=ended.hint,
            )  # fmt: skip


def check_can_go_on(invocation: Invocation, past: PastInvocation) -> None:
    """Raise if an invocation without an ending is stopped all the same: GuestError, or CallError
    for the caller of a system plugin.
    """
    if past.is_cut:
        _stop(invocation, past)
    if invocation.owner.system is not None:
        cut(invocation.live, past.path)
        case, text = UNKNOWN[1]
        if invocation.parent is not None:
            raise CallError(case, text)
        raise GuestError(text, ending="cancelled")
    past.is_met = True


def _stop(invocation: Invocation, past: PastInvocation) -> NoReturn:
    limit = invocation.limits.deadline_ns
    ran_ns = invocation.clock.monotonic_ns() - past.began_ns - past.held_ns
    is_late = limit is not None and ran_ns >= limit * NEARLY
    cut(invocation.live, past.path)
    raise GuestError(CUT, ending="deadline" if is_late else "cancelled")


def cut(live: LiveRun, path: str) -> None:
    """Record as cancelled what an invocation of before, and all beneath it, had under way."""
    assert live.past is not None
    for one in live.past.beneath(path):
        if one.intent is not None:
            live.settle_reserved(one.path, one.answered + 1, is_free=False)
            note_unknown(live, one.scope, one.answered + 1)
            one.intent = None
        is_agent = isinstance(one.began, AgentSpawned)
        one.ended = (AgentError if is_agent else PluginError)("cancelled", CUT)
        _append(live, one.scope, 0, one.ended)


def cut_all(live: LiveRun) -> None:
    """The same of whatever nobody came back to."""
    assert live.past is not None
    for one in live.past.unfinished():
        if one.is_left:
            cut(live, one.path)


def note_unknown(live: LiveRun, scope: Scope, call: int) -> None:
    """Record of a call that nobody waits for any more that its outcome is not known."""
    _append(live, scope, call, CallFinished(status=Status.UNKNOWN, value=UNKNOWN))


def _append(live: LiveRun, scope: Scope, call: int, event: Event) -> None:
    live.log.append(Draft(scope, call, live.clock.now_ns(), event))
