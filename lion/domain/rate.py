"""Look here if you want to know how fast a holder may call: a token bucket in whole numbers.

Rule: no float: over any time, exactly `count` tokens come in `period_ns`, whatever steps the clock
takes.
"""

from lion.domain.plan import SECOND, Rate

_UNITS = {SECOND: "s", 60 * SECOND: "min", 3_600 * SECOND: "h", 86_400 * SECOND: "d"}


class Bucket:
    """Holds `rate.count` tokens, full at first. Times are nanoseconds of a monotonic clock.

    A token is counted as `period_ns` units, of which `count` come in each nanosecond.
    """

    __slots__ = ("_full", "_level", "_seen_ns", "rate")

    def __init__(self, rate: Rate, now_ns: int) -> None:
        self.rate = rate
        self._full = rate.count * rate.period_ns
        self._level = self._full
        self._seen_ns = now_ns

    def tokens(self, now_ns: int) -> int:
        """How many whole tokens there are now."""
        if now_ns > self._seen_ns:
            self._level = min(self._full, self._level + (now_ns - self._seen_ns) * self.rate.count)
            self._seen_ns = now_ns
        return self._level // self.rate.period_ns

    @property
    def state(self) -> tuple[int, int]:
        """The level, in units, and the time at which it was that."""
        return self._level, self._seen_ns

    def restore(self, level: int, seen_ns: int) -> None:
        """Go on from a `state`; never with more than it holds."""
        self._level, self._seen_ns = max(0, min(level, self._full)), seen_ns

    def take(self, tokens: int) -> None:
        """Take tokens that `tokens` has just said are there."""
        self._level -= tokens * self.rate.period_ns


def render_rate(rate: Rate) -> str:
    """Write a rate as in the manifest where it has a name there: `100/s`; else `3 in 250 ms`."""
    unit = _UNITS.get(rate.period_ns)
    return f"{rate.count:,}/{unit}" if unit else f"{rate.count:,} in {rate.period_ns / 1e6:g} ms"
