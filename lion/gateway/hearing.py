"""Look here if you want to know how an answer is heard for a client: with the texts at which it
ends, and held to what the request demands of it.

Rule: an answer that ends at a text of the client's is dropped there, so the model stops; what it
cost until then is an estimate, and marked.
"""

from collections import deque
from typing import Any, Final

from lion.domain.call import CallError
from lion.gateway.asked import Asked
from lion.kernel.client_models import Question

BYTES_A_TOKEN: Final = 4
MOST_WHOLE: Final = 4 * 1024 * 1024
"""Bytes of an answer in one piece; a longer one has to be streamed."""


class Stops:
    """Lets text through until one of some texts comes, however it is split."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self._held = ""
        self._longest = max(map(len, stops), default=1)
        self.is_over = False

    def feed(self, text: str) -> str:
        """What may be told of this and what was held."""
        if not self._stops:
            return text
        self._held += text
        found = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if found:
            self.is_over = True
            return self._held[: min(found)]
        told = max(0, len(self._held) - (self._longest - 1))
        ready, self._held = self._held[:told], self._held[told:]
        return ready

    def rest(self) -> str:
        """What was held, once no more comes."""
        held, self._held = self._held, ""
        return held


class Hearing:
    """The events of one answer, as a client is told them."""

    def __init__(self, question: Question, asked: Asked) -> None:
        self._question = question
        self._asked = asked
        self._stops = Stops(asked.stops)
        self._due: deque[tuple[str, Any]] = deque()
        self._has_called = False
        self._is_over = False
        self._bytes = 0

    async def next(self) -> tuple[str, Any] | None:
        """The next event, None after the last. Raises CallError."""
        while not self._due:
            if self._is_over:
                return None
            event = await self._question.next()
            if event is None:
                self._is_over = True
            else:
                self._take(*event)
        return self._due.popleft()

    def _take(self, kind: str, value: Any) -> None:
        if kind == "text":
            value = self._stops.feed(value)
            self._bytes += len(value.encode())
            if value:
                self._due.append((kind, value))
            if self._stops.is_over:
                self._cut()
            return
        if kind in ("tool-start", "usage", "stop") and (rest := self._stops.rest()):
            self._due.append(("text", rest))
        if kind == "tool-start":
            self._has_called = True
        if kind == "stop" and value in ("end", "tool-use", "other"):
            self._check_called()
        if kind in ("tool-arguments", "thinking"):
            self._bytes += len(value.encode())
        self._due.append((kind, value))

    def _check_called(self) -> None:
        if self._asked.must_call and not self._has_called:
            raise CallError("unavailable", "the model called no tool, and the request wants one")

    def _cut(self) -> None:
        self._is_over = True
        self._check_called()
        asked = sum(len(one.get("content", "").encode()) for one in self._asked.messages)
        used = {
            "input": -(-asked // BYTES_A_TOKEN),
            "output": -(-self._bytes // BYTES_A_TOKEN),
            "estimated": True,
        }
        self._due.extend((("usage", used), ("stop", "end")))

    def check_whole(self) -> None:
        """Raise CallError if what was heard is too long for one piece."""
        if self._bytes > MOST_WHOLE:
            words = f"the answer has more than {MOST_WHOLE:,} bytes: ask for a stream"
            raise CallError("exhausted", words)
