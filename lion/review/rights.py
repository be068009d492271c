"""Look here if you want to know who may do what: what `lion audit` says of a manifest or a run.

Rule: rights are those the door decides by (policy/rights.py), asked and not guessed again.
Rule: nothing here opens a file, a log or a component; whoever asks brings what was found.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lion.domain.capability import extensions_of
from lion.domain.plan import (
    DEFAULT_CAPABILITIES,
    SYSTEM_LIMITS,
    Directory,
    Grant,
    Holder,
    Limits,
    Model,
    Plan,
)
from lion.domain.surroundings import Surroundings
from lion.policy.decide import NOT_COVERED
from lion.policy.policy_file import Policy
from lion.policy.rights import Rights, build_rights, own_rules
from lion.ports import SystemInfo
from lion.review.facts import HolderUse
from lion.review.loaded import Loaded
from lion.review.reach import Reach, reachable
from lion.review.warnings import warnings_of
from lion.scopes.rules import Rule
from lion.scopes.table import find_scopes, scope_of


class GrantView(msgspec.Struct, frozen=True, kw_only=True):
    """A grant as the manifest has it: scope, numbers, its line, and whether it can be used.

    Of files also the host's directory as the manifest names it (`at`), links followed
    (`directory`), and whether it may be written. Of a secret `goes_to` are the origins that its
    operator lets it go to, of models the servers where they are.
    """

    capability: str
    scope: tuple[str, ...]
    quota: dict[str, int]
    line: str
    is_imported: bool
    ask_at: int | None = None
    at: str = ""
    directory: str = ""
    is_writable: bool = False
    goes_to: tuple[str, ...] = ()


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the operator's that speaks of what this holder could do."""

    verdict: str
    rule: str
    capability: str
    by: str
    """Where it stands: `policy line 3`."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A capability that a component imports and may not use at all; `by` as in domain/decider.py:
    the manifest takes it away, no grant gives it, or a rule of the operator's.
    """

    capability: str
    by: str
    reason: str


