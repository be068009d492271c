"""Look here if you want to know whether a grant covers a call, and how less of it is given on.

Rule: attenuation never widens: what the outcome covers, both covered.
"""

from collections.abc import Mapping

import msgspec

from lion.domain.plan import Grant, Rate
from lion.domain.question import Question
from lion.policy.ceilings import least_rate
from lion.scopes.table import find_scopes


def covers(grant: Grant, question: Question) -> bool:
    """True if the grant gives the right to this call; quotas are the broker's to count."""
    if question.capability != grant.capability:
        return False
    scopes = find_scopes(grant.capability)
    return scopes is not None and scopes.covers(grant, question)


def attenuate(grant: Grant, by: Grant) -> Grant | None:
    """What both grants give; None if that is nothing, or if they are of two capabilities."""
    scopes = find_scopes(grant.capability)
    if scopes is None or grant.capability != by.capability:
        return None
    less = scopes.attenuate(grant, by)
    if less is None:
        return None
    return msgspec.structs.replace(
        less,
        line=grant.line if grant.line == by.line else f"{grant.line}, within {by.line}",
        quota=_least_quota(grant.quota, by.quota),
        ask_at=_least(grant.ask_at, by.ask_at),
        addresses=tuple(network for network in grant.addresses if network in by.addresses),
    )


def _least(a: int | None, b: int | None) -> int | None:
    return min((one for one in (a, b) if one is not None), default=None)


def _least_quota(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    least = {name: min(q[name] for q in (a, b) if name in q) for name in {**a, **b}}
    if "rate" in a and "rate" in b:
        rate = least_rate(Rate(a["rate"], a["rate-period"]), Rate(b["rate"], b["rate-period"]))
        least |= {"rate": rate.count, "rate-period": rate.period_ns}
    return least
