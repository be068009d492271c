"""Look here if you want to know whether a grant covers a call, and how less of it is given on.

Rule: attenuation never widens: what the outcome covers, both covered.
"""

from lion.domain.call import HostCall
from lion.domain.capability import OFFERED, Capability, is_extension
from lion.domain.plan import Grant, Rate
from lion.domain.question import Question
from lion.policy.ceilings import least_rate
from lion.scopes.fs_grant import common_mount
from lion.scopes.fs_match import mount_covers
from lion.scopes.http_match import grant_pattern, scope_includes
from lion.scopes.pattern import Pattern, compile_pattern, includes


def covers(grant: Grant, call: HostCall | Question) -> bool:
    """True if the grant gives the right to this call; quotas are the broker's to count."""
    capability = OFFERED.get(grant.capability)
    if call.capability != grant.capability:
        return False
    if capability is None:
        return is_extension(grant.capability) and _extension_covers(grant, call.target)
    if call.operation not in capability.operations:
        return False
    if grant.mount is not None:
        return mount_covers(grant.mount, call)
    if call.operation not in capability.targeted:
        # A list or a method of what was granted: it reaches nothing by a name.
        return bool(grant.patterns) or not capability.is_scoped
    if not capability.is_scoped:
        return True
    patterns = (_pattern(capability, text, grant) for text in grant.patterns)
    return any(pattern.matches(call.target) for pattern in patterns)


def _pattern(capability: Capability, text: str, grant: Grant) -> Pattern:
    """What a pattern of this grant matches. Raises BadPattern."""
    if capability.name == "http":
        return grant_pattern(text, encoded_slash=grant.encoded_slash)
    return compile_pattern(text, capability.separator)


def _extension_covers(grant: Grant, target: str) -> bool:
    """Without patterns it is all of the extension; a call without a target reaches nothing by a
    name (one that should have a target never gets here without).
    """
    if not grant.patterns or not target:
        return True
    return any(compile_pattern(text, "/").matches(target) for text in grant.patterns)


def attenuate(grant: Grant, by: Grant) -> Grant | None:
    """What both grants give; None if that is nothing, or if they are of two capabilities.

    Of two patterns the one inside the other is kept; two that only overlap give nothing, since no
    pattern says their common part.
    """
    capability = _capability(grant, by)
    if capability is None or grant.capability != by.capability:
        return None
    patterns: tuple[str, ...] = ()
    mount = None
    if grant.mount is not None and by.mount is not None:
        mount = common_mount(grant.mount, by.mount)
        if mount is None:
            return None
    elif capability.is_scoped:
        patterns = _common(grant.patterns, by.patterns, capability)
        if not patterns:
            return None
    else:
        patterns = grant.patterns or by.patterns
    return Grant(
        capability=grant.capability,
        line=grant.line if grant.line == by.line else f"{grant.line}, within {by.line}",
        patterns=patterns,
        quota=_least_quota(grant.quota, by.quota),
        addresses=tuple(network for network in grant.addresses if network in by.addresses),
        mount=mount,
        encoded_slash=grant.encoded_slash and by.encoded_slash,
    )


def _capability(grant: Grant, by: Grant) -> Capability | None:
    if not is_extension(grant.capability):
        return OFFERED.get(grant.capability)
    # A grant without patterns is one of all of it, so what the other says is the scope.
    is_scoped = bool(grant.patterns and by.patterns)
    return Capability(name=grant.capability, operations=(), separator="/", is_scoped=is_scoped)


def _common(a: tuple[str, ...], b: tuple[str, ...], capability: Capability) -> tuple[str, ...]:
    def within(wide: str, narrow: str) -> bool:
        if capability.name == "http":
            return scope_includes(wide, narrow)
        return includes(wide, narrow, capability.separator)

    kept: dict[str, None] = {}
    for one in a:
        for other in b:
            if within(other, one):
                kept[one] = None
            elif within(one, other):
                kept[other] = None
    return tuple(kept)


def _least_quota(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    least = {name: min(q[name] for q in (a, b) if name in q) for name in {**a, **b}}
    if "rate" in a and "rate" in b:
        rate = least_rate(Rate(a["rate"], a["rate-period"]), Rate(b["rate"], b["rate-period"]))
        least |= {"rate": rate.count, "rate-period": rate.period_ns}
    return least
