"""Look here if you want to know how a second wall around the process is told of."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lion.wall.raise_wall import Wall


def render_wall(wall: "Wall", word: str = "hardened") -> Iterator[str]:
    """What holds, a line each, and what does not."""
    for held in wall.held:
        yield f"{word:<9}kept back: {held}"
    for missing in wall.missing:
        yield f"{'not':<9}kept back: {missing}"
