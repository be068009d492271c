"""Look here if you want to know what of a manifest a task's run has: its holder, whom that may
call, and the system plugins, which judge and hear every run.

Rule: what a task cannot reach is not loaded for it, and not in its record.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lion.domain.plan import SYSTEM, Plan, RunAgent, RunCall
from lion.domain.task import Order
from lion.scopes.named import granted_patterns
from lion.scopes.pattern import compile_pattern

_TABLES: Final = ("plugins", "agents", "workflows", SYSTEM)
"""Tables of which a task's plan has what it can reach."""


def reached(plan: Plan, holder: str) -> list[str]:
    """The holder, and whom it may call or spawn, directly or through others."""
    found = [holder]
    for name in found:
        one = plan.holders[name]
        tools = (text.partition(".")[0] for text in granted_patterns(one, "tools"))
        for text in (*tools, *granted_patterns(one, "agents")):
            other = compile_pattern(text, ".")
            found += [h for h in plan.holders if other.matches(h) and h not in found]
    return found


def plan_for(plan: Plan, order: Order) -> Plan:
    """What a run of this order is to carry out."""
    kept = set(_kept(plan, order.holder))
    holders = {name: one for name, one in plan.holders.items() if name in kept}
    entry: RunAgent | RunCall = RunCall(order.call, order.arguments)
    told: dict[str, Any] = {"call": order.call, "with": order.arguments}
    if order.agent:
        entry = RunAgent(order.agent, order.task)
        told = {"agent": order.agent, "task": order.task}
    resolved = {
        key: _tables(value, kept) if key in _TABLES else value
        for key, value in plan.resolved.items()
        if key not in ("service", "schedules")
    }
    return msgspec.structs.replace(
        plan, holders=holders, runs=(entry,), schedules=(), resolved={**resolved, "run": [told]}
    )


def _kept(plan: Plan, holder: str) -> Iterator[str]:
    roots = [holder, *(name for name, one in plan.holders.items() if one.kind == SYSTEM)]
    for root in roots:
        yield from reached(plan, root)


def _tables(tables: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    return {name: table for name, table in tables.items() if name in kept}
