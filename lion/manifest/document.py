"""Look here if you want to know how a TOML file is read, and how a mistake in it is told.

Rule: a mistake is one OperatorError that names the file, the line if it can be found, the place,
and what to do.
"""

import re
import tomllib
from collections.abc import Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, Final

from lion.domain.text import show_line
from lion.errors import OperatorError

Place = tuple[str | int, ...]
"""Where something stands: keys, and the index in a list."""

LONGEST: Final = 1024 * 1024
"""Characters of a file: nobody writes more by hand."""
LONGEST_PART: Final = 100
"""Characters of a key that an error shows."""
MOST_PARTS: Final = 16
"""Parts of a key, since tomllib takes time in the square of them."""

_KEY = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_PATH = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_PATH})\s*\]")
_ENTRY = re.compile(rf"\s*({_PATH})\s*=")
# One match for each piece of a text, whatever it is: none is looked at twice. A closing of more
# than three quotes has the first of them in the text. What comes last may be missing, so that
# nothing is tried twice (not by possessive repeats: Python before 3.11.5 matches those wrongly).
_PIECE = re.compile(
    r"""
    (?P<over> \"{3} [^"\\]* (?: (?: \\.? | "(?!"") ) [^"\\]* )* (?:"{3,5})?
      | \'{3} .*? (?:'{3,5}|\Z) )
    | (?P<key> "[^"\\\n]*(?:\\.[^"\\\n]*)*"? | '[^'\n]*'? | [A-Za-z0-9_-]+ )
    | (?P<dot> [ \t]* \. [ \t]* )
    | \#[^\n]* | [ \t]+ | [^"'#.A-Za-z0-9_\- \t]+
    """,
    re.DOTALL | re.VERBOSE,
)
# A text that does not end ends with its line, or each of its quotes would begin another.
_TEXT = re.compile(r"""#[^\n]*|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|'[^'\n]*'?""")
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
        if _has_endless_key(self.text):
            raise self.error((), f"a key of more than {MOST_PARTS} parts", "use fewer levels")
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

    def item_lines(self, place: Place, texts: Sequence[str]) -> list[int | None]:
        """The line of each text in a list of texts; that of the list where it cannot be told."""
        begin = self.line_of(place) if texts else None
        if begin is None:
            return [None] * len(texts)
        rest = "".join(self.text.splitlines(keepends=True)[begin - 1 :])
        found = (one for one in _TEXT.finditer(rest) if one[0][0] != "#")
        line, at = begin, 0
        lines: list[int | None] = []
        for text, one in zip_longest(texts, islice(found, len(texts))):
            if one is not None:
                line, at = line + rest.count("\n", at, one.start()), one.start()
            is_it = one is not None and one[0][1:-1] == text
            lines.append(line if is_it else begin)
        return lines

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
            # A key may be as long as the file.
            shown = show_line(part, longest=LONGEST_PART)
            shown = shown if _BARE.fullmatch(part) else f'"{shown}"'
            text += f".{shown}" if text else shown
    return text


def _has_endless_key(text: str) -> bool:
    """Whether a key has too many parts; texts and comments may have any number of dots."""
    dots, was_key = 0, False
    for piece in _PIECE.finditer(text):
        match piece.lastgroup:
            case "dot":
                dots = dots + 1 if was_key else 0
                if dots >= MOST_PARTS:
                    return True
                was_key = False
            case "key":
                dots, was_key = (0, True) if was_key else (dots, True)
            case _:
                dots, was_key = 0, False
    return False


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
