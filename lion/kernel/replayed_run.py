"""Look here if you want to know how all invocations of a run are executed again in one pass
over its records.

Rule: each begins when the record of its beginning is read, and ends with its own: as many guests
live at once as did in the run, whatever the log's length.
Rule: records that guests have not asked for yet are held up to PENDING_BYTES; beyond that the
reader waits for the guests.
Rule: the first that goes otherwise stops all.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import trio

from lion.domain.events import AgentSpawned, CallFinished, Event, PluginInvoked, RunStarted
from lion.domain.pairing import Pairs
from lion.domain.plan import Limits
from lion.domain.record import Record
from lion.kernel.difference import Difference
from lion.kernel.recorded import Held, Recorded, begin, held_bytes, note
from lion.kernel.replay import replay_invocation, replay_limits
from lion.ports import Component

PENDING_BYTES: Final = 4 * 1024 * 1024
"""Of calls read and not yet asked for."""

TOGETHER: Final = 256
"""Records read between two moments in which guests may run."""

FindComponent = Callable[[str, str], Awaitable[Component]]
"""(holder, digest) -> the component to execute. Raises LionError."""


class ReplayedRun:
    """Takes the records of a run in order; guests are tasks of `nursery`."""

    def __init__(self, find: FindComponent, nursery: trio.Nursery) -> None:
        self.difference: Difference | None = None
        self.started: RunStarted | None = None
        self.invocations = self.calls = self.trusted = 0
        self._find = find
        self._nursery = nursery
        self._components: dict[str, Component] = {}
        self._limits: dict[str, Limits] = {}
        self._reading: dict[str, tuple[Recorded, Pairs]] = {}
        """Invocations of which more may come, by path."""
        self._running: dict[int, Recorded] = {}
        self._held = Held()
        self._taken = 0

    async def take(self, record: Record) -> None:
        """Take the next record. Raises LionError if its component cannot be had."""
        event = record.event()
        reading = self._reading.get(record.invocation)
        if reading is not None and isinstance(event, CallFinished):  # As most are.
            recorded, pairs = reading
            whole = event if pairs.is_empty else pairs.join(record, event)[0]
            recorded.add(whole, held_bytes(record))
            self.calls += 1
        else:
            await self._look_at(record, event)
        self._taken += 1
        if self._taken % TOGETHER == 0:
            await trio.lowlevel.checkpoint()
        while self._held.bytes > PENDING_BYTES and self._can_go_on():
            self._held.freed = trio.Event()
            await self._held.freed.wait()
            self._held.freed = None

    async def _look_at(self, record: Record, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.started, self._limits = event, event.limits
        if not record.component_digest:
            self.trusted += isinstance(event, PluginInvoked)
        elif isinstance(event, PluginInvoked | AgentSpawned):
            await self._begin(record, event)
        elif (reading := self._reading.get(record.invocation)) is not None:
            note(reading[0], record, event, reading[1])
            if reading[0].is_whole:
                del self._reading[record.invocation]

    def finish(self) -> None:
        """There are no more records: what has no ending was cut."""
        for recorded, _ in self._reading.values():
            recorded.finish()
        self._reading.clear()

    async def _begin(self, record: Record, event: PluginInvoked | AgentSpawned) -> None:
        holder = record.principal
        if holder not in self._components:
            self._components[holder] = await self._find(holder, record.component_digest)
        recorded = begin(record, event, self._held)
        self._reading[record.invocation] = recorded, Pairs()
        self.invocations += 1
        self._running[id(recorded)] = recorded
        self._nursery.start_soon(self._run, recorded)

    def _can_go_on(self) -> bool:
        return any(one.can_go_on and one.calls for one in self._running.values())

    async def _run(self, recorded: Recorded) -> None:
        holder = recorded.principal
        limits = replay_limits(self._limits.get(holder, Limits()))
        difference = await replay_invocation(recorded, self._components[holder], limits)
        if difference is not None and self.difference is None:
            self.difference = difference
            self._nursery.cancel_scope.cancel()
        del self._running[id(recorded)]
        while recorded.calls:
            recorded.pop()
