"""Look here if you want to know how work that blocks is done beside the event loop.

Rule: a cancelled call waits a moment for work that is under way, because what it did has to be
recorded; only work that hangs is left behind, and its outcome is then unknown.
Rule: work left behind keeps its place until it ends, so what hangs cannot pile up threads, and
what it opened is closed by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Generic, TypeVar

import outcome
import trio

GRACE: Final = 1.0
"""Seconds a cancelled call waits for its work."""

T = TypeVar("T")
_busy: trio.lowlevel.RunVar[int] = trio.lowlevel.RunVar("busy", 0)
Limiters = Sequence[trio.CapacityLimiter]
"""The holder's own first: who waits for a place there takes none of those that all share."""


class _Job(Generic[T]):
    def __init__(self, limiters: Limiters, undo: Callable[[T], object] | None) -> None:
        self.ended = trio.Event()
        self.result: outcome.Value[T] | outcome.Error | None = None
        self.is_abandoned = False
        self._limiters = limiters
        self._undo = undo

    def land(self, result: outcome.Value[T] | outcome.Error) -> None:
        """Take the result, on the loop's thread."""
        release(self._limiters, self)
        _busy.set(_busy.get() - 1)
        self.result = result
        self.ended.set()
        if self.is_abandoned and self._undo is not None and isinstance(result, outcome.Value):
            self._undo(result.value)


def count_busy() -> int:
    """How many threads of this loop work, those left behind included; and processes that work for
    it (`counted`).
    """
    return _busy.get()


@contextmanager
def counted() -> Iterator[None]:
    """What a process does for this loop meanwhile counts as a thread's work: the time of a test's
    own does not pass until it is done.
    """
    _busy.set(_busy.get() + 1)
    try:
        yield
    finally:
        _busy.set(_busy.get() - 1)


async def finish(
    work: Callable[[], T],
    limiters: Limiters,
    undo: Callable[[T], object] | None = None,
) -> T:
    """Do blocking work in a thread and give its result, or raise what it raised.

    Cancelled before it began, it never begins. Cancelled later, it still gives the result if that
    comes within GRACE; the next checkpoint is cancelled then. `undo` is given a result that came
    too late.
    """
    job: _Job[T] = _Job(limiters, undo)
    await _acquire(limiters, job)
    token = trio.lowlevel.current_trio_token()

    def deliver(result: Any) -> None:
        # When the loop has ended, so has the process, or nearly.
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(job.land, result)

    try:
        trio.lowlevel.start_thread_soon(work, deliver)
    except BaseException:
        release(limiters, job)
        raise
    _busy.set(_busy.get() + 1)
    try:
        await job.ended.wait()
    except trio.Cancelled:
        with trio.move_on_after(GRACE, shield=True):
            await job.ended.wait()
        if job.result is None:
            job.is_abandoned = True
            raise
    assert job.result is not None
    return job.result.unwrap()


async def _acquire(limiters: Limiters, who: object) -> None:
    taken: list[trio.CapacityLimiter] = []
    try:
        for limiter in limiters:
            await limiter.acquire_on_behalf_of(who)
            taken.append(limiter)
    except BaseException:
        release(taken, who)
        raise


def release(limiters: Limiters, who: object) -> None:
    """Give the places back."""
    for limiter in limiters:
        limiter.release_on_behalf_of(who)
