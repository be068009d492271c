"""Look here if you want to know how a secret that a model says in pieces is starred out.

The door stars out what a server sends in one piece or two. A stream of events puts its own words
between the pieces of a text, so a value that is said word by word would pass it.

Rule: only what could be the beginning of a value waits for the next piece of the same text.
"""

from lion.capabilities.models.chat import Chat
from lion.capabilities.models.events import (
    Event,
    Tell,
    Text,
    Thinking,
    ToolArguments,
    ToolStart,
)
from lion.capabilities.models.provider import Provider
from lion.capabilities.secrets.scrub import Scrubber
from lion.domain.call import CallError


class StarredModel:
    """A Provider whose texts never hold a secret's value."""

    def __init__(self, provider: Provider, scrubber: Scrubber) -> None:
        self._provider = provider
        self._scrubber = scrubber

    async def answer(self, chat: Chat, tell: Tell) -> None:
        """Ask, and tell what comes with stars in it. Raises CallError."""
        starred = _Starred(self._scrubber, tell)
        try:
            await self._provider.answer(chat, starred.tell)
        except CallError as exc:
            await starred.flush()
            # JSON spells a value in ways that nobody finds before it is read.
            raise CallError(exc.case, starred.whole(exc.text)) from None
        await starred.flush()


class _Starred:
    def __init__(self, scrubber: Scrubber, tell: Tell) -> None:
        self._scrubber = scrubber
        self._stream = scrubber.stream()
        self._tell = tell
        self._kind: type[Text | Thinking | ToolArguments] | None = None

    async def tell(self, event: Event) -> None:
        if type(event) is not self._kind:
            await self.flush()
        match event:
            case Text(text) | Thinking(text) | ToolArguments(text):
                self._kind = type(event)
                await self._pass(self._stream.feed(text.encode()))
            case ToolStart(id, name):
                await self._tell(ToolStart(self.whole(id), self.whole(name)))
            case _:
                await self._tell(event)

    def whole(self, text: str) -> str:
        """A text that comes in one piece."""
        return self._scrubber.scrub(text.encode()).decode()

    async def flush(self) -> None:
        """Tell what was held back: the text it was of goes on no further."""
        await self._pass(self._stream.finish())
        self._kind = None

    async def _pass(self, text: bytes) -> None:
        if text and self._kind is not None:
            # What is held back is ASCII, so no character is cut.
            await self._tell(self._kind(text.decode()))
