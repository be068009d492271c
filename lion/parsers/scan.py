"""Look here if you want to know how brackets and strings are followed through a text in pieces.

Rule: each character is looked at once, by a regular expression, wherever the pieces were cut.
"""

import re
from collections.abc import Iterator
from typing import Final

from lion.parsers.parser import Stop

_OPEN: Final = {"{": "}", "[": "]", "(": ")"}
_IN_STRING: Final = {quote: re.compile(rf"[{quote}\\]") for quote in "\"'"}

WINDOW: Final = 192
"""Characters that a beginning is recognised by, at most."""


class Scanner:
    """Where brackets, strings and separators of a text are."""

    def __init__(self, marks: str, depth: int) -> None:
        """`marks` are the characters that matter outside of strings."""
        self._outside = re.compile(f"[{re.escape(marks)}]")
        self._most = depth
        self._stack: list[str] = []
        self._quote = ""
        self._is_escaped = False

    @property
    def depth(self) -> int:
        """Brackets that are open."""
        return len(self._stack)

    @property
    def is_in_string(self) -> bool:
        """The text so far ends within a string."""
        return bool(self._quote)

    def marks(self, text: str, at: int = 0) -> Iterator[tuple[int, str]]:
        """Where the marks of the next piece are and which, from `at` on: brackets after they
        count in `depth`, quotes of both ends of a string. Raises Stop for brackets that do not
        match, or are nested too deep.
        """
        while at < len(text):
            if self._is_escaped:
                self._is_escaped = False
                at += 1
                continue
            inside = _IN_STRING[self._quote] if self._quote else self._outside
            found = inside.search(text, at)
            if found is None:
                return
            at = found.end()
            mark = found[0]
            if mark == "\\":
                self._is_escaped = True
                continue
            self._note(mark)
            yield found.start(), mark

    def _note(self, mark: str) -> None:
        if mark in _IN_STRING:
            self._quote = "" if self._quote else mark
        elif mark in _OPEN:
            if len(self._stack) >= self._most:
                raise Stop("depth", f"it is nested more than {self._most} levels deep")
            self._stack.append(_OPEN[mark])
        elif mark in "}])" and (not self._stack or self._stack.pop() != mark):
            raise Stop("syntax", f"a {mark!r} closes nothing")


class Beginning:
    """Where in a text that begins with words of another kind the thing itself begins."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        """The pattern's one group that matches is where; a match is decided by what is matched
        alone, and is no longer than WINDOW.
        """
        self._pattern = pattern
        self._window = "\n"
        self._before: list[str] = []

    def find(self, text: str) -> str | None:
        """The thing's text so far, once it has begun."""
        window = self._window + text
        found = self._pattern.search(window)
        if found is None:
            self._before.append(text)
            self._window = window[-WINDOW:]
            return None
        begin = found.start(found.lastgroup or 0)
        # What of it came with earlier pieces is not among the words before it.
        whole = "".join(self._before) + text
        cut = len(whole) - (len(window) - begin)
        self._before = [whole[:cut]]
        return window[begin:]

    def before(self) -> str:
        """The words before it; all there are, if it has not begun."""
        return "".join(self._before)
