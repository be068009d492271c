"""Look here if you want to know what a run made of its rights: one pass over its records.

Rule: what is kept grows with different targets and denials, not with records, and is bounded.
Rule: a call that was allowed has used its grant, however it ended; a refused one has not, and if
the grant covers it, whoever refused it is named: such a grant is not idle.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from lion.domain.call import Decision, Status, Verdict
from lion.domain.capability import KNOWN, Capability, extensions_of, is_extension
from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    CallFinished,
    CallRedirected,
    CallRequested,
    Event,
    PluginError,
    PluginInvoked,
    PluginResult,
)
from lion.domain.pairing import Pairs
from lion.domain.plan import Grant, Plan
from lion.domain.question import Question
from lion.domain.record import Record
from lion.policy.grants import covers
from lion.policy.suggest import suggest
from lion.review.facts import (
    BudgetSpent,
    GrantUse,
    HolderUse,
    OperationUse,
    RootEnding,
    TargetUse,
)
from lion.review.report import Refused, denials_of
from lion.scopes.table import read_question, scope_of

TARGETS = 1_000
"""Different targets of one holder's operation that are told apart; calls of others are counted."""
TOP = 10
"""Targets of one operation that are named."""
DENIALS = 1_000
"""Different denials of a run that are told apart; others are counted."""
DECISIONS = 4_096
REDIRECT = "redirect"
"""What a call that was sent on is counted as, beside the operation that began it."""

Asked = CallRequested | CallFinished | CallRedirected


class _Tally:
    """Calls of one operation of one holder."""

    def __init__(self) -> None:
        self.calls = self.failed = 0
        self.is_capped = False
        self.targets: Counter[str] = Counter()

    def add(self, target: str, times: int) -> None:
        self.calls += times
        if target in self.targets or len(self.targets) < TARGETS:
            self.targets[target] += times
        else:
            self.is_capped = True

    def use(self, capability: str, operation: str) -> OperationUse:
        named = {t: n for t, n in self.targets.items() if t}
        top = sorted(named.items(), key=lambda item: (-item[1], item[0]))[:TOP]
        return OperationUse(
            capability=capability,
            operation=operation,
            calls=self.calls,
            failed=self.failed,
            targets=tuple(TargetUse(target=t, calls=n) for t, n in top),
            more_targets=len(named) - len(top),
            is_capped=self.is_capped,
        )


class _Done:
    """What one holder has done so far."""

    def __init__(self, grants: tuple[Grant, ...]) -> None:
        self.invocations = self.cpu_ns = 0
        self.endings: Counter[str] = Counter()
        self.tallies: dict[tuple[str, str], _Tally] = {}
        self.grants = [
            msgspec.structs.replace(grant, patterns=(pattern,))
            for grant in grants
            for pattern in grant.patterns
        ] + [grant for grant in grants if not grant.patterns]
        self.used = [0] * len(self.grants)
        self.stopped: list[Counter[str]] = [Counter() for _ in self.grants]


