"""Look here if you want to know how it is remembered what a call under way has taken of budgets:
if the process dies, it is known.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lion.kernel.run_state import LiveRun


class Reserving:
    """An invocation that takes of budgets."""

    live: LiveRun
    run: str
    path: str
    holder: str
    number: int
    spent: dict[str, int]
    is_holding = False
    """What the call under way has taken stays remembered when that ends."""
    is_outside = False
    """A call of it with an outside effect is under way: what it takes is remembered."""

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
