"""Look here if you want to know how a command looks at a manifest without running it: components
loaded, surroundings seen, and what a fold over both says.
"""

import msgspec

from lion.cli.options import Common
from lion.cli.session import run_trio
from lion.cli.stale import stale_sources
from lion.domain.plan import Plan
from lion.domain.surroundings import Surroundings
from lion.plans import read_policy
from lion.review.check import ManifestAudit, audit_manifest
from lion.review.loaded import ComponentInfo


def look_at(
    common: Common, plan: Plan, *, is_strict: bool
) -> tuple[ManifestAudit, dict[str, ComponentInfo]]:
    """Who may do what by a plan, and what its components are. Raises OperatorError, GuestError for
    the first mistake; a directory that may not be granted is one only where that is strict.
    """
    from lion.opening import open_host

    settings = common.settings()

    async def session() -> tuple[dict[str, ComponentInfo], Surroundings]:
        async with open_host(settings, signals=True) as host:
            return await host.look_at(plan, is_strict=is_strict)

    policy = read_policy(settings.policy)
    infos, around = run_trio(session)
    around = msgspec.structs.replace(around, stale=stale_sources(plan))
    return audit_manifest(plan, infos, policy, around), infos
