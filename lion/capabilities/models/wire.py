"""Look here if you want to know what a protocol of models over HTTP has to say of itself.

Rule: a wire spells questions and reads answers, and does nothing: no network, no time, no retry.
Rule: another protocol is another pair of these two, and remote.py does not change.
"""

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from lion.capabilities.models.chat import Chat
from lion.capabilities.models.events import Event
from lion.domain.plan import Model


class Overloaded(Exception):
    """The server asks for another try later, whatever status it answered with."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Decoder(Protocol):
    """Reads one answer. Every method raises CallError for what is no answer, or Overloaded."""

    is_over: bool
    """The server said that nothing more comes, whatever becomes of the connection."""

    @property
    def is_paused(self) -> bool:
        """The answer goes on if the server is asked once more, with this decoder (Wire.spell)."""
        ...

    @property
    def is_whole(self) -> bool:
        """What came is an answer, even if nothing more comes."""
        ...

    def feed(self, type: str, data: str) -> Iterable[Event]:
        """What a server-sent event says."""
        ...

    def whole(self, data: str) -> Iterable[Event]:
        """What JSON says that came without being an event: a whole answer, or a piece."""
        ...

    def finish(self) -> Iterable[Event]:
        """What is left when nothing more comes, a Stop last; nothing if it is not whole."""
        ...


class WireRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it is sent, and the reader of its answer. The key is no part of it."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    decoder: Any
    """A Decoder."""


class Wire(Protocol):
    """A protocol of models."""

    def spell(self, model: Model, chat: Chat, after: Decoder | None = None) -> WireRequest:
        """The request for a question; for the rest of its answer, `after` one that paused.

        Raises CallError("invalid") for what it cannot say.
        """
        ...
