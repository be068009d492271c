"""Look here if you want to know how `lion log` lays out its lines: each in the columns there are,
equal ones folded.

Rule: what is cut is what a call was about or gave, never who, when or how it ended.
Rule: guest text is escaped before it is measured.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from lion.cli.columns import columns_of, last_columns
from lion.cli.screen import Screen
from lion.domain.events import CallRequested
from lion.domain.text import show_line
from lion.domain.units import render_duration
from lion.telling.calls import Entry
from lion.telling.events import tell, word_of

WIDTH: Final = 100
"""Columns of a line where there is no terminal; a wider one is used, to a narrower one it fits."""
_NARROWEST: Final = 60
_WORD: Final = 9
_WHO: Final = 12
_MIDDLE: Final = " -> "
_MOST_EQUAL: Final = 10_000
"""Equal lines after which something is said, or nobody would see that it goes on."""
_SOON_NS: Final = 10_000_000
"""What took less is not told."""
_COLOURS: Final = {"denied": "yellow", "failed": "red", "unknown": "red", "cancelled": "yellow"}


class Lines:
    """Turns entries into lines. `names` are the holders, `last` the highest number to come."""

    def __init__(self, screen: Screen, names: Iterable[str], last: int) -> None:
        self._screen = screen
        columns = screen.columns if screen.is_terminal else WIDTH
        self._width = max(columns, _NARROWEST)
        self._seq = max(len(str(last)), 3)
        self._who = min(max(map(len, names), default=_WHO), _WHO)
        self._before: tuple[str, ...] = ()
        self._day = ""
        self._last: Entry | None = None
        self._equal = 0

    def add(self, entry: Entry) -> Iterator[str]:
        """The lines that an entry brings: none while it says what the one before said."""
        record = entry.record
        said = (record.principal, record.type, *tell(entry.event))
        if said == self._before and self._equal < _MOST_EQUAL:
            self._equal, self._last = self._equal + 1, entry
            return
        yield from self.finish()
        self._before = said
        day, clock = _moment(record.time_ns)
        if day != self._day:
            self._day = day
            yield f"{' ' * self._seq} {day} UTC"
        yield self._line(entry, clock)

    def finish(self) -> Iterator[str]:
        """What is left to be said of equal ones."""
        if self._last is not None:
            times = f"{self._equal:,} more" if self._equal > 1 else "once more"
            until = f"to {self._last.record.seq} at {_moment(self._last.record.time_ns)[1]}"
            yield f"{' ' * self._seq} … {times} of the same, {until}"
        self._last, self._equal, self._before = None, 0, ()

    def _line(self, entry: Entry, clock: str) -> str:
        record = entry.record
        who = fit(show_line(record.principal or "-"), self._who)
        word = f"{fit(word_of(entry.event), _WORD):<{_WORD}}"
        start = f"{record.seq:>{self._seq}} {clock} {pad(who, self._who)} "
        room = self._width - len(start) - _WORD - 1
        text = self._text(entry, room)
        colour = _COLOURS.get(word.rstrip())
        return f"{start}{self._screen.paint(word, colour) if colour else word} {text}".rstrip()

    def _text(self, entry: Entry, room: int) -> str:
        took = getattr(entry.event, "took_ns", 0)
        if took < _SOON_NS:
            return self._said(entry, room)
        suffix = f" ({render_duration(round(took, -6))})"
        return f"{self._said(entry, room - len(suffix))}{suffix}"

    def _said(self, entry: Entry, room: int) -> str:
        about, outcome = (show_line(one, longest=4 * room) for one in tell(entry.event))
        about = about.removesuffix("\\n")
        if not outcome:
            return fit(about, room)
        room -= len(_MIDDLE)
        # That it was allowed matters less than what.
        least = room // 3 if isinstance(entry.event, CallRequested) else room // 2
        shown = fit(outcome, max(room - columns(about), least))
        about = fit_ends(about, room - columns(shown))
        return f"{about}{_MIDDLE}{shown}"


def columns(text: str) -> int:
    """Columns that a text takes."""
    return len(text) if text.isascii() else sum(map(columns_of, text))


def fit(text: str, room: int) -> str:
    """A text in so many columns; of a longer one the end is cut and an ellipsis put."""
    if columns(text) <= room:
        return text
    kept, left = "", room - columns_of("…")
    for char in text:
        left -= columns_of(char)
        if left < 0:
            break
        kept += char
    return f"{kept}…"


def fit_ends(text: str, room: int) -> str:
    """As `fit`, but cut in the middle: a URL or path says most at its ends."""
    if columns(text) <= room:
        return text
    end = last_columns(text, room // 3)
    return f"{fit(text, room - columns(end))}{end}"


def pad(text: str, room: int) -> str:
    """A text and as many spaces as fill the columns."""
    return text + " " * (room - columns(text))


def _moment(time_ns: int) -> tuple[str, str]:
    """Day and time of day, UTC, to the millisecond."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    try:
        when = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # no time of our age: a damaged record's
        return "????-??-??", "??:??:??.???"
    return f"{when:%Y-%m-%d}", f"{when:%H:%M:%S}.{rest // 1_000_000:03}"
