"""Look here if you want to know what the log makes of an event: who it is about, when it was, and
its place in the log.
"""

import msgspec

from lion.domain.events import Event
from lion.domain.events.upcast import event_of


class Scope(msgspec.Struct, frozen=True, gc=False):
    """Who a record is about: what all records of one invocation share.

    `invocation` is empty for records of the run itself; `principal` is the holder's name;
    `cause` names the call that led here ("0.2#7": call 7 of invocation 0.2), `correlation` the
    root invocation.
    """

    run: str
    invocation: str = ""
    principal: str = ""
    component_digest: str = ""
    cause: str = ""
    correlation: str = ""


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A record before the log has given it position and seq. `call` is 0 unless it is
    about a host call.
    """

    scope: Scope
    call: int
    time_ns: int
    event: Event


class Record(msgspec.Struct, frozen=True, gc=False):
    """An event as stored: `position` counts all records of a log in commit order, `seq` those of
    the run, from 1. Times of a run never go back.

    What proves it is the segment it lies in (log/segment.py).
    """

    position: int
    run: str
    seq: int
    invocation: str
    call: int
    principal: str
    component_digest: str
    cause: str
    correlation: str
    time_ns: int
    type: str
    version: int
    body: bytes

    def event(self) -> Event:
        """What it says, as today's event. Raises AuditError if this lion cannot read it."""
        return event_of(self)


class Decoded(Record, frozen=True, gc=False):
    """A record whose event was decoded when it was verified: it is not decoded again."""

    decoded: Event

    def event(self) -> Event:
        return self.decoded
