"""Look here if you want to know how an invocation takes of budgets, and how that is known if its
process dies.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from lion.domain.call import CallError
from lion.domain.plan import Limits
from lion.kernel.allotments import (
    COUNTED,
    DividedPurse,
    Link,
    allotted,
    given_of,
    of_grants,
    payers,
)
from lion.kernel.budgets import CALLS, OUTPUT, Account, Purse
from lion.kernel.run_state import LiveHolder, LiveRun


class Spending:
    """That part of an invocation."""

    live: LiveRun
    owner: LiveHolder
    run: str
    path: str
    holder: str
    number: int
    spent: dict[str, int]
    links: tuple[Link, ...]
    """Its chain of callers and itself, root first."""
    purse: Purse
    is_divided = False
    """Something was set aside for it, or above it."""
    is_outside = False
    """A call of it with an outside effect is under way: what it takes is remembered."""
    is_holding = False
    """What the call under way has taken stays remembered when that ends."""

    def spend(self, budget: str, limit: int, amount: int) -> None:
        """See ports.CallContext.spend; one holder's invocations share one balance per run."""
        paying = self._paying(budget, limit)
        for payer, most in paying[1:]:
            if amount > self.live.budgets.left(payer, budget, most):
                self.live.budgets.spend(payer, budget, most, amount)  # says so
        for payer, most in paying:
            self.live.budgets.spend(payer, budget, most, amount)
        self._count(budget, amount)

    def charge(self, budget: str, limit: int, amount: int) -> None:
        """See ports.CallContext.charge."""
        self._charge(budget, limit, amount)
        self._count(budget, amount)

    def _charge(self, budget: str, limit: int, amount: int) -> None:
        for payer, most in self._paying(budget, limit):
            self.live.budgets.charge(payer, budget, most, amount)

    def _paying(self, budget: str, limit: int) -> list[tuple[str, int]]:
        """Who pays a budget of a grant, with the limits; `limit` is the grant's."""
        if not self.is_divided or (link := given_of(self.links, budget)) is None:
            return [(self.holder, limit)]
        paying = [(link.path, link.given[budget])]
        if self.holder in payers(self.links, budget) and budget in self.owner.budgets:
            paying.append((self.holder, self.owner.budgets[budget]))
        return paying

    def build_purse(self, limits: Mapping[str, Limits]) -> Purse:
        """What its calls are charged to. `limits` are those of its callers and its own."""
        budgets = self.live.budgets
        if not self.is_divided:
            return budgets.purse(limits.items())

        def account(name: str) -> Account:
            if name in limits:
                return budgets.account(name, limits[name])
            return allotted(name, next(x.given for x in self.links if x.path == name), budgets)

        holders = tuple(dict.fromkeys(link.holder for link in self.links))
        return DividedPurse(
            [account(name) for name in payers(self.links, CALLS)],
            [account(name) for name in payers(self.links, OUTPUT)],
            [account(name) for name in holders],
        )

    def set_aside(self, given: Mapping[str, int]) -> None:
        """Take this of its budgets for an agent that it spawns. Raises CallError, and then
        nothing was taken.
        """
        self.lend(given)
        refusal = self.purse.set_aside(given.get(CALLS, 0), given.get(OUTPUT, 0))
        if refusal is not None:
            self.lend(given, -1)
            raise CallError("exhausted", refusal.told(self.holder))
        taken: dict[str, int] = {}
        try:
            for budget in of_grants(given):
                self.spend(budget, self.owner.budgets[budget], given[budget])
                taken[budget] = given[budget]
        except CallError:
            self.spent = {}
            counted = {name: given[name] for name in COUNTED if name in given}
            self.take_back(given, {**taken, **counted})
            raise

    def lend(self, given: Mapping[str, int], sign: int = 1) -> None:
        """Say that this is set aside, so that nobody is warned of it, or (-1) no longer."""
        self.purse.lend(given.get(CALLS, 0) * sign, given.get(OUTPUT, 0) * sign)
        for budget, amount in of_grants(given).items():
            for payer, most in self._paying(budget, self.owner.budgets[budget]):
                self.live.budgets.balance(payer, budget, most).lent += amount * sign

    def take_back(self, given: Mapping[str, int], left: Mapping[str, int]) -> None:
        """Give back what an agent that it spawned has left of what was set aside."""
        self.lend(given, -1)
        self.purse.change(-left.get(CALLS, 0), -left.get(OUTPUT, 0))
        for budget, amount in of_grants(left).items():
            self._charge(budget, self.owner.budgets[budget], -amount)

    def left_of(self, given: Mapping[str, int]) -> dict[str, int]:
        """What it has left of what was set aside for it."""
        account = allotted(self.path, given, self.live.budgets)
        named = {name: one.limit - one.used for name, one in account.balances()}
        return {
            name: max(0, named[name]) if name in COUNTED
            else self.live.budgets.left(self.path, name, most)
            for name, most in given.items()
        }  # fmt: skip

    def budgets_left(self) -> dict[str, tuple[int, int]]:
        """Its budgets that are limited: (limit, left), by name."""
        counted = {name: self.purse.left(name) for name in COUNTED}
        found = {name: one for name, one in counted.items() if one is not None}
        for name, limit in sorted(self.owner.budgets.items()):
            most = min(limit, *(at for _, at in self._paying(name, limit)))
            found[name] = most, self.left(name, limit)
        return found

    def _count(self, budget: str, amount: int) -> None:
        self.spent[budget] = self.spent.get(budget, 0) + amount
        if self.is_outside:
            self._reserve(budget, self.spent[budget])

    def _reserve(self, budget: str, amount: int) -> None:
        for payer, _ in self._paying(budget, 0):
            self.live.log.note_reserved(self.run, self.path, self.number, payer, budget, amount)

    @contextmanager
    def reserving(self) -> Iterator[None]:
        """While a call with an outside effect is under way: if the process dies, what it took is
        known."""
        self.is_outside = True
        try:
            yield
        finally:
            self.is_outside = False
            if not self.is_holding:
                for budget in self.spent:
                    self._reserve(budget, 0)
            self.is_holding = False

    def hold_reserved(self) -> Callable[[], None]:
        """See ports.CallContext.hold_reserved."""
        self.is_holding = True
        number, budgets = self.number, tuple(self.spent)
        log, place = self.live.log, (self.run, self.path, number)
        paying = [(payer, name) for name in budgets for payer, _ in self._paying(name, 0)]

        def let_go() -> None:
            for payer, name in paying:
                log.note_reserved(*place, payer, name, 0)

        return let_go

    def free_reserved(self, call: int) -> None:
        """See ports.CallContext.free_reserved."""
        self.live.settle_reserved(self.path, call, is_free=True)

    def left(self, budget: str, limit: int) -> int:
        """See ports.CallContext.left."""
        paying = self._paying(budget, limit)
        return min(self.live.budgets.left(payer, budget, most) for payer, most in paying)
