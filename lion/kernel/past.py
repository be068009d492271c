"""Look here if you want to know what a run had come to when its process ended: one pass over its
records, which is all that a resumed run knows of itself.

Rule: what nobody can ask for any more is let go of: how an invocation ended is kept while its
caller has not, its calls only while it has not.
Rule: times are the run's own clock's. Between two beginnings of its process a record is as much
later as the wall clock says, and none is later than what the log says of that clock.
"""

from collections.abc import Iterable

from lion.domain.call import Decision, Status, Verdict
from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentRestarted,
    AgentSpawned,
    AnswerJudged,
    BudgetReturned,
    BudgetWarned,
    CallFinished,
    CallRedirected,
    CallRequested,
    CallWaits,
    EffectSettled,
    Event,
    MessageArrived,
    PluginError,
    PluginInvoked,
    PluginResult,
    RunFinished,
    RunParked,
    RunResumed,
    RunStarted,
)
from lion.domain.question import Question
from lion.domain.record import Record, Scope
from lion.kernel.allotments import Link
from lion.kernel.bus import Bus
from lion.kernel.past_changes import Changes
from lion.kernel.past_costs import Costs
from lion.kernel.past_invocation import CUT as CUT
from lion.kernel.past_invocation import Ended as Ended
from lion.kernel.past_invocation import PastInvocation as PastInvocation
from lion.kernel.past_invocation import payers_of, scope_of
from lion.scopes.table import read_question

REFUSALS = 100
"""Different ones that are told apart."""


