"""Look here if you want to know what of a host call is read before it is decided, and what is
refused already because that cannot be said.

Rule: what may not be recorded of arguments is found first, and they stay out of the record then.
"""

from typing import Any, Final

from lion.domain.call import BULK, CallError, Decision, Target, Verdict
from lion.domain.decider import Decider
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
    target: Target = ""
    if args is UNREAD:
        return _refused(caller, operation, [], now_ns, Decider.BOUNDS, TOO_LARGE)
    if operation.screen is not None:
        try:
            operation.screen(caller, args)
        except CallError as exc:
            # What was found in the arguments may not be recorded, so they are not.
            return _refused(caller, operation, [], now_ns, Decider.SCREEN, exc)
    if operation.target is not None:
        try:
            target = operation.target(args)
        except CallError as exc:
            return _refused(caller, operation, args, now_ns, Decider.ARGUMENTS, exc)
    text = str(target)
    if len(text) > MAX_TARGET:
        start = text[:MAX_TARGET]
        return _refused(caller, operation, args, now_ns, Decider.BOUNDS, TOO_LONG, start)
    caller.target = target
    return HostedCall(
        operation, caller.holder, caller.number, target, text, args, UNDECIDED, now_ns
    )


def _refused(
    caller: Invocation, operation: Operation, args: list[Any], now_ns: int, by: Decider,
    error: CallError, target: str = "",
) -> HostedCall:  # fmt: skip
    return HostedCall(
        operation, caller.holder, caller.number, target, target, args,
        Decision(Verdict.DENY, error.text, by), now_ns, (error.case, error.text),
    )  # fmt: skip
