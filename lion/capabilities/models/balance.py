"""Look here if you want to know whether a JSON object that comes in pieces is at its end.

Rule: each character is looked at once, however many pieces there are: asking costs nothing.
"""

import re

_SPECIAL = re.compile(r'["\\{}\[\]]')


def depth_of(text: str) -> int:
    """How deeply a JSON text is nested."""
    balance = Balance()
    balance.feed(text)
    return balance.deepest


class Balance:
    """Brackets of an object or array, opened and closed."""

    def __init__(self) -> None:
        self._depth = 0
        self.deepest = 0
        self._is_in_text = False
        self._is_escape_cut = False
        self.is_closed = False
        """The value is whole; whatever follows is no part of it."""

    def feed(self, piece: str) -> None:
        """Take the next piece."""
        skipped = 0 if self._is_escape_cut else -1
        if piece:
            self._is_escape_cut = False
        for found in _SPECIAL.finditer(piece):
            if found.start() == skipped:
                continue
            if self._is_in_text and found[0] == "\\":
                skipped = found.end()
                self._is_escape_cut = skipped == len(piece)
            else:
                self._take(found[0])

    def _take(self, mark: str) -> None:
        if mark == '"':
            self._is_in_text = not self._is_in_text
        elif self._is_in_text:
            return
        elif mark in "{[":
            self._depth += 1
            self.deepest = max(self.deepest, self._depth)
            self.is_closed = False
        elif mark in "}]":
            self._depth -= 1
            self.is_closed = self._depth == 0
