"""Look here if you want to know how much of a run's log each holder may fill.

Rule: what a holder brings about is charged to it where the record is made, by the record's size:
its calls, their redirects, its results and errors, and what it asks of others.
Rule: a share that is used up admits nothing more: no call is begun and no instance started.
Rule: no holder can end another. Half of the run's quota is everybody's; of the other half each
holder has a part that is its own.
Rule: nor can who writes from outside: what comes from there is nobody's here, and fills at most
half of what is everybody's, as long as there is room in that.
"""

from lion.domain.call import CallError
from lion.errors import GuestError


class LogShares:
    """The shares of one run's holders. `quota` is the run's, in bytes."""

    def __init__(self, quota: int) -> None:
        self.common = quota // 2
        self.total = 0
        self.own = quota - self.common
        self._quota = quota
        self.came = 0
        """Bytes that came from outside."""

    def divide(self, holders: int) -> None:
        """Give each of so many holders its part of the half that is not everybody's."""
        self.own = (self._quota - self.common) // max(1, holders)

    def charge(self, size: int) -> None:
        """Count bytes that came from outside and were recorded."""
        self.came += size
        self.total += size

    def check(self) -> None:
        """Raise CallError("exhausted") if nothing more may come from outside."""
        most = self.common // 2
        if self.came > most or self.total > self.common:
            text = (
                f"the run's log takes no more from outside: {self.came:,} of {most:,} bytes came"
            )
            raise CallError("exhausted", text)


class LogShare:
    """One holder's, in all its instances. `limit` is what its limits say; None is no limit. Of
    `free` bytes it may use all, whatever others do.
    """

    def __init__(self, holder: str, limit: int | None, shares: LogShares) -> None:
        self._holder = holder
        self._limit = limit
        self._shares = shares
        self.used = 0
        self.free = shares.own if limit is None else min(limit, shares.own)

    def charge(self, size: int) -> None:
        """Count bytes that were recorded."""
        self.used += size
        self._shares.total += size

    @property
    def is_used_up(self) -> bool:
        """It admits nothing more."""
        used, shares = self.used, self._shares
        if self._limit is not None and used > self._limit:
            return True
        return shares.total > shares.common and used > shares.own

    def check(self, *, began: bool = True) -> None:
        """Raise GuestError(ending="log") if it is used up: a flood must not fill the run's log."""
        if self.used <= self.free or not self.is_used_up:
            return
        if self._limit is not None and self.used > self._limit:
            raise GuestError(
                f"the records of {self._holder!r} fill its share of the log, "
                f"{self._limit:,} bytes",
                ending="log",
                began=began,
                hint='raise it with limits = { log = "..." }',
            )
        raise GuestError(
            f"the run's log is half full, and the records of {self._holder!r} fill its part of "
            f"the rest, {self._shares.own:,} bytes",
            ending="log",
            began=began,
            is_shared=True,
            hint="let it record less, or start it in a run of its own",
        )
