"""Look here if you want to know how a run is shown, without being held up by who looks.

Rule: the run's loop only queues records; a thread renders and writes, at the reader's pace.
Rule: a full disk is told of when the run has ended; a reader that left is no fault.
"""

import queue
import threading
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from lion.cli.screen import SPEAKERS, Screen
from lion.cli.speech import SHOWN, Live, Spoken, Stay, name_width
from lion.domain.record import Record

PATIENCE = 0.5
"""Seconds that an interrupt leaves for what is still to be written."""
_BATCH = 256
"""Records rendered between two writes."""
_ERASE = "\r\x1b[2K"


class View(Protocol):
    """Something that shows records, all in the printer's thread."""

    @property
    def types(self) -> Collection[str] | None:
        """The types of records it shows; None: all."""
        ...

    def show(self, records: Sequence[Record]) -> None:
        """Write what some records say. Raises OutsideError."""
        ...

    def finish(self) -> None:
        """Write what is left. Raises OutsideError."""
        ...


class Page:
    """What is on the screen: lines that stay and, on a terminal, the one still being said."""

    types = SHOWN

    def __init__(self, screen: Screen, names: Iterable[str]) -> None:
        self._screen = screen
        self._width = name_width(names)
        self._colours: dict[str, str] = {}
        self._live = Live()
        self._passing: Spoken | None = None
        self._has_tail = False

    def show(self, records: Iterable[Record]) -> None:
        """Write what some records say. Raises OutsideError."""
        self._write([line for record in records for line in self._live.feed(record)])

    def finish(self) -> None:
        """Write what is left. Raises OutsideError."""
        self._write(self._live.finish(), is_last=True)

    def _write(self, lines: list[Spoken], *, is_last: bool = False) -> None:
        text = "".join(self._lasting(lines))
        tail = "" if is_last else self._tail()
        if text or tail or self._has_tail:
            erase = _ERASE if self._has_tail else ""
            self._screen.write(f"{erase}{text}{tail}")
        self._has_tail = bool(tail)

    def _lasting(self, lines: list[Spoken]) -> Iterator[str]:
        for line in lines:
            if line.stay is not Stay.LASTING and self._screen.is_terminal:
                self._passing = line
                continue
            if line.stay is Stay.FLEETING:
                continue
            if self._passing is not None and line.speaker == self._passing.speaker:
                self._passing = None
            yield f"{self._prefix(line.speaker)}{line.text}\n"

    def _tail(self) -> str:
        if not self._screen.is_terminal:
            return ""
        line = self._live.tail or self._passing
        if line is None:
            return ""
        room = self._screen.columns - len(f"{line.speaker:<{self._width}} | ") - 1
        return f"{self._prefix(line.speaker)}{_last_columns(line.text, room)}"

    def _prefix(self, speaker: str) -> str:
        colour = self._colours.setdefault(speaker, SPEAKERS[len(self._colours) % len(SPEAKERS)])
        return f"{self._screen.paint(f'{speaker:<{self._width}} |', colour)} "


def _last_columns(text: str, room: int) -> str:
    """As much of a line's end as fits into `room` columns."""
    begin = len(text)
    while begin > 0:
        wide = unicodedata.east_asian_width(text[begin - 1]) in "WF"
        room -= 2 if wide else 1
        if room < 0:
            break
        begin -= 1
    return text[begin:]


class Printer:
    """Shows records of a run in some views. `watch` returns at once."""

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views
        self._is_all = any(view.types is None for view in views)
        self._types = frozenset(t for view in views for t in view.types or ())
        self._queue: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._failure: Exception | None = None
        # A daemon that holds no lock of Python's: Ctrl-C ends lion while a pager holds it up.
        self._thread = threading.Thread(target=self._work, name="lion-printer", daemon=True)
        self._thread.start()

    def watch(self, record: Record) -> None:
        """Queue a record; it is shown soon."""
        if self._is_all or record.type in self._types:
            self._queue.put(record)

    def close(self, seconds: float | None = None) -> None:
        """Wait until everything is written, at most so long. Raises OutsideError if it cannot
        be.
        """
        self._queue.put(None)
        self._thread.join(seconds)
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        try:
            while records := self._take():
                for view in self._views:
                    view.show(records)
            for view in self._views:
                view.finish()
        except Exception as exc:  # noqa: BLE001 - the thread's seam: `close` raises it again
            self._failure = exc

    def _take(self) -> list[Record]:
        """Wait for records and take what is there; nothing at the end."""
        records: list[Record] = []
        while len(records) < _BATCH and (not records or not self._queue.empty()):
            record = self._queue.get()
            if record is None:
                self._queue.put(None)
                break
            records.append(record)
        return records


@contextmanager
def open_printer(views: Sequence[View]) -> Iterator[Printer]:
    """A printer, and everything written at the end, also after an error.

    After an interrupt only as much as the reader takes at once: it may be what is being
    interrupted.
    """
    printer = Printer(views)
    try:
        yield printer
    except KeyboardInterrupt:
        printer.close(PATIENCE)
        raise
    except BaseException:
        printer.close()
        raise
    printer.close()
