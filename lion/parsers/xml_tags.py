"""Look here if you want to know where a tag, a comment or the like of an XML text ends.

Rule: each character is looked at once, wherever the pieces were cut.
"""

import re
from collections.abc import Iterator
from typing import Final

_TEXT, _HEAD, _TAG = "", "<", ">"
_ENDS: Final = {"!--": "-->", "![CDATA[": "]]>", "?": "?>"}
"""How what begins so ends, where it is no tag."""
_IN_TAG: Final = re.compile("[>\"']")


class TagEnds:
    """Follows a text in pieces."""

    def __init__(self) -> None:
        self._state = _TEXT
        """Where it is: in text, behind a `<`, in a tag, in one of its quotes, or before an end."""
        self._head = ""

    def ends(self, text: str) -> Iterator[int]:
        """Where in the next piece something ends: the places behind it."""
        at = 0
        while at < len(text):
            before = self._state
            at = self._step(text, at)
            if self._state == _TEXT and before != _TEXT:
                yield at

    def _step(self, text: str, at: int) -> int:
        """Go on to where the state changes, or to the end of the piece."""
        match self._state:
            case "":
                return self._until(text, at, "<", _HEAD)
            case "<":
                return self._begin(text, at)
            case ">":
                found = _IN_TAG.search(text, at)
                if found is None:
                    return len(text)
                self._state = _TEXT if found[0] == ">" else found[0]
                return found.end()
            case '"' | "'" as quote:
                return self._until(text, at, quote, _TAG)
            case end:
                return self._until_end(text, at, end)

    def _until(self, text: str, at: int, mark: str, state: str) -> int:
        found = text.find(mark, at)
        if found < 0:
            return len(text)
        self._state, self._head = state, ""
        return found + 1

    def _begin(self, text: str, at: int) -> int:
        """Find out what has begun, a character at a time."""
        self._head += text[at]
        if end := _ENDS.get(self._head):
            self._state, self._head = end, ""
        elif not any(begin.startswith(self._head) for begin in _ENDS):
            self._state = _TAG
            return at
        return at + 1

    def _until_end(self, text: str, at: int, end: str) -> int:
        window = self._head + text[at:]
        found = window.find(end)
        if found < 0:
            self._head = window[1 - len(end) :]
            return len(text)
        self._state = _TEXT
        return at - len(self._head) + found + len(end)
