"""Look here if you want to know what is known of one invocation of a run that goes on."""

import msgspec

from lion.domain.call import Status, Verdict
from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentPartialOutput,
    AgentRestarted,
    AgentSpawned,
    CallFinished,
    CallRedirected,
    CallRequested,
    CallWaits,
    EffectSettled,
    PluginError,
    PluginInvoked,
    PluginResult,
)
from lion.domain.record import Record, Scope
from lion.kernel.allotments import COUNTED, Link, payers
from lion.kernel.outside import OutsideFailures

Ended = PluginResult | PluginError | AgentCompleted | AgentError
REFUSALS = 100
"""Different ones that are told apart."""
CUT = (Status.CANCELLED, Status.UNKNOWN)
"""Outcomes that no guest ever sees: it was being stopped."""


def payers_of(links: tuple[Link, ...]) -> dict[str, tuple[str, ...]]:
    """Who pays what the last of a chain uses of calls and output."""
    return {budget: payers(links, budget) for budget in COUNTED}


def scope_of(record: Record) -> Scope:
    """Where a record is from."""
    return Scope(
        record.run, record.invocation, record.principal, record.component_digest, record.cause,
        record.correlation,
    )  # fmt: skip


class PastInvocation(msgspec.Struct):
    """One invocation as it was. `records` are those of its calls, `answered` how many calls have
    an outcome; the one after those may have been begun: `intent` (with its seq), `waits`. A new
    decision about it is `settled`. `began_ns` and `held_ns` (how long its clock stood still) are
    nanoseconds of the run's clock.
    """

    scope: Scope
    began: PluginInvoked | AgentSpawned
    began_ns: int
    links: tuple[Link, ...]
    """Its chain of callers and itself, root first."""
    payers: dict[str, tuple[str, ...]]
    """Who pays what it uses of calls and output."""
    records: list[Record] = []
    answered: int = 0
    last: Status | None = None
    intent: CallRequested | None = None
    intent_seq: int = 0
    waits: CallWaits | None = None
    settled: EffectSettled | None = None
    is_let_on: bool = False
    """The call that had begun was allowed something more: a request, once its body was there."""
    ended: Ended | None = None
    judged: int = 0
    is_met: bool = False
    outside: OutsideFailures = msgspec.field(default_factory=OutsideFailures)
    held_ns: int = 0
    asked_ns: int = 0
    restarted: tuple[AgentRestarted, int] | None = None
    """What was decided when it had failed, and what the run's clock said then."""
    told: list[str] = []
    """What an agent that was started by another showed: who started it may not have read it."""

    def note_let_on(self, record: Record, event: CallRedirected) -> None:
        """What was decided of a further target of a call."""
        if event.verdict is Verdict.ALLOW and record.call == self.answered + 1:
            self.is_let_on = True

    def note_outcome(self, record: Record, event: CallFinished) -> None:
        """The call that had begun has ended."""
        self.answered, self.last = record.call, event.status
        self.intent = self.waits = self.settled = None
        self.is_let_on = False

    def note_told(self, event: CallFinished) -> None:
        """What it showed, if another may read that."""
        if self.scope.cause and isinstance(event, AgentPartialOutput):
            is_told = event.operation == "text" and event.status is Status.COMPLETED
            self.told += event.args or () if is_told else ()

    @property
    def path(self) -> str:
        """Its place in the tree of calls."""
        return self.scope.invocation

    @property
    def is_left(self) -> bool:
        """It has no ending, and nobody has come back to it."""
        return self.ended is None and not self.is_met

    @property
    def is_cut(self) -> bool:
        """It was being stopped: its guest never saw the last outcome."""
        return self.ended is None and self.last in CUT
