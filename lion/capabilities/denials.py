"""Look here if you want to know how a guest learns which right its last denied call lacked."""

from typing import Any

from lion.ports import CallContext, Kind, Operation


def last(caller: CallContext) -> dict[str, Any] | None:
    """A record of `denials.denial`, None if no call of this instance was denied."""
    found = caller.denial
    if found is None:
        return None
    return {
        "reason": str(found.reason),
        "capability": found.capability,
        "action": found.action,
        "subject": found.subject,
    }


OPERATIONS = (Operation("denials", "last", Kind.INSTANT, last),)
