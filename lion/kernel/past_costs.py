"""Look here if you want to know what is known of calls and output that a run had used when its
process ended: a fold over the outcomes of calls.
"""

from collections.abc import Iterable, Mapping

from lion.domain.events import CallFinished
from lion.kernel.allotments import COUNTED
from lion.kernel.budgets import CALLS
from lion.kernel.past_invocation import PastInvocation


class Costs:
    """What calls that are on record took, by (holder or path, budget)."""

    def __init__(self) -> None:
        self.charged: dict[tuple[str, str], int] = {}

    def charge(self, one: PastInvocation, event: CallFinished) -> None:
        """A call of an invocation came to an outcome."""
        for budget in COUNTED:
            if budget in event.charged:
                self._add(one, budget, event.charged[budget])
        if event.capability == "agents" and event.kept is not None:
            self.set_aside(one, event.kept.get("budget", {}))

    def set_aside(self, one: PastInvocation, given: Mapping[str, int], sign: int = 1) -> None:
        """This was taken for an agent that it spawned, or (`sign` -1) came back."""
        for budget in COUNTED:
            if budget in given:
                self._add(one, budget, given[budget] * sign)

    def with_begun(self, unfinished: Iterable[PastInvocation]) -> dict[tuple[str, str], int]:
        """All of it, with calls that were begun."""
        found = dict(self.charged)
        for one in unfinished:
            for holder in one.payers[CALLS] if one.intent is not None else ():
                found[holder, CALLS] = found.get((holder, CALLS), 0) + 1
        return found

    def _add(self, one: PastInvocation, budget: str, amount: int) -> None:
        for holder in one.payers[budget]:
            key = holder, budget
            self.charged[key] = self.charged.get(key, 0) + amount
