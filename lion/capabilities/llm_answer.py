"""Look here if you want to know what a model's answer is while it comes.

Rule: it belongs to its handle: dropped with it, and gone with the instance.
Rule: a reader that lags slows the model down, not the host: so many events wait and no more.
Rule: what came before a failure is heard before the failure.
"""

from collections import deque

import trio

from lion.capabilities.models.events import Event
from lion.domain.call import CallError

MOST_WAITING = 64
"""Events that wait for their reader."""


class Answer:
    """Events on their way from a model to a guest; implements ports.Waitable."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self._waiting: deque[Event] = deque()
        self._readers = trio.lowlevel.ParkingLot()
        self._writers = trio.lowlevel.ParkingLot()
        self._is_over = False
        self._failure: CallError | None = None

    @property
    def is_ready(self) -> bool:
        """Something waits to be heard, or the answer is over."""
        return bool(self._waiting) or self._is_over

    async def wait_ready(self) -> None:
        """Wait until `is_ready`."""
        while not self.is_ready:
            await self._readers.park()

    async def tell(self, event: Event) -> None:
        """Add an event; waits while the reader lags."""
        while len(self._waiting) >= MOST_WAITING:
            await self._writers.park()
        self._waiting.append(event)
        self._readers.unpark_all()

    def finish(self, failure: CallError | None = None) -> None:
        """Nothing more comes. The first call counts."""
        if not self._is_over:
            self._is_over, self._failure = True, failure
            self._readers.unpark_all()

    async def next(self) -> Event | None:
        """The next event, None after the last. Raises CallError: why the answer broke off."""
        await self.wait_ready()
        if self._waiting:
            self._writers.unpark_all()
            return self._waiting.popleft()
        if self._failure is not None:
            raise CallError(self._failure.case, self._failure.text)
        return None

    def close(self) -> None:
        """Stop the model; whoever waits learns so."""
        self.scope.cancel()
        self.finish(CallError("cancelled", "the answer was dropped"))