class Lowered(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that the operator's ceiling lowered: the manifest's, and what is left of it."""

    limit: str
    manifest: Any
    effective: Any


class HolderView(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer tells of a holder: its code, and what is left of its rights.

    A system plugin has the name of its entry point for a component, and no digest; `is_sandboxed`
    is false, and `system` says whose code it is. `may_use` are the capabilities of which some call
    may be allowed, `refused` is what it imports and may not use, and by whom; `rules` are the
    operator's that speak of what it imports.
    """

    name: str
    kind: str
    is_sandboxed: bool
    component: str
    digest: str
    system: SystemInfo | None
    tools: tuple[str, ...]
    directories: tuple[Directory, ...]
    rules: tuple[RuleView, ...]
    may_use: tuple[str, ...]
    refused: tuple[Refusal, ...]
    limits: Limits
    warnings: tuple[str, ...]


class HolderAudit(HolderView, frozen=True, kw_only=True):
    """One holder: what it could do at all (imports), may do, may not do, and reaches by others.

    `defaults` are granted without a line, `denied_defaults` taken away by the manifest. `use` is
    what a run made of it, None for a manifest. A system plugin is not sandboxed: what is said here
    is what it asks the host for, not what its Python could do.
    """

    imports: dict[str, tuple[str, ...]]
    defaults: tuple[str, ...]
    denied_defaults: tuple[str, ...]
    grants: tuple[GrantView, ...]
    reachable: tuple[Reach, ...]
    lowered: tuple[Lowered, ...]
    use: HolderUse | None = None


def audit_plan(
    plan: Plan,
    loaded: Mapping[str, Loaded],
    policy: Policy,
    *,
    limits: Mapping[str, Limits] | None = None,
    uses: Mapping[str, HolderUse] | None = None,
    around: Surroundings = Surroundings(),  # noqa: B008 - frozen
) -> tuple[HolderAudit, ...]:
    """Who may do what.

    A holder that is not in `loaded` has no component that could act. Of a recorded run, `limits`
    are those it had, `uses` what it did; of one that has not run, `around` is what it will meet.
    """
    rights = {
        name: build_rights(plan.holders[name], tuple(one.imports), policy)
        for name, one in loaded.items()
    }
    tools = {f"{name}.{tool}": name for name, one in loaded.items() for tool in one.tools}
    trusted = {name: plan.holders[name] for name, one in loaded.items() if one.system}
    offering = _offering(loaded)
    agents = {f"{name}.run": name for name in loaded if plan.holders[name].kind == "agent"}
    imports = {name: one.imports for name, one in loaded.items()}
    reached = reachable(rights, imports, tools, trusted, offering, agents)

    def audit(name: str, holder: Holder) -> HolderAudit:
        one, right = loaded.get(name), rights.get(name)
        rules = [rule for rule in _rules_on(holder, policy) if one and _concerns(rule, one)]
        effective = (limits or {}).get(name) or (right.limits if right else holder.limits)
        found = _audit(holder, one or _NOTHING, right, rules, effective, around, plan.models)
        warnings = warnings_of(plan, holder, one, rules, {**tools, **agents}, around)
        return msgspec.structs.replace(
            found, reachable=reached.get(name, ()), use=(uses or {}).get(name),
            warnings=tuple(warnings),
        )  # fmt: skip

    return tuple(audit(name, holder) for name, holder in plan.holders.items())


def _offering(loaded: Mapping[str, Loaded]) -> dict[str, str]:
    """Who executes each extension."""
    return {
        capability: name
        for name, one in loaded.items()
        if one.system is not None
        for capability in extensions_of(one.system.offers)
    }


def _rules_on(holder: Holder, policy: Policy) -> Sequence[Rule]:
    return (*policy.deny, *policy.ask, *policy.approve, *own_rules(holder))


def _concerns(rule: Rule, one: Loaded) -> bool:
    """Whether a rule speaks of what a component imports, or of what is used through that."""
    return any(name in one.imports for name in (rule.capability, *rule.scopes.through))


_NOTHING = Loaded(digest="", imports={}, tools=())


def _audit(
    holder: Holder,
    found: Loaded,
    rights: Rights | None,
    rules: Sequence[Rule],
    effective: Limits,
    around: Surroundings,
    models: Mapping[str, Model],
) -> HolderAudit:
    """Its rights; what it reaches and does is not among them."""
    return HolderAudit(
        name=holder.name,
        kind=holder.kind,
        is_sandboxed=holder.is_sandboxed,
        component=holder.origin,
        digest=found.digest,
        system=found.system,
        imports=found.imports,
        tools=found.tools,
        defaults=tuple(
            name for name in DEFAULT_CAPABILITIES
            if name in found.imports and name not in holder.denied
        ),
        denied_defaults=holder.denied,
        grants=tuple(_grant(holder.name, grant, found, around, models) for grant in holder.grants),
        directories=around.directories.get(holder.name, ()),
        rules=tuple(map(_rule, rules)),
        may_use=rights.capabilities if rights else (),
        refused=tuple(_refusals(found, rights, rules)) if rights else (),
        reachable=(),
        limits=effective,
        lowered=lowered(holder.limits, effective, holder.is_sandboxed),
        warnings=(),
    )  # fmt: skip


def _grant(
    holder: str, grant: Grant, found: Loaded, around: Surroundings, models: Mapping[str, Model]
) -> GrantView:
    mount, scopes = grant.mount, find_scopes(grant.capability)
    is_used = scopes is not None and (scopes.through or grant.capability in found.imports)
    seen = {one.path: one.real for one in around.directories.get(holder, ())}
    return GrantView(
        capability=grant.capability,
        scope=scope_of(grant),
        quota=grant.quota,
        ask_at=grant.ask_at,
        line=grant.line,
        is_imported=grant.capability in found.imports,
        at="" if mount is None else mount.written,
        directory="" if mount is None else seen.get(mount.path, str(mount.at)),
        is_writable=mount is not None and mount.write,
        goes_to=scopes.audience_of(grant, around, models) if scopes and is_used else (),
    )


def _rule(rule: Rule) -> RuleView:
    opinion = rule.opinion
    return RuleView(
        verdict=opinion.verdict, rule=rule.text, capability=rule.capability, by=opinion.processor
    )


def _refusals(found: Loaded, rights: Rights, rules: Sequence[Rule]) -> Iterator[Refusal]:
    """Why the door would refuse every call of what is imported and may not be used."""
    for name in found.imports:
        if name in rights.capabilities:
            continue
        whole = next((r.opinion for r in rules if r.is_whole and r.capability == name), None)
        opinion = rights.refused.get(name) or whole or NOT_COVERED
        yield Refusal(capability=name, by=opinion.processor, reason=opinion.reason)


def lowered(before: Limits, after: Limits, is_sandboxed: bool = True) -> tuple[Lowered, ...]:
    """The limits that differ."""
    return tuple(
        Lowered(limit=name, manifest=getattr(before, name), effective=getattr(after, name))
        for name in (Limits.__struct_fields__ if is_sandboxed else SYSTEM_LIMITS)
        if getattr(before, name) != getattr(after, name)
    )
