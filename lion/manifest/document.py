"""Look here if you want to know how a TOML file is read, and how a mistake in it is told.

Rule: a mistake is one OperatorError that names the file, the line if it can be found, the place,
and what to do.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from lion.domain.text import show_line
from lion.errors import OperatorError

Place = tuple[str | int, ...]
"""Where something stands: keys, and the index in a list."""

LONGEST: Final = 1024 * 1024
"""Characters of a file: nobody writes more by hand."""

_KEY = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_PATH = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_PATH})\s*\]")
_ENTRY = re.compile(rf"\s*({_PATH})\s*=")
# tomllib takes time in the square of a key's parts; nobody writes 64.
_ENDLESS_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_KEY}[ \t]*\.[ \t]*){{64}}")
_TEXT = re.compile(r"""#[^\n]*|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Document:
    """A TOML text with its origin. `kind` is the word for it in sentences: manifest, policy.

    `folder` is where relative paths begin if there is no file (`path`), beside which they do.
    """

    def __init__(self, text: str, *, kind: str, path: Path | None, folder: Path = Path()) -> None:
        self.text = text.removeprefix("\ufeff")
        self.kind = kind
        self.path = path
        self.folder = folder if path is None else path.parent

    def parse(self) -> dict[str, Any]:
        """The text as plain values. Raises OperatorError with line and column."""
        if len(self.text) > LONGEST:
            raise self.error((), f"longer than {LONGEST} characters", "make it smaller")
        if _ENDLESS_KEY.search(self.text):
            raise self.error((), "a key of more than 64 parts", "use fewer levels")
        try:
            return tomllib.loads(self.text)
        except RecursionError:
            raise self.error((), "the file is nested too deeply", "use fewer levels") from None
        except ValueError as exc:
            raise self._syntax_error(str(exc)) from None

    def error(self, place: Place, what: str, hint: str = "") -> OperatorError:
        """A mistake at a place: `manifest.toml:7: plugins.x.limits.memory: ...`."""
        line = self.line_of(place) if place else None
        where = self._origin(line)
        spot = f"{render_place(place)}: " if place else ""
        # A file may hold anything, at any length; the sentence stays one line that can be read.
        return OperatorError(
            f"{where}: {spot}{show_line(what, longest=400)}",
            hint=hint,
            place=render_place(place),
            line=line,
            path=None if self.path is None else str(self.path),
        )

    def line_of(self, place: Place) -> int | None:
        """The line where the longest beginning of a place is written, from 1; None if nowhere."""
        best, found = 0, None
        for number, written in _written_places(self.text):
            if best < len(written) <= len(place) and place[: len(written)] == written:
                best, found = len(written), number
            elif best == 0 and found is None and written[: len(place)] == place:
                found = number  # [models.fast] is where `models` begins
        return found

    def item_line(self, place: Place, index: int, text: str) -> int | None:
        """The line of a text in a list of texts; that of the list where it cannot be told."""
        begin = self.line_of(place)
        if begin is None:
            return None
        lines = self.text.splitlines(keepends=True)
        rest = "".join(lines[begin - 1 :])
        texts = [found for found in _TEXT.finditer(rest) if found[0][0] != "#"]
        if index >= len(texts) or texts[index][0][1:-1] != text:
            return begin
        return begin + rest.count("\n", 0, texts[index].start())

    def _origin(self, line: int | None) -> str:
        origin = self.kind if self.path is None else show_line(str(self.path))
        return origin if line is None else f"{origin}:{line}"

    def _syntax_error(self, message: str) -> OperatorError:
        spot = re.search(r"\(at line (\d+), column (\d+)\)", message)
        what = show_line(message.split(" (at ")[0])
        line, column = (int(spot[1]), int(spot[2])) if spot else (None, None)
        where = f"line {line}, column {column}" if spot else "its end"
        hint = "correct it there; text stands in quotes"
        if what.startswith(("Cannot overwrite", "Cannot declare", "Duplicate")):
            what = f"the same key twice ({what})"
            hint = "join the two, or rename one"
        elif what.startswith("Exceeds the limit"):
            where, what, hint = "one place", "a number of thousands of digits", "shorten it"
        return OperatorError(
            f"{self._origin(line)}: not valid TOML at {where}: {what}",
            hint=hint,
            line=line,
            column=column,
            path=None if self.path is None else str(self.path),
        )


def render_place(place: Place) -> str:
    """Write a place for people: `run[0].agent`, `plugins.notes.allow.kv`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = part if _BARE.fullmatch(part) else f'"{show_line(part)}"'
            text += f".{shown}" if text else shown
    return text


def _written_places(text: str) -> list[tuple[int, Place]]:
    """Line and place of each header and `key =` that begins a line, strings over lines aside."""
    places: list[tuple[int, Place]] = []
    counts: dict[Place, int] = {}
    table: Place = ()
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if header := _HEADER.match(line):
            table = _split(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            places.append((number, table))
        elif entry := _ENTRY.match(line):
            places.append((number, table + _split(entry[1])))
        inside = next((q for q in ('"""', "'''") if line.count(q) % 2), "")
    return places


def _split(path: str) -> Place:
    parts = re.findall(_KEY, path)
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in parts)
