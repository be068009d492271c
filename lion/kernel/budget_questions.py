"""Look here if you want to know when a budget has a person asked, and what a yes gives.

Rule: from `at` on, below 100 %, a yes lets the holder go on to the limit, which holds as ever.
Rule: at 100 % a yes gives as much again; it is asked about when nothing is left, or a call was
refused for want of it.
Rule: where nobody asks, a call meets nothing of this.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lion.domain.call import Decision, HostCall, Opinion, Verdict
from lion.domain.capability import OFFERED
from lion.domain.decider import Decider
from lion.domain.question import question_of
from lion.kernel.balance import Balance
from lion.kernel.processors import build_processors
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.policy.decide import Processor
from lion.scopes.table import find_scopes

WHOLE = 100


class Drawn(NamedTuple):
    """A budget that a call draws on: its name, how it stands, what the manifest gives, and at how
    many hundredths a person is asked.
    """

    name: str
    balance: Balance
    measure: int
    at: int

    @property
    def is_reached(self) -> bool:
        """A person has to be asked."""
        return self.balance.is_reached(self.at)

    @property
    def words(self) -> str:
        """What is said of it to who is asked; the same as long as the manifest is."""
        if self.at == WHOLE:
            used_up = f"budget {self.name}, {self.measure:,} a run, is used up"
            return f"{used_up}: a yes gives as much again"
        return f"{self.at} % of budget {self.name}, {self.measure:,} a run, are used"


class BudgetQuestions:
    """Those of one run: a processor, which is told of what a person approved."""

    def __init__(self, live: LiveRun) -> None:
        self._live = live

    def processors(self) -> Mapping[str, Processor]:
        """By capability: of what a budget is for that has somebody asked."""
        names = set[str]()
        for holder in self._live.holders.values():
            grants = holder.holder.grants
            names |= {grant.capability for grant in grants if grant.ask_at is not None}
            if holder.rights.limits.ask_at is not None:
                counts_all = holder.rights.limits.calls is not None
                names |= {*OFFERED, *self._live.extensions} if counts_all else {"output"}
        return dict.fromkeys(names, self.judge)

    def judge(self, call: HostCall) -> Opinion | None:
        """Whether a person has to be asked before a call draws on a budget further."""
        for one in self._drawn_on(call):
            if one.is_reached and (one.at < WHOLE or self._live.judge.has_asker):
                return Opinion(Decider.BUDGET, Verdict.ASK, one.words)
        return None

    def approved(self, call: HostCall, decision: Decision) -> None:
        """A person said yes to a call: the budgets that asked go on."""
        asked = {one.reason for one in decision.opinions if one.processor == Decider.BUDGET}
        for one in self._drawn_on(call) if asked else ():
            if one.words in asked and one.is_reached:
                one.balance.go_on(one.at, one.measure)

    def _drawn_on(self, call: HostCall) -> Iterator[Drawn]:
        """The budgets that have a person asked and that a call draws on."""
        for holder in dict.fromkeys(call.chain):
            yield from self._of_limits(self._live.holders[holder], call.capability)
        yield from self._of_grant(self._live.holders[call.holder], call)

    def _of_limits(self, holder: LiveHolder, capability: str) -> Iterator[Drawn]:
        limits = holder.rights.limits
        at = limits.ask_at
        if at is None:
            return
        for name, balance in self._live.budgets.account(holder.name, limits).balances():
            if name != "output" or capability == "output":
                measure = getattr(limits, name)
                yield Drawn(f"{name} of {holder.name}", balance, measure, at)

    def _of_grant(self, holder: LiveHolder, call: HostCall) -> Iterator[Drawn]:
        grant = holder.decide(question_of(call)).grant
        scopes = find_scopes(call.capability)
        if grant is None or grant.ask_at is None or scopes is None:
            return
        if call.operation not in scopes.capability.targeted:
            return  # what was begun goes on
        for name, limit in scopes.budgets_of(grant).items():
            balance = self._live.budgets.balance(holder.name, name, limit)
            yield Drawn(name, balance, limit, grant.ask_at)


def judges_of(live: LiveRun) -> Mapping[str, Sequence[Processor]]:
    """Who judges calls of which capability: system plugins, and behind them the budgets that have
    a person asked. Approvals of calls are told to those.
    """
    judges, questions = build_processors(live), BudgetQuestions(live)
    own = questions.processors()
    if not own:
        return judges
    live.judge.approved = questions.approved
    return {
        name: (*judges.get(name, ()), *((own[name],) if name in own else ()))
        for name in (*judges, *own)
    }
