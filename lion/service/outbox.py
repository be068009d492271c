"""Look here if you want to know how much may wait to leave the runs of a service.

Rule: what waits is in the log already; it is counted, so that nobody fills the log while a broker
is away, and no run takes the room of all.
"""

from collections import Counter
from typing import Final

from lion.domain.bus_terms import BusTerms
from lion.domain.call import CallError
from lion.domain.letter import Letter
from lion.scopes.pattern import compile_pattern

MOST: Final = 1_024
"""Messages that wait to leave."""
OF_ONE: Final = 256
"""Of one run."""


class Outbox:
    """What was sent and has not left; implements ports.Post."""

    def __init__(self, terms: BusTerms) -> None:
        self._known = {terms.name, *terms.peers}
        self._shared = [compile_pattern(text, ".") for text in terms.topics]
        self._waiting: Counter[str] = Counter()

    def send(self, run: str, to: str, payload: str) -> None:
        """See ports.Post.send."""
        service = to[1:].partition("/")[0]
        if service not in self._known:
            raise CallError("not-found", f"there is no service {service!r} to write to")
        self._take(run)

    def publish(self, run: str, topic: str, payload: str) -> bool:
        """See ports.Post.publish."""
        if not self.shares(topic):
            return False
        self._take(run)
        return True

    def shares(self, topic: str) -> bool:
        """Whether what is published on it leaves its run."""
        return any(pattern.matches(topic) for pattern in self._shared)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiting.total()

    def left(self, letter: Letter) -> None:
        """One is gone."""
        self._waiting[letter.run] -= 1
        if self._waiting[letter.run] <= 0:
            del self._waiting[letter.run]

    def forget(self, run: str) -> None:
        """All of a run that has ended has left: what is still counted never came into the log."""
        self._waiting.pop(run, None)

    def _take(self, run: str) -> None:
        if self._waiting.total() >= MOST:
            raise CallError("exhausted", f"{MOST:,} messages wait to leave, which is the limit")
        if self._waiting[run] >= OF_ONE:
            raise CallError("exhausted", f"{OF_ONE} messages of this run wait to leave")
        self._waiting[run] += 1
