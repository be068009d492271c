"""Look here if you want to know how `lion log` tells what a finished call was: its outcome and the
intent that was written before it are one call again.
"""

from collections.abc import Iterator

import msgspec

from lion.domain.events import CallFinished, CallRequested, Event
from lion.domain.pairing import Pairs
from lion.domain.record import Record
from lion.ports import LogReader

_INTENT = CallRequested.__name__


class Entry(msgspec.Struct, frozen=True):
    """A record and its event, which is the whole call where the record is only its outcome."""

    record: Record
    event: Event


class Calls:
    """A fold over a run's records in order, that may begin in the midst of them."""

    def __init__(self, reader: LogReader, run: str, after: int = 0) -> None:
        self._reader = reader
        self._run = run
        self._unread = after
        """Records before our first that may hold intents and were not looked at."""
        self._pairs = Pairs()
        self._open: dict[tuple[str, int], Entry] = {}

    def read(self, record: Record) -> Entry:
        """The entry of the next record. Raises AuditError for one that cannot be read."""
        event = record.event()
        if isinstance(event, CallRequested):
            self._pairs.note(record, event)
            self._open[record.invocation, record.call] = Entry(record, event)
        elif isinstance(event, CallFinished) and not event.capability:
            self._open.pop((record.invocation, record.call), None)
            event, is_whole = self._pairs.join(record, event)
            if not is_whole and self._unread:
                self._look_back()
                event, _ = self._pairs.join(record, event)
        return Entry(record, event)

    def still_open(self) -> Iterator[Entry]:
        """Intents without an outcome, in order: what became of these effects is not recorded."""
        return iter(self._open.values())

    def _look_back(self) -> None:
        """Read the intents before our first record, once."""
        last, self._unread = self._unread, 0
        for record in self._reader.records(self._run):
            if record.seq > last:
                return
            if record.type == _INTENT:
                intent = record.event()
                assert isinstance(intent, CallRequested)
                self._pairs.note(record, intent)
