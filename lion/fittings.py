"""Look here if you want to know what the runs of a host are fitted with, and who may put others in
its place: a test (lion.testing), a dry run (lion.dry).

Rule: broker, policy, budgets, record and engine are none of it: those are always the real ones.
"""

import os
import pwd
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from lion.capabilities.services import open_services
from lion.domain.memory_sum import MemorySum
from lion.domain.plan import Plan
from lion.kernel.agent_calls import JobPort
from lion.kernel.approvals import Approvals, Common
from lion.kernel.children import SpawnerPort
from lion.kernel.judge import Judge, StandIn
from lion.kernel.people import People
from lion.kernel.run_state import LiveRun
from lion.kernel.system_clock import SystemClock
from lion.loading import OpenSystem
from lion.plans import owner_of
from lion.policy.policy_file import Policy
from lion.ports import Clock, Desk, EventLog, Operation, Post, Services
from lion.settings import Settings
from lion.system.entry import open_system

OpenServices = Callable[
    [Plan, Settings, tuple[Path, ...], Policy], AbstractAsyncContextManager[Services]
]
"""Opens what a run's executors need; the third are folders of trusted code."""


def user_name() -> str:
    """Who runs this process as the system knows it: a name, or a number that has none."""
    return name_of_user(os.getuid())


def name_of_user(number: int) -> str:
    """An account as the system knows it: a name, or a number that has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # an account without an entry, as in some containers
        return f"uid {number}"


class Fittings(msgspec.Struct, frozen=True, kw_only=True):
    """What every run is fitted with. A `stand_in` makes them dry runs, so the others have to be
    such that nothing leaves.
    """

    operations: Mapping[tuple[str, str], Operation] = {}
    """All that there are, if none are given."""
    clock: Callable[[], Clock] = SystemClock
    services: OpenServices = open_services
    desk: Desk | None = None
    """Where calls that need an approval wait for people; None: there is nobody to ask."""
    name_run: Callable[[], str] = lambda: str(uuid.uuid4())
    open_system: OpenSystem = open_system
    post: Post | None = None
    """Where messages leave a run."""
    park_after_ns: int | None = None
    """After how long of nothing but waiting a run leaves; None: as manifest or policy say."""
    stand_in: Callable[[LiveRun], StandIn] | None = None
    name_user: Callable[[], str] = user_name


class Known(msgspec.Struct, frozen=True):
    """What is known of a run that goes on: its id, its clock, whose it is."""

    run: str
    clock: Clock
    owner: str


def named(fittings: Fittings, run: str, by: str) -> Fittings:
    """The same for a run of this id, started by `by`; empty words change nothing."""
    said: dict[str, Callable[[], str]] = {}
    if run:
        said["name_run"] = lambda: run
    if by:
        said["name_user"] = lambda: by
    return msgspec.structs.replace(fittings, **said) if said else fittings


def build_live(
    plan: Plan, log: EventLog, policy: Policy, fittings: Fittings, memory: MemorySum,
    known: Known | None = None,
) -> LiveRun:  # fmt: skip
    """A run that is about to begin, or to go on; `memory` is the process's."""
    one = known or Known(fittings.name_run(), fittings.clock(), owner_of(plan))
    clock, run, owner = one.clock, one.run, one.owner
    common = Common(
        run=run, manifest_name=plan.name, owner=owner, policy_digest=policy.digest,
        wait_ns=policy.wait_ns,
    )  # fmt: skip
    asker = Approvals(common, fittings.desk, clock)
    live = LiveRun(run, plan, log, clock, owner, asker, memory)
    live.by = fittings.name_user()
    live.jobs, live.spawner = JobPort, SpawnerPort
    live.post = fittings.post
    live.people = None if fittings.desk is None else People(common, fittings.desk, clock).ask
    said = fittings.park_after_ns, plan.park_after_ns, policy.park_after_ns
    live.park_after_ns = next((one for one in said if one is not None), None)
    if fittings.stand_in is not None:
        live.judge = Judge(asker, fittings.stand_in(live))
    return live
