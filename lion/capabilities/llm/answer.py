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


class Sleepers:
    """Tasks that wait for news. A parking lot of trio's, without what costs more than the wait."""

    def __init__(self) -> None:
        self._tasks: list[trio.lowlevel.Task] = []

    async def sleep(self) -> None:
        """Wait for the next `wake`."""
        task = trio.lowlevel.current_task()
        self._tasks.append(task)

        def abort(_: object) -> trio.lowlevel.Abort:
            self._tasks.remove(task)
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abort)

    def wake(self) -> None:
        """Wake all that sleep."""
        if self._tasks:
            for task in self._tasks:
                trio.lowlevel.reschedule(task)
            self._tasks.clear()


class ModelAnswer:
    """Events on their way from a model to a guest; implements ports.Waitable."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self._waiting: deque[Event] = deque()
        self._readers = Sleepers()
        self._writers = Sleepers()
        self._is_over = False
        self._failure: CallError | None = None

    @property
    def is_ready(self) -> bool:
        """Something waits to be heard, or the answer is over."""
        return bool(self._waiting) or self._is_over

    async def wait_ready(self) -> None:
        """Wait until `is_ready`."""
        while not self.is_ready:
            await self._readers.sleep()

    async def tell(self, event: Event) -> None:
        """Add an event; waits while the reader lags."""
        while len(self._waiting) >= MOST_WAITING:
            await self._writers.sleep()
        self._waiting.append(event)
        self._readers.wake()

    def finish(self, failure: CallError | None = None) -> None:
        """Nothing more comes. The first call counts."""
        if not self._is_over:
            self._is_over, self._failure = True, failure
            self._readers.wake()

    async def next(self) -> Event | None:
        """The next event, None after the last. Raises CallError: why the answer broke off."""
        if not self._waiting:
            await self.wait_ready()
        if self._waiting:
            self._writers.wake()
            return self._waiting.popleft()
        if self._failure is not None:
            raise CallError(self._failure.case, self._failure.text)
        return None

    def close(self) -> None:
        """Stop the model; whoever waits learns so."""
        self.scope.cancel()
        self.finish(CallError("cancelled", "the answer was dropped"))
