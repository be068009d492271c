"""Look here if you want to know how plain text is read: as it is, within bounds."""

from lion.parsers.events import Parsed, Partial, Text
from lion.parsers.parser import Bounds, Parser
from lion.values.answer_schema import Held


class TextParser(Parser):
    """Text, piece by piece."""

    def __init__(
        self, bounds: Bounds, schema: Held | None = None, each: Held | None = None
    ) -> None:
        super().__init__(bounds, schema, each)
        self._pieces: list[str] = []

    def _take(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            self._events.append(Text(text))

    def _close(self) -> Parsed:
        return Parsed("".join(self._pieces))

    def _snapshot(self) -> Partial | None:
        return Partial("".join(self._pieces)) if self._pieces else None
