"""Look here if you want to know how calls of a run that are alike are counted together, so that
a long run is folded as fast as it is read.

Rule: only calls that were allowed are, and that are one record; what a fold keeps of them does not
depend on which of them it sees.
"""

from collections.abc import Callable
from typing import Final

from lion.domain.call import Verdict
from lion.domain.events import CallFinished, Event
from lion.domain.record import Record

MOST: Final = 4_096
"""Different calls that are counted before the fold is told."""

_ALLOW: Final = Verdict.ALLOW

Tell = Callable[[Record, CallFinished, int], None]
"""(the first of them, what it says, how many there are)."""


class Alike:
    """Counts calls until `tell` is told of each kind."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._first: dict[tuple[object, ...], tuple[Record, CallFinished]] = {}
        self._times: dict[tuple[object, ...], int] = {}

    def take(self, record: Record, event: Event) -> bool:
        """Count a call; False for what has to be looked at by itself."""
        if type(event) is not CallFinished or event.verdict is not _ALLOW or not event.capability:
            return False
        key = (
            record.principal, event.capability, event.operation, event.target, event.decided_by,
            event.status,
        )  # fmt: skip
        times = self._times.get(key)
        if times is None:
            if len(self._times) >= MOST:
                self.flush()
            self._first[key] = record, event
        self._times[key] = (times or 0) + 1
        return True

    def flush(self) -> None:
        """Tell of what was counted so far."""
        for key, (record, event) in self._first.items():
            self._tell(record, event, self._times[key])
        self._first.clear()
        self._times.clear()
