"""Look here if you want to know how the records of one host call are told as one: request,
decision, where it was sent on to, and what came of it.
"""

import json
from typing import Any, Final

import msgspec

from lion.domain.call import Opinion, Status, Verdict
from lion.domain.decider import Decider, decider_of
from lion.domain.events import CallFinished, CallRedirected, CallRequested, Event, RunStarted
from lion.domain.plan import Grant, Plan
from lion.domain.question import Question
from lion.domain.record import Record
from lion.manifest.lines import ManifestLines
from lion.policy.policy_file import Policy
from lion.review.explained import (
    Asked,
    Budget,
    Decided,
    Line,
    Result,
    Said,
    Seen,
    Sent,
)
from lion.scopes.table import find_scopes, read_question

LONGEST: Final = 4_096
"""Characters of arguments and results; the log has all of them."""
MOST_SENT: Final = 20
"""Further targets of one call that are told: more are not followed, either."""

Decision = CallRequested | CallFinished | CallRedirected


class Asking(msgspec.Struct):
    """What was found of one call: its request (`event`, record `seq`), and what came after."""

    event: CallRequested | CallFinished | None = None
    seq: int = 0
    sent: list[tuple[Seen, CallRedirected]] = []
    outcome: tuple[Seen, CallFinished] | None = None

    def add(self, record: Seen, event: Event) -> None:
        """Take in a record of the call."""
        match event:
            case CallRequested():
                self.event, self.seq = event, record.seq
            case CallRedirected():
                if len(self.sent) < MOST_SENT:
                    self.sent.append((record, event))
            case CallFinished():
                self.outcome = record, event
                if self.event is None:
                    self.event, self.seq = event, record.seq
            case _:
                pass


class Found(msgspec.Struct):
    """What the passes over a run have come to."""

    record: Record
    until: int
    asking: Asking
    begins: dict[str, Record] = {}
    endings: dict[str, str] = {}
    asked_by: dict[tuple[str, int], str] = {}
    offers: tuple[str, ...] = ()

    def seen(self, record: Record) -> Seen:
        """A record as it is told; those of other runs were read while these were proved."""
        is_own = record.run == self.record.run
        return Seen(
            seq=record.seq, type=record.type, time_ns=record.time_ns,
            is_proved=not is_own or record.seq <= self.until, run="" if is_own else record.run,
        )  # fmt: skip


def called(event: Decision) -> str:
    """A call in a few words: `tools call fetcher.fetch`; guest text in it is not yet escaped."""
    return " ".join(filter(None, (event.capability, event.operation, event.target)))


def question_in(found: Found) -> Question:
    """What was asked. Only of a call."""
    event = found.asking.event
    assert event is not None
    return read_question(found.record.principal, event.capability, event.operation, event.target)


def asked_of(
    found: Found,
    plan: Plan,
    started: RunStarted,
    policy: Policy,
    budgets: tuple[Budget, ...],
) -> Asked:
    """The call as it is told."""
    asking, event = found.asking, found.asking.event
    assert event is not None
    files = _Files(plan, started, policy)
    result = None if asking.outcome is None else _result(*asking.outcome)
    args, is_cut = (None, False) if event.args is None else shown(event.args)
    question = question_in(found)
    status = None if asking.outcome is None else asking.outcome[1].status
    return Asked(
        holder=found.record.principal,
        capability=event.capability,
        operation=event.operation,
        target=event.target,
        args=None if decider_of(event.decided_by) is Decider.SCREEN else args,
        is_cut=is_cut,
        decided=files.decided(question, event, status),
        sent_on=tuple(files.sent(question.holder, *one) for one in asking.sent),
        budgets=budgets,
        result=result,
    )


def _result(record: Seen, outcome: CallFinished) -> Result:
    text, is_cut = shown(outcome.value)
    return Result(
        record=record, status=str(outcome.status), took_ns=outcome.took_ns,
        charged=outcome.charged, value=text, is_cut=is_cut,
    )  # fmt: skip


def shown(value: Any) -> tuple[str, bool]:
    """A value as JSON, cut to LONGEST characters; whether it was."""
    plain = msgspec.to_builtins(value, str_keys=True)
    text = json.dumps(plain, ensure_ascii=False, default=str)
    return (text, False) if len(text) <= LONGEST else (text[:LONGEST], True)


def grant_of(plan: Plan, question: Question, line: str) -> Grant | None:
    """The grant of the recorded manifest that gave the right to a call: the one with this line, or
    where the record has none (a redirect's, or an older one) the one that the scopes name.
    """
    holder, scopes = plan.holders.get(question.holder), find_scopes(question.capability)
    if holder is None or scopes is None:
        return None
    own = [one for one in holder.grants if one.capability == question.capability]
    if line:
        return next((one for one in own if one.line == line), None)
    return scopes.find_grant(own, question)


class _Files:
    """Looks up lines of the recorded manifest, and of the operator's policy if it is the same."""

    def __init__(self, plan: Plan, started: RunStarted, policy: Policy) -> None:
        self._plan = plan
        self._manifest = started.path or "manifest"
        self._lines = ManifestLines(plan)
        self._policy = policy if policy.digest == started.policy_digest else None
        self._is_dry = started.is_dry

    def decided(self, question: Question, event: Decision, status: Status | None) -> Decided:
        """How a decision is told."""
        is_denied = event.verdict == Verdict.DENY
        return Decided(
            verdict=str(event.verdict or Verdict.ALLOW),
            reason=event.reason,
            by=event.decided_by,
            opinions=tuple(map(_said, event.opinions)),
            allowed_by=None if is_denied else self._grant(question, event),
            rule=self._rule(_ruler(event)),
            is_stood_in=self._is_dry and is_denied and status is not Status.DENIED,
        )

    def sent(self, holder: str, record: Seen, event: CallRedirected) -> Sent:
        """How a further target of a call is told."""
        question = read_question(holder, event.capability, event.operation, event.target)
        return Sent(
            record=record, target=event.target, decided=self.decided(question, event, None)
        )

    def _grant(self, question: Question, event: Decision) -> Line | None:
        if decider_of(event.decided_by) is not Decider.GRANTS:
            return None
        said = "" if isinstance(event, CallRedirected) else event.grant
        grant = grant_of(self._plan, question, said)
        if grant is None:
            return Line(file=self._manifest, line=None, text=said) if said else None
        written = self._lines.of_grant(self._plan.holders[question.holder], grant)
        text = written.text if written.line is not None else grant.line
        return Line(file=self._manifest, line=written.line, text=text)

    def _rule(self, decided_by: str) -> Line | None:
        if decider_of(decided_by) is not Decider.POLICY:
            return None
        number = decided_by.rpartition(" ")[2]
        line = int(number) if number.isdigit() else None
        policy = self._policy
        rules = () if policy is None else (*policy.deny, *policy.ask, *policy.approve)
        found = next((rule for rule in rules if rule.line == line), None)
        path = None if self._policy is None else self._policy.path
        return Line(
            file="policy" if path is None else str(path),
            line=line,
            text="" if found is None else found.text,
        )


def _ruler(event: Decision) -> str:
    """Whose rule it was: the decider's, or of a person's answer the first that had one asked."""
    if decider_of(event.decided_by) is not Decider.APPROVAL:
        return event.decided_by
    asking = (one.processor for one in event.opinions if one.verdict is Verdict.ASK)
    return next(asking, event.decided_by)


def _said(opinion: Opinion) -> Said:
    return Said(by=opinion.processor, verdict=str(opinion.verdict), reason=opinion.reason)
