"""Look here if you want to know whether a guest's own error tells of something outside of lion.

A guest answers with an error of its own; that it is one because a server was down, only its words
can tell. So they are compared with those that failed calls gave it.

Rule: an error is the outside's if it has in it, letter for letter, what network, server or disk
told a call of this guest, or of a tool that it called; nothing else is guessed.
Rule: so a guest cannot claim a failure that was none. It can pass one on that it could have borne,
or keep one to itself.
"""

from collections.abc import Iterator
from typing import Any, Final

from lion.domain.capability import OFFERED

REMEMBERED: Final = 8
"""Failures of one invocation: the last ones are those that may have ended it."""
LONGEST: Final = 8_192
"""Characters of one; a longer one is forgotten."""
_CASES: Final = {name: frozenset(one.outside) for name, one in OFFERED.items() if one.outside}


class OutsideFailures:
    """What the outside did to one invocation."""

    def __init__(self) -> None:
        self._known: list[tuple[str, str]] = []

    def note(self, capability: str, operation: str, error: tuple[str, str]) -> None:
        """Remember how a call failed, if that was the outside's doing."""
        case, text = error
        if case in _CASES.get(capability, ()):
            self.remember(text, f"{capability}.{operation}: {case}: {text}")

    def remember(self, text: str, said: str) -> None:
        """Remember a failure by the text that the guest got, and what is said of it."""
        if 0 < len(text) <= LONGEST:
            self._known.append((text, said))
            del self._known[:-REMEMBERED]

    def told_by(self, value: Any) -> str:
        """The failure that a guest's own error tells of, for people; empty if it tells of none."""
        if self._known:
            texts = list(_texts(value))
            for text, said in reversed(self._known):
                if any(text in each for each in texts):
                    return said
        return ""


def _texts(value: Any) -> Iterator[str]:
    """All text in a WIT value."""
    todo = [value]
    while todo:
        match todo.pop():
            case str() as text:
                yield text
            case list() | tuple() as many:
                todo.extend(many)
            case dict() as record:
                todo.extend(record.values())
