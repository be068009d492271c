"""Look here if you want to know how a run whose process ended is read from the log and made ready
to go on: what it had come to, what it stands on now, and that its guests say again what they said.

Rule: who reads it owns it: no other process goes on with it at the same time.
Rule: its manifest is the recorded one, its components' bytes are the log's, whatever lies on the
disk now; what it may do is that, within today's policy of the operator's.
Rule: until all its guests are where they were, nothing of what they ask for is done.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import trio

from lion.domain.memory_sum import MemorySum
from lion.domain.plan import Holder, Plan
from lion.domain.record import Record
from lion.errors import AuditError, OperatorError
from lion.fittings import Fittings, Known, build_live
from lion.kernel.beginning import resumed_event
from lion.kernel.going_on import note_unknown
from lion.kernel.past import Past
from lion.kernel.past_report import past_report
from lion.kernel.rehearsal import rehearse
from lion.kernel.run_state import LiveRun
from lion.loading import Loader
from lion.log.quota import RECORD_BYTES
from lion.log.sqlite_reader import SqliteReader, open_sqlite_reader
from lion.log.standing import Standing, read_standing
from lion.manifest.parse import recorded_plan
from lion.policy.policy_file import Policy
from lion.ports import TRIES, Clock, EventLog, RunState, RunSummary
from lion.reading import beside
from lion.review.report import RunReport

COUNTED: Final = ("calls", "output")
"""Budgets that are counted anew from the records."""

Hear = Callable[[Record], None]


class Grounds(msgspec.Struct, frozen=True):
    """What runs of a host share: where its log is, and what they are built of."""

    directory: Path
    log: EventLog
    policy: Policy
    fittings: Fittings
    memory: MemorySum


class ResumedClock:
    """A run's clock that goes on from where it was, once it is started: while the run is loaded
    again, however long that takes, it stands still. Implements ports.Clock.
    """

    def __init__(self, clock: Clock, base_ns: int) -> None:
        self._clock = clock
        self._base_ns = base_ns
        self._began_ns: int | None = None

    def start(self) -> None:
        """Go on."""
        self._began_ns = self._clock.monotonic_ns()

    def now_ns(self) -> int:
        """Nanoseconds since 1970 (UTC)."""
        return self._clock.now_ns()

    def monotonic_ns(self) -> int:
        """Nanoseconds since the start of the run, without those in which it had no process."""
        if self._began_ns is None:
            return self._base_ns
        return self._base_ns + self._clock.monotonic_ns() - self._began_ns


class LateClock:
    """What the log is told of a run's clock before that is known."""

    clock: Clock | None = None

    def monotonic_ns(self) -> int:
        """Zero until it is."""
        return 0 if self.clock is None else self.clock.monotonic_ns()


class Interrupted(msgspec.Struct, frozen=True):
    """A run as the log has it: what it had come to, what stands beside that, its components."""

    run: str
    past: Past
    standing: Standing
    components: Mapping[str, bytes]

    def plan(self) -> Plan:
        """Its plan, with the directories that it had. Raises OperatorError."""
        started = self.past.started
        assert started is not None
        path = Path(started.path) if started.path else None
        return self.at_home(recorded_plan(started.manifest, started.manifest_text, path))

    def at_home(self, plan: Plan) -> Plan:
        """A plan with the directories where they really were."""
        started = self.past.started
        assert started is not None
        holders = {
            name: _at_home(holder, started.directories.get(name, {}))
            for name, holder in plan.holders.items()
        }
        return msgspec.structs.replace(plan, holders=holders)


class Ready(msgspec.Struct, frozen=True):
    """A run that goes on, once it is loaded."""

    past: Interrupted
    live: LiveRun
    clock: ResumedClock
    """The run's."""


def _at_home(holder: Holder, directories: Mapping[str, str]) -> Holder:
    """The holder with its directories where they really were."""
    grants = []
    for grant in holder.grants:
        mount = grant.mount
        if mount is not None and mount.path in directories:
            mount = msgspec.structs.replace(mount, at=Path(directories[mount.path]))
            grant = msgspec.structs.replace(grant, mount=mount)
        grants.append(grant)
    return msgspec.structs.replace(holder, grants=tuple(grants))


def find_summary(directory: Path, word: str) -> RunSummary:
    """The run that an id, the beginning of one, or "last" means. Raises OperatorError."""
    with open_sqlite_reader(directory) as reader:
        run = reader.find(word)
        return next(one for one in reader.runs() if one.run == run)


def check_resumable(summary: RunSummary) -> None:
    """Raise OperatorError for a run that is not interrupted."""
    if summary.state is RunState.RUNNING:
        raise OperatorError(
            f"run {summary.run} goes on by itself: its process is alive",
            hint=f"look at it with: lion log {summary.run}",
        )
    if summary.state not in (RunState.INTERRUPTED, RunState.QUARANTINED, RunState.WAITING):
        raise OperatorError(
            f"run {summary.run} has ended" if summary.exit_code is not None
            else f"what the list of runs says of {summary.run} makes no sense",
            hint=f"look at it with: lion log {summary.run}",
        )  # fmt: skip