class UseFold:
    """A fold over a run's records: `add` each in order, then ask `of` a holder."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._extensions: dict[str, Capability] = {}
        self._done = {name: _Done(holder.grants) for name, holder in plan.holders.items()}
        self._open: dict[str, str] = {}
        self._roots: dict[str, RootEnding] = {}
        self._pairs = Pairs()
        self._denied: dict[Question, tuple[Decision, int]] = {}
        self._covering: dict[Question, list[int]] = {}
        self.calls = self.denied = self.other_denials = 0

    def add(self, record: Record, times: int = 1) -> None:
        """Count what a record says; of an outcome, and so many like it. Raises AuditError."""
        done = self._done.get(record.principal)
        if done is not None:
            self._add(record, record.event(), done, times)

    def note_offers(self, offers: Iterable[str]) -> None:
        """What a system plugin offered guests (Offered.text)."""
        self._extensions |= extensions_of(offers)

    def _add(self, record: Record, event: Event, done: _Done, times: int) -> None:
        match event:
            case CallRequested():
                self._pairs.note(record, event)
                self._call(record, event, event.operation, done)
            case CallRedirected():
                self._call(record, event, REDIRECT, done)
            case CallFinished():
                whole, was_counted = self._pairs.join(record, event)
                if not was_counted:
                    self._call(record, whole, whole.operation, done, times)
                tally = done.tallies.get((whole.capability, whole.operation))
                if tally is not None and whole.verdict is Verdict.ALLOW:
                    tally.failed += times * (whole.status is not Status.COMPLETED)
            case AgentSpawned() | PluginInvoked():
                done.invocations += 1
                self._open[record.invocation] = record.principal
                if record.invocation == record.correlation:
                    self._roots[record.invocation] = RootEnding(name=_name(record, event))
            case AgentCompleted() | PluginResult() | AgentError() | PluginError():
                done.endings[_ending(event)] += 1
                done.cpu_ns += event.cpu_ns
                self._open.pop(record.invocation, None)
                if record.invocation in self._roots:
                    root = self._roots[record.invocation]
                    root.ending, root.error = _ending(event), _error(event)
            case _:
                pass

    def _call(
        self, record: Record, event: Asked, counted_as: str, done: _Done, times: int = 1
    ) -> None:
        """Count a call that was decided, or so many that were allowed."""
        self.calls += times * (not isinstance(event, CallRedirected))
        question = read_question(record.principal, event.capability, event.operation, event.target)
        if event.verdict != Verdict.ALLOW:
            self._deny(question, event)
            for index in self._covers(question, done):
                done.stopped[index][event.decided_by] += 1
            return
        key = event.capability, counted_as
        if (tally := done.tallies.get(key)) is None:
            tally = done.tallies[key] = _Tally()
        tally.add(event.target, times)
        for index in self._covers(question, done):
            done.used[index] += times

    def _covers(self, question: Question, done: _Done) -> list[int]:
        """Which of the holder's grants cover a call.

        One that names no target (a list, a method of what was granted) uses no scope.
        """
        found = self._covering.get(question)
        if found is None:
            capability = KNOWN.get(question.capability)
            if capability is None:
                names = bool(question.target) or not is_extension(question.capability)
            else:
                names = question.operation in capability.targeted
            found = [
                index
                for index, grant in enumerate(done.grants)
                if (names or not _is_scoped(grant)) and covers(grant, question)
            ]
            if len(self._covering) >= DECISIONS:
                self._covering.clear()
            self._covering[question] = found
        return found

    def _deny(self, question: Question, event: Asked) -> None:
        self.denied += 1
        known = self._denied.get(question)
        if known is not None:
            self._denied[question] = known[0], known[1] + 1
        elif len(self._denied) < DENIALS:
            self._denied[question] = _decision(event), 1
        else:
            self.other_denials += 1

    def refused(self) -> tuple[Refused, ...]:
        """What was refused, of all holders."""
        return tuple(
            self._refused(question, decision, times)
            for question, (decision, times) in self._denied.items()
        )

    def endings(self) -> tuple[RootEnding, ...]:
        """How what the run started ended, in the manifest's order."""
        paths = sorted(self._roots, key=lambda path: (len(path), path))
        return tuple(self._roots[path] for path in paths)

    def of(self, holder: str, budgets: tuple[BudgetSpent, ...]) -> HolderUse:
        """What a holder of the plan did, as far as the records go."""
        done = self._done[holder]
        cut = sum(name == holder for name in self._open.values())
        return HolderUse(
            invocations=done.invocations,
            endings={**dict(sorted(done.endings.items())), **({"cut": cut} if cut else {})},
            cpu_ns=done.cpu_ns,
            operations=tuple(
                tally.use(*key) for key, tally in sorted(done.tallies.items(), key=_by_key)
            ),
            grants=tuple(
                GrantUse(
                    capability=grant.capability,
                    scope="".join(scope_of(grant)),
                    calls=calls,
                    line=grant.line,
                    stopped=stopped.total(),
                    stopped_by=tuple(sorted(stopped)),
                )
                for grant, calls, stopped in zip(done.grants, done.used, done.stopped, strict=True)
            ),
            denied=denials_of(
                self._refused(question, decision, times)
                for question, (decision, times) in self._denied.items()
                if question.holder == holder
            ),
            budgets=budgets,
        )

    def _refused(self, question: Question, decision: Decision, times: int) -> Refused:
        found = suggest(question, decision, self._plan, self._extensions)
        return Refused(
            question, decision.reason, found, times, decision.decided_by, decision.opinions
        )


def _name(record: Record, event: AgentSpawned | PluginInvoked) -> str:
    if isinstance(event, AgentSpawned):
        return record.principal
    return f"{record.principal}.{event.export}"


def _is_scoped(grant: Grant) -> bool:
    return bool(scope_of(grant))


def _by_key(item: tuple[tuple[str, str], _Tally]) -> tuple[str, str]:
    return item[0]


def _ending(event: AgentCompleted | PluginResult | AgentError | PluginError) -> str:
    if isinstance(event, AgentError | PluginError):
        return event.ending
    return "error" if event.is_error else "returned"


def _error(event: AgentCompleted | PluginResult | AgentError | PluginError) -> str:
    """What went wrong, for people; guest text in it is not yet escaped."""
    if isinstance(event, AgentError | PluginError):
        return event.error
    match event.value:
        case ["err", [str() as case, str() as text]] if isinstance(event, AgentCompleted):
            return f"{case}: {text}"
        case ["err", value] if event.is_error:
            return value if isinstance(value, str) else repr(value)
        case _:
            return ""


def _decision(event: Asked) -> Decision:
    return Decision(
        verdict=event.verdict or Verdict.ALLOW,
        reason=event.reason,
        decided_by=event.decided_by,
        opinions=event.opinions,
    )
