"""Look here if you want to know how a test holds time still, and how it passes all the same.

Rule: trio's time and the guest's are one, so that sleeps, deadlines, paces and rates agree.
Rule: time passes by itself only when nothing else can happen: no task can run, no thread works,
and no process that works for this one.
"""

import math
from typing import Final

import trio
import trio.abc
import trio.testing

from lion.threads import count_busy

START_NS: Final = 1_750_000_000_000_000_000
"""When frozen time begins: 2025-06-15 15:06:40 UTC."""

_NEVER: Final = 999_999_999.0
_THREADS_LOOK: Final = 0.001
_IDLE_LOOK: Final = 0.005
"""Seconds of real time between two looks, while threads work and while nothing is waited for."""


class FrozenClock(trio.abc.Clock):
    """A ports.Clock that moves when told, both times together. Times are nanoseconds.

    It is a clock of trio's as well: `trio.run(..., clock=it)`, or a fixture of pytest-trio.
    """

    def __init__(self, now_ns: int = START_NS, monotonic_ns: int = 0) -> None:
        self._now_ns = now_ns
        self._monotonic_ns = monotonic_ns
        self._ahead_ns = 0

    def now_ns(self) -> int:
        """Nanoseconds since 1970 (UTC)."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """Nanoseconds since the start of the run."""
        return self._monotonic_ns

    def advance(self, duration_ns: int) -> None:
        """Let this time pass."""
        self._now_ns += duration_ns
        self._monotonic_ns += duration_ns

    def advance_to(self, deadline: float) -> None:
        """Let time pass until this instant of trio's, which is not before."""
        passed = max(0, round((deadline - self.current_time()) * 1e9))
        # Executors add a nanosecond to what a guest asked for, which would show in what it says.
        passed -= passed % 1_000 == 1
        self.advance(passed)
        while self.current_time() < deadline:
            self._ahead_ns += 1 + int(math.ulp(deadline) * 1e9)

    def start_clock(self) -> None:
        """See trio.abc.Clock."""

    def current_time(self) -> float:
        """Seconds, as trio counts them; a few nanoseconds ahead of `monotonic_ns`."""
        return (self._monotonic_ns + self._ahead_ns) / 1e9

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """See trio.abc.Clock."""
        return 0.0 if deadline <= self.current_time() else _NEVER


class RunClock:
    """The ports.Clock of one run: a FrozenClock's, from zero on."""

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock
        self._start_ns = clock.monotonic_ns()

    def now_ns(self) -> int:
        """Nanoseconds since 1970 (UTC)."""
        return self._clock.now_ns()

    def monotonic_ns(self) -> int:
        """Nanoseconds since the clock was made."""
        return self._clock.monotonic_ns() - self._start_ns


async def let_time_pass(clock: FrozenClock) -> None:
    """For ever: whenever everything waits, go to the next instant that somebody waits for."""
    look = 0.0
    while True:
        await trio.testing.wait_all_tasks_blocked(look)
        left = trio.lowlevel.current_statistics().seconds_to_next_deadline
        if trio.testing.active_thread_count() or count_busy():
            look = _THREADS_LOOK
        elif math.isinf(left):
            look = _IDLE_LOOK
        else:
            look = 0.0
            clock.advance_to(trio.current_time() + left)
