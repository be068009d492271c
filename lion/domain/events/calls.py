"""Look here if you want to know which facts of a host call the log holds.

Rule: a call without outside effect is one record; one with an outside effect is an intent and an
outcome (domain/pairing.py joins them).
"""

from typing import Any

from lion.domain.call import Opinion, Status, Verdict
from lion.domain.events.base import Event


class CallRequested(Event, frozen=True, kw_only=True):
    """A host call with an outside effect was decided; committed before the effect. `grant` is the
    line that allowed it (empty: granted by default), `found` what the call is about as it was
    then, where that can be looked at (files: kind, size, modified, device, inode; empty: nothing).
    """

    args: list[Any]
    found: dict[str, Any] | None = None
    capability: str
    operation: str
    target: str
    verdict: Verdict
    reason: str
    decided_by: str
    opinions: tuple[Opinion, ...] = ()
    grant: str = ""


class CallWaits(Event, frozen=True, kw_only=True):
    """A host call began to wait for an instant more than a millisecond ahead: `until_ns` on the
    run's own clock. Its outcome comes when it ends.
    """

    capability: str
    operation: str
    until_ns: int


class EffectSettled(Event, frozen=True, kw_only=True):
    """A call of before the run was resumed, whose effect may have happened: what is done about it,
    committed before it is. `decided` is again, done (it had happened), unknown or lost (it cannot
    be gone on with), `rule` by what (docs/resume.md), `found` what was there then.
    """

    capability: str
    operation: str
    decided: str
    rule: str
    reason: str = ""
    target: str = ""
    found: dict[str, Any] | None = None


class CallFinished(Event, frozen=True):
    """A host call ended. `value` is the WIT result the guest saw: ("ok", value) or ("err", (case,
    text)).

    It began `took_ns` before the record's time. `charged` is what it cost of budgets, by name, and
    `kept` what is known of its outcome beside the value, for whoever goes on with the run.

    A call without outside effect has no CallRequested: then request and decision are here. What
    calls of one kind have in common comes last, so that a segment has it once.
    """

    status: Status
    value: Any
    args: list[Any] | None = None
    took_ns: int = 0
    charged: dict[str, int] = {}  # noqa: RUF012 - a struct copies it
    kept: dict[str, Any] | None = None
    capability: str = ""
    operation: str = ""
    target: str = ""
    verdict: Verdict | None = None
    reason: str = ""
    decided_by: str = ""
    opinions: tuple[Opinion, ...] = ()
    grant: str = ""


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
