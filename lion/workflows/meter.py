"""Look here if you want to know how much a workflow decides before others get their turn.

Rule: only what an expression is about counts, never time, so that a replay pauses alike.
Rule: an engine pauses between two steps or items; expressions of one value that come to far more
than that come to nothing.
"""

from typing import Final

from lion.workflows.cost import MOST_WORK

EACH: Final = MOST_WORK / 1_024
"""What anything counts at least: a thousand of them are some hundredths of a second."""
MOST_AT_ONCE: Final = 8 * MOST_WORK
"""What may be decided without a pause."""


class Meter:
    """Bytes that were looked at since the last pause (cost.Cost.work)."""

    def __init__(self) -> None:
        self._work = 0.0

    def renew(self) -> None:
        """Begin anew, after a pause."""
        self._work = 0.0

    def add(self, work: float = 0) -> None:
        """Something is decided."""
        self._work += EACH + work

    @property
    def is_spent(self) -> bool:
        """It is time for others."""
        return self._work >= MOST_WORK

    @property
    def is_over(self) -> bool:
        """It would be too long without them."""
        return self._work > MOST_AT_ONCE
