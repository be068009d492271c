"""Look here if you want to know what the screen Rights shows: who may what, what was used of it,
who reaches what through whom, and what another policy would have decided.

Rule: rights are those that the door decides by, uses those that the log has; nothing is guessed.
"""

from functools import partial
from pathlib import Path
from typing import Final

from lion.page.authority import Matrix, matrix_of, never_used
from lion.page.frame import render
from lion.page.reach import draw
from lion.page.seat import Seat
from lion.reading import beside
from lion.settings import Settings

MOST_ROWS: Final = 100
MOST_NEVER: Final = 40
MOST_POLICY: Final = 64 * 1024
"""Characters of the operator's policy that stand in the page."""


async def show(seat: Seat) -> str:
    """The screen. Raises LionError."""
    waiting = await seat.waiting()
    seen = await seat.looks.look(seat.by)
    runs = await beside(partial(seat.ledger.read, seat.settings))
    found = matrix_of(seen, runs)
    never = [one for one in never_used(found.rows) if one[1] not in ("log", "output", "clock")]
    policy = await beside(partial(_policy, seat.settings))
    return await beside(partial(
        render, "rights", seat.by, seat.gauges(len(waiting)), matrix=_cut(found),
        picture=draw(found.rows[:MOST_ROWS]), never=never[:MOST_NEVER],
        more=len(never) > MOST_NEVER,
        policy=policy, place=str(seat.settings.policy or ""),
    ))  # fmt: skip


def _cut(matrix: Matrix) -> Matrix:
    return Matrix(rows=matrix.rows[:MOST_ROWS], columns=matrix.columns, runs=matrix.runs,
                  calls=matrix.calls)  # fmt: skip


def _policy(settings: Settings) -> str:
    """The operator's policy as it is written; empty if there is none."""
    path: Path | None = settings.policy
    if path is None:
        return ""
    try:
        return path.read_text("utf-8")[:MOST_POLICY]
    except (OSError, UnicodeDecodeError):
        return ""
