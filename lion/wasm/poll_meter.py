"""Look here if you want to know on which thread guests are polled, and who counts their time.

Rule: a value with lists is read by the thread that polled for it, at once: what wasmtime holds of
it is let go before another guest gets that thread.
"""

import _signal  # type: ignore[import-not-found]  # `signal` makes enums: ten times as long
import signal
import threading
from collections.abc import Callable
from time import perf_counter_ns, thread_time_ns
from typing import Any, Final

import trio

from lion.errors import GuestError
from lion.wasm import capi
from lion.wasm.linear import Memories

LOOP_NS: Final = 1_000_000
"""Nanoseconds after which the loop checkpoints."""
Finish = Callable[[], None]
"""What is done behind the last poll, on its thread and on the guest's time. It never raises."""

SIGNALS = tuple(
    int(getattr(signal, f"SIG{name}"))
    for name in ("INT", "TERM", "HUP", "ALRM", "QUIT", "USR1", "USR2")
)
"""Those whose handlers programs have raise: KeyboardInterrupt, SystemExit, a timeout."""


class PollMeter:
    """What the loop and its guests share: when it last yielded, the ticker, the threads for busy
    guests.
    """

    def __init__(self, ticker: Any, memories: Memories, threads: int) -> None:
        self.ticker = ticker
        self.memories = memories
        self.limiter = trio.CapacityLimiter(threads)
        self.yielded_ns = perf_counter_ns()
        self._turns = trio.Lock()
        self._gets_signals = threading.current_thread() is threading.main_thread()

    def is_exposed(self) -> bool:
        """Whether a signal could raise inside of a poll on this thread."""
        return self._gets_signals and not all(map(_is_harmless, map(_signal.getsignal, SIGNALS)))

    async def poll_in_worker(
        self, future: int, finish: Finish | None, guest: Any
    ) -> tuple[bool, int]:
        """Poll in a thread: done or not, and the CPU it took in nanoseconds."""
        self.ticker.inside += 1
        try:
            return await trio.to_thread.run_sync(
                self._poll, future, finish, guest, limiter=self.limiter
            )
        finally:
            self.ticker.inside -= 1
            self.yielded_ns = perf_counter_ns()

    def _poll(self, future: int, finish: Finish | None, guest: Any) -> tuple[bool, int]:
        """Poll in this thread: done or not, and the CPU it took."""
        workers, thread, began = self.memories.workers, threading.get_ident(), thread_time_ns()
        workers[thread] = guest
        try:
            done = capi.poll(future)
        finally:
            del workers[thread]
        if done and finish is not None:
            finish()
        return done, thread_time_ns() - began

    async def turn(self) -> None:
        """Wait until it is one's turn to make an instance, if the loop has worked for a while: of
        a crowd that starts at once, one starts each time the loop comes round.
        """
        if perf_counter_ns() - self.yielded_ns > LOOP_NS:
            async with self._turns:
                await self.checkpoint()

    async def checkpoint(self) -> None:
        await trio.lowlevel.checkpoint()
        self.yielded_ns = perf_counter_ns()


def _is_harmless(handler: Any) -> bool:
    """Whether a handler raises in no callback: there is none, or it is trio's."""
    return not callable(handler) or str(getattr(handler, "__module__", "")).startswith("trio.")


class CpuExceeded(GuestError):
    """The guest used more CPU time than it may in one call."""

    def __init__(self, limit_ns: float) -> None:
        super().__init__(
            f"it used more than {limit_ns / 1e9:g} s of CPU time",
            ending="cpu",
            hint='raise it with limits = { cpu = "..." }',
        )
