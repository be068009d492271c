"""Look here if you want to know what an executor needs to carry messages between holders."""

from typing import Protocol

import msgspec

from lion.ports.pending import Waitable


class Message(msgspec.Struct, frozen=True):
    """A message: its number within the run, who wrote it, on which topic (None: to one holder),
    and JSON, of so many bytes.
    """

    number: int
    sender: str
    topic: str | None
    payload: str
    size: int


class Mailbox(Waitable, Protocol):
    """What waits for a reader: a holder's inbox, or what a subscription heard."""

    place: str
    """Where it was subscribed (path and number of the call); empty for an inbox."""

    async def take(self) -> tuple[Message, int]:
        """The next message, and how many before it were lost. Waits until there is one."""
        ...


class Post(Protocol):
    """Where messages leave a run: their records are what is sent on."""

    def send(self, run: str, to: str, payload: str) -> None:
        """Take one for an address. Raises CallError: `not-found` for a service that nobody knows,
        `exhausted` if too much waits.
        """
        ...

    def publish(self, run: str, topic: str, payload: str) -> bool:
        """Take one if the topic is shared; whether it is. Raises CallError("exhausted")."""
        ...


class Messages(Protocol):
    """The bus as one invocation sees it."""

    def send(self, to: str, payload: str) -> bool:
        """Write to a holder, or to an address outside of the run; whether it is to leave it.
        Raises CallError: `not-found`, `exhausted` for a full inbox, or if too much waits to leave.
        """
        ...

    def publish(self, topic: str, payload: str) -> tuple[int, bool]:
        """Write to all who subscribed; how many there were, and whether it is to leave the run.
        Raises CallError("exhausted").
        """
        ...

    def subscribe(self, pattern: str) -> Mailbox:
        """Hear what is published from now on. Raises CallError("exhausted")."""
        ...

    def inbox(self) -> Mailbox:
        """What was sent to the caller's holder."""
        ...

    def recall(self) -> Mailbox:
        """The subscription that the call of now made before its run was resumed."""
        ...

    def leave(self, box: Mailbox) -> None:
        """Hear no more by this subscription; an inbox stays."""
        ...