def read_past(reader: SqliteReader, run: str, hear: Hear | None) -> Past:
    """What a run has come to, verified. Raises AuditError."""
    past = Past(RECORD_BYTES)
    for record in reader.before(run):
        past.add(record)
    for record in reader.verified(run):
        past.add(record)
        if hear is not None:
            hear(record)
    return past


def read_interrupted(directory: Path, run: str, is_forced: bool, hear: Hear | None) -> Interrupted:
    """A run that this process owns, verified and read. Raises LionError if it cannot go on."""
    with open_sqlite_reader(directory) as reader:
        past = read_past(reader, run, hear)
        check_past(run, past, is_forced=is_forced)
        assert past.started is not None
        components = {
            holder: reader.blob(digest) for holder, digest in past.started.components.items()
        }
        standing = read_standing(reader, directory, run, past.seq)
    return Interrupted(run, past, standing, components)


def check_past(run: str, past: Past, *, is_forced: bool) -> None:
    """Raise LionError for a run that cannot go on, or would not for the fourth time."""
    if past.started is None:
        raise AuditError(f"run {run} has no beginning in the log, so it cannot go on")
    if past.started.is_dry:
        raise OperatorError(
            f"run {run} was a dry one, in which nothing counts",
            hint="begin it anew with: lion record MANIFEST",
        )
    if past.tries >= TRIES and not is_forced:
        raise OperatorError(
            f"run {run} was resumed {past.tries} times in a row and came no further: it is "
            "quarantined",
            hint=f"if you know why, try once more with: lion resume --force {run}",
        )


async def begin_again(
    grounds: Grounds, word: str, is_forced: bool, hear: Hear | None
) -> "Ready | RunReport":
    """A run that was interrupted, owned by this process from now on; or what one that has ended
    came to. Raises LionError.
    """
    directory, log = grounds.directory, grounds.log
    summary = await beside(partial(find_summary, directory, word))
    if summary.state is RunState.ENDED:
        return await beside(partial(report_ended, directory, summary.run, hear))
    check_resumable(summary)
    late = LateClock()
    await log.start_run(summary.run, summary.manifest_name, late.monotonic_ns)
    try:
        found = await beside(partial(read_interrupted, directory, summary.run, is_forced, hear))
        ready = make_ready(grounds, found, found.plan(), summary.run)
    except BaseException:
        with trio.CancelScope(shield=True):
            await log.leave_run(summary.run)
        raise
    late.clock = ready.live.clock
    return ready


def make_ready(grounds: Grounds, found: Interrupted, plan: Plan, run: str) -> "Ready":
    """The run `run`, which goes on from what another one, or itself, had come to."""
    started, fittings = found.past.started, grounds.fittings
    assert started is not None
    clock_ns = max(found.past.clock_ns, found.standing.clock_ns)
    own = fittings.clock()
    clock = ResumedClock(own, found.past.go_on(clock_ns, own.now_ns()))
    known = Known(run, clock, started.owner)
    parts = plan, grounds.log, grounds.policy, fittings, grounds.memory
    live = build_live(*parts, known)
    live.past, live.bus = found.past, found.past.bus
    return Ready(found, live, clock)


def report_ended(directory: Path, run: str, hear: Hear | None) -> RunReport:
    """What a run that has ended came to, from its records. Raises AuditError."""
    with open_sqlite_reader(directory) as reader:
        past = read_past(reader, run, hear)
    if past.started is None:
        raise AuditError(f"run {run} has no beginning in the log")
    plan = recorded_plan(past.started.manifest, past.started.manifest_text)
    return past_report(run, plan, past)


async def load_again(
    loader: Loader, ready: Ready, is_forced: bool, live: LiveRun, plan: Plan
) -> None:
    """Load what a run had loaded, bring all to where it was, and say so in the log. Raises
    LionError, and then nothing was done.
    """

    found = ready.past

    def read(holder: Holder) -> bytes:
        return found.components[holder.name]

    await loader.load(live, plan, read)
    ready.clock.start()
    live.record(resumed_event(live, loader.ground, forced=is_forced))
    await live.log.commit()
    await rehearse(live, found.past)
    restore(live, found.past, found.standing)


def restore(live: LiveRun, past: Past, standing: Standing) -> None:
    """Budgets, counts and denials as they were, and what listeners had heard."""
    charged = past.charges()
    uses = [
        (
            holder,
            budget,
            limit,
            charged.get((holder, budget), used if budget not in COUNTED else 0),
        )
        for holder, budget, limit, used in standing.budgets
    ]
    live.budgets.restore(uses, past.warned, standing.rates)
    for invocation, call, holder, budget, amount in standing.reserved:
        live.reserved.setdefault((invocation, call), []).append((holder, budget, amount))
    live.counts.calls, live.counts.denied = past.calls, past.denied
    live.heard = {name: min(seq, past.seq) for name, seq in standing.heard.items()}
    for question, (decision, times) in past.refusals.items():
        live.note_denial(question, decision, times)
    for holder, size in past.recorded.items():
        if holder in live.holders:
            live.holders[holder].share.charge(size)
    live.shares.charge(past.came)
    for scope, call in past.open_background:
        note_unknown(live, scope, call)
