"""Look here if you want to know how an audit is laid out for people.

Rule: names, patterns, targets and reasons come from manifests and guests: they are escaped.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from lion.cli.grants import VERDICTS, render_grant, render_rules
from lion.cli.screen import Screen
from lion.cli.summary import is_last_of, why_denied
from lion.domain.capability import extensions_of
from lion.domain.plan import SERVER, SYSTEM, SYSTEM_LIMITS, Limits
from lion.domain.text import show_line
from lion.domain.units import counted
from lion.ports import SystemInfo
from lion.review.again import Again, Change
from lion.review.facts import GrantUse, HolderUse, OperationUse
from lion.review.report import Denial, split_suggestion
from lion.review.rights import HolderAudit
from lion.review.run import RunAudit
from lion.telling.amounts import limit_word, render_limit, render_spent, render_times

if TYPE_CHECKING:
    from lion.review.check import ManifestAudit

_LABEL = 12
_TARGET = 60
_MOST_DENIALS = 20
Row = tuple[str, str]
"""A label, shown once for rows that follow each other, and a text."""


def render_manifest_audit(audit: "ManifestAudit", screen: Screen) -> Iterator[str]:
    """Who may do what."""
    yield from render_policy(audit)
    for holder in audit.holders:
        yield ""
        yield from _block(holder, _rights(holder, with_grants=True), screen)
    yield from render_rules(audit, screen)


def render_policy(audit: "ManifestAudit") -> Iterator[str]:
    """Which manifest it is, and under which policy."""
    policy = "none" if audit.policy is None else show_line(audit.policy)
    yield f"manifest {show_line(audit.manifest_name)}, policy: {policy}"
    yield from _proxy(audit.proxy)


def render_run_audit(audit: RunAudit, screen: Screen) -> Iterator[str]:
    """Who could do what, and did."""
    yield from render_run_head(audit)
    for holder in audit.holders:
        yield ""
        yield from _block(holder, _run_rows(holder), screen)
    unused = [use for h in audit.holders if h.use for use in h.use.grants if use.is_idle]
    yield ""
    yield f"{counted(len(unused), 'grant')} {'was' if len(unused) == 1 else 'were'} never used"
    if audit.again is not None:
        yield ""
        yield from render_again(audit.again, screen)


def render_run_head(audit: RunAudit) -> Iterator[str]:
    """Which run it is, and how what it started ended."""
    counts = f"{counted(audit.calls, 'call')}, {audit.denied:,} denied"
    yield f"run {audit.run[:8]} of {show_line(audit.manifest_name)}: {_state(audit)}, {counts}"
    records = counted(audit.records, "record")
    yield f"{records}, verified; lion {show_line(audit.lion_version)}"
    if audit.parent:
        at = f"record {audit.forked_at:,} of run {show_line(audit.parent[:8])}"
        yield f"forked at {at}, verified too; what was before is counted"
    if not audit.policy_known:
        digest = audit.policy_digest[:12]
        yield f"its policy ({digest}) is not the one of now: of its rules, only denials are known"
    yield from _proxy(audit.proxy)
    for ending in audit.endings:
        error = f": {show_line(ending.error, longest=200)}" if ending.error else ""
        yield f"{show_line(ending.ending):<9} {show_line(ending.name)}{error}"


def render_again(again: Again, screen: Screen) -> Iterator[str]:
    """What the policy of now would make of the run, call by call."""
    digest = again.policy_digest[:12]
    calls = counted(again.calls, "call")
    counts = f"{again.changed:,} of {calls} would be decided otherwise"
    yield f"under the policy of now ({digest}) {counts}"
    for obstacle in again.obstacles:
        why = show_line(f"{obstacle.reason} ({obstacle.by})", longest=300)
        what = f"{show_line(obstacle.holder)}  {show_line(obstacle.what, longest=400)}"
        yield f"  {screen.paint('would not begin', 'yellow')}  {what}: {why}"
    for one in again.changes[:_MOST_DENIALS]:
        called = f"{one.capability} {one.operation} {one.target}".rstrip()
        what = (
            f"{show_line(one.holder)}  {show_line(called, longest=200)}  {render_times(one.times)}"
        )
        colour = "yellow" if one.after != "allow" else "cyan"
        yield f"  {screen.paint(f'{one.before} -> {one.after}', colour)}  {what}: {_why(one)}"
    if len(again.changes) > _MOST_DENIALS:
        yield f"  and {len(again.changes) - _MOST_DENIALS} more (--json has them)"
    if again.changed:
        yield "  each call by itself: after the first of these the run would have gone another way"
    for name, limits in again.lowered.items():
        for limit in limits:
            before, after = (
                render_limit(limit.limit, n) for n in (limit.manifest, limit.effective)
            )
            yield f"  {show_line(name)}  {limit_word(limit.limit)}: {before} -> {after}"


def _why(change: Change) -> str:
    return show_line(change.reason, longest=200)


def _proxy(proxy: str) -> Iterator[str]:
    """What a proxy leaves unpromised of addresses."""
    if proxy:
        yield f"requests go through the proxy {show_line(proxy)}, which resolves names itself:"
        yield "the addresses it reaches are not pinned; what can be looked up here is vetted first"


def _state(audit: RunAudit) -> str:
    if audit.exit_code is None:
        return "not finished (cut short, or still going)"
    how = "interrupted, " if audit.is_interrupted else ""
    return f"{how}exit {audit.exit_code}" if audit.exit_code else f"{how}ok"


def _block(holder: HolderAudit, rows: Iterable[Row], screen: Screen) -> Iterator[str]:
    digest = f"  sha256:{holder.digest[:12]}" if holder.digest else ""
    name = os.path.basename(holder.component)
    title = f"{holder.kind} {show_line(holder.name)}"
    if holder.is_sandboxed:
        yield f"{screen.paint(title, 'bold')}  {show_line(name)}{digest}"
    else:
        mark = screen.paint("UNSANDBOXED", "yellow")
        whose = name if holder.system is None else render_system(holder.system)
        yield f"{screen.paint(title, 'bold')}  {mark}: {show_line(whose)}"
    before = ""
    for label, text in rows:
        colour = {
            "denied": "yellow",
            "stopped": "yellow",
            "warning": "yellow",
            "never used": "cyan",
        }.get(label)
        shown = f"{'' if label == before else label:<{_LABEL}}"
        yield f"  {screen.paint(shown, colour) if colour else shown}{text}".rstrip()
        before = label


def render_system(system: SystemInfo) -> str:
    """Whose trusted Python or program it is, and what it does besides offering tools."""
    parts = [f"trusted Python, {system.use} of {system.distribution} {system.version}"]
    if system.use == SERVER:
        what = show_line(system.distribution)
        parts = [f"MCP server, a program: {what}; pinned as {system.version}"]
    parts += [f"offers {', '.join(extensions_of(system.offers))}"] if system.offers else []
    parts += [f"judges calls of {_any(system.judges)}"] if system.judges else []
    parts += [f"hears {_any(system.hears)}"] if system.hears else []
    return "; ".join(parts)


def _any(names: Sequence[str]) -> str:
    return "everything" if "*" in names else ", ".join(names)


def _rights(holder: HolderAudit, *, with_grants: bool) -> Iterator[Row]:
    yield "imports", _listed(holder.imports)
    yield "defaults", _listed(holder.defaults)
    if with_grants:
        for grant in holder.grants:
            yield "granted", _granted(grant.capability, grant.line)
        if not holder.grants:
            yield "granted", "nothing"
    for grant in holder.grants:
        if grant.directory:
            yield "directory", render_grant(grant)
    for rule in holder.rules:
        word = VERDICTS[rule.verdict]
        yield "policy", f'{show_line(rule.by)} {word} "{show_line(rule.rule)}"'
    for reach in holder.reachable:
        way = " then ".join(map(show_line, reach.through))
        has_own = reach.capability in holder.may_use
        own = "besides its own" if has_own else f"no {show_line(reach.capability)} of its own"
        own = "UNSANDBOXED Python" if reach.capability == SYSTEM else own
        yield "reaches", f"{own}; through {way}: {_granted(reach.capability, reach.line)}"
    yield "limits", "; ".join(_limits(holder.limits, _of(holder)))
    for one in holder.lowered:
        before, after = (
            render_limit(one.limit, one.manifest),
            render_limit(one.limit, one.effective),
        )
        yield "policy", f"lowers {limit_word(one.limit)}: {before} to {after}"
    for warning in holder.warnings:
        yield "warning", show_line(warning)


def _run_rows(holder: HolderAudit) -> Iterator[Row]:
    yield from _rights(holder, with_grants=False)
    if holder.use is None:
        return
    use = holder.use
    for grant in use.grants:
        if grant.calls:
            yield "granted", f"{_scope(grant)}  {render_times(grant.calls)}"
        if grant.stopped:
            by = ", ".join(map(show_line, grant.stopped_by))
            yield "stopped", f"{_scope(grant)}  {render_times(grant.stopped)} by {by}"
    for operation in use.operations:
        yield "used", _operation(operation)
    for grant in use.grants:
        if grant.is_idle:
            yield "never used", _unused(grant)
    called = {operation.capability for operation in use.operations}
    if silent := [name for name in holder.defaults if name not in called]:
        yield "never used", f"by default: {_listed(silent)}"
    yield from _denials(use.denied)
    for budget in use.budgets:
        used, limit = (
            render_spent(budget.budget, amount) for amount in (budget.used, budget.limit)
        )
        yield "budget", f"{show_line(budget.budget, longest=200)}: {used} of {limit}"
    yield "ran", _ran(use)


def _unused(grant: GrantUse) -> str:
    what = _scope(grant)
    return f"{what}  could be removed from: {show_line(grant.line, longest=200)}"


def _operation(operation: OperationUse) -> str:
    failed = f", {operation.failed} failed" if operation.failed else ""
    named = [f"{show_line(t.target, longest=_TARGET)} ({t.calls})" for t in operation.targets]
    if operation.more_targets:
        least = " at least" if operation.is_capped else ""
        named.append(f"and{least} {operation.more_targets} more")
    about = f"  {', '.join(named)}" if named else ""
    what = f"{show_line(operation.capability)} {show_line(operation.operation)}"
    return f"{what}  {render_times(operation.calls)}{failed}{about}"


def _denials(denied: Sequence[Denial]) -> Iterator[Row]:
    shown = denied[:_MOST_DENIALS]
    for index, denial in enumerate(shown):
        called = f"{denial.capability} {denial.operation} {denial.target}".rstrip()
        what = show_line(called, longest=200)
        yield "denied", f"{what}  {render_times(denial.times)}: {why_denied(denial)}"
        if denial.suggestion and (not denial.together or is_last_of(shown, index)):
            table, line = split_suggestion(denial.together or denial.suggestion)
            what = "allow all" if denial.together else "allow it"
            yield "denied", f"  {what}: under [{show_line(table)}] in the manifest write"
            yield "denied", f"  {show_line(line)}"
    if len(denied) > _MOST_DENIALS:
        yield "denied", f"and {len(denied) - _MOST_DENIALS} more (--json has them)"


def _ran(use: HolderUse) -> str:
    if not use.invocations:
        return "never"
    endings = ", ".join(f"{count} {show_line(name)}" for name, count in use.endings.items())
    return f"{render_times(use.invocations)}: {endings}; {use.cpu_ns / 1e6:.1f} ms of CPU"


def _granted(capability: str, line: str) -> str:
    """A grant as the manifest writes it, without its place."""
    return f"{show_line(capability)} {show_line(line.partition(' = ')[2], longest=400)}"


def _scope(use: GrantUse) -> str:
    return f"{show_line(use.capability)} {show_line(use.scope, longest=200)}".rstrip()


def _of(holder: HolderAudit) -> Sequence[str]:
    """The limits that hold: nobody counts the memory of trusted Python."""
    return Limits.__struct_fields__ if holder.is_sandboxed else SYSTEM_LIMITS


def _limits(limits: Limits, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        value = getattr(limits, name)
        if value is not None:
            yield f"{limit_word(name)} {render_limit(name, value)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(show_line, names)) or "nothing"
