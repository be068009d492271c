"""Look here if you want to know what one holder may use of calls, their rate and output, and has
used; how those of a chain of callers are charged together is in budgets.py.
"""

from collections.abc import Callable, Mapping

from lion.domain.events import BudgetWarned
from lion.domain.plan import Limits
from lion.domain.rate import Bucket, render_rate
from lion.kernel.balance import Balance, Refusal
from lion.ports import Clock

Note = Callable[[str, str, int, int], None]
"""Told (holder, budget, limit, used) after each change: `EventLog.note_budget` of one run."""

NoteRate = Callable[[str, int, int], None]
"""Told (holder, level, monotonic time) after each call of a holder whose rate is limited."""

Warn = Callable[[BudgetWarned], object]
"""Told once, when an account's budget first passes 80 %."""

CALLS, RATE, OUTPUT = "calls", "rate", "output"


def is_holder(name: str) -> bool:
    """Whether who pays is a holder; else it is a path, of an agent for which something was set
    aside, and its spawner knows how much.
    """
    return "." not in name


def unheard(warning: BudgetWarned) -> None:
    """Nobody is told."""


class Account:
    """What one holder may use in one run, and has used.

    `counts_calls` is false if neither calls nor their rate are limited.
    """

    __slots__ = (
        "_bucket",
        "_calls",
        "_clock",
        "_note",
        "_note_rate",
        "_output",
        "_warn",
        "counts_calls",
        "holder",
    )

    def __init__(
        self, holder: str, limits: Limits, clock: Clock, note: Note, warn: Warn,
        note_rate: NoteRate,
    ) -> None:  # fmt: skip
        self._note_rate = note_rate
        self.holder = holder
        self.counts_calls = limits.calls is not None or limits.rate is not None
        self._calls = None if limits.calls is None else Balance(limits.calls)
        self._output = None if limits.output is None else Balance(limits.output)
        self._bucket = None if limits.rate is None else Bucket(limits.rate, clock.monotonic_ns())
        self._clock = clock
        self._note = note
        self._warn = warn

    def restore(
        self, before: Mapping[tuple[str, str], Balance], rate: tuple[int, int] | None
    ) -> None:
        """Go on with what was used before the run was resumed."""
        for name, balance in ((CALLS, self._calls), (OUTPUT, self._output)):
            known = before.get((self.holder, name))
            if balance is not None and known is not None:
                balance.used, balance.is_warned = known.used, known.is_warned
        if self._bucket is not None and rate is not None:
            self._bucket.restore(*rate)

    def lacks(self, calls: int, output: int) -> Refusal | None:
        """Why this much cannot be charged now, or None. Charges nothing."""
        return self.lacks_balance(calls, output) or self.lacks_tokens(calls)

    def lacks_balance(self, calls: int, output: int) -> Refusal | None:
        """The same, whatever the rate."""
        if calls and self._calls is not None and self._calls.used + calls > self._calls.limit:
            words = f"host calls: more than {self._calls.limit:,} in this run"
            return self._refusal(CALLS, self._calls, calls, words)
        if output and self._output is not None and self._output.used + output > self._output.limit:
            words = f"output: more than {self._output.limit:,} bytes in this run"
            return self._refusal(OUTPUT, self._output, output, words)
        return None

    def charge(self, calls: int, output: int) -> None:
        """Take what `lacks` has just found to be there."""
        self.change(calls, output)
        self.take_tokens(calls)

    def change(self, calls: int, output: int) -> None:
        """Count calls and bytes of output, whatever the rate; negative to give back."""
        if calls and self._calls is not None:
            self._change(CALLS, self._calls, calls)
        if output and self._output is not None:
            self._change(OUTPUT, self._output, output)

    def lend(self, calls: int, output: int) -> None:
        """Say of so much that is used that it is set aside for others; negative: no longer."""
        for balance, amount in ((self._calls, calls), (self._output, output)):
            if balance is not None:
                balance.lent += amount

    def take_tokens(self, calls: int) -> None:
        """Count calls for the rate."""
        if calls and self._bucket is not None:
            self._bucket.take(calls)
            self._note_rate(self.holder, *self._bucket.state)

    def balances(self) -> "list[tuple[str, Balance]]":
        """Each counted budget by its name."""
        named = ((CALLS, self._calls), (OUTPUT, self._output))
        return [(name, balance) for name, balance in named if balance is not None]

    def state(self) -> list[tuple[str, int, int]]:
        """Each counted budget as (name, limit, used)."""
        return [(name, balance.limit, balance.used) for name, balance in self.balances()]

    def lacks_tokens(self, calls: int) -> Refusal | None:
        """Why so many calls would be too fast now, or None."""
        if not calls or self._bucket is None:
            return None
        rate = self._bucket.rate
        tokens = self._bucket.tokens(self._clock.monotonic_ns())
        if calls <= tokens:
            return None
        return Refusal(
            holder=self.holder,
            budget=RATE,
            limit=rate.count,
            used=rate.count - tokens,
            asked=calls,
            text=f"host calls: more than {render_rate(rate)}; wait and call again",
        )

    def _refusal(self, budget: str, balance: Balance, asked: int, words: str) -> Refusal:
        balance.is_short = True
        return Refusal(
            holder=self.holder,
            budget=budget,
            limit=balance.limit,
            used=balance.used,
            asked=asked,
            text=f"{words}; {balance.used:,} are used, {asked:,} asked for",
        )

    def _change(self, budget: str, balance: Balance, amount: int) -> None:
        balance.used += amount
        self._note(self.holder, budget, balance.limit, balance.used)
        if balance.warns():
            warning = BudgetWarned(
                holder=self.holder, budget=budget, limit=balance.limit, used=balance.used
            )
            self._warn(warning)
