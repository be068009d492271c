"""Look here if you want to know how brackets, names and elements of a JSON text are followed
through its pieces, at a few tenths of a microsecond a mark.

Rule: each character is looked at once, by a regular expression, wherever the pieces were cut; a
string that is whole in a piece is one match.
"""

import re
from collections.abc import Callable
from typing import Final

from lion.parsers.elements import ElementReader
from lion.parsers.parser import Stop

_STRING: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_MARKS: Final = re.compile(rf'{_STRING}|[{{}}\[\],:"]', re.DOTALL)
_DEEP: Final = re.compile(rf'{_STRING}|[{{}}\[\]"]', re.DOTALL)
"""The same where commas and colons do not matter."""
_INSIDE: Final = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


class JsonScan:
    """A JSON value from its first bracket on."""

    def __init__(self, path: tuple[str, ...], depth: int) -> None:
        self.elements = ElementReader(path)
        self._most = depth
        self._stack: list[str] = []
        self._is_escaped = False
        self.is_in_string = False
        """The text so far ends within a string."""

    def follow(self, text: str, tell: Callable[[str], None]) -> int:
        """Follow the next piece, and tell the elements that are whole, as texts. Where behind the
        value's end the piece goes on, or -1. Raises Stop for brackets that do not match, or are
        nested too deep.
        """
        at = self._leave_string(text) if self.is_in_string else 0
        level = self.elements.level
        while at < len(text):
            is_deep = len(self._stack) > level or self.elements.is_over
            marks = _DEEP if is_deep else _MARKS
            for found in marks.finditer(text, at):
                mark = found[0]
                at = found.end()
                if mark[0] == '"':
                    if not is_deep or len(mark) == 1:
                        self._string(text, found.start(), mark)
                    if len(mark) == 1:
                        self.elements.keep(text)
                        return -1
                    continue
                if mark in "{}[]":
                    self._bracket(mark)
                if not is_deep or len(self._stack) <= level:
                    element = self.elements.note(text, at - 1, mark, len(self._stack))
                    if element is not None:
                        tell(element)
                    if not self._stack:
                        return at
                    if is_deep or len(self._stack) > level:
                        break
            else:
                break
        self.elements.keep(text)
        return -1

    def _bracket(self, mark: str) -> None:
        if mark in "{[":
            if len(self._stack) >= self._most:
                raise Stop("depth", f"it is nested more than {self._most} levels deep")
            self._stack.append("}" if mark == "{" else "]")
        elif not self._stack or self._stack.pop() != mark:
            raise Stop("syntax", f"a {mark!r} closes nothing")

    def _string(self, text: str, at: int, mark: str) -> None:
        """A string that is whole, or that goes on behind the piece."""
        is_name = self.elements.expects_name(len(self._stack))
        if len(mark) > 1:
            if is_name:
                self.elements.name(mark[1:-1])
            return
        self.is_in_string = True
        inside = _INSIDE.match(text, at + 1)
        self._is_escaped = inside is not None and inside.end() < len(text)
        if is_name:
            self.elements.begin_name(at + 1)

    def _leave_string(self, text: str) -> int:
        """Go on in a string to behind its end."""
        begin = 1 if self._is_escaped else 0
        inside = _INSIDE.match(text, begin)
        end = begin if inside is None else inside.end()
        self._is_escaped = end < len(text) and text[end] == "\\"
        if end >= len(text) or self._is_escaped:
            return len(text)
        self.is_in_string = False
        self.elements.end_name(text, end)
        return end + 1
