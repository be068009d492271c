"""Look here if you want to know how one invocation writes to others, in its run and outside, and
reads what is for it.

Rule: what is to leave a run is only counted here: its record is what is sent on, so nothing leaves
that is not on record.
"""

from typing import Final, Protocol

from lion.domain.call import CallError
from lion.domain.names import OUTSIDE
from lion.kernel.bus import Bus, Heard, Inbox
from lion.ports import Mailbox, Post

IN_ALL: Final = 1_024
"""Subscriptions that one instance ever makes: whoever reads its records keeps each."""


class Caller(Protocol):
    """Whose bus it is: an invocation."""

    holder: str
    path: str
    number: int


class Receivers(Protocol):
    """Who can be written to from there: a run."""

    id: str
    bus: Bus
    post: Post | None

    def has_inbox(self, name: str) -> bool:
        """Whether messages may be sent to a holder of this name."""
        ...


class MessagePort:
    """The bus as one invocation sees it; implements ports.Messages."""

    def __init__(self, caller: Caller, run: Receivers) -> None:
        self._caller = caller
        self._run = run
        self._bus = run.bus
        self._made = 0

    def send(self, to: str, payload: str) -> bool:
        """See ports.Messages.send."""
        if to.startswith(OUTSIDE):
            if self._run.post is None:
                raise CallError("not-found", f"there is no way out of this run, to {to!r}")
            self._run.post.send(self._run.id, to, payload)
            return True
        if not self._run.has_inbox(to):
            raise CallError("not-found", f"there is nobody {to!r} to write to")
        self._bus.send(self._caller.holder, to, payload)
        return False

    def publish(self, topic: str, payload: str) -> tuple[int, bool]:
        """See ports.Messages.publish."""
        post = self._run.post
        leaves = post is not None and post.publish(self._run.id, topic, payload)
        return self._bus.publish(self._caller.holder, topic, payload), leaves

    def subscribe(self, pattern: str) -> Heard:
        """See ports.Messages.subscribe."""
        if self._made >= IN_ALL:
            raise CallError("exhausted", f"this instance has subscribed {IN_ALL:,} times")
        box = self._bus.subscribe(self._place(), self._caller.holder, pattern)
        self._made += 1
        return box

    def inbox(self) -> Inbox:
        """See ports.Messages.inbox."""
        return self._bus.inbox(self._caller.holder)

    def recall(self) -> Heard:
        """See ports.Messages.recall."""
        self._made += 1
        box = self._bus.find(self._place())
        assert box is not None, "the records of this run made it"
        return box

    def leave(self, box: Mailbox) -> None:
        """See ports.Messages.leave."""
        if box.place:
            self._bus.leave(box.place)

    def _place(self) -> str:
        return f"{self._caller.path}#{self._caller.number}"
