"""Look here if you want to know which calls of a recorded run other rules would decide otherwise.

Rule: only what rules and grants decide is decided again; what a budget, an address or the words of
a call decided stays as it was.
Rule: a call is judged by itself: after one that is decided otherwise the run would have gone
another way.
"""

from collections.abc import Mapping

import msgspec

from lion.domain.call import Decision, Verdict
from lion.domain.decider import STATIC, decider_of
from lion.domain.events import CallFinished, CallRedirected, CallRequested, Event
from lion.domain.plan import Limits, Plan
from lion.domain.question import Question
from lion.domain.record import Record
from lion.policy.decide import decide_static
from lion.policy.policy_file import Policy
from lion.policy.rights import Rights, build_rights
from lion.review.beginning import Obstacle
from lion.review.rights import Lowered, lowered
from lion.scopes.table import read_question

CHANGES = 1_000
"""Different calls that are told apart; others are counted."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was decided one way and would be decided another; both are verdicts.

    `reason` is why it would be.
    """

    holder: str
    capability: str
    operation: str
    target: str
    before: str
    after: str
    reason: str
    times: int = 1


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """A run under other rules: their digest, how many calls were decided again, which would
    change, and limits that would differ (`manifest` is what it had).

    `unnamed` counts calls beyond the different ones that are told apart. With `obstacles` the run
    would not have begun at all.
    """

    policy_digest: str
    calls: int
    changed: int
    unnamed: int
    changes: tuple[Change, ...]
    lowered: dict[str, tuple[Lowered, ...]]
    obstacles: tuple[Obstacle, ...] = ()


class Redecision:
    """A fold over a run's records: `note_imports` of each holder, `add` what it did, `result`."""

    def __init__(self, plan: Plan, policy: Policy) -> None:
        self._plan = plan
        self._policy = policy
        self._rights: dict[str, Rights] = {}
        self._known: dict[Question, Decision] = {}
        self._changes: dict[tuple[Question, str], Change] = {}
        self._calls = self._changed = self._unnamed = 0

    def note_imports(self, holder: str, imports: tuple[str, ...]) -> None:
        """What a holder's component imports: its ceiling."""
        self._rights[holder] = build_rights(self._plan.holders[holder], imports, self._policy)

    def add(self, record: Record, event: Event, times: int = 1) -> None:
        """Decide a call again, if this is one; there were so many like it."""
        match event:
            case CallRequested() | CallRedirected():
                self._decide(record.principal, event, times)
            case CallFinished() if event.capability:
                self._decide(record.principal, event, times)
            case _:
                pass

    def result(self, limits: Mapping[str, Limits]) -> Again:
        """What was found. `limits` are those the holders had."""
        found = {
            name: lowered(limits[name], rights.limits)
            for name, rights in self._rights.items()
            if name in limits
        }
        return Again(
            policy_digest=self._policy.digest,
            calls=self._calls,
            changed=self._changed,
            unnamed=self._unnamed,
            changes=tuple(self._changes.values()),
            lowered={name: some for name, some in found.items() if some},
        )

    def _decide(
        self, holder: str, event: CallRequested | CallFinished | CallRedirected, times: int
    ) -> None:
        rights = self._rights.get(holder)
        if rights is None or decider_of(event.decided_by) not in STATIC:
            return
        self._calls += times
        question = read_question(holder, event.capability, event.operation, event.target)
        decision = self._known.get(question)
        if decision is None:
            if len(self._known) >= CHANGES:
                self._known.clear()
            decision = self._known[question] = decide_static(question, rights)
        if decision.verdict is not event.verdict:
            self._note(question, event.verdict or Verdict.ALLOW, decision, times)

    def _note(self, question: Question, before: Verdict, decision: Decision, times: int) -> None:
        self._changed += times
        known = self._changes.get((question, before))
        if known is not None:
            known = msgspec.structs.replace(known, times=known.times + times)
        elif len(self._changes) < CHANGES:
            known = Change(
                holder=question.holder, capability=question.capability,
                operation=question.operation, target=str(question.target),
                before=str(before), after=str(decision.verdict), reason=decision.reason,
                times=times,
            )  # fmt: skip
        else:
            self._unnamed += times
            return
        self._changes[question, before] = known
