"""Look here if you want to know who pays what a spawned agent uses: what was set aside for it, and
nobody above it a second time.

Rule: what is set aside is taken from all who would have paid, once, when the agent is spawned;
from then on the agent and all that it brings about are charged to that, and stop at it.
Rule: a holder above it has paid with what was set aside; the same holder beneath it is not
charged again.
Rule: a rate is nobody's to hand on: each call counts for that of each caller.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from lion.domain.plan import Grant, Limits
from lion.kernel.balance import Refusal
from lion.kernel.budgets import CALLS, OUTPUT, Account, Budgets, Purse
from lion.scopes.table import find_scopes

COUNTED: Final = (CALLS, OUTPUT)
"""Budgets that all in a chain of callers pay; those of grants are their holder's alone."""
_KINDS: Final = ("calls", "tokens", "money", "bytes-in", "bytes-out")


class Link(msgspec.Struct, frozen=True):
    """One invocation of a chain of callers: whose, its path, and what was set aside for it."""

    holder: str
    path: str
    given: Mapping[str, int] = {}


def payers(chain: Sequence[Link], budget: str) -> tuple[str, ...]:
    """Who pays a budget for the last of a chain (root first): holders, and before them the path
    of the agent for which it was set aside.
    """
    at = max((i for i, link in enumerate(chain) if budget in link.given), default=None)
    if at is None:
        return tuple(dict.fromkeys(link.holder for link in chain))
    above = {link.holder for link in chain[:at]}
    beneath = dict.fromkeys(link.holder for link in chain[at:] if link.holder not in above)
    return (chain[at].path, *beneath)


def given_of(chain: Sequence[Link], budget: str) -> Link | None:
    """For whom of a chain this budget was set aside, the nearest."""
    return next((link for link in reversed(chain) if budget in link.given), None)


def allotted(path: str, given: Mapping[str, int], budgets: Budgets) -> Account:
    """The account of what was set aside of calls and output."""
    limits = Limits(calls=given.get(CALLS), output=given.get(OUTPUT))
    return budgets.account(path, limits)


def of_grants(given: Mapping[str, int]) -> dict[str, int]:
    """What was set aside of budgets of grants."""
    return {name: most for name, most in given.items() if name not in COUNTED}


class DividedPurse(Purse):
    """The accounts of a chain in which something was set aside."""

    __slots__ = ("_of_calls", "_of_output", "_paced")

    def __init__(
        self, of_calls: Sequence[Account], of_output: Sequence[Account], paced: Sequence[Account]
    ) -> None:
        super().__init__((*of_calls, *of_output, *paced))
        self._of_calls, self._of_output, self._paced = of_calls, of_output, paced

    def _lacks(self, calls: int, output: int) -> Refusal | None:
        for account in self._of_calls:
            if refusal := account.lacks_balance(calls, 0):
                return refusal
        for account in self._of_output:
            if refusal := account.lacks_balance(0, output):
                return refusal
        return None

    def reserve(self, calls: int = 1, output: int = 0) -> Refusal | None:
        """See Purse.reserve."""
        if refusal := self._lacks(calls, output):
            return refusal
        for account in self._paced:
            if refusal := account.lacks_tokens(calls):
                return refusal
        self.change(calls, output)
        for account in self._paced:
            account.take_tokens(calls)
        return None

    def set_aside(self, calls: int, output: int) -> Refusal | None:
        """See Purse.set_aside."""
        if refusal := self._lacks(calls, output):
            return refusal
        self.change(calls, output)
        return None

    def change(self, calls: int, output: int) -> None:
        """See Purse.change."""
        for account in self._of_calls:
            account.change(calls, 0)
        for account in self._of_output:
            account.change(0, output)

    def lend(self, calls: int, output: int) -> None:
        """See Account.lend."""
        for account in self._of_calls:
            account.lend(calls, 0)
        for account in self._of_output:
            account.lend(0, output)

    def left(self, budget: str) -> tuple[int, int] | None:
        """See Purse.left."""
        return Purse(self._of_calls if budget == CALLS else self._of_output).left(budget)

    def cost(self, calls: int, output: int) -> dict[str, int]:
        """See Purse.cost."""
        return {
            **Purse(self._of_calls).cost(calls, 0),
            **Purse(self._of_output).cost(0, output),
        }

    def settle(self, *, output: int) -> None:
        """See Purse.settle."""
        self.change(0, -output)


def bounded(grant: Grant, given: Mapping[str, int]) -> Grant:
    """A grant that counts what was set aside of budgets of its own, whatever it says itself."""
    scopes = find_scopes(grant.capability)
    quota = dict(grant.quota)
    for kind in _KINDS if scopes is not None and grant.patterns else ():
        named = scopes.budgets_of(msgspec.structs.replace(grant, quota={kind: 0}))  # type: ignore[union-attr]
        for name in named:
            if name in given:
                quota[kind] = min(quota.get(kind, given[name]), given[name])
    return grant if quota == grant.quota else msgspec.structs.replace(grant, quota=quota)
