"""Look here if you want to know how long somebody waits who gave a wrong secret.

Rule: what is remembered of strangers is bounded, however many there are.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import trio

FIRST_DELAY: Final = 0.1
"""Seconds that the first wrong secret costs; each further one costs twice as much."""
SLOWEST: Final = 5.0
FORGOTTEN: Final = 300.0
"""Seconds after which a peer's failures are forgotten."""
MOST_PEERS: Final = 1_024


class Failures:
    """How often peers gave a wrong secret lately. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = trio.current_time) -> None:
        self._clock = clock
        self._peers: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def note(self, peer: str) -> float:
        """One more of a peer: how many seconds its answer has to wait."""
        times, last = self._peers.pop(peer, (0, 0.0))
        now = self._clock()
        times = times + 1 if now - last < FORGOTTEN else 1
        self._peers[peer] = times, now
        while len(self._peers) > MOST_PEERS:
            self._peers.popitem(last=False)
        return min(FIRST_DELAY * 2.0 ** min(times - 1, 30), SLOWEST)
