"""Look here if you want to know what a holder may do: ceiling, manifest and policy together.

Rule: effective right = ceiling (imports) and manifest (grants, defaults) and policy; each only
narrows.
"""

from collections.abc import Sequence

import msgspec

from lion.domain.call import Opinion, Verdict
from lion.domain.capability import KNOWN, is_extension
from lion.domain.decider import Decider
from lion.domain.plan import DEFAULT_CAPABILITIES, Grant, Holder, Limits
from lion.policy.ceilings import lower
from lion.policy.policy_file import Policy
from lion.scopes.rules import Rule, parse_own_rule
from lion.scopes.table import find_scopes


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """One holder's rights, built once.

    `capabilities` are those of which some call may be allowed, `refused` says why others are not,
    `grants` and `rules` are by capability, `approved` are rules that answer beforehand what others
    ask, `limits` the manifest's under the policy's ceilings. Of a spawned agent `within` is what
    each handed on who spawned it, or those: a call that needs a grant needs one of each, too.
    """

    holder: str
    place: str
    capabilities: tuple[str, ...]
    refused: dict[str, Opinion]
    grants: dict[str, tuple[Grant, ...]]
    rules: dict[str, tuple[Rule, ...]]
    approved: dict[str, tuple[Rule, ...]] = {}
    limits: Limits
    within: tuple[tuple[Grant, ...], ...] = ()


def build_rights(holder: Holder, ceiling: Sequence[str], policy: Policy) -> Rights:
    """The rights of a holder whose component imports what `ceiling` names (`kv`, `tools`, an
    extension).
    """
    place = f"{holder.table}.{holder.name}"
    names = (*KNOWN, *filter(is_extension, ceiling))
    rules = _by_capability(names, (*policy.deny, *policy.ask, *own_rules(holder)))
    grants = {
        name: tuple(grant for grant in holder.grants if grant.capability == name)
        for name in names
        if _is_within(name, ceiling)
    }
    refused = {}
    for name in names:
        objection = _objection(name, holder, ceiling, place)
        if objection is not None:
            refused[name] = objection
    shut = {rule.capability for rule in policy.deny if rule.is_whole}
    return Rights(
        holder=holder.name,
        place=place,
        capabilities=tuple(
            name
            for name in names
            if name not in refused
            and name not in shut
            and (name in DEFAULT_CAPABILITIES or grants[name])
        ),
        refused=refused,
        grants=grants,
        rules=rules,
        approved=_by_capability(names, policy.approve),
        limits=lower(holder.limits, policy.ceilings),
    )


def _by_capability(names: Sequence[str], rules: Sequence[Rule]) -> dict[str, tuple[Rule, ...]]:
    return {name: tuple(rule for rule in rules if rule.capability == name) for name in names}


def own_rules(holder: Holder) -> list[Rule]:
    """What the manifest itself wants a person asked about. Raises BadRule."""
    return [parse_own_rule(text, f"{holder.table}.{holder.name}") for text in holder.asks]


def _objection(name: str, holder: Holder, ceiling: Sequence[str], place: str) -> Opinion | None:
    """Why a whole capability is refused before any grant is looked at."""
    if not _is_within(name, ceiling):
        return Opinion(Decider.CEILING, Verdict.DENY, f"the component does not import {name}")
    if name in holder.denied:
        return Opinion(Decider.MANIFEST, Verdict.DENY, f"denied by {place}.deny")
    return None


def _is_within(name: str, ceiling: Sequence[str]) -> bool:
    """Whether a component can bring about that a capability is used."""
    scopes = find_scopes(name)
    through = () if scopes is None else scopes.through
    return name in ceiling or any(other in ceiling for other in through)
