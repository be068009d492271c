"""Look here if you want to know how somebody follows a task, and waits for its end.

Rule: who follows reads at his own pace and holds up nobody; what is committed is what he sees.
"""

from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import Final

import trio

from lion.domain.record import Record
from lion.service.chain import Chain
from lion.service.tasks import Task

BEGUN: Final = 4_096
"""Runs of this process whose records can be followed."""


class Follows:
    """Tells those who follow tasks that something changed."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._changed: dict[str, trio.Event] = {}
        self._anything = trio.Event()
        self._begun: deque[str] = deque(maxlen=BEGUN)

    def note_begun(self, task: Task) -> None:
        """Its run is in the log."""
        self._begun.append(task.run)
        self.touch(task.id)

    def touch(self, id: str) -> None:
        """Something about a task changed."""
        if (event := self._changed.pop(id, None)) is not None:
            event.set()
        self._anything.set()
        self._anything = trio.Event()

    async def follow(self, id: str) -> AsyncGenerator[Task | Record, None]:
        """A task whenever it changes, and the records of its runs in between, until it is over."""
        told: set[str] = set()
        before: Task | None = None
        while (task := self._chain.state.tasks.get(id)) is not None:
            changed = self._change_of(task)
            await self._chain.commit()
            if task is not before:
                yield task
            before = task
            if task.run in self._begun and task.run not in told:
                told.add(task.run)
                async for record in self._chain.log.subscribe(task.run):
                    yield record
            elif changed is None:
                return
            else:  # set already if anything changed meanwhile
                await changed.wait()

    async def wait_over(self, id: str) -> Task:
        """Wait until it is over, and that is on record."""
        while (changed := self._change_of(self._chain.state.tasks[id])) is not None:
            await changed.wait()
        await self._chain.commit()
        return self._chain.state.tasks[id]

    def _change_of(self, task: Task) -> trio.Event | None:
        """What is set when it changes; None if it is over, and nothing more will."""
        return None if task.state.is_over else self._changed.setdefault(task.id, trio.Event())

    async def wait_idle(
        self, working: Mapping[str, object], hurry: trio.Event | None = None
    ) -> None:
        """Wait until nothing works, or somebody is in a hurry."""
        async with trio.open_nursery() as nursery:
            if hurry is not None:
                nursery.start_soon(self._hurried, hurry)
            while working and not (hurry is not None and hurry.is_set()):
                await self._anything.wait()
            nursery.cancel_scope.cancel()

    async def _hurried(self, hurry: trio.Event) -> None:
        await hurry.wait()
        self._anything.set()
