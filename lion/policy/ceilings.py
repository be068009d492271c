"""Look here if you want to know how a policy's ceilings lower a holder's limits.

Rule: the outcome allows nothing that either the limit or the ceiling forbids.
"""

from typing import Any

import msgspec

from lion.domain.plan import Limits, Rate


def lower(limits: Limits, ceilings: dict[str, Any]) -> Limits:
    """The limits, none above its ceiling. None, in either, is no limit."""
    lowered = {name: _least(getattr(limits, name), top) for name, top in ceilings.items()}
    return msgspec.structs.replace(limits, **lowered)


def _least(limit: Any, top: Any) -> Any:
    if limit is None or top is None:
        return top if limit is None else limit
    if isinstance(limit, Rate):
        return least_rate(limit, top)
    return min(limit, top)


def least_rate(a: Rate, b: Rate) -> Rate:
    """The smaller bucket, filled at the slower pace."""
    count = min(a.count, b.count)
    if count == 0:
        return Rate(0, max(a.period_ns, b.period_ns))
    slow = max(a, b, key=lambda rate: rate.period_ns / rate.count)
    return Rate(count, -(-count * slow.period_ns // slow.count))
