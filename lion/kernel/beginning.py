"""Look here if you want to know what a run records of itself when it begins, and when it goes on:
what it stands on.
"""

import os

import msgspec

from lion.domain.events import RunResumed, RunStarted
from lion.domain.plan import Plan
from lion.kernel.run_state import LiveRun
from lion.policy.policy_file import Policy
from lion.version import VERSION


class Ground(msgspec.Struct, frozen=True):
    """What runs stand on: the operator's policy, the engine by its digest, wasmtime's version."""

    policy: Policy
    engine_digest: str
    wasmtime_version: str


def started_event(live: LiveRun, plan: Plan, ground: Ground) -> RunStarted:
    """What is recorded of a run that begins, once it is loaded."""
    policy = ground.policy
    return RunStarted(
        manifest_name=live.name,
        manifest=plan.resolved,
        manifest_text=plan.text,
        components={
            name: h.component.digest for name, h in live.holders.items() if h.system is None
        },
        limits={name: h.rights.limits for name, h in live.holders.items()},
        policy_digest=policy.digest,
        proxy="" if policy.proxy is None else policy.proxy.origin,
        directories={name: dict(one) for name, one in live.services.directories.items()},
        by=live.by,
        is_dry=live.judge.is_dry,
        engine_digest=ground.engine_digest,
        lion_version=VERSION,
        wasmtime_version=ground.wasmtime_version,
        path="" if plan.path is None else os.path.realpath(plan.path),
        owner=live.owner,
        monotonic_ns=live.clock.monotonic_ns(),
    )


def resumed_event(live: LiveRun, ground: Ground, *, forced: bool) -> RunResumed:
    """What is recorded of one that goes on."""
    assert live.past is not None
    system = {
        name: f"{one.system.info.distribution} {one.system.info.version}"
        for name, one in live.holders.items()
        if one.system is not None
    }
    return RunResumed(
        after=live.past.seq, attempt=live.past.tries + 1, forced=forced,
        monotonic_ns=live.clock.monotonic_ns(), policy_digest=ground.policy.digest,
        engine_digest=ground.engine_digest, lion_version=VERSION,
        wasmtime_version=ground.wasmtime_version, system=system, by=live.by,
        limits={name: one.rights.limits for name, one in live.holders.items()},
    )  # fmt: skip
