"""Look here if you want to know how the live page hears what happens while it happens.

Rule: records are followed only while somebody looks, once for all who do.
Rule: who looks gets what is new since he was last told, at most ten times a second, joined: so a
slow one holds up nobody, and is told to begin anew if he missed more than is kept.
"""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from typing import Any, Final

import trio

from lion.domain.task import TaskState
from lion.history import open_history
from lion.page.columns import Column, Row
from lion.reading import beside
from lion.service.living import Living
from lion.settings import Settings

EVERY: Final = 0.1
"""Seconds between two things a viewer is told, at least."""
STILL: Final = 10.0
"""Seconds after which one who hears nothing is told that nothing happened."""
TAIL: Final = 600
"""Records of a run that are read for who begins to look."""
ROWS: Final = 200
"""Records in words that are kept of all runs together."""
MOST_ROWS: Final = 40
"""Of them so many are told at once."""
LATELY: Final = 3
"""Columns that there are at least, of agents that have ended, if fewer work."""
JUST_NS: Final = 60 * 10**9
"""How long one who has ended stays in any case, so that nobody goes under one's eyes."""
MOST_OVER: Final = 12
_LINGER: Final = 5.0
"""Seconds that the last records of a run that has ended may take."""
_STALE: Final = frozenset(
    ("ApprovalAsked", "ApprovalDecided", "ApprovalConsumed", "ApprovalExpired", "BudgetWarned",
     "RunStarted", "RunFinished", "AgentCompleted", "AgentError", "PluginFailed")
)  # fmt: skip
"""Records of a run that change what screens say besides the streams."""


class Streams:
    """What happens in the runs of a service, for those who look."""

    def __init__(self, living: Living) -> None:
        self._living = living
        self._viewers = 0
        self._scope: trio.CancelScope | None = None
        self._runs: dict[str, trio.CancelScope] = {}
        self._changed = trio.Event()
        self.columns: dict[str, Column] = {}
        """By run."""
        self.rows: deque[Row] = deque(maxlen=ROWS)
        self.told = 0
        """How many rows there ever were."""
        self.version = 0
        """Grows whenever screens have something new to say."""

    @asynccontextmanager
    async def viewer(self) -> AsyncIterator["Viewer"]:
        """Look while this lasts."""
        self._viewers += 1
        if self._scope is None:
            self._scope = trio.CancelScope()
            self._living.service.nursery.start_soon(self._watch, self._scope)
        try:
            yield Viewer(self)
        finally:
            self._viewers -= 1
            if not self._viewers and self._scope is not None:
                self._scope.cancel()
                self._scope = None

    async def wait(self) -> None:
        """Wait until something happens."""
        await self._changed.wait()

    def touch(self, *, is_stale: bool = False) -> None:
        """Something happened."""
        self.version += is_stale
        self._changed.set()
        self._changed = trio.Event()

    def shown(self) -> list[str]:
        """The runs of agents that have a column: those at work, and the last that ended."""
        tasks = [one for one in self._living.service.chain.state.tasks.values() if one.run]
        busy = [one.run for one in tasks if one.state is TaskState.PROCESSING]
        over = [one for one in tasks if one.state.is_over and one.order.agent]
        over.sort(key=lambda one: one.ended_ns, reverse=True)
        just = self._living.service.chain.now_ns - JUST_NS
        stay = sum(one.ended_ns > just for one in over[:MOST_OVER])
        return busy + [one.run for one in over[: max(LATELY - len(busy), stay)]]

    async def _watch(self, scope: trio.CancelScope) -> None:
        self.columns.clear()
        self._runs.clear()
        chain = self._living.service.chain
        with scope:
            async with trio.open_nursery() as nursery:
                counts = await beside(partial(_counts, self._living.settings))
                while True:
                    changed = chain.changed
                    shown = self.shown()
                    for run in shown:
                        self._follow(nursery, run, max(counts.get(run, 0) - TAIL, 0))
                    self._close(set(shown))
                    self.touch(is_stale=True)
                    await changed.wait()
                    await trio.sleep(EVERY)

    def _close(self, shown: set[str]) -> None:
        """Follow nobody for ever whose task is over, and keep no column that nobody is shown."""
        for task in self._living.service.chain.state.tasks.values():
            scope = self._runs.get(task.run)
            if task.state.is_over and scope is not None and scope.deadline == inf:
                scope.deadline = trio.current_time() + _LINGER
        for run in [run for run in self.columns if run not in shown]:
            del self.columns[run]
            self._runs.pop(run).cancel()

    def _follow(self, nursery: trio.Nursery, run: str, after: int) -> None:
        if run not in self._runs:
            scope = self._runs[run] = trio.CancelScope()
            self.columns[run] = Column(run)
            nursery.start_soon(self._follow_run, run, after, scope)

    async def _follow_run(self, run: str, after: int, scope: trio.CancelScope) -> None:
        column = self.columns[run]
        with scope:
            async for record in self._living.service.chain.log.subscribe(run, after):
                event, row = column.take(record)
                self.rows.append(row)
                self.told += 1
                self.touch(is_stale=type(event).__name__ in _STALE)


class Viewer:
    """What one who looks has been told."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._seen: dict[str, int] = {}
        self._rows = max(streams.told - ROWS, 0)
        self._version = streams.version

    async def frames(self) -> AsyncGenerator[dict[str, Any], None]:
        """What is new, for ever: `columns` by run, `log`, `version`; nothing in it if nothing
        happened for a while."""
        while True:
            yield self.take()
            with trio.move_on_after(STILL):
                await self._streams.wait()
            await trio.sleep(EVERY)

    def take(self) -> dict[str, Any]:
        """What is new since it was last asked."""
        columns = {}
        for run, column in self._streams.columns.items():
            before = self._seen.get(run)
            if before == column.total:
                continue
            is_cut, pieces = column.since(before or 0)
            columns[run] = {"anew": is_cut or before is None, "pieces": pieces}
            self._seen[run] = column.total
        found: dict[str, Any] = {"version": self._streams.version}
        if columns:
            found["columns"] = columns
        if self._streams.told > self._rows:
            rows = list(self._streams.rows)[-min(self._streams.told - self._rows, MOST_ROWS) :]
            found["log"] = rows
            found["skipped"] = self._streams.told - self._rows - len(rows)
            self._rows = self._streams.told
        return found


def _counts(settings: Settings) -> dict[str, int]:
    with open_history(settings) as reader:
        return {one.run: one.records for one in reader.runs()}
