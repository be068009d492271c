"""Look here if you want to know what SIGINT, SIGTERM and SIGHUP do while a host is open
that gets them.

Rule: no handler raises: an exception inside a C callback would abort the process or hang it.
Rule: a signal cancels the runs under way, however often it comes; each records its ending then.
Without a run it ends whoever uses the host, as KeyboardInterrupt.
"""

import math
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Generic, TypeVar

import trio

from lion.errors import OperatorError

T = TypeVar("T")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heeded_signals() -> tuple[signal.Signals, ...]:
    """Those that end a run; a terminal's end does not where it is ignored (`nohup`)."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return tuple(one for one in SIGNALS if one is not signal.SIGHUP or not ignored)


class Interrupts:
    """The runs a signal ends. Made by open_interrupts, or without any signals."""

    def __init__(self) -> None:
        self._scopes: set[trio.CancelScope] = set()
        self._last = math.inf

    def ago(self) -> float:
        """How many seconds ago a signal came; less than 0 if none did. In any thread."""
        return time.monotonic() - self._last

    @contextmanager
    def heeded(self) -> Iterator[trio.CancelScope]:
        """A scope for the work of one run; `cancel_called` then says that a signal came.

        A signal that comes after the work, while its ending is written, does not change that.
        """
        scope = trio.CancelScope()
        self._scopes.add(scope)
        try:
            yield scope
        finally:
            self._scopes.discard(scope)

    async def listen(self, signals: AsyncIterator[int]) -> None:
        """Pass signals on for ever. Raises KeyboardInterrupt for one that no run heeds."""
        async for _ in signals:
            self._last = time.monotonic()
            if not self._scopes:
                raise KeyboardInterrupt
            for scope in self._scopes:
                scope.cancel()


class Protected(Generic[T]):
    """A context manager in whose own code no KeyboardInterrupt arises, but where it waits: cut in
    between, what it holds would be neither open nor closed.
    """

    def __init__(self, manager: AbstractAsyncContextManager[T]) -> None:
        self._manager = manager

    @trio.lowlevel.enable_ki_protection
    async def __aenter__(self) -> T:
        return await self._manager.__aenter__()

    @trio.lowlevel.enable_ki_protection
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._manager.__aexit__(kind, exc, trace)


@asynccontextmanager
async def open_interrupts() -> AsyncIterator[Interrupts]:
    """Receive signals while inside. Raises OperatorError outside of the main thread."""
    if threading.current_thread() is not threading.main_thread():
        raise OperatorError(
            "signals can be received in the main thread only", hint="leave `signals` out"
        )
    interrupts = Interrupts()
    with trio.open_signal_receiver(*heeded_signals()) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(interrupts.listen, signals)
            yield interrupts
            nursery.cancel_scope.cancel()
