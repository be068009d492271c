"""Look here if you want to know what a run is fitted with besides broker, policy, budgets and
engine, and what a test puts in its place.
"""

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from lion.capabilities.services import open_services
from lion.domain.memory_sum import MemorySum
from lion.domain.plan import Plan
from lion.kernel.approvals import Approvals, Common
from lion.kernel.run_state import LiveRun
from lion.kernel.system_clock import SystemClock
from lion.plans import owner_of
from lion.policy.policy_file import Policy
from lion.ports import Clock, Desk, EventLog, Operation, Services
from lion.settings import Settings

OpenServices = Callable[
    [Plan, Settings, tuple[Path, ...], Policy], AbstractAsyncContextManager[Services]
]
"""Opens what a run's executors need; the third are folders of trusted code."""


class Fittings(msgspec.Struct, frozen=True, kw_only=True):
    """What every run is fitted with; a test puts others in their place (lion.testing), but never
    of broker, policy, budgets and engine."""

    operations: Mapping[tuple[str, str], Operation] = {}
    """All that there are, if none are given."""
    clock: Callable[[], Clock] = SystemClock
    services: OpenServices = open_services
    desk: Desk | None = None
    """Where calls that need an approval wait for people; None: there is nobody to ask."""
    name_run: Callable[[], str] = lambda: str(uuid.uuid4())


def build_live(
    plan: Plan, log: EventLog, policy: Policy, fittings: Fittings, memory: MemorySum
) -> LiveRun:
    """A run that is about to begin; `memory` is the process's."""
    clock, run, owner = fittings.clock(), fittings.name_run(), owner_of(plan)
    common = Common(
        run=run, manifest_name=plan.name, owner=owner, policy_digest=policy.digest,
        wait_ns=policy.wait_ns,
    )  # fmt: skip
    return LiveRun(run, plan, log, clock, owner, Approvals(common, fittings.desk, clock), memory)
