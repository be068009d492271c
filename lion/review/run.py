"""Look here if you want to know how a recorded run is audited: from its log and nothing else.

Rule: a run is judged by what it recorded: its manifest, its components' imports, its limits.
Rule: the log has the digest of the operator's policy and not its rules; without them only what
they refused is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from pathlib import PurePath

import msgspec

from lion.domain.events import (
    Event,
    PluginLoaded,
    RunFinished,
    RunForked,
    RunResumed,
    RunStarted,
    SystemPluginLoaded,
)
from lion.domain.plan import Directory, Plan
from lion.domain.record import Record
from lion.domain.surroundings import Surroundings
from lion.errors import AuditError, OperatorError
from lion.manifest.parse import recorded_plan
from lion.policy.policy_file import Policy, parse_policy
from lion.ports import BudgetUse, LogReader, Progress
from lion.review.again import Again, Redecision
from lion.review.alike import Alike
from lion.review.beginning import obstacles
from lion.review.facts import BudgetSpent, HolderUse, RootEnding
from lion.review.loaded import Loaded, recorded
from lion.review.rights import HolderAudit, audit_plan
from lion.review.use import UseFold


class RunAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Who could do what in a run, and who did.

    `exit_code` is None for a run without an end (cut short, or still going); `policy_known` says
    whether the rules it ran under were at hand. `unnamed_denials` are calls that were refused
    beyond the different ones that are told apart. `again` is what other rules would make of it,
    None if the run had these. `proxy` is the operator's through which requests went. `is_dry`:
    nothing left, what was denied was answered all the same. Of a fork `parent` and `forked_at` are
    the run and the record that it goes on from: what was before is counted, but for `records`.
    """

    run: str
    manifest_name: str
    exit_code: int | None
    is_interrupted: bool
    records: int
    calls: int
    denied: int
    unnamed_denials: int
    policy_digest: str
    policy_known: bool
    proxy: str
    lion_version: str
    is_dry: bool
    endings: tuple[RootEnding, ...]
    holders: tuple[HolderAudit, ...]
    again: Again | None = None
    parent: str = ""
    forked_at: int = 0


def audit_recorded(
    reader: LogReader,
    word: str,
    policy: Policy,
    homes: Sequence[PurePath],
    progress: Progress | None = None,
) -> RunAudit:
    """Verify a run, and audit it, in one pass. `word` is an id, the beginning of one, or "last".

    Raises OperatorError for one that is not there, AuditError for one that does not verify, or
    goes on from one that does not.
    """
    run = reader.find(word)
    records = reader.verified(run, progress)
    try:
        return audit_run(run, records, reader.budgets(run), policy, homes, reader.before(run))
    except AuditError:
        for _ in records:  # A broken chain comes before what cannot be read.
            pass
        raise


def audit_run(
    run: str,
    records: Iterable[Record],
    budgets: Sequence[BudgetUse],
    policy: Policy,
    homes: Sequence[PurePath],
    before: Iterable[Record] = (),
) -> RunAudit:
    """Audit a run in one pass over its records (all of them, in order), those of its parents
    `before` them.

    If the run had another `policy`, its calls are decided again by this one, and its beginning;
    `homes` are the operator's directories, which rules call `~`. Raises AuditError if the log
    lacks its beginning, or holds what this lion cannot read.
    """
    found = iter(records)
    first = tuple(islice(found, 1))
    started = started_of(run, first)
    plan = plan_of(run, started)
    redecision = Redecision(plan, policy)
    seen = read_uses(chain(before, first, found), plan, redecision)
    again = None if seen.policies <= {policy.digest} else redecision
    audit = _audited(run, started, plan, seen, policy if again is None else None, budgets)
    if again is None:
        return audit
    return msgspec.structs.replace(audit, again=_again(again, plan, policy, started, homes))


def _audited(
    run: str,
    started: RunStarted,
    plan: Plan,
    seen: "Seen",
    policy: Policy | None,
    budgets: Sequence[BudgetUse],
) -> RunAudit:
    """What a run's records say; `policy` are its rules, if they are at hand."""
    usage, finished = seen.usage, seen.finished
    uses, rules = _uses(plan, usage, budgets), policy or parse_policy("")
    return RunAudit(
        run=run,
        manifest_name=started.manifest_name,
        exit_code=None if finished is None else finished.exit_code,
        is_interrupted=finished is not None and finished.interrupted,
        records=seen.last,
        calls=usage.calls,
        denied=usage.denied,
        unnamed_denials=usage.other_denials,
        policy_digest=started.policy_digest,
        policy_known=policy is not None,
        proxy=started.proxy,
        lion_version=started.lion_version,
        is_dry=started.is_dry,
        endings=usage.endings(),
        holders=_holders(plan, seen.loaded, rules, started, uses),
        parent=seen.parent,
        forked_at=seen.forked_at,
    )


