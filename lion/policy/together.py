"""Look here if you want to know how lines that were suggested for several denials become one.

Two suggested lines for one place of a manifest cannot both be written: each repeats what is
granted already, and TOML has every key once.

Rule: what is joined names the calls that were denied, and no more than the lines by themselves.
"""

import tomllib
from collections.abc import Iterable
from typing import Any

from lion.policy.suggest import inline


def join_suggestions(lines: Iterable[str]) -> dict[str, str]:
    """One line by each place (`agents.ann.allow.tools`) that several different lines are for."""
    by_place: dict[str, dict[str, None]] = {}
    for line in lines:
        if line:
            by_place.setdefault(line.partition(" = ")[0], {})[line] = None
    return {place: _join(place, list(some)) for place, some in by_place.items() if len(some) > 1}


def _join(place: str, lines: list[str]) -> str:
    first, *more = [tomllib.loads(f"x = {line.partition(' = ')[2]}")["x"] for line in lines]
    if isinstance(first, list):
        for other in more:
            first = _less(first, other) if place.endswith(".deny") else _more(first, other)
    return f"{place} = {inline(first)}"


def _less(one: list[Any], other: list[Any]) -> list[Any]:
    """What both leave denied."""
    return [name for name in one if name in other]


def _more(one: list[Any], other: list[Any]) -> list[Any]:
    """Everything that either allows; a directory once, written if one of them says so."""
    joined = list(one)
    for entry in other:
        same = next((i for i, known in enumerate(joined) if _is_same(known, entry)), None)
        if same is None:
            joined.append(entry)
        elif isinstance(entry, dict):
            joined[same] = {**joined[same], **entry}
    return joined


def _is_same(known: Any, entry: Any) -> bool:
    if isinstance(known, dict) and isinstance(entry, dict) and "path" in entry:
        return bool(known.get("path") == entry["path"])
    return bool(known == entry)
