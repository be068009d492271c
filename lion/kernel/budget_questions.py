"""Look here if you want to know when a budget has a person asked, and what a yes gives.

Rule: from `at` on, below 100 %, a yes lets the holder go on to the limit, which holds as ever.
Rule: at 100 % a yes gives as much again; it is asked about when nothing is left, or a call was
refused for want of it.
Rule: where nobody asks, a call meets nothing of this.
"""

from collections.abc import Iterator, Mapping, Sequence

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
        for said, balance, at in self._drawn_on(call):
            if balance.is_reached(at) and (at < WHOLE or self._live.judge.has_asker):
                return Opinion(Decider.BUDGET, Verdict.ASK, said)
        return None

    def approved(self, call: HostCall, decision: Decision) -> None:
        """A person said yes to a call: the budgets that asked go on."""
        asked = {one.reason for one in decision.opinions if one.processor == Decider.BUDGET}
        for said, balance, at in self._drawn_on(call) if asked else ():
            if said in asked and balance.is_reached(at):
                balance.go_on(at)

    def _drawn_on(self, call: HostCall) -> Iterator[tuple[str, Balance, int]]:
        """Budgets that a call draws on: what is said of each, how it stands, and from when on a
        person is asked.
        """
        for holder in dict.fromkeys(call.chain):
            yield from self._of_limits(self._live.holders[holder], call.capability)
        yield from self._of_grant(self._live.holders[call.holder], call)

    def _of_limits(
        self, holder: LiveHolder, capability: str
    ) -> Iterator[tuple[str, Balance, int]]:
        limits = holder.rights.limits
        at = limits.ask_at
        if at is None:
            return
        for name, balance in self._live.budgets.account(holder.name, limits).balances():
            if name != "output" or capability == "output":
                yield _said(f"{name} of {holder.name}", balance, at), balance, at

    def _of_grant(self, holder: LiveHolder, call: HostCall) -> Iterator[tuple[str, Balance, int]]:
        question = question_of(call)
        grant = holder.decide(question.capability, question.operation, question.target).grant
        scopes = find_scopes(call.capability)
        if grant is None or grant.ask_at is None or scopes is None:
            return
        for name, limit in scopes.budgets_of(grant).items():
            balance = self._live.budgets.balance(holder.name, name, limit)
            yield _said(name, balance, grant.ask_at), balance, grant.ask_at


def _said(name: str, balance: Balance, at: int) -> str:
    if at == WHOLE:
        return f"budget {name}, {balance.measure:,} a run, is used up: a yes gives as much again"
    return f"{at} % of budget {name}, {balance.measure:,} a run, are used"


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
