"""Look here if you want to know how somebody follows a task, and waits for its end.

Rule: who follows reads at his own pace and holds up nobody; what is committed is what he sees.
"""

from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from math import inf
from typing import Final

import trio

from lion.domain.record import Record
from lion.service.chain import Chain
from lion.service.tasks import Task

BEGUN: Final = 4_096
"""Runs of this process whose records can be followed."""
ALL: Final = 2**63 - 1
"""Of a run that has ended: nothing comes after what is known of it."""


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

    def is_followed(self, run: str) -> bool:
        """Whether what it records can be followed: it was begun here, and not too long ago."""
        return run in self._begun

    async def follow(
        self, id: str, seen: Mapping[str, int] = {}, pause: float = inf
    ) -> AsyncGenerator[Task | Record | None, None]:
        """A task whenever it changes, and the records of its runs in between, until it is over;
        None when nothing came for `pause` seconds. `seen` says by run up to which record it is
        known, or ALL.
        """
        told = {run for run, last in seen.items() if last == ALL}
        before: Task | None = None
        while (task := self._chain.state.tasks.get(id)) is not None:
            changed = self._change_of(task)
            await self._chain.commit()
            if task is not before:
                yield task
            before = task
            run = next((r for r in task.runs if r in self._begun and r not in told), None)
            if run is not None:
                told.add(run)
                async with aclosing(self._records(run, seen.get(run, 0), pause)) as records:
                    async for record in records:
                        yield record
            elif changed is None:
                return
            else:  # set already if anything changed meanwhile
                with trio.move_on_after(pause):
                    await changed.wait()
                if not changed.is_set():
                    yield None

    async def _records(
        self, run: str, after: int, pause: float
    ) -> AsyncGenerator[Record | None, None]:
        """Records of a run as they come; None when none came for so many seconds."""
        records = self._chain.log.subscribe(run, after)
        while True:
            record: Record | None = None
            with trio.move_on_after(pause):  # whose waiting is cut loses no record
                try:
                    record = await anext(records)
                except StopAsyncIteration:
                    return
            yield record

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
