"""Look here if you want to know whether a grant covers a call, and how less of it is given on.

Rule: attenuation never widens: what the outcome covers, both covered.
"""

from lion.domain.call import HostCall
from lion.domain.capability import OFFERED
from lion.domain.plan import Grant
from lion.policy.pattern import compile_pattern, includes
from lion.policy.question import Question


def covers(grant: Grant, call: HostCall | Question) -> bool:
    """True if the grant gives the right to this call; quotas are the broker's to count."""
    capability = OFFERED.get(grant.capability)
    if capability is None or call.capability != grant.capability:
        return False
    if call.operation not in capability.operations:
        return False
    if call.operation not in capability.targeted:
        # A list or a method of what was granted: it reaches nothing by a name.
        return bool(grant.patterns) or not capability.is_scoped
    if not capability.is_scoped:
        return True
    target, separator = call.target, capability.separator
    return any(compile_pattern(text, separator).matches(target) for text in grant.patterns)


def attenuate(grant: Grant, by: Grant) -> Grant | None:
    """What both grants give; None if that is nothing, or if they are of two capabilities.

    Of two patterns the one inside the other is kept; two that only overlap give nothing, since no
    pattern says their common part.
    """
    capability = OFFERED.get(grant.capability)
    if capability is None or grant.capability != by.capability:
        return None
    patterns: tuple[str, ...] = ()
    if capability.is_scoped:
        patterns = _common(grant.patterns, by.patterns, capability.separator)
        if not patterns:
            return None
    return Grant(
        capability=grant.capability,
        line=grant.line if grant.line == by.line else f"{grant.line}, within {by.line}",
        patterns=patterns,
        quota={
            name: min(quota[name] for quota in (grant.quota, by.quota) if name in quota)
            for name in {**grant.quota, **by.quota}
        },
    )


def _common(a: tuple[str, ...], b: tuple[str, ...], separator: str) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for one in a:
        for other in b:
            if includes(other, one, separator):
                kept[one] = None
            elif includes(one, other, separator):
                kept[other] = None
    return tuple(kept)
