"""Look here if you want to know how bytes reach the terminal, a pipe or a file.

Rule: written straight to the descriptor: nothing is buffered, so nothing is lost or left at exit.
Rule: colour only on a terminal, and not if NO_COLOR says no.
Rule: on a terminal each line is broken here, and only its first piece begins at the left edge:
there lion speaks, and whoever pads a text to the terminal's width may not.
Rule: what is shown for now is gone before anything else is written to that terminal, whichever
stream that comes by.
"""

import errno
import os
import select
import sys
from collections.abc import Mapping
from typing import Final, Literal

from lion.cli.columns import LEAST, broken
from lion.domain.text import show_json
from lion.errors import OutsideError

_CODES: Final = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
_CODES_BOLD: Final = 1
_NO_TERMINAL: Final = 200
_UNKNOWN: Final = 80
SPEAKERS: Final = ("cyan", "magenta", "green", "blue", "yellow")
"""Colours of speakers, in the order in which they first speak."""
_ERASE: Final = "\r\x1b[2K"
_MORE: Final = "> "
"""Stands before what was broken off a line, after its indentation or two spaces."""

_Place = tuple[int, int, int]
_passing: Final[set[_Place]] = set()
"""Terminals whose last line is there for now: stdout and stderr may be one."""


class Screen:
    """One output stream. A reader that left is no error: `is_closed`, and no more is written."""

    def __init__(
        self,
        descriptor: int | None,
        *,
        encoding: str = "utf-8",
        is_terminal: bool = False,
        has_colour: bool = False,
        can_erase: bool | None = None,
    ) -> None:
        self._descriptor = descriptor
        self._encoding = encoding
        self.is_terminal = is_terminal
        self.has_colour = has_colour
        self.can_erase = is_terminal if can_erase is None else can_erase
        self.is_closed = descriptor is None

    @property
    def columns(self) -> int:
        """Width of the terminal in columns; wide if it is none, so that nothing is cut."""
        if self._descriptor is None or not self.is_terminal:
            return _NO_TERMINAL
        try:
            found = os.get_terminal_size(self._descriptor).columns or _UNKNOWN
            return max(found, LEAST)
        except OSError:
            return _UNKNOWN

    def paint(self, text: str, colour: str) -> str:
        """Colour a text (red, green, ...; bold), if this screen has colours."""
        if not self.has_colour:
            return text
        code = _CODES_BOLD if colour == "bold" else _CODES[colour]
        return f"\x1b[{code}m{text}\x1b[0m"

    def line(self, text: str = "") -> None:
        """Write one line, broken where the terminal would. Raises OutsideError."""
        columns = self.columns
        indent = len(text) - len(text.lstrip(" "))
        more = " " * min(indent or 2, columns // 2) + _MORE
        first, *rest = self.broken(text, columns, columns - len(more))
        self.write("".join([f"{first}\n", *(f"{more}{one}\n" for one in rest)]))

    def broken(self, text: str, first: int, rest: int) -> list[str]:
        """A line's pieces of so many columns; all of it in one where this is no terminal."""
        if not self.is_terminal:
            return [text]
        # What this terminal cannot show is written in more characters.
        plain = text.encode(self._encoding, "backslashreplace").decode(self._encoding)
        return list(broken(show_json(plain), first, rest))

    def pass_by(self, text: str) -> None:
        """Show a text on the last line until anything is written; for what `can_erase`.

        Raises OutsideError.
        """
        self.write(text)
        _passing.add(self._place())

    def write(self, text: str) -> None:
        """Write all of a text. Raises OutsideError if the disk is full or broken."""
        if _passing and (place := self._place()) in _passing:
            _passing.discard(place)
            text = _ERASE + text
        rest = memoryview(text.encode(self._encoding, "backslashreplace"))
        while rest and not self.is_closed:
            rest = rest[self._write_some(rest) :]

    def _place(self) -> _Place:
        """Which terminal or file this is, by whatever stream it is written."""
        try:
            info = os.fstat(-1 if self._descriptor is None else self._descriptor)
        except OSError:
            return (0, 0, 0)
        return info.st_dev, info.st_ino, info.st_rdev

    def _write_some(self, rest: memoryview) -> int:
        assert self._descriptor is not None
        try:
            return os.write(self._descriptor, rest)
        except BlockingIOError:  # somebody who shares the stream made it non-blocking
            select.select([], [self._descriptor], [])
            return 0
        except OSError as exc:
            self.is_closed = True
            if exc.errno == errno.EPIPE:
                return len(rest)
            raise OutsideError(f"output could not be written: {exc.strerror}") from exc


def open_screen(
    name: Literal["stdout", "stderr"], environ: Mapping[str, str] = os.environ
) -> Screen:
    """The screen of this process's stdout or stderr; a closed one if it was given none."""
    stream = sys.stdout if name == "stdout" else sys.stderr
    if stream is None:
        return Screen(None)
    is_terminal = stream.isatty()
    is_plain = bool(environ.get("NO_COLOR")) or environ.get("TERM", "dumb") == "dumb"
    return Screen(
        stream.fileno(),
        encoding=stream.encoding,
        is_terminal=is_terminal,
        has_colour=is_terminal and not is_plain,
        can_erase=is_terminal and environ.get("TERM", "dumb") != "dumb",
    )


def say_none(text: str, *, as_json: bool) -> None:
    """Say to people, beside what a command prints, that it has nothing to list."""
    if not as_json:
        open_screen("stderr").line(text)
