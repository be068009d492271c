"""Look here if you want to know what is said of a manifest before anything runs: one answer, of
which `lion check` and `lion audit` each tell their part.

Rule: pure: whoever asks has loaded the components and looked around.
"""

from collections.abc import Mapping

import msgspec

from lion.domain.plan import Plan
from lion.domain.surroundings import Surroundings
from lion.policy.policy_file import Policy
from lion.review.beginning import Unasked, unasked_rules
from lion.review.idle_rules import IdleRule, idle_rules
from lion.review.loaded import ComponentInfo, ToolInfo, loaded_of
from lion.review.rights import GrantView, HolderAudit, HolderView, audit_plan


class ManifestAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Who may do what by a manifest, under the operator's policy of now. `manifest` and `policy`
    are paths; `proxy` is the one through which requests would go. `idle_rules` are those of the
    policy that can match nothing, `unasked_rules` those that fit a tool which [[run]] starts.
    """

    manifest_name: str
    manifest: str
    policy: str | None
    policy_digest: str
    proxy: str
    holders: tuple[HolderAudit, ...]
    idle_rules: tuple[IdleRule, ...] = ()
    unasked_rules: tuple[Unasked, ...] = ()


class Checked(HolderView, frozen=True, kw_only=True):
    """One holder: its component, and what ceiling, manifest and policy leave of its rights.

    `described` has what `lion inspect` says of each tool: docs, type (WIT, or for a system plugin
    Python), JSON schemas of arguments and result. `granted` are capabilities, `scopes` their
    grants one by one.
    """

    ceiling: tuple[str, ...]
    granted: tuple[str, ...]
    scopes: tuple[GrantView, ...]
    described: tuple[ToolInfo, ...]


def audit_manifest(
    plan: Plan, infos: Mapping[str, ComponentInfo], policy: Policy, around: Surroundings
) -> ManifestAudit:
    """Fold a plan with what its components are and what it will meet."""
    loaded = {name: loaded_of(infos[name]) for name in plan.holders}
    tools = [f"{name}.{tool}" for name, one in loaded.items() for tool in one.tools]
    return ManifestAudit(
        manifest_name=plan.name,
        manifest=str(plan.path),
        policy=None if policy.path is None else str(policy.path),
        policy_digest=policy.digest,
        proxy="" if policy.proxy is None else policy.proxy.origin,
        holders=audit_plan(plan, loaded, policy, around=around),
        idle_rules=tuple(idle_rules(plan, policy, tools)),
        unasked_rules=tuple(unasked_rules(plan, policy)),
    )


def check_holders(audit: ManifestAudit, infos: Mapping[str, ComponentInfo]) -> tuple[Checked, ...]:
    """What `lion check` tells of that, holder by holder."""
    return tuple(_checked(holder, infos[holder.name]) for holder in audit.holders)


def _checked(holder: HolderAudit, info: ComponentInfo) -> Checked:
    return Checked(
        **{name: getattr(holder, name) for name in HolderView.__struct_fields__},
        ceiling=info.ceiling,
        granted=tuple(dict.fromkeys(grant.capability for grant in holder.grants)),
        scopes=holder.grants,
        described=info.tools,
    )
