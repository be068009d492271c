"""Look here if you want to know which clock a run goes by.

Rule: `monotonic_ns` is trio's clock, the one that sleeps and deadlines go by: both agree, and a
test's virtual time moves both. It resolves to the float behind it, better than a nanosecond in the
first hundred days of a run.
Rule: of a float, whole nanoseconds that have passed are counted: the clock is never ahead.
"""

import time

import trio


class SystemClock:
    """The machine's clock. It is made inside trio, which is its zero. Implements ports.Clock."""

    def __init__(self) -> None:
        self._start = trio.current_time()

    def now_ns(self) -> int:
        """Nanoseconds since 1970 (UTC)."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """Nanoseconds since the clock was made."""
        return int((trio.current_time() - self._start) * 1e9)