class Past:
    """A fold over a run's records: `add` each in order. Each is counted as `overhead` bytes more
    than its body.
    """

    def __init__(self, overhead: int) -> None:
        self._overhead = overhead
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        self.invocations: dict[str, PastInvocation] = {}
        """Those that somebody may still ask about, by path."""
        self.seq = 0
        self.clock_ns = 0
        """What the run's own clock said at last."""
        self.calls = self.denied = 0
        self.refusals: dict[Question, tuple[Decision, int]] = {}
        """Different ones and how often, the first few."""
        self.warned: set[tuple[str, str]] = set()
        self.costs = Costs()
        self.recorded: dict[str, int] = {}
        """Bytes of records by the holder that pays them."""
        self.came = 0
        """Bytes of records of what came from outside."""
        self.background: dict[str, int] = {}
        """The last call of invocations that have no beginning (listeners), by path."""
        self.open_background: list[tuple[Scope, int]] = []
        self.tries = 0
        """How often it was resumed since it last came further."""
        self.changes = Changes()
        self.returned: set[str] = set()
        """Calls that had spawned agents whose budgets went back."""
        self.bus = Bus()
        """The messages that wait."""
        self._paths: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._epoch = (0, 0)
        self._parked: tuple[int, int] | None = None
        """When it left to wait, and what its clock said then."""

    def child(self, cause: str) -> PastInvocation | None:
        """The invocation that a call made ("0.2#7")."""
        path = self._paths.get(cause)
        return None if path is None else self.invocations.get(path)

    def children(self, path: str) -> int:
        """The highest number of those that an invocation made."""
        return self._numbers.get(path, 0)

    def beneath(self, path: str) -> list[PastInvocation]:
        """An invocation and all that it led to which have no ending, deepest first."""
        found = [
            one for one in self.invocations.values()
            if one.is_left and (one.path == path or one.path.startswith(f"{path}."))
        ]  # fmt: skip
        return sorted(found, key=lambda one: -one.path.count("."))

    def charges(self) -> dict[tuple[str, str], int]:
        """What calls took of `calls` and `output`, those included that were begun."""
        return self.costs.with_begun(self.unfinished())

    def unfinished(self) -> Iterable[PastInvocation]:
        """All that have no ending."""
        return [one for one in self.invocations.values() if one.ended is None]

    def add(self, record: Record) -> None:
        """Take the next record. Raises AuditError if this lion cannot read it."""
        event = record.event()
        self.seq = record.seq
        if not isinstance(event, RunResumed):
            self._parked = None
        self.tries = self.tries + 1 if isinstance(event, RunResumed) else 0
        now_ns = self._now(record, event)
        match event:
            case RunStarted():
                self.started = event
            case RunFinished():
                self.finished = event
            case RunResumed():
                self.go_on(event.monotonic_ns, record.time_ns)
            case BudgetWarned():
                self.warned.add((event.holder, event.budget))
            case PluginInvoked() | AgentSpawned():
                self._begin(record, event, now_ns)
            case MessageArrived():
                self.came += self._size(record)
                self.bus.arrive(event)
            case RunParked():
                self._parked = record.time_ns, event.monotonic_ns
            case _:
                self._note(record, event, now_ns)

    def go_on(self, clock_ns: int, time_ns: int) -> int:
        """What its clock says when it goes on at this instant: if it left to wait, that ran on.
        What passed meanwhile, or while a person was asked, is nobody's time.
        """
        gap_ns = 0
        if self._parked is not None:
            parked_ns, left_at_ns = self._parked
            now_ns = left_at_ns + max(0, time_ns - parked_ns)
            gap_ns, clock_ns = max(0, now_ns - left_at_ns), max(now_ns, clock_ns)
            self._parked = None
        for one in self.unfinished():
            asked_ns = self._asked_since(one)
            one.held_ns += max(0, clock_ns - asked_ns) if asked_ns else gap_ns
        for one in self.unfinished():
            one.asked_ns = 0
        return clock_ns

    def _asked_since(self, one: PastInvocation) -> int:
        """Since when it, or one that it waits for and for nothing else, has a person asked."""
        if one.asked_ns:
            return one.asked_ns
        child = self.child(f"{one.path}#{one.answered + 1}")
        return 0 if child is None or child.ended is not None else self._asked_since(child)

    def _now(self, record: Record, event: Event) -> int:
        """What the run's own clock said when a record was made, about."""
        if isinstance(event, RunStarted | RunResumed):
            self._epoch = record.time_ns, event.monotonic_ns
        time_ns, clock_ns = self._epoch
        now = clock_ns + max(0, record.time_ns - time_ns)
        self.clock_ns = max(self.clock_ns, now)
        return now

    def _begin(self, record: Record, event: PluginInvoked | AgentSpawned, now_ns: int) -> None:
        scope = scope_of(record)
        parent, _, number = record.invocation.rpartition(".")
        above = self.invocations.get(record.cause.partition("#")[0])
        links = () if above is None else above.links
        given = event.budget if isinstance(event, AgentSpawned) else {}
        links = (*links, Link(record.principal, record.invocation, given))
        payer = record.principal if above is None else above.scope.principal
        self._pay(payer, record)
        if record.cause:
            self._paths[record.cause] = record.invocation
            self._numbers[parent] = max(self._numbers.get(parent, 0), int(number))
        self.invocations[record.invocation] = PastInvocation(
            scope, event, now_ns, links, payers_of(links)
        )

    def _note(self, record: Record, event: Event, now_ns: int) -> None:
        one = self.invocations.get(record.invocation)
        if record.principal and record.invocation:
            self._pay(record.principal, record)
        if isinstance(event, CallRedirected) and event.verdict is not Verdict.ALLOW:
            self._refused(record, event)
        if isinstance(event, BudgetReturned):
            self.returned.add(record.cause)
            if (above := self.invocations.get(record.cause.partition("#")[0])) is not None:
                self.costs.set_aside(above, event.left, -1)
        elif one is None:
            self._note_background(record, event)
        if one is None:
            return
        match event:
            case CallRequested():
                one.records.append(record)
                one.intent, one.intent_seq = event, record.seq
                self.changes.begin(record, event)
            case CallWaits():
                one.waits = event
            case EffectSettled():
                one.settled = event
            case CallRedirected():
                one.note_let_on(record, event)
            case CallFinished():
                self._finish_call(one, record, event)
            case AnswerJudged():
                one.judged += 1
            case AgentRestarted():
                one.restarted = event, now_ns
            case PluginResult() | PluginError() | AgentCompleted() | AgentError():
                self._end(one, event)
            case _:
                self._note_asking(one, record, now_ns)

    def _finish_call(self, one: PastInvocation, record: Record, event: CallFinished) -> None:
        one.records.append(record)
        one.note_told(event)
        self.calls += 1
        self.costs.charge(one, event)
        if event.status is Status.DENIED:
            self._refused(record, event)
        elif event.value[0] == "err":
            asked = event if one.intent is None else one.intent
            case, text = event.value[1]
            one.outside.note(asked.capability, asked.operation, (case, text))
        self.changes.finish(record, event, one.intent)
        self.bus.note(record, event)
        one.note_outcome(record, event)
        made = self.child(f"{one.path}#{record.call}")
        if made is not None and made.ended and event.operation not in ("start", "spawn"):
            self._forget(made.path)

    def _end(self, one: PastInvocation, event: Ended) -> None:
        one.ended = event
        one.records.clear()
        self.bus.end(one.path)
        for path in [path for path in self.invocations if path.startswith(f"{one.path}.")]:
            self._forget(path)

    def let_go(self, one: PastInvocation) -> None:
        """Whatever call made it makes another one the next time."""
        self._forget(one.path)

    def _forget(self, path: str) -> None:
        if (one := self.invocations.pop(path, None)) is not None:
            self._paths.pop(one.scope.cause, None)

    def _note_background(self, record: Record, event: Event) -> None:
        if isinstance(event, CallRequested | CallFinished) and record.call:
            self.calls += isinstance(event, CallFinished)
            self.background[record.invocation] = record.call
            scope = scope_of(record)
            if isinstance(event, CallRequested):
                self.open_background.append((scope, record.call))
            elif (scope, record.call) in self.open_background:
                self.open_background.remove((scope, record.call))

    def _refused(self, record: Record, event: CallFinished | CallRedirected) -> None:
        self.denied += 1
        question = read_question(record.principal, event.capability, event.operation, event.target)
        known = self.refusals.get(question)
        if known is not None:
            self.refusals[question] = known[0], known[1] + 1
        elif len(self.refusals) < REFUSALS:
            verdict = event.verdict or Verdict.DENY
            decision = Decision(verdict, event.reason, event.decided_by, event.opinions)
            self.refusals[question] = decision, 1

    def _pay(self, holder: str, record: Record) -> None:
        self.recorded[holder] = self.recorded.get(holder, 0) + self._size(record)

    def _size(self, record: Record) -> int:
        return len(record.body) + self._overhead

    def _note_asking(self, one: PastInvocation, record: Record, now_ns: int) -> None:
        """While a person was asked, its clock stood still, and those of who waited for it."""
        if record.type == "ApprovalAsked":
            one.asked_ns = one.asked_ns or now_ns
        elif record.type in ("ApprovalDecided", "ApprovalExpired") and one.asked_ns:
            asked_ns, one.asked_ns = one.asked_ns, 0
            above: PastInvocation | None = one
            while above is not None:
                above.held_ns += now_ns - asked_ns
                path, _, number = above.scope.cause.partition("#")
                caller = self.invocations.get(path)
                is_awaited = caller is not None and number == str(caller.answered + 1)
                above = caller if is_awaited else None
