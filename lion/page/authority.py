"""Look here if you want to know what the page makes of many runs' rights: who may what, and what
was used of it.

Rule: runs are read, not proved; what was read once of a run that has ended is kept.
Rule: so many runs and records at most, the latest first; how many it were is said.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from lion.errors import LionError
from lion.history import open_history
from lion.page.drift import Seen
from lion.places import homes_of
from lion.plans import read_policy
from lion.review.rights import HolderAudit
from lion.review.run import audit_run
from lion.settings import Settings

RUNS: Final = 24
RECORDS: Final = 20_000
"""Of all those runs together."""
_KEPT: Final = 256
COLUMNS: Final[tuple[str, ...]] = (
    "llm",
    "tools",
    "http",
    "fs",
    "kv",
    "clock",
    "random",
    "output",
    "config",
    "log",
)
"""Capabilities in the order in which they are shown; others follow."""


class Cell(msgspec.Struct, kw_only=True):
    """A capability of a holder: whether it is in its ceiling and granted, and what was made of
    it."""

    in_ceiling: bool = False
    granted: bool = False
    used: int = 0
    denied: int = 0


class Row(msgspec.Struct, kw_only=True):
    """A holder: its capabilities, and what it asked for of tools, models and the host."""

    name: str
    kind: str
    is_sandboxed: bool
    cells: dict[str, Cell] = {}
    tools: Counter[str] = msgspec.field(default_factory=Counter)
    denied_tools: Counter[str] = msgspec.field(default_factory=Counter)
    models: Counter[str] = msgspec.field(default_factory=Counter)
    scopes: dict[tuple[str, str], int] = {}
    """How often a grant's scope was used, by capability and scope."""
    refused: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    """What of the host was refused, by capability and target."""

    def cell(self, capability: str) -> Cell:
        """Its cell; a new one if there is none."""
        return self.cells.setdefault(capability, Cell())


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """All holders, over so many runs with so many calls."""

    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    runs: int
    calls: int


class Ledger:
    """What was read of runs."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int, str], tuple[HolderAudit, ...]] = OrderedDict()

    def read(self, settings: Settings) -> list[tuple[HolderAudit, ...]]:
        """The latest runs' holders, each run's own. In a thread. Raises OperatorError for a
        policy that cannot be read."""
        policy, homes = read_policy(settings.policy), homes_of(settings.lookups)
        found: list[tuple[HolderAudit, ...]] = []
        left = RECORDS
        with open_history(settings) as reader:
            for one in reversed(reader.runs()[-RUNS:]):
                left -= one.records
                if left < 0 and found:
                    break
                key = one.run, one.records, policy.digest
                holders = self._known.pop(key, None)  # others read at the same time
                if holders is None:
                    try:
                        audit = audit_run(
                            one.run,
                            reader.records(one.run),
                            reader.budgets(one.run),
                            policy,
                            homes,
                        )
                    except LionError:  # no beginning yet, or damaged: other screens say so
                        continue
                    holders = audit.holders
                self._known[key] = holders
                found.append(holders)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found


def matrix_of(seen: Sequence[Seen], runs: Sequence[tuple[HolderAudit, ...]]) -> Matrix:
    """Who may what, as it is installed now, and what of it the runs used."""
    rows = {row.name: row for one in seen for row in _installed(one)}
    for holders in runs:
        for audit in holders:
            row = rows.get(audit.name)
            if row is not None:
                _add(row, audit)
    names = {name for row in rows.values() for name in row.cells}
    columns = [name for name in COLUMNS if name in names]
    columns += sorted(names.difference(COLUMNS))
    order = {"agent": 0, "workflow": 1, "plugin": 2, "system": 3}
    shown = sorted(rows.values(), key=lambda row: order.get(row.kind, 9))
    calls = sum(cell.used for row in rows.values() for cell in row.cells.values())
    return Matrix(rows=tuple(shown), columns=tuple(columns), runs=len(runs), calls=calls)


def _installed(seen: Seen) -> Iterator[Row]:
    for name, holder in seen.holders.items():
        row = Row(name=name, kind=holder.kind, is_sandboxed=holder.is_sandboxed)
        info = seen.infos.get(name)
        for capability in () if info is None else info.ceiling:
            row.cell(capability).in_ceiling = True
        for grant in holder.grants:
            row.cell(grant.capability).granted = True
            scopes = grant.patterns or ((grant.mount.path,) if grant.mount else ("",))
            for scope in scopes:
                row.scopes.setdefault((grant.capability, str(scope)), 0)
        yield row


def _add(row: Row, audit: HolderAudit) -> None:
    for capability in audit.may_use:
        row.cell(capability).granted = True
    for capability in audit.imports:
        row.cell(capability).in_ceiling = True
    use = audit.use
    if use is None:
        return
    for one in use.operations:
        row.cell(one.capability).used += one.calls
        if one.capability == "tools" and one.operation in ("call", "start"):
            row.tools.update({t.target: t.calls for t in one.targets})
        elif one.capability == "llm":
            row.models.update({t.target: t.calls for t in one.targets if t.target})
    for grant in use.grants:
        key = grant.capability, grant.scope
        row.scopes[key] = row.scopes.get(key, 0) + grant.calls
    for denial in use.denied:
        row.cell(denial.capability).denied += denial.times
        if denial.capability == "tools":
            row.denied_tools[denial.target] += denial.times
        else:
            row.refused[denial.capability, denial.target] += denial.times


def never_used(rows: Iterable[Row]) -> Iterator[tuple[str, str, str]]:
    """Grants that no run used: holder, capability, scope."""
    for row in rows:
        for (capability, scope), calls in row.scopes.items():
            if not calls and not _stopped(row.refused, capability):
                yield row.name, capability, scope


def _stopped(refused: Mapping[tuple[str, str], int], capability: str) -> bool:
    return any(one == capability for one, _ in refused)
