"""Look here if you want to know how an invocation takes of budgets, and how that is known if its
process dies.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lion.kernel.run_state import LiveRun


class Spending:
    """That part of an invocation."""

    live: LiveRun
    run: str
    path: str
    holder: str
    number: int
    spent: dict[str, int]
    is_outside = False
    """A call of it with an outside effect is under way: what it takes is remembered."""
    is_holding = False
    """What the call under way has taken stays remembered when that ends."""

    def spend(self, budget: str, limit: int, amount: int) -> None:
        """See ports.CallContext.spend; one holder's invocations share one balance per run."""
        self.live.budgets.spend(self.holder, budget, limit, amount)
        self._count(budget, amount)

    def charge(self, budget: str, limit: int, amount: int) -> None:
        """See ports.CallContext.charge."""
        self.live.budgets.charge(self.holder, budget, limit, amount)
        self._count(budget, amount)

    def _count(self, budget: str, amount: int) -> None:
        self.spent[budget] = self.spent.get(budget, 0) + amount
        if self.is_outside:
            self._reserve(budget, self.spent[budget])

    def _reserve(self, budget: str, amount: int) -> None:
        self.live.log.note_reserved(self.run, self.path, self.number, self.holder, budget, amount)

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
        log, place = self.live.log, (self.run, self.path, number, self.holder)

        def let_go() -> None:
            for budget in budgets:
                log.note_reserved(*place, budget, 0)

        return let_go

    def free_reserved(self, call: int) -> None:
        """See ports.CallContext.free_reserved."""
        self.live.settle_reserved(self.path, call, is_free=True)

    def left(self, budget: str, limit: int) -> int:
        """See ports.CallContext.left."""
        return self.live.budgets.left(self.holder, budget, limit)
