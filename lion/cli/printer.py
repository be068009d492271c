"""Look here if you want to know how a run is shown, without being held up by who looks.

Rule: the run's loop only queues records; a thread renders and writes, at the reader's pace.
Rule: a full disk is told of when the run has ended; a reader that left is no fault.
"""

import queue
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from lion.cli.columns import cut, last_columns
from lion.cli.screen import SPEAKERS, Screen
from lion.cli.speech import SHOWN, Live, Spoken, Stay, name_width
from lion.domain.record import Record

PATIENCE = 0.5
"""Seconds that an interrupt leaves for what is still to be written."""
_BATCH = 256
"""Records rendered between two writes."""


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
        self._shown = ""

    def show(self, records: Iterable[Record]) -> None:
        """Write what some records say. Raises OutsideError."""
        self._write([line for record in records for line in self._live.feed(record)])

    def pass_over(self, record: Record) -> None:
        """Take a record that was shown before: what it said is not said again, and goes on."""
        self._live.feed(record)

    def finish(self) -> None:
        """Write what is left. Raises OutsideError."""
        self._write(self._live.finish(), is_last=True)

    def _write(self, lines: list[Spoken], *, is_last: bool = False) -> None:
        text = "".join(self._lasting(lines))
        tail = "" if is_last else self._tail()
        if text or (self._shown and not tail):
            self._screen.write(text)
        if tail:
            self._screen.pass_by(tail)
        self._shown = tail

    def _lasting(self, lines: list[Spoken]) -> Iterator[str]:
        for line in lines:
            if line.stay is not Stay.LASTING and self._screen.is_terminal:
                self._passing = line
                continue
            if line.stay is Stay.FLEETING:
                continue
            if self._passing is not None and line.speaker == self._passing.speaker:
                self._passing = None
            prefix, room = self._prefix(line.speaker)
            for piece in self._screen.broken(line.text, room, room):
                yield f"{prefix}{piece}\n"

    def _tail(self) -> str:
        if not self._screen.can_erase:
            return ""
        line = self._live.tail or self._passing
        if line is None:
            return ""
        prefix, room = self._prefix(line.speaker)
        text = "".join(self._screen.broken(line.text, room, room))
        return f"{prefix}{last_columns(text, room - 1)}"

    def _prefix(self, speaker: str) -> tuple[str, int]:
        """Who speaks, and the columns that are left for what is said."""
        columns = self._screen.columns
        name = f"{speaker:<{self._width}}"
        if self._screen.is_terminal:
            name = cut(name, columns // 2 - len(" | "))
        colour = self._colours.setdefault(speaker, SPEAKERS[len(self._colours) % len(SPEAKERS)])
        return f"{self._screen.paint(f'{name} |', colour)} ", columns - len(f"{name} | ")


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
