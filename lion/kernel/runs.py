"""Look here if you want to know what becomes of a host's runs when nobody waits, or it closes.

Rule: a run is a task of the host's: it outlives who started it, and never the host.
Rule: what stopped a run is raised where somebody waits for it, and else when the host closes.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from lion.domain.record import Record
from lion.errors import OperatorError
from lion.kernel.groups import flattened
from lion.kernel.run import Run
from lion.review.report import RunReport

Watch = Callable[[Record], None]


FAILED = 16
"""Runs that were stopped by an error and that nobody has waited for: so many are remembered."""


class Runs:
    """The runs of an open host. Made by open_runs."""

    def __init__(self, nursery: trio.Nursery, rest: Callable[[], None]) -> None:
        self._nursery = nursery
        self._rest = rest
        self._under_way: set[Run] = set()
        self._failed: list[Run] = []
        self._is_closed = False

    def check_open(self) -> None:
        """Raise OperatorError if the host is closed."""
        if self._is_closed:
            raise OperatorError("the host is closed", hint="use it inside of its `with` block")

    async def start(self, run: Run) -> None:
        """Begin a run; returns once it is in the log. Raises LionError if it cannot be."""
        self.check_open()
        await self._nursery.start(self._drive, run)

    @trio.lowlevel.enable_ki_protection
    async def _drive(self, run: Run, *, task_status: trio.TaskStatus[None]) -> None:
        self._under_way.add(run)
        try:
            await run.drive(task_status=task_status)
        finally:
            self._under_way.discard(run)
            self._rest()
        if run.error is not None:
            # The first that nobody has waited for is raised in the end; the others only count.
            self._failed = [one for one in (*self._failed, run) if not one.is_told][:FAILED]

    async def finish(self, run: Run, watch: Watch | None) -> RunReport:
        """Wait for a run, while `watch` is told of its records. Who leaves this stops the run.

        Raises what Run.wait does.
        """
        try:
            return await (run.wait() if watch is None else _watched(run, watch))
        finally:
            run.cancel()
            with trio.CancelScope(shield=True):
                await run.wait_ended()

    def close(self) -> None:
        """Stop all runs; none can be started any more."""
        self._is_closed = True
        for run in self._under_way:
            run.cancel()

    def raise_untold(self) -> None:
        """Raise what stopped a run that nobody waited for."""
        for run in self._failed:
            if not run.is_told and run.error is not None:
                raise run.error


async def _watched(run: Run, watch: Watch) -> RunReport:
    with flattened():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_tell, run, watch)
            return await run.wait()
    raise AssertionError("a run neither ended nor failed")


async def _tell(run: Run, watch: Watch) -> None:
    async for record in run:
        watch(record)


@asynccontextmanager
async def open_runs(rest: Callable[[], None]) -> AsyncIterator[Runs]:
    """Room for runs; `rest` is called after each. On leaving, those under way are stopped, and
    what stopped one that nobody waited for is raised.
    """
    # Not `async with`: a nursery would wrap the program's own exceptions in a group.
    manager = trio.open_nursery()
    runs = Runs(await manager.__aenter__(), rest)
    try:
        yield runs
    finally:
        runs.close()
        with flattened():
            await manager.__aexit__(None, None, None)
    runs.raise_untold()
