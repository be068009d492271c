"""Look here if you want to know who ends an answer whose next piece does not come.

Rule: one task looks after all answers of a door: a timer of its own would cost each piece as much
as reading it does.
Rule: nobody is cut early, and only who waits for the server: a slow reader is no fault of it.
"""

import math
from typing import Protocol

import trio


class Cuttable(Protocol):
    """A connection; whoever reads from it when it is cut learns that it broke."""

    def cut(self) -> None: ...


class Patience:
    """How long one answer may wait. Times are seconds of trio's clock.

    `since` is when its reader began to wait for the piece that it waits for now; infinite if it
    does not wait.
    """

    __slots__ = ("connection", "idle", "is_over", "since", "until")

    def __init__(self, connection: Cuttable | None, idle: float, until: float) -> None:
        self.connection = connection
        self.idle = idle
        self.until = until
        self.since = math.inf
        self.is_over = False

    def due(self, now: float) -> float:
        """When to look again: no answer that waits may be due before that."""
        if self.is_over:
            return math.inf
        if self.since <= now:
            return min(self.since + self.idle, self.until)
        return self.until if now < self.until < now + self.idle else now + self.idle

    def end_if_due(self, now: float) -> None:
        """Cut the connection of who has waited too long."""
        if self.connection is not None and self.due(now) <= now:
            self.is_over = True
            self.connection.cut()


class Lookout:
    """The answers of one door."""

    def __init__(self) -> None:
        self._all: set[Patience] = set()
        self._nap = trio.CancelScope()

    def add(self, one: Patience) -> None:
        """Look after an answer from now on."""
        self._all.add(one)
        self._nap.deadline = min(self._nap.deadline, one.due(trio.current_time()))

    def remove(self, one: Patience) -> None:
        """It has ended. Twice is no mistake."""
        self._all.discard(one)

    @trio.lowlevel.enable_ki_protection
    async def look(self) -> None:
        """Cut who is due, until cancelled."""
        while True:
            now = trio.current_time()
            for one in self._all:
                one.end_if_due(now)
            deadline = min((one.due(now) for one in self._all), default=math.inf)
            with trio.CancelScope(deadline=deadline) as self._nap:
                await trio.sleep_forever()
