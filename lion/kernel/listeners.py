"""Look here if you want to know how system plugins hear of a run, and how they are closed.

Rule: a listener reads committed records at its own pace and holds up nobody; one that fails, or is
longer with a record than its deadline, hears no more, and the log says so.
Rule: what it has come back from is noted; who goes on with the run tells it what comes after that:
each record once at least, and again if the process ended meanwhile.
Rule: no listener is told of what listeners do, so that two of them cannot feed each other.
Rule: when all has ended, listeners have a moment for what is left; what they ask the host for is
recorded, so they end before the run does.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import trio

from lion.domain.events import RunEnding, SystemPluginLagged
from lion.domain.record import Record
from lion.domain.units import seconds_of
from lion.errors import GuestError
from lion.kernel.broker import Broker
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.kernel.tool_calls import build_root
from lion.ports import HandleCall, SystemComponent

GRACE: Final = 5.0
"""Seconds that listeners have at the end of a run."""
IMPATIENT: Final = 1.0
"""The same, if a signal ended it."""
FAR_BEHIND: Final = 1_000
"""Records; a listener that lags so far is named in the log."""
BACKGROUND: Final = "@"
"""Begins the invocation of a listener, `@hook`, which no caller caused."""


class Listener:
    """One system plugin that hears of a run."""

    def __init__(self, live: LiveRun, holder: LiveHolder, system: SystemComponent) -> None:
        self.name = holder.name
        self.is_done = trio.Event()
        """It has heard everything up to RunEnding, or hears no more."""
        self.has_ended = trio.Event()
        self.heard = live.heard.get(self.name, 0)
        self._live = live
        self._before = 0 if live.past is None else live.past.seq
        """The last record of a process that has ended."""
        self._holder = holder
        self._system = system
        self._hears_all = "*" in system.info.hears
        self._types = frozenset(system.info.hears)
        self._is_named = False

    async def run(self, listeners: "Listeners") -> None:
        """Hear until RunEnding, or until it fails."""
        handle = Broker(build_root(self._live, self._holder, f"{BACKGROUND}{self.name}")).handle
        try:
            async for record in self._live.log.subscribe(self._live.id, self.heard):
                is_end = record.type == RunEnding.__name__
                if is_end and record.seq <= self._before:
                    continue  # It was not the end after all.
                if self._wants(record):
                    await self._hear(record, listeners, handle)
                self.heard = record.seq
                if is_end:
                    break
        except GuestError as exc:
            self._live.note_failure(self.name, "hear", exc)
            self.heard = -1
        finally:
            self.is_done.set()
            self.has_ended.set()

    def _wants(self, record: Record) -> bool:
        if record.invocation.startswith(BACKGROUND):
            return False
        return self._hears_all or record.type in self._types

    async def _hear(self, record: Record, listeners: "Listeners", handle: HandleCall) -> None:
        behind = max(0, listeners.newest - record.seq)
        self._note_lag(behind)
        try:
            await self._tell(record, behind, handle)
        except GuestError:
            listeners.note(self.name, record.seq)  # It would fail with it again.
            raise
        listeners.note(self.name, record.seq)

    async def _tell(self, record: Record, behind: int, handle: HandleCall) -> None:
        limits = self._holder.rights.limits
        seconds = seconds_of(limits.deadline_ns)
        with trio.move_on_after(seconds) as scope:
            await self._system.hear(record, behind, handle, limits)
        if scope.cancelled_caught:
            words = f"hear took longer than {seconds:g} s with record {record.seq}"
            raise GuestError(words, ending="deadline")

    def _note_lag(self, behind: int) -> None:
        if behind >= FAR_BEHIND and not self._is_named:
            self._is_named = True
            self._live.record(SystemPluginLagged(self.name, behind))


class Listeners:
    """All that hear of one run. Made by open_listeners."""

    def __init__(self, live: LiveRun, nursery: trio.Nursery) -> None:
        self.newest = 0
        """The seq of the run's last committed record."""
        self._heard: dict[str, int] = {}
        self._live = live
        self._nursery = nursery
        self._listeners: list[Listener] = []

    def start(self) -> None:
        """Begin to tell; everything from the run's first record on is told, or from where they
        were when a process of before ended.
        """
        self._heard = dict(self._live.heard)
        if self._live.past is not None:
            self.newest = self._live.past.seq
        for holder in self._live.holders.values():
            system = holder.system
            if system is not None and system.info.hears:
                self._listeners.append(Listener(self._live, holder, system))
        for listener in self._listeners:
            self._nursery.start_soon(listener.run, self)
        if self._listeners:
            self._nursery.start_soon(self._count)

    def note(self, name: str, seq: int) -> None:
        """A listener has come back from a record."""
        self._heard[name] = seq
        self._live.log.note_heard(self._live.id, self._heard)

    async def _count(self) -> None:
        async for record in self._live.log.subscribe(self._live.id, self.newest):
            self.newest = record.seq

    async def finish(self, code: int, interrupted: bool) -> None:
        """Let listeners hear the end, end them, close all system plugins. Raises AuditError."""
        if self._listeners:
            counts = self._live.counts
            self._live.record(RunEnding(code, interrupted, counts.calls, counts.denied))
            await self._live.log.commit()
            await self._wait(IMPATIENT if interrupted else GRACE)
        await self._close()

    async def _wait(self, seconds: float) -> None:
        with trio.move_on_after(seconds):
            for listener in self._listeners:
                await listener.is_done.wait()
        late = [one for one in self._listeners if not one.is_done.is_set()]
        self._nursery.cancel_scope.cancel()
        for listener in self._listeners:
            await listener.has_ended.wait()
        for listener in late:
            behind = self.newest - listener.heard
            self._live.record(SystemPluginLagged(listener.name, behind, is_final=True))

    async def _close(self) -> None:
        for holder in self._live.holders.values():
            if holder.system is not None:
                try:
                    await holder.system.close()
                except GuestError as exc:
                    self._live.note_failure(holder.name, "close", exc)


@asynccontextmanager
async def open_listeners(live: LiveRun) -> AsyncIterator[Listeners]:
    """Room for listeners; in the end all system plugins are closed, however the run ended."""
    try:
        async with trio.open_nursery() as nursery:
            yield Listeners(live, nursery)
            nursery.cancel_scope.cancel()
    finally:
        for holder in live.holders.values():
            if holder.system is not None:
                with suppress(GuestError), trio.CancelScope(shield=True):
                    await holder.system.close()
