"""Look here if you want to know how the elements of a list are cut out of a JSON text that comes.

Rule: brackets are somebody else's to check (json_scan.py); here is what begins and ends where.
"""

from typing import Any

import msgspec

from lion.parsers.parser import Stop


class ElementReader:
    """The elements of the list that a path of members leads to, as texts, once they are whole."""

    def __init__(self, path: tuple[str, ...]) -> None:
        self._path = path
        self.level = len(path) + 1
        """Marks that are nested deeper need not be noted."""
        self._on_path = 0
        """Members of the path that are open."""
        self._is_next = not path
        """The value that comes next is the next member of the path, or the list."""
        self._is_name = False
        """A string that begins now is a member's name."""
        self._is_open = False
        self.is_over = False
        """Nothing more need be noted, but the end of the value."""
        self._has_any = False
        self._name = ""
        self._held: list[str] = []
        self.size = 0
        """Characters of what is not whole yet."""
        self._begin = -1
        """Where in this piece begins what is kept; -1: nothing is."""

    def note(self, text: str, at: int, mark: str, depth: int) -> str | None:
        """Take the mark at a place of the piece, with the depth after it; the text of an element
        that ends with it.
        """
        if self._is_open:
            return self._element(text, at, mark, depth)
        if self.is_over:
            return None
        here = self._on_path + 1
        if mark in "{[":
            self._enter(at, mark, depth)
        elif depth == here and mark == ":":
            self._is_name = False
            self._is_next = here <= len(self._path) and self._name == self._path[here - 1]
        elif depth == here and mark == ",":
            self._is_name, self._is_next = True, False
        elif depth == self._on_path and self._on_path:
            self._on_path -= 1
        return None

    def expects_name(self, depth: int) -> bool:
        """Whether a string that begins at this depth is a name that matters."""
        return self._is_name and not self._is_open and depth == self._on_path + 1

    def name(self, raw: str) -> None:
        """Take a name as it is written."""
        self._name = _name_of(raw)

    def begin_name(self, at: int) -> None:
        """A name begins that goes on behind this piece."""
        self._begin = at

    def end_name(self, text: str, at: int) -> None:
        """A string that began before ends here: a name, if one was kept."""
        if self._begin >= 0 and not self._is_open:
            raw = self._cut(text, at)
            self._begin = -1
            self.name(raw)

    def keep(self, text: str) -> None:
        """Keep what of a piece belongs to what is not whole."""
        if self._begin >= 0:
            piece = text[self._begin :] if self._begin else text
            self._held.append(piece)
            self.size += len(piece)
            self._begin = 0

    def _enter(self, at: int, mark: str, depth: int) -> None:
        is_value = depth == self._on_path + 2
        if self._is_next and mark == "[" and depth == self.level:
            self._is_open, self._begin = True, at + 1
        elif self._is_next and mark == "{" and is_value:
            self._on_path += 1
            self._is_name = True
        elif depth == 1:
            self._is_name, self.is_over = bool(self._path), not self._path
        if is_value:
            self._is_next = False

    def _element(self, text: str, at: int, mark: str, depth: int) -> str | None:
        is_last = depth < self.level and mark == "]"
        if not is_last and (mark != "," or depth != self.level):
            return None
        element = self._cut(text, at)
        self._begin = -1 if is_last else at + 1
        if is_last:
            self._is_open, self.is_over = False, True
        if is_last and not self._has_any and not element.strip():
            return None
        self._has_any = True
        return element

    def _cut(self, text: str, at: int) -> str:
        piece = text[self._begin : at]
        if not self._held:
            return piece
        self._held.append(piece)
        whole = "".join(self._held)
        self._held, self.size = [], 0
        return whole


def decode(text: str) -> Any:
    """A JSON text's value, strictly. Raises Stop."""
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as exc:
        raise Stop("syntax", f"it is no JSON: {str(exc)[:200]}") from None


def _name_of(raw: str) -> str:
    """A key as it is meant. One that is no JSON leads nowhere; that it is none is found in the
    end, with whatever else is.
    """
    try:
        return str(decode(f'"{raw}"')) if "\\" in raw else raw
    except Stop:
        return raw
