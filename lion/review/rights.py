"""Look here if you want to know who may do what: what `lion audit` says of a manifest or a run.

Rule: rights are those the door decides by (policy/rights.py), asked and not guessed again.
Rule: nothing here opens a file, a log or a component; whoever asks brings what was found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lion.domain.capability import extensions_of, name_call
from lion.domain.events import PluginLoaded, SystemPluginLoaded
from lion.domain.plan import DEFAULT_CAPABILITIES, SYSTEM_LIMITS, Holder, Limits, Plan
from lion.policy.policy_file import Policy
from lion.policy.rights import Rights, build_rights
from lion.policy.rules import Rule
from lion.ports import SystemInfo
from lion.review.facts import HolderUse
from lion.review.reach import Reach, reachable
from lion.scopes.pattern import compile_pattern
from lion.scopes.table import scope_of


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A holder's component: SHA-256 (hex), the operations it imports by capability, its tools.

    Of a system plugin `system` says whose code it is, and the digest is empty.
    """

    digest: str
    system: SystemInfo | None = None
    imports: dict[str, tuple[str, ...]]
    tools: tuple[str, ...]


class GrantView(msgspec.Struct, frozen=True, kw_only=True):
    """A grant as the manifest has it: scope, numbers, its line, and whether it can be used."""

    capability: str
    scope: tuple[str, ...]
    quota: dict[str, int]
    line: str
    is_imported: bool


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the operator's that speaks of what this holder could do."""

    verdict: str
    rule: str
    capability: str


class Lowered(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that the operator's ceiling lowered: the manifest's, and what is left of it."""

    limit: str
    manifest: Any
    effective: Any


class HolderAudit(msgspec.Struct, frozen=True, kw_only=True):
    """One holder: what it could do at all (imports), may do, may not do, and reaches by others.

    `defaults` are granted without a line, `denied_defaults` taken away by the manifest, `may_use`
    what is left of all. `use` is what a run made of it, None for a manifest. A system plugin is
    not sandboxed: what is said here is what it asks the host for, not what its Python could do.
    """

    name: str
    kind: str
    is_sandboxed: bool
    component: str
    digest: str
    system: SystemInfo | None
    imports: dict[str, tuple[str, ...]]
    tools: tuple[str, ...]
    defaults: tuple[str, ...]
    denied_defaults: tuple[str, ...]
    grants: tuple[GrantView, ...]
    rules: tuple[RuleView, ...]
    may_use: tuple[str, ...]
    reachable: tuple[Reach, ...]
    limits: Limits
    lowered: tuple[Lowered, ...]
    warnings: tuple[str, ...]
    use: HolderUse | None = None


def by_capability(imports: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Operations by capability of (interface, function) pairs, sorted."""
    found: dict[str, set[str]] = {}
    for interface, function in imports:
        capability, operation = name_call(interface, function)
        found.setdefault(capability, set()).add(operation)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def recorded(event: PluginLoaded | SystemPluginLoaded) -> Loaded:
    """What the log says of a component or a system plugin."""
    if isinstance(event, PluginLoaded):
        return _recorded_component(event)
    return _recorded_system(event)


def _recorded_component(event: PluginLoaded) -> Loaded:
    """What the log says of a component."""
    return Loaded(
        digest=event.component_digest, imports=_imported(event.imports), tools=event.tools
    )


def _recorded_system(event: SystemPluginLoaded) -> Loaded:
    """What the log says of a system plugin."""
    imports = _imported(event.imports)
    info = SystemInfo(
        use=event.use,
        distribution=event.distribution,
        version=event.version,
        contract=event.contract,
        uses=tuple(name for name in imports if name not in DEFAULT_CAPABILITIES),
        judges=event.judges,
        hears=event.hears,
        offers=event.offers,
    )
    return Loaded(digest="", imports=imports, tools=event.tools, system=info)


def _imported(items: Iterable[str]) -> dict[str, tuple[str, ...]]:
    pairs = [item.partition("#") for item in items]
    return by_capability((interface, function) for interface, _, function in pairs)


def audit_plan(
    plan: Plan,
    loaded: Mapping[str, Loaded],
    policy: Policy,
    *,
    limits: Mapping[str, Limits] | None = None,
    uses: Mapping[str, HolderUse] | None = None,
) -> tuple[HolderAudit, ...]:
    """Who may do what.

    A holder that is not in `loaded` has no component that could act. Of a recorded run, `limits`
    are those it had, `uses` what it did.
    """
    rights = {
        name: build_rights(plan.holders[name], tuple(one.imports), policy)
        for name, one in loaded.items()
    }
    tools = {f"{name}.{tool}": name for name, one in loaded.items() for tool in one.tools}
    imports = {name: one.imports for name, one in loaded.items()}
    trusted = {name: plan.holders[name] for name, one in loaded.items() if one.system}
    offering = {
        capability: name
        for name, one in loaded.items()
        if one.system is not None
        for capability in extensions_of(one.system.offers)
    }
    reached = reachable(rights, imports, tools, trusted, offering)
    return tuple(
        _audit(holder, loaded.get(name), rights.get(name), policy, tools,
               reached.get(name, ()), (limits or {}).get(name), (uses or {}).get(name))
        for name, holder in plan.holders.items()
    )  # fmt: skip


_NOTHING = Loaded(digest="", imports={}, tools=())


def _audit(
    holder: Holder,
    loaded: Loaded | None,
    rights: Rights | None,
    policy: Policy,
    tools: Mapping[str, str],
    reached: tuple[Reach, ...],
    limits: Limits | None,
    use: HolderUse | None,
) -> HolderAudit:
    found = loaded or _NOTHING
    rules = [rule for rule in (*policy.deny, *policy.ask) if rule.capability in found.imports]
    effective = limits or (rights.limits if rights else holder.limits)
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
        grants=_grants(holder, found),
        rules=tuple(map(_rule, rules)),
        may_use=rights.capabilities if rights else (),
        reachable=reached,
        limits=effective,
        lowered=lowered(holder.limits, effective, holder.is_sandboxed),
        warnings=tuple(_warnings(holder, loaded, rules, tools)),
        use=use,
    )  # fmt: skip


