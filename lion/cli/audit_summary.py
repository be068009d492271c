"""Look here if you want to know what `lion audit` says on one screen: who may do what in a line
each, and what a person may want to change. `--full` has the rest (audit_table.py).

Rule: whatever the manifest and the guests do, it fits: lists are cut, and say by how much.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lion.cli.audit_table import render_again, render_policy, render_run_head
from lion.cli.grants import render_grant, render_rules
from lion.cli.screen import Screen
from lion.cli.summary import is_last_of, why_denied
from lion.domain.plan import DEFAULT_CAPABILITIES
from lion.domain.text import show_line
from lion.review.check import ManifestAudit
from lion.review.facts import HolderUse
from lion.review.reach import Reach
from lion.review.report import split_suggestion
from lion.review.rights import HolderAudit
from lion.review.run import RunAudit
from lion.telling.amounts import render_spent, render_times

_BUDGETS: Final = 2
_HOLDERS: Final = 12
_LINES: Final = 3
"""Of each kind of thing to look at."""
_SCOPE: Final = 40
_ROW: Final = 120


def summarize_manifest(audit: ManifestAudit, screen: Screen) -> Iterator[str]:
    """Who may do what."""
    yield from render_policy(audit)
    yield from _cut((_holder(one, _may(one), screen) for one in audit.holders), _HOLDERS)
    yield from _directories(audit.holders)
    yield from _warnings(audit.holders, screen)
    yield from render_rules(audit, screen)


def summarize_run(audit: RunAudit, screen: Screen) -> Iterator[str]:
    """Who did what, and what was refused or never used."""
    yield from _cut(render_run_head(audit), _HOLDERS)
    yield ""
    yield from _cut((_holder(one, _did(one), screen) for one in audit.holders), _HOLDERS)
    yield from _directories(audit.holders)
    yield from _denials(audit, screen)
    yield from _grants(audit, screen)
    if audit.again is not None:
        yield from _cut(render_again(audit.again, screen), _HOLDERS)
    yield from _warnings(audit.holders, screen)


def _holder(holder: HolderAudit, what: str, screen: Screen) -> str:
    title = screen.paint(f"{holder.kind:<6} {show_line(holder.name, longest=24):<12}", "bold")
    mark = "" if holder.is_sandboxed else f"{screen.paint('UNSANDBOXED', 'yellow')} "
    return f"{title}  {mark}{what}"


def _directories(holders: Sequence[HolderAudit]) -> Iterator[str]:
    """Where the directories really are that one may reach: a name may be a link."""
    found = [(one.name, grant) for one in holders for grant in one.grants if grant.directory]
    for name, grant in found[:_HOLDERS]:
        yield f"files   {show_line(name)}  {render_grant(grant)}"
    if len(found) > _HOLDERS:
        yield f"        and {len(found) - _HOLDERS} more"


def _may(holder: HolderAudit) -> str:
    """What it may use beside the defaults, with scopes, and what it reaches."""
    parts = []
    for name in holder.may_use:
        if name not in DEFAULT_CAPABILITIES:
            scopes = [s for g in holder.grants if g.capability == name for s in g.scope]
            parts.append(f"{show_line(name)} {_few(scopes)}".rstrip())
    defaults = sum(name in DEFAULT_CAPABILITIES for name in holder.may_use)
    parts += [f"{defaults} by default"] if defaults else []
    return _fit("; ".join([*parts, *_reached(holder.reachable)]) or "nothing")


def _reached(reachable: Sequence[Reach]) -> list[str]:
    found: dict[tuple[str, str], list[str]] = {}
    for one in reachable:
        found.setdefault((one.capability, one.through[0]), []).extend(one.scope)
    return [
        f"reaches {show_line(name)} {_few(scopes)}".rstrip() + f" by {show_line(way)}"
        for (name, way), scopes in found.items()
    ]


def _did(holder: HolderAudit) -> str:
    use = holder.use
    if use is None or not (use.invocations or use.operations):
        return "never ran"
    ran = f"ran {render_times(use.invocations)}" if use.invocations else "heard and judged"
    bad = [f"{count} {show_line(n)}" for n, count in use.endings.items() if n != "returned"]
    calls: dict[str, int] = {}
    for operation in use.operations:
        calls[operation.capability] = calls.get(operation.capability, 0) + operation.calls
    parts = [f"{show_line(name)} {count:,}" for name, count in calls.items()]
    how = f"{ran} ({', '.join(bad)})" if bad else ran
    done = [how, ", ".join(parts) or "no calls", *_refused(use), *_spent(use)]
    return _fit("; ".join(done))


def _spent(use: HolderUse) -> Iterator[str]:
    """The budgets that are nearest to their ends."""
    nearest = sorted(use.budgets, key=lambda one: -one.used / max(one.limit, 1))
    for one in nearest[:_BUDGETS]:
        used, limit = (render_spent(one.budget, amount) for amount in (one.used, one.limit))
        yield f"{show_line(one.budget, longest=80)}: {used} of {limit}"


def _refused(use: HolderUse) -> Iterator[str]:
    denied = sum(denial.times for denial in use.denied)
    if denied:
        yield f"{denied:,} denied"


def _denials(audit: RunAudit, screen: Screen) -> Iterator[str]:
    found = [denial for one in audit.holders if one.use for denial in one.use.denied]
    if found:
        yield ""
    for index, denial in enumerate(found[:_LINES]):
        called = f"{denial.capability} {denial.operation} {denial.target}".rstrip()
        what = f"{show_line(denial.holder)}  {show_line(called, longest=_ROW)}"
        times = render_times(denial.times)
        yield f"{screen.paint('denied', 'yellow')}  {what}  {times}: {why_denied(denial)}"
        if denial.suggestion and (not denial.together or is_last_of(found[:_LINES], index)):
            table, line = split_suggestion(denial.together or denial.suggestion)
            what = "allow all" if denial.together else "allow it"
            yield f"        {what}: under [{show_line(table)}] write {show_line(line)}"
    yield from _more(len(found))


def _grants(audit: RunAudit, screen: Screen) -> Iterator[str]:
    """Grants that nobody asked for could go; those that another stopped are no such thing."""
    uses = [(one.name, use) for one in audit.holders if one.use for use in one.use.grants]
    idle = [(name, use) for name, use in uses if use.is_idle]
    for name, use in idle[:_LINES]:
        what = f"{use.capability} {use.scope}".rstrip()
        word = screen.paint("unused", "cyan")
        yield f"{word}  {show_line(name)}  {show_line(what, longest=_ROW)}  could be removed"
    yield from _more(len(idle))
    for name, use in [one for one in uses if one[1].stopped][:_LINES]:
        what = show_line(f"{use.capability} {use.scope}".rstrip(), longest=_ROW)
        by = show_line(", ".join(use.stopped_by), longest=_ROW)
        word = screen.paint("stopped", "yellow")
        yield f"{word} {show_line(name)}  {what}  {render_times(use.stopped)} by {by}"


def _warnings(holders: Sequence[HolderAudit], screen: Screen) -> Iterator[str]:
    found = [(one.name, warning) for one in holders for warning in one.warnings]
    for name, warning in found[:_LINES]:
        yield f"{screen.paint('warning', 'yellow')} {show_line(f'{name}: {warning}', longest=200)}"
    yield from _more(len(found))


def _more(count: int) -> Iterator[str]:
    if count > _LINES:
        yield f"        and {count - _LINES} more"


def _few(scopes: Sequence[str]) -> str:
    """The first scope, and how many more there are."""
    if not scopes:
        return ""
    more = f" and {len(scopes) - 1} more" if len(scopes) > 1 else ""
    return f"{show_line(scopes[0], longest=_SCOPE)}{more}"


def _fit(text: str) -> str:
    return text if len(text) <= _ROW else f"{text[: _ROW - 1]}…"


def _cut(lines: Iterable[str], most: int) -> Iterator[str]:
    every = list(lines)
    yield from every[:most]
    if len(every) > most:
        yield f"and {len(every) - most} more"
