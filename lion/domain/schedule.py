"""Look here if you want to know what begins tasks that nobody submits, and when: schedules.

Rule: the instants of a schedule follow from itself alone: from 1970 on (UTC), every so often, at a
time of day. Whoever was not there can tell which of them he missed.
Rule: what has come is a task's record, with its instant or its message: so each comes once.
"""

from typing import Final

import msgspec

from lion.domain.task import Order

SECOND: Final = 1_000_000_000
DAY: Final = 86_400 * SECOND
SHORTEST: Final = SECOND
"""Nanoseconds between two instants, at least."""
MOST_SCHEDULES: Final = 64
"""Of one manifest."""
MOST_MISSED: Final = 1_000
"""Instants that are made up for one by one; of more the oldest are passed over."""
MISSED: Final = ("last", "each")
"""Which of the instants that have passed begin a task."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """What is done when: `order`, in which texts that begin with `=` are expressions about
    `event`. Either `every_ns`, counted from `at_ns` of a day on, or when a message comes on a
    `topic` (a pattern). At most `at_once` of its tasks are unfinished together (0: no bound).
    """

    name: str
    order: Order
    every_ns: int = 0
    at_ns: int = 0
    missed: str = "last"
    topic: str = ""
    at_once: int = 0

    def next(self, since_ns: int) -> int:
        """Its first instant after another one."""
        return ((since_ns - self.at_ns) // self.every_ns + 1) * self.every_ns + self.at_ns

    def due(self, since_ns: int, now_ns: int) -> tuple[int, int] | None:
        """Which instant has come since another one, and how many before it are passed over; None:
        none has come.
        """
        first, last = self.next(since_ns), self.next(now_ns) - self.every_ns
        if last < first:
            return None
        count = (last - first) // self.every_ns
        if self.missed == "last":
            return last, count
        over = max(0, count + 1 - MOST_MISSED)
        return first + over * self.every_ns, over
