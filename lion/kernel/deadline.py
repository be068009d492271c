"""Look here if you want to know how long an export may run, and when its clock stands still.

Rule: a deadline holds for the whole call, host calls included.
Rule: while somebody holds it, no time passes for it; who holds it twice has to let go twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

import trio

from lion.domain.units import seconds_of


class Deadline:
    """The deadline of one invocation. `seconds` is what it was given."""

    def __init__(self, limit_ns: int | None) -> None:
        self.seconds = seconds_of(limit_ns)
        self._scope: trio.CancelScope | None = None
        self._holds = 0
        self._left = inf
        self._is_off = False

    @property
    def has_passed(self) -> bool:
        """The work was cut because it took longer."""
        return self._scope is not None and self._scope.cancelled_caught

    def running(self) -> trio.CancelScope:
        """The scope of the work, which is cut when the time is over; the clock begins now."""
        self._scope = trio.move_on_after(inf if self._is_off else self.seconds)
        return self._scope

    def suspend(self) -> None:
        """It does not hold until `go_on`."""
        self._is_off = True

    def go_on(self, used_ns: int) -> None:
        """It holds from now on; so many nanoseconds of it were used before."""
        self._is_off = False
        left = max(0.0, self.seconds - used_ns / 1e9)
        if self._scope is not None:
            self._scope.deadline = trio.current_time() + left
        else:
            self.seconds = left

    @contextmanager
    def held(self) -> Iterator[None]:
        """No time passes in here."""
        scope = self._scope
        if scope is None:
            yield
            return
        if not self._holds:
            self._left = scope.deadline - trio.current_time()
            scope.deadline = inf
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            if not self._holds:
                scope.deadline = trio.current_time() + self._left
