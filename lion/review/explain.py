"""Look here if you want to know why a record of a run is there: what was asked, who decided it and
by which line, what led to it, what came of it, and what would have been decided otherwise.

Rule: a record says what it says only as far as the run verifies: whatever lies behind the first
fault is shown, and marked.
Rule: what was decided is read and never decided again; only the line of a grant is looked up in
the manifest as it was recorded.
Rule: what is kept while reading does not grow with the run: the records around the one that is
asked for are looked for in further passes.
"""

from collections.abc import Callable, Generator, Iterable, Sequence

import msgspec

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
    RunStarted,
    SystemPluginLoaded,
)
from lion.domain.plan import Plan
from lion.domain.record import Record
from lion.errors import AuditError, OperatorError
from lion.policy.policy_file import Policy
from lion.ports import BudgetUse, VerifyReport
from lion.review.asked import Asking, Found, asked_of, called
from lion.review.changes import changes_of
from lion.review.explained import Budget, Cause, Explained, Line, Proof
from lion.review.run import plan_of, started_of

Records = Callable[[], Iterable[Record]]
Endings = AgentCompleted | AgentError | PluginError | PluginResult
CALLS = CallRequested | CallFinished | CallRedirected


def explain(
    run: str,
    seq: int,
    proved: Generator[Record, None, VerifyReport],
    read: Records,
    budgets: Callable[[int], Sequence[BudgetUse]],
    policy: Policy,
    before: Records = tuple,
) -> Explained:
    """Explain record `seq` of a run. `proved` gives the run's records while it is verified, `read`
    all that can be read, again and again, `before` those of the runs that it goes on from, proved;
    `budgets` how far they were used at a record; `policy` is the operator's of now.

    Raises OperatorError for a record that is not there, AuditError for one that cannot be read.
    """
    proof, record = _prove(seq, proved, before)
    started = started_of(run, _while_readable(read))
    if record is None:
        record = _unproved(run, seq, proof, read)
    plan = plan_of(run, started)
    found = _gathered(record, proof, before, read)
    asked = None
    if found.asking.event is not None:
        asked = asked_of(found, plan, started, policy, _budgets(found, budgets))
    return Explained(
        run=run,
        manifest_name=started.manifest_name,
        manifest=started.path,
        is_dry=started.is_dry,
        by_whom=started.by,
        proof=proof,
        record=found.seen(record),
        principal=record.principal,
        invocation=record.invocation,
        call=record.call,
        event=None if asked is not None else _plain(record.event()),
        asked=asked,
        causes=tuple(_causes(found, plan, started)),
        changes=() if asked is None else tuple(changes_of(asked, found, plan, started, policy)),
    )


def _gathered(record: Record, proof: Proof, *reads: Records) -> Found:
    found = Found(record=record, until=proof.until, asking=Asking())
    for read in reads:
        _around(found, read)
    for read in reads:
        _callers(found, read)
    return found


def _prove(
    seq: int, proved: Generator[Record, None, VerifyReport], before: Records
) -> tuple[Proof, Record | None]:
    """Verify all of it, and what it goes on from; the record, if it is among what is proved."""
    until, record = 0, None
    try:
        while True:
            one = next(proved)
            until = one.seq
            record = one if one.seq == seq else record
    except StopIteration as done:
        report: VerifyReport = done.value
        fault = _fault_of(before)
        return Proof(until=until, is_finished=report.finished, fault=fault), record
    except AuditError as exc:
        return Proof(until=until, is_finished=False, fault=exc.what), record


def _fault_of(before: Records) -> str:
    """Why what a run goes on from is not proved; empty if it is."""
    try:
        next(iter(before()), None)
    except AuditError as exc:
        return exc.what
    return ""


def _unproved(run: str, seq: int, proof: Proof, read: Records) -> Record:
    last = 0
    for one in _while_readable(read):
        last = one.seq
        if one.seq == seq:
            return one
    if proof.fault:
        raise AuditError(
            f"record {seq} of run {run} cannot be read: {proof.fault}",
            hint="the log was damaged or changed; restore it from a copy", run=run, seq=seq,
        )  # fmt: skip
    raise OperatorError(
        f"run {run} has no record {seq}: it has {last}",
        hint=f"give a number from 1 to {last}; `lion log` shows them",
    )


