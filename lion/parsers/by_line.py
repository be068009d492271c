"""Look here if you want to know how text is read that has a record in each line: plain lines, and
JSON lines.

Rule: a line ends with LF or CRLF; the last one may lack its end.
"""

from abc import abstractmethod
from typing import Any

from lion.parsers.elements import decode
from lion.parsers.events import Parsed, Partial
from lion.parsers.parser import Bounds, Parser, Stop
from lion.values.answer_schema import Held

_FENCE = "```"


class LineParser(Parser):
    """Gives whole lines on; what they are is the subclass's."""

    def __init__(
        self, bounds: Bounds, schema: Held | None = None, each: Held | None = None
    ) -> None:
        super().__init__(bounds, schema, each)
        self._held: list[str] = []
        self._held_size = 0
        self._values: list[Any] = []

    def _take(self, text: str) -> None:
        first, *rest = text.split("\n")
        self._hold(first)
        for line in rest:
            self._whole_line()
            self._hold(line)

    def _hold(self, text: str) -> None:
        if text:
            self._held.append(text)
            self._held_size += len(text)

    def _whole_line(self) -> None:
        self._check_record(self._held_size)
        line = "".join(self._held).removesuffix("\r")
        self._held, self._held_size = [], 0
        self._line(line)

    def _open_size(self) -> int:
        return self._held_size

    @abstractmethod
    def _line(self, line: str) -> None:
        """Take a whole line. Raises Stop."""

    def _close(self) -> Parsed:
        if self._held:
            self._whole_line()
        return Parsed(self._values)

    def _record(self, value: Any) -> None:
        super()._record(value)
        self._values.append(value)

    def _snapshot(self) -> Partial | None:
        return Partial(list(self._values)) if self._values else None


class LinesParser(LineParser):
    """Each line is a record, an empty one too."""

    def _line(self, line: str) -> None:
        self._record(line)


class JsonLinesParser(LineParser):
    """Each line is a JSON value. Words before the first list or object are prose, empty lines and
    a code fence nothing; what follows the fence is prose again.
    """

    def __init__(
        self, bounds: Bounds, schema: Held | None = None, each: Held | None = None
    ) -> None:
        super().__init__(bounds, schema, each)
        self._words: list[str] = []
        self._is_over = False

    def _line(self, line: str) -> None:
        bare = line.strip()
        if not self._is_over and bare[:1] in ("{", "["):
            self._tell_words()
            self._check_depth(bare)
            self._record(decode(bare))
        elif bare.startswith(_FENCE):
            self._is_over = bool(self._values)
        elif bare and self._values and not self._is_over:
            raise Stop("syntax", f"line {len(self._values) + 1} is no JSON object and no list")
        elif bare:
            self._words.append(line)

    def _tell_words(self) -> None:
        self._prose("\n".join(self._words))
        self._words = []

    def _check_depth(self, line: str) -> None:
        if line.count("{") + line.count("[") > self.bounds.depth:
            from lion.parsers.scan import Scanner

            for _ in Scanner('"{}[]', self.bounds.depth).marks(line):
                pass

    def _close(self) -> Parsed:
        parsed = super()._close()
        self._tell_words()
        if not self._values:
            raise Stop("missing", "there is no line of JSON in it")
        return parsed