def _grants(holder: Holder, found: Loaded) -> tuple[GrantView, ...]:
    return tuple(
        GrantView(
            capability=grant.capability,
            scope=scope_of(grant),
            quota=grant.quota,
            line=grant.line,
            is_imported=grant.capability in found.imports,
        )
        for grant in holder.grants
    )


def _rule(rule: Rule) -> RuleView:
    return RuleView(verdict=rule.opinion.verdict, rule=rule.text, capability=rule.capability)


def lowered(before: Limits, after: Limits, is_sandboxed: bool = True) -> tuple[Lowered, ...]:
    """The limits that differ."""
    return tuple(
        Lowered(limit=name, manifest=getattr(before, name), effective=getattr(after, name))
        for name in (Limits.__struct_fields__ if is_sandboxed else SYSTEM_LIMITS)
        if getattr(before, name) != getattr(after, name)
    )


def _warnings(
    holder: Holder, loaded: Loaded | None, rules: Sequence[Rule], tools: Mapping[str, str]
) -> Iterator[str]:
    if loaded is None:
        yield "its component was not loaded: it can do nothing"
        return
    granted = {grant.capability: grant for grant in holder.grants}
    for name in granted:
        if name not in loaded.imports and not (name == "secrets" and "http" in loaded.imports):
            yield f"granted but not imported: {name}"
    for grant in holder.grants:
        if grant.capability == "tools":
            for pattern in grant.patterns:
                if not any(map(compile_pattern(pattern, ".").matches, tools)):
                    yield f"granted but not there: tool {pattern}"
    for name in loaded.imports:
        if name in holder.denied:
            yield f"imported but denied by the manifest: {name}"
        elif name not in granted and name not in DEFAULT_CAPABILITIES:
            yield f"imported but not granted: {name}"
    for rule in rules:
        if rule.is_whole and (
            rule.capability in granted or rule.capability in DEFAULT_CAPABILITIES
        ):
            yield f"granted but {rule.opinion.reason}: {rule.capability}"
