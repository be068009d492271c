"""Look here if you want to know which facts an audit tells of what a run did.

Rule: these are what `lion audit --json` prints (docs/log-and-audit.md): a name, once there, stays.
"""

import msgspec

from lion.review.report import Denial


class TargetUse(msgspec.Struct, frozen=True, kw_only=True):
    """How often one target was asked for."""

    target: str
    calls: int


class OperationUse(msgspec.Struct, frozen=True, kw_only=True):
    """Allowed calls of one operation, how many failed, and the targets asked for most.

    `more_targets` counts further targets among those told apart; `is_capped`: not all were.
    """

    capability: str
    operation: str
    calls: int
    failed: int
    targets: tuple[TargetUse, ...]
    more_targets: int
    is_capped: bool


class GrantUse(msgspec.Struct, frozen=True, kw_only=True):
    """How often a grant, or one pattern (`scope`) of it, allowed a call; never: remove it.

    Unless calls that it covers were `stopped` by others (`stopped_by`: domain/decider.py): then
    it was asked for, and is no less than was meant.
    """

    capability: str
    scope: str
    calls: int
    line: str
    stopped: int = 0
    stopped_by: tuple[str, ...] = ()

    @property
    def is_idle(self) -> bool:
        """Nobody asked for it."""
        return not self.calls and not self.stopped


class BudgetSpent(msgspec.Struct, frozen=True, kw_only=True):
    """How far a budget is used."""

    budget: str
    limit: int
    used: int


class HolderUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a holder did in a run.

    `endings` counts its invocations by how they ended: returned, error (the agent's or tool's
    own), trap, deadline, ..., or cut if the log ends before they did. CPU time in nanoseconds.
    """

    invocations: int
    endings: dict[str, int]
    cpu_ns: int
    operations: tuple[OperationUse, ...]
    grants: tuple[GrantUse, ...]
    denied: tuple[Denial, ...]
    budgets: tuple[BudgetSpent, ...]


class RootEnding(msgspec.Struct, kw_only=True):
    """How an agent or a call that the run itself started ended; `ending` as in HolderUse."""

    name: str
    ending: str = "cut"
    error: str = ""
