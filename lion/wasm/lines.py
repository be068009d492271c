"""Look here if you want to know how a trap finds the line of the guest's source.

An AssemblyScript component has a section `source-lines` (lion/toolchain/assemblyscript/node writes
it): where its code begins in it, and for each stretch of code which line it is of, if it is one of
the author's.

Rule: a component may say anything here; what it says is words for people, and short.
"""

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

import msgspec

from lion.wasm.sections import custom_sections, read_json

SECTION: Final = "source-lines"
_FILE: Final = re.compile(r"[\w@][\w@+.-]*(?:/[\w@][\w@+.-]*)*")
LONGEST_NAME: Final = 200


class _Section(msgspec.Struct):
    begin: int
    files: list[str]
    places: list[int]


class Lines:
    """Where each stretch of a component's code comes from."""

    def __init__(self, section: _Section | None = None) -> None:
        places = [] if section is None else section.places
        self._files = [] if section is None else section.files
        self._begins = list(accumulate(places[::3], initial=section.begin))[1:] if section else []
        self._files_at, self._lines = places[1::3], places[2::3]

    def place(self, offset: int) -> str:
        """`file:line` of the instruction at this offset in the component; empty if it is none of
        the author's.
        """
        at = bisect_right(self._begins, offset) - 1
        if at < 0 or at >= len(self._lines) or not 0 < self._files_at[at] <= len(self._files):
            return ""
        name = self._files[self._files_at[at] - 1]
        is_name = len(name) <= LONGEST_NAME and _FILE.fullmatch(name)
        return f"{name}:{self._lines[at]}" if is_name else ""


NO_LINES: Final = Lines()


def read_lines(data: bytes) -> Lines:
    """The lines of a component; none if it does not say."""
    payload = next((p for name, p in custom_sections(data) if name == SECTION), None)
    if payload is None:
        return NO_LINES
    try:
        return Lines(msgspec.convert(read_json(payload[1:]), type=_Section))
    except msgspec.ValidationError:
        return NO_LINES