def _again(
    found: Redecision, plan: Plan, policy: Policy, started: RunStarted, homes: Sequence[PurePath]
) -> Again:
    again = found.result(started.limits)
    before = tuple(obstacles(plan, policy, _directories(plan, started), homes))
    return msgspec.structs.replace(again, obstacles=before)


class Seen(msgspec.Struct):
    """What a pass over a run's records found; `last` is the seq of the last one, `policies` are
    digests of those that were in force: a run that goes on may stand on another one.
    """

    usage: UseFold
    loaded: dict[str, Loaded]
    finished: RunFinished | None = None
    last: int = 1
    policies: set[str] = set()
    parent: str = ""
    forked_at: int = 0


def read_uses(records: Iterable[Record], plan: Plan, again: Redecision | None = None) -> Seen:
    """Read a run's records, in order, after those of its parents if it is a fork. `again` decides
    anew what was decided by another policy than its own.
    """
    seen, in_force = Seen(UseFold(plan), {}), ""

    def tell(record: Record, event: Event, times: int = 1) -> None:
        if again is not None and again.policy.digest != in_force:
            again.add(record, event, times)
        seen.usage.add(record, times)

    alike = Alike(tell)
    record = None
    for record in records:
        event = record.event()
        if alike.take(record, event):
            continue
        if not record.principal:
            _note_loaded(seen, event, plan, again)
            if isinstance(event, RunStarted | RunResumed):
                alike.flush()  # What came before was decided by another policy.
                in_force = event.policy_digest
                seen.policies.add(in_force)
        tell(record, event)
    alike.flush()
    seen.last = 1 if record is None else record.seq
    return seen


def _note_loaded(seen: Seen, event: Event, plan: Plan, again: Redecision | None) -> None:
    """Take what the run says of itself."""
    if isinstance(event, PluginLoaded | SystemPluginLoaded) and event.holder in plan.holders:
        one = seen.loaded[event.holder] = recorded(event)
        if one.system is not None:
            seen.usage.note_offers(one.system.offers)
        if again is not None:
            again.note_imports(event.holder, tuple(one.imports))
    elif isinstance(event, RunFinished):
        seen.finished = event
    elif isinstance(event, RunForked):
        seen.parent, seen.forked_at = event.parent, event.at


def started_of(run: str, records: Iterable[Record]) -> RunStarted:
    """A run's first record. Raises AuditError."""
    first = next(iter(records), None)
    event = None if first is None else first.event()
    if not isinstance(event, RunStarted):
        raise AuditError(
            f"run {run} has no beginning in the log, so it cannot be audited",
            hint=f"if it is a service's chain, read it with: lion log {run}",
            run=run,
        )
    return event


def plan_of(run: str, started: RunStarted) -> Plan:
    """The plan that a run recorded. Raises AuditError."""
    try:
        return recorded_plan(started.manifest, started.manifest_text)
    except OperatorError as exc:
        what = f"the manifest that run {run} recorded is none that this lion reads: {exc.what}"
        raise AuditError(what, hint=f"lion {started.lion_version} recorded it", run=run) from exc


def _uses(plan: Plan, usage: UseFold, budgets: Sequence[BudgetUse]) -> dict[str, HolderUse]:
    return {
        name: usage.of(
            name,
            tuple(
                BudgetSpent(budget=one.budget, limit=one.limit, used=one.used)
                for one in budgets
                if one.holder == name
            ),
        )
        for name in plan.holders
    }


def _holders(
    plan: Plan,
    loaded: Mapping[str, Loaded],
    policy: Policy,
    started: RunStarted,
    uses: Mapping[str, HolderUse],
) -> tuple[HolderAudit, ...]:
    around = Surroundings(directories=_directories(plan, started))
    return audit_plan(plan, loaded, policy, limits=started.limits, uses=uses, around=around)


def _directories(plan: Plan, started: RunStarted) -> dict[str, tuple[Directory, ...]]:
    """Where a run's directories were; a run of before that was recorded has none."""
    return {
        name: tuple(
            Directory(path=m.path, at=m.written, real=real[m.path], write=m.write)
            for m in (grant.mount for grant in plan.holders[name].grants)
            if m is not None and m.path in real
        )
        for name, real in started.directories.items()
        if name in plan.holders
    }
