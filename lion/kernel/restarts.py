"""Look here if you want to know when an agent that failed begins its task anew.

Rule: what was stopped from outside, and what has filled its share of the log, is not begun again.
Rule: each is on record with its reason before it is done, and so is the failure after which none
is; a run that goes on counts those of before.
Rule: what the failed one had done stays done, and budgets stay used.
"""

from typing import Final, Protocol

from lion.domain.events import AgentRestarted
from lion.domain.plan import Restart
from lion.kernel.invocation import Invocation

FINAL: Final = ("cancelled", "log")
"""Endings after which nothing is begun again."""


class Tried(Protocol):
    """The instances of one task."""

    last: Invocation


class Restarts:
    """Those of one task."""

    def __init__(self, agent: str, restart: Restart, tries: Tried) -> None:
        self._agent = agent
        self._restart = restart
        self._tries = tries
        self._at: list[int] = []
        """When they were, on the run's own clock."""
        self._number = 0

    def again(self, ending: str, error: str) -> bool:
        """The last one failed: whether another begins. It is recorded."""
        if ending in FINAL:
            return False
        failed, restart = self._tries.last, self._restart
        known = None if failed.past is None else failed.past.restarted
        now_ns = failed.clock.monotonic_ns() if known is None else known[1]
        self._at = [at for at in self._at if now_ns - at < restart.within_ns]
        again = len(self._at) < restart.times if known is None else known[0].again
        if again:
            self._at.append(now_ns)
            self._number += 1
        if known is None:
            event = AgentRestarted(
                agent=self._agent, ending=ending, error=error, number=self._number,
                times=restart.times, within=restart.within_ns, again=again,
            )  # fmt: skip
            failed.owner.share.charge(failed.record(event))
        return again
