"""Look here if you want to know what of a host call is read before it is decided, and what is
refused already because that cannot be said.

Rule: what may not be recorded of arguments is found first, and they stay out of the record then.
"""

from typing import Any, Final

from lion.domain.call import BULK, CallError, Decision, Target, Verdict
from lion.domain.decider import Decider
from lion.domain.question import Question
from lion.kernel.hosted_call import HostedCall
from lion.kernel.invocation import Invocation
from lion.ports import UNREAD, Operation

MAX_TARGET: Final = 8_192
"""Characters of a call's target; matching a longer one against patterns would hold up the loop."""
UNDECIDED: Final = Decision(Verdict.DENY, "it was not decided", Decider.NOBODY)
TOO_LONG: Final = CallError("invalid", f"its target is longer than {MAX_TARGET:,} characters")
TOO_LARGE: Final = CallError("invalid", f"the arguments of a call have at most {BULK:,} bytes")


def read_call(
    caller: Invocation, operation: Operation, args: list[Any], now_ns: int
) -> HostedCall:
    """What a call of an invocation is about; with a refusal where that cannot be said. `now_ns`
    is when it came (nanoseconds since 1970).
    """

    def refused(target: str, args: list[Any], by: Decider, error: CallError) -> HostedCall:
        question = Question(caller.holder, operation.capability, operation.name, target)
        decision, refusal = Decision(Verdict.DENY, error.text, by), (error.case, error.text)
        return HostedCall(operation, caller.number, question, args, decision, now_ns, refusal)

    target: Target = ""
    if args is UNREAD:
        return refused("", [], Decider.BOUNDS, TOO_LARGE)
    try:
        if operation.screen is not None:
            operation.screen(caller, args)
    except CallError as exc:
        # What was found in the arguments may not be recorded, so they are not.
        return refused("", [], Decider.SCREEN, exc)
    try:
        if operation.target is not None:
            target = operation.target(args)
    except CallError as exc:
        return refused("", args, Decider.ARGUMENTS, exc)
    text = str(target)
    if len(text) > MAX_TARGET:
        return refused(text[:MAX_TARGET], args, Decider.BOUNDS, TOO_LONG)
    caller.target = target
    question = Question(caller.holder, operation.capability, operation.name, target)
    return HostedCall(operation, caller.number, question, args, UNDECIDED, now_ns)