def _while_readable(read: Records) -> Iterable[Record]:
    """The records up to the first that cannot be read."""
    try:
        yield from read()
    except AuditError:
        return


def _around(found: Found, read: Records) -> None:
    """What belongs to the same call, and the invocations that the record lies in."""
    path = found.record.invocation
    parts = path.split(".") if path else []
    above = {".".join(parts[: depth + 1]) for depth in range(len(parts))}
    for one in _while_readable(read):
        if one.type == SystemPluginLoaded.__name__:
            event = one.event()
            assert isinstance(event, SystemPluginLoaded)
            found.offers = (*found.offers, *event.offers)
        is_ours = one.invocation == path and one.call == found.record.call
        if one.invocation not in above or (one.call and not is_ours):
            continue
        event = one.event()
        if isinstance(event, AgentSpawned | PluginInvoked):
            found.begins.setdefault(one.invocation, one)
        elif isinstance(event, Endings):
            found.endings[one.invocation] = _ending(event)
        elif is_ours and one.call:
            found.asking.add(found.seen(one), event)


def _callers(found: Found, read: Records) -> None:
    """Which calls began those invocations. A call's record may come long after what it began."""
    wanted = set()
    for one in found.begins.values():
        path, _, number = one.cause.partition("#")
        if number.isdigit():
            wanted.add((path, int(number)))
    if not wanted:
        return
    for one in _while_readable(read):
        key = one.invocation, one.call
        if key in wanted and key not in found.asked_by:
            event = one.event()
            if isinstance(event, CALLS) and event.capability:
                whose = "" if one.run == found.record.run else f" of run {one.run[:8]}"
                found.asked_by[key] = f"{called(event)}, record {one.seq}{whose}"
                if len(found.asked_by) == len(wanted):
                    return


def _causes(found: Found, plan: Plan, started: RunStarted) -> Iterable[Cause]:
    from lion.manifest.lines import ManifestLines

    lines = ManifestLines(plan)
    for path in sorted(found.begins, key=len):
        record = found.begins[path]
        event = record.event()
        line = by = None
        if "." not in path and path.isdigit():
            written = lines.of("run", int(path))
            if written.line is not None and int(path) < len(plan.runs):
                line = Line(
                    file=started.path or "manifest",
                    line=written.line,
                    text=written.text,
                )
        else:
            above, _, number = record.cause.partition("#")
            known = found.asked_by.get((above, int(number) if number.isdigit() else 0), "")
            who = f"{found.begins[above].principal}, " if above in found.begins else ""
            by = f"call {number} of {who}invocation {above}" + (f": {known}" if known else "")
        yield Cause(
            invocation=path,
            holder=record.principal,
            what=_began(event),
            by=by or "",
            record=found.seen(record),
            line=line,
            ending=found.endings.get(path, "cut"),
        )


def _began(event: Event) -> str:
    if isinstance(event, AgentSpawned):
        return f"task {event.task}"
    return event.export if isinstance(event, PluginInvoked) else ""


def _ending(event: Event) -> str:
    if isinstance(event, AgentError | PluginError):
        return event.ending
    return "error" if getattr(event, "is_error", False) else "returned"


def _budgets(found: Found, budgets: Callable[[int], Sequence[BudgetUse]]) -> tuple[Budget, ...]:
    """Those of who asked and of whoever waits for it."""
    holders = {one.principal for one in found.begins.values()} | {found.record.principal}
    try:
        noted = budgets(found.asking.seq or found.record.seq)
    except AuditError:
        return ()
    return tuple(
        Budget(holder=one.holder, budget=one.budget, limit=one.limit, used=one.used)
        for one in noted
        if one.holder in holders
    )


def _plain(event: Event) -> object:
    return msgspec.to_builtins(event, str_keys=True)
