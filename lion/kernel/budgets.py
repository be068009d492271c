"""Look here if you want to know what a holder has used of its budgets, and what happens then.

Rule: reserve, execute, settle: what a call may use is taken before it runs, what it did not use is
given back.
Rule: a call is charged to every holder in its chain of callers once, or, if one of them lacks
anything, to none.
Rule: a holder's account is one per run, whichever of its instances calls.
Rule: a call that was made stays counted however it ends; only output is given back. A refused call
counts nothing.
"""

from collections.abc import Collection, Iterable, Mapping

from lion.domain.call import CallError
from lion.domain.events import BudgetWarned
from lion.domain.plan import Limits
from lion.kernel.account import CALLS as CALLS
from lion.kernel.account import OUTPUT as OUTPUT
from lion.kernel.account import RATE as RATE
from lion.kernel.account import Account as Account
from lion.kernel.account import Note, NoteRate, Warn, is_holder, unheard
from lion.kernel.balance import Balance, Refusal
from lion.ports import Clock


class Purse:
    """The accounts of one chain of callers, charged as one.

    `counts_calls` is false where no account of the chain limits calls or their rate; then a call
    that shows nothing costs nothing, and the hot path spares it `reserve`.
    """

    __slots__ = ("_accounts", "counts_calls")

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._accounts = tuple(dict.fromkeys(accounts))
        self.counts_calls = any(account.counts_calls for account in self._accounts)

    def reserve(self, calls: int = 1, output: int = 0) -> Refusal | None:
        """Charge all accounts, or none of them and say why. `output` is in bytes."""
        for account in self._accounts:
            if refusal := account.lacks(calls, output):
                return refusal
        for account in self._accounts:
            account.charge(calls, output)
        return None

    def set_aside(self, calls: int, output: int) -> Refusal | None:
        """Take this for somebody who is charged by himself, from all accounts, or from none of
        them and say why.
        """
        for account in self._accounts:
            if refusal := account.lacks_balance(calls, output):
                return refusal
        self.change(calls, output)
        return None

    def change(self, calls: int, output: int) -> None:
        """Count calls and bytes of output, whatever the rate; negative to give back."""
        for account in self._accounts:
            account.change(calls, output)

    def lend(self, calls: int, output: int) -> None:
        """See Account.lend."""
        for account in self._accounts:
            account.lend(calls, output)

    def left(self, budget: str) -> tuple[int, int] | None:
        """The limit of `calls` or `output` that is nearest, and what is left of it; None if there
        is none.
        """
        found = [
            (one.limit, max(0, one.limit - one.used))
            for account in self._accounts
            for name, one in account.balances()
            if name == budget
        ]
        return min(found, key=lambda one: one[1], default=None)

    def cost(self, calls: int, output: int) -> dict[str, int]:
        """What `reserve` has just charged, by budget; nothing where nobody limits it."""
        names = {name for account in self._accounts for name, *_ in account.state()}
        return {name: n for name, n in ((CALLS, calls), (OUTPUT, output)) if n and name in names}

    def settle(self, *, output: int) -> None:
        """Give back bytes of output that were reserved and not used: the call gave an error."""
        for account in self._accounts:
            account.change(0, -output)


class Budgets:
    """The accounts of one run."""

    def __init__(
        self, clock: Clock, note: Note, warn: Warn, note_rate: NoteRate = lambda *_: None
    ) -> None:
        self._note_rate = note_rate
        self._clock = clock
        self._note = note
        self._warn = warn
        self._accounts: dict[str, Account] = {}
        self._spent: dict[tuple[str, str], Balance] = {}
        self._rates: Mapping[str, tuple[int, int]] = {}

    def spend(self, holder: str, budget: str, limit: int, amount: int) -> None:
        """Take `amount` of a budget named by a capability, negative to give back.

        Raises CallError("exhausted") if it would pass `limit`.
        """
        balance = self.balance(holder, budget, limit)
        limit = balance.limit
        if amount > 0 and balance.used + amount > limit:
            balance.is_short = True
            used = f"{balance.used:,} are used, {amount:,} asked for"
            raise CallError("exhausted", f"{budget}: more than {limit:,} in this run; {used}")
        self.charge(holder, budget, limit, amount)

    def charge(self, holder: str, budget: str, limit: int, amount: int) -> None:
        """Count what has been used already, even beyond the limit; negative to give back."""
        balance = self.balance(holder, budget, limit)
        balance.used += amount
        limit = balance.limit
        self._note(holder, budget, limit, balance.used)
        if balance.warns() and is_holder(holder):
            self._warn(BudgetWarned(holder=holder, budget=budget, limit=limit, used=balance.used))

    def restore(
        self, uses: Iterable[tuple[str, str, int, int]], warned: Collection[tuple[str, str]],
        rates: Mapping[str, tuple[int, int]],
    ) -> None:  # fmt: skip
        """Go on with what was used (holder, budget, limit, used) before the run was resumed."""
        self._rates = rates
        for holder, budget, limit, used in uses:
            balance = self.balance(holder, budget, limit)
            balance.used, balance.is_warned = used, (holder, budget) in warned

    def give_back(self, holder: str, budget: str, amount: int) -> None:
        """Give back what was taken before the run was resumed; nothing if nobody limits it."""
        if (balance := self._spent.get((holder, budget))) is not None:
            self.charge(holder, budget, balance.limit, -amount)

    def left(self, holder: str, budget: str, limit: int) -> int:
        """What `spend` would still give."""
        balance = self.balance(holder, budget, limit)
        return max(0, balance.limit - balance.used)

    def balance(self, holder: str, budget: str, limit: int) -> Balance:
        """How a budget named by a capability stands, opened full the first time."""
        return self._spent.setdefault((holder, budget), Balance(limit))

    def account(self, holder: str, limits: Limits) -> Account:
        """The account of a holder, opened full the first time."""
        if holder not in self._accounts:
            warn = self._warn if is_holder(holder) else unheard
            account = Account(holder, limits, self._clock, self._note, warn, self._note_rate)
            account.restore(self._spent, self._rates.get(holder))
            self._accounts[holder] = account
        return self._accounts[holder]

    def purse(self, holders: Iterable[tuple[str, Limits]]) -> Purse:
        """What a call of this chain of callers (root first, with their limits) is charged to."""
        return Purse(self.account(holder, limits) for holder, limits in holders)

    def state(self) -> list[tuple[str, str, int, int]]:
        """Each counted budget of the run as (holder, budget, limit, used)."""
        return [
            (holder, *budget)
            for holder, account in self._accounts.items()
            for budget in account.state()
        ]
