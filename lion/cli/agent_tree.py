"""Look here if you want to know how agents at work are shown beneath those that spawned them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lion.domain.text import show_line
from lion.telling.amounts import render_spent


def render_tree(agents: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each agent that another one spawned, deeper by what that is, with its share."""
    depth: dict[str, int] = {}
    for one in agents:
        depth[one["path"]] = depth.get(one["parent"], -1) + 1
        if one["parent"]:
            indent = "  " * (depth[one["path"]] - 1)
            yield f"{indent}{one['path']}  {one['agent']}{_share(one['budget'])}"


def _share(budget: Mapping[str, Sequence[int]]) -> str:
    parts = [
        f"{show_line(name)} {render_spent(name, left)} left of {render_spent(name, most)}"
        for name, (most, left) in budget.items()
    ]
    return f"  {', '.join(parts)}" if parts else ""
