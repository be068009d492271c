"""Look here if you want to know how limits, budgets and counts are written for people."""

import re
from typing import Any, Final

from lion.domain.plan import Rate
from lion.domain.units import (
    render_duration,
    render_money,
    render_rate,
    render_size,
    round_size,
)

_SIZES: Final = ("memory", "memory_sum", "output", "log")
"""Limits that are bytes."""


def limit_word(limit: str) -> str:
    """A limit's name: `deadline_ns` is `deadline`."""
    return limit.removesuffix("_ns").replace("_", " ")


def render_limit(name: str, value: Any) -> str:
    """A limit in its own unit, as a manifest would have it."""
    match value:
        case None:
            return "none"
        case Rate():
            return render_rate(value)
        case int() if name.endswith("_ns"):
            return render_duration(value)
        case int() if name == "ask_at":
            return f"{value} %"
        case int() if name in _SIZES:
            return render_size(value)
        case _:
            return f"{value:,}"


def render_spent(budget: str, amount: int) -> str:
    """An amount in the unit that a budget's name says: `llm.money of x`, `http bytes-in ...`."""
    words = re.split("[ .]", budget)[:2]
    if "money" in words:
        return render_money(amount)
    is_size = any(word in _SIZES or word.startswith("bytes") for word in words)
    return round_size(amount) if is_size else f"{amount:,}"


def render_times(count: int) -> str:
    """`once`, `2 times`, `1,234 times`."""
    return "once" if count == 1 else f"{count:,} times"
