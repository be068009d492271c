"""Look here if you want to know how many columns of a terminal a text takes, and where it breaks.

Rule: rather too many are counted than too few: what goes beyond the last column goes on at the
left edge, where lion speaks. So what terminals do not agree on (new signs, old ones of East Asia,
emoji, marks above letters) counts as the widest of them has it.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LEAST: Final = 8
"""Columns of the narrowest terminal that is thought of."""
TAB: Final = 8
_FIRST_EMOJI: Final = "\U0001f000"
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


def columns_of(char: str) -> int:
    """Columns that one character takes at most."""
    if char.isascii():
        return 1
    is_narrow = unicodedata.east_asian_width(char) in ("N", "Na", "H")
    is_known = char < _FIRST_EMOJI and unicodedata.category(char) != "Cn"
    return 1 if is_narrow and is_known else 2


def broken(text: str, first: int, rest: int) -> Iterator[str]:
    """The pieces of a text that fit into so many columns: the first one, and each of the rest.

    A tab becomes spaces; a colour takes no column.
    """
    begin = at = 0
    text, room = text.expandtabs(TAB), first
    while at < len(text):
        colour = _COLOUR.match(text, at) if text[at] == "\x1b" else None
        room -= 0 if colour else columns_of(text[at])
        if room < 0 and at > begin:
            yield text[begin:at]
            begin, room = at, rest
            continue
        at = colour.end() if colour else at + 1
    yield text[begin:]


def last_columns(text: str, room: int) -> str:
    """As much of a text's end as fits into `room` columns."""
    begin = len(text)
    while begin > 0 and (room := room - columns_of(text[begin - 1])) >= 0:
        begin -= 1
    return text[begin:]


def cut(text: str, room: int) -> str:
    """A text of ASCII in so many columns; of a longer one the end is left out."""
    return text if len(text) <= room else f"{text[: max(room - 2, 0)]}.."
