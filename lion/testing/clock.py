"""Look here if you want to know how a test holds time still."""


class FrozenClock:
    """A ports.Clock that moves when told, both times together. Times are nanoseconds."""

    def __init__(self, now_ns: int = 1_750_000_000_000_000_000, monotonic_ns: int = 0) -> None:
        self._now_ns = now_ns
        self._monotonic_ns = monotonic_ns

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
