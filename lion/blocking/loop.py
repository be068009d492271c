"""Look here if you want to know how a trio loop with an open host runs in a thread of its own.

Rule: the loop has ended before the interpreter does, also where nobody closed the host: a thread
that is cut inside of a guest would take the process with it.
"""

import atexit
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Generic, TypeVar

import trio

from lion.blocking.promise import Promise
from lion.errors import Interrupted, LionError, OperatorError
from lion.host import Host
from lion.opening import open_host as open_trio_host

T = TypeVar("T")


class Job(Generic[T]):
    """Something to do on the loop, and who waits for it."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self.scope = trio.CancelScope()
        self.result: Promise[T] = Promise()
        self._work = work

    @trio.lowlevel.enable_ki_protection
    async def run(self) -> None:
        try:
            with self.scope:
                self.result.give(await self._work())
        except Exception as exc:  # noqa: BLE001 - the seam between two threads: it is raised again there
            self.result.fail(exc)
        finally:
            if not self.result.is_given:
                self.result.fail(Interrupted("the host was closed meanwhile"))


class Loop:
    """A trio loop with an open host in a thread of its own."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self._words = words
        self._opened: Promise[Host] = Promise()
        self._ended: Promise[None] = Promise()
        self._stop = trio.Event()
        self._token: trio.lowlevel.TrioToken
        self._nursery: trio.Nursery
        # A daemon, so that Python comes to `atexit`, which waits for it; else it would wait for
        # ever where nobody has closed the host.
        self._thread = threading.Thread(target=self._work, name="lion-loop", daemon=True)

    def start(self) -> Host:
        """Open the host. Raises what open_host raises."""
        atexit.register(self._close_at_exit)
        self._thread.start()
        return self._opened.take()

    def _work(self) -> None:
        try:
            trio.run(self._serve)
        except BaseException as exc:  # noqa: BLE001 - the thread's seam: who opens or closes gets it
            if self._opened.is_given:
                self._ended.fail(exc)
                return
            self._opened.fail(exc)
        self._ended.give(None)

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        async with open_trio_host(**self._words) as host, trio.open_nursery() as self._nursery:
            self._opened.give(host)
            await self._stop.wait()
            self._nursery.cancel_scope.cancel()

    def do(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something on the loop and wait for it. Raises what it raises, OperatorError if the
        host is closed or this thread has a trio loop, which would stand still.
        """
        if trio.lowlevel.in_trio_run():
            raise OperatorError(
                "lion.blocking would hold up the trio loop that runs in this thread",
                hint="write `async with lion.open_host() as host:`",
            )
        job = Job(work)
        self._soon(partial(self._begin, job))
        try:
            return job.result.take()
        except BaseException:
            with suppress(OperatorError):
                self._soon(job.scope.cancel)
            raise

    def _begin(self, job: Job[Any]) -> None:
        if self._stop.is_set():
            job.result.fail(_closed())
        else:
            self._nursery.start_soon(job.run)

    def _soon(self, act: Callable[[], object]) -> None:
        try:
            # What was given before the loop ended is done.
            self._token.run_sync_soon(act)
        except trio.RunFinishedError:
            raise _closed() from None

    def close(self) -> None:
        """End the loop and wait for it, however often that is interrupted; the interrupt is raised
        then, or else what stopped a run that nobody waited for.
        """
        interrupt: KeyboardInterrupt | None = None
        # Not `join`: interrupted, it takes the thread for dead (Python 3.11 and 3.12).
        while self._thread.ident is not None and not self._ended.is_given:
            try:
                if self._opened.exception() is None:
                    with suppress(OperatorError):
                        self._soon(self._stop.set)
                self._ended.exception()
            except KeyboardInterrupt as exc:
                interrupt = exc
        atexit.unregister(self._close_at_exit)
        if interrupt is not None:
            raise interrupt
        if self._ended.is_given:
            self._ended.take()

    def _close_at_exit(self) -> None:
        with suppress(LionError, KeyboardInterrupt):
            self.close()
        if getattr(sys, "last_type", None) is KeyboardInterrupt and not hasattr(sys, "ps1"):
            _end_interrupted()


def _end_interrupted() -> None:
    """Let Python end by SIGINT, as it does after an interrupt that nobody caught, so that a loop
    of the shell ends too: it forgets that when any thread runs a text meanwhile (a dataclass is
    made of one), and learns it again from one that is interrupted (CPython's `run_eval_code_obj`).
    """
    with suppress(KeyboardInterrupt):
        exec("raise KeyboardInterrupt")


def _closed() -> OperatorError:
    return OperatorError("the host is closed", hint="use it inside of its `with` block")
