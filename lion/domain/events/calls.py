"""Look here if you want to know which facts of a host call the log holds.

Rule: a call without outside effect is one record; one with an outside effect is an intent and an
outcome (domain/pairing.py joins them).
"""

from typing import Any

from lion.domain.call import Opinion, Status, Verdict
from lion.domain.events.base import Event


class CallRequested(Event, frozen=True):
    """A host call with an outside effect was decided; committed before the effect."""

    capability: str
    operation: str
    target: str
    args: list[Any]
    verdict: Verdict
    reason: str
    decided_by: str
    opinions: tuple[Opinion, ...] = ()


class CallFinished(Event, frozen=True):
    """A host call ended. `value` is the WIT result the guest saw: ("ok", value) or ("err", (case,
    text)).

    A call without outside effect has no CallRequested: then request and decision are here.
    """

    status: Status
    value: Any
    capability: str = ""
    operation: str = ""
    target: str = ""
    args: list[Any] | None = None
    verdict: Verdict | None = None
    reason: str = ""
    decided_by: str = ""
    opinions: tuple[Opinion, ...] = ()


class CallRedirected(Event, frozen=True):
    """A host call under way was sent on to another target (a redirect), which was decided anew;
    committed before that target is asked. Or what it led to was refused: an address, a link out
    (`decided_by` is "door" then, and the verdict deny).
    """

    capability: str
    operation: str
    target: str
    verdict: Verdict
    reason: str
    decided_by: str
    opinions: tuple[Opinion, ...] = ()


class AgentPartialOutput(CallFinished, frozen=True):
    """Output on the way: a call of `output`, which people see once it is committed."""
