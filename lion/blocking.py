"""Look here if you want to know how a program that is not on trio uses lion: plain calls, and a
trio loop in one thread behind them.

    with lion.blocking.open_host() as host:
        print(host.call("calculator.wasm", "add", {"a": 1, "b": 2}))

Rule: any thread may call, several at once; a call waits, the loop never does.
Rule: guests run in the loop's thread, where Python handles no signal. An interrupt arises in the
thread that waits, and stops what it waits for.
Rule: the loop has ended before the interpreter does, also where nobody closed the host: a thread
that is cut inside of a guest would take the process with it.
"""

import atexit
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import trio

from lion.domain.record import Record
from lion.errors import Interrupted, LionError, OperatorError
from lion.host import Host
from lion.host import open_host as open_trio_host
from lion.kernel.run import Run
from lion.plans import Source
from lion.review.report import Ending, RunReport
from lion.settings import Settings

if TYPE_CHECKING:
    from lion.review.check import ManifestAudit
    from lion.review.run import RunAudit
    from lion.system.lent import Lendable

T = TypeVar("T")


class _Job(Generic[T]):
    """Something to do on the loop, and who waits for it."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self.scope = trio.CancelScope()
        self.result: Future[T] = Future()
        self._work = work

    @trio.lowlevel.enable_ki_protection
    async def run(self) -> None:
        try:
            with self.scope:
                self.result.set_result(await self._work())
        except Exception as exc:  # noqa: BLE001 - the seam between two threads: it is raised again there
            self.result.set_exception(exc)
        finally:
            if not self.result.done():
                self.result.set_exception(Interrupted("the host was closed meanwhile"))


class _Loop:
    """A trio loop with an open host in a thread of its own."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self._words = words
        self._opened: Future[Host] = Future()
        self._ended: Future[None] = Future()
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
        return self._opened.result()

    def _work(self) -> None:
        try:
            trio.run(self._serve)
        except BaseException as exc:  # noqa: BLE001 - the thread's seam: who opens or closes gets it
            if self._opened.done():
                self._ended.set_exception(exc)
                return
            self._opened.set_exception(exc)
        self._ended.set_result(None)

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        async with open_trio_host(**self._words) as host, trio.open_nursery() as self._nursery:
            self._opened.set_result(host)
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
        job = _Job(work)
        self._soon(partial(self._begin, job))
        try:
            return job.result.result()
        except BaseException:
            with suppress(OperatorError):
                self._soon(job.scope.cancel)
            raise

    def _begin(self, job: _Job[Any]) -> None:
        if self._stop.is_set():
            job.result.set_exception(_closed())
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
        while self._thread.ident is not None and not self._ended.done():
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
        if self._ended.done():
            self._ended.result()

    def _close_at_exit(self) -> None:
        with suppress(LionError, KeyboardInterrupt):
            self.close()


def _closed() -> OperatorError:
    return OperatorError("the host is closed", hint="use it inside of its `with` block")


class BlockingRun:
    """A run under way, or over, as lion.Run. Made by BlockingHost.start; any thread may use it.

    `for record in run` gives its committed records from the first on, as they come.
    """

    def __init__(self, loop: _Loop, run: Run) -> None:
        self.id = run.id
        """As `lion log` and the like take it."""
        self._loop = loop
        self._run = run

    @property
    def has_ended(self) -> bool:
        """It is over, and its record complete."""
        return self._run.has_ended

    @property
    def endings(self) -> tuple[Ending, ...]:
        """See Run.endings."""

        async def look() -> tuple[Ending, ...]:
            return self._run.endings

        return self._run.endings if self._run.has_ended else self._loop.do(look)

    def cancel(self) -> None:
        """See Run.cancel; it has been stopped when this returns."""

        async def stop() -> None:
            self._run.cancel()
            await self._run.wait_ended()

        if not self._run.has_ended:
            self._loop.do(stop)

    def wait(self) -> RunReport:
        """See Run.wait. An interrupt (Ctrl-C) ends the waiting and leaves the run as it is."""
        return self._loop.do(self._run.wait)

    def __iter__(self) -> Iterator[Record]:
        follower: AsyncIterator[Record] = aiter(self._run)

        async def follow() -> Record | None:
            return await anext(follower, None)

        while (record := self._loop.do(follow)) is not None:
            yield record


class BlockingHost:
    """An open host for plain calls, as lion.Host. Made by open_host; any thread may use it."""

    def __init__(self, loop: _Loop, host: Host) -> None:
        self.settings: Settings = host.settings
        """Where state, cache, policy and secrets are."""
        self._loop = loop
        self._host = host

    def lend(self, name: str, what: "Lendable") -> None:
        """See Host.lend. A function written with `def` runs in a thread of lion's, one with `async
        def` on lion's trio loop.
        """
        self._host.lend(name, what)

    def start(
        self,
        manifest: Source,
        *,
        vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None,
    ) -> BlockingRun:
        """See Host.start."""
        begin = partial(self._host.start, manifest, vars=vars, folder=folder)
        return BlockingRun(self._loop, self._loop.do(begin))

    def run(
        self,
        manifest: Source,
        *,
        vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None,
    ) -> RunReport:
        """See Host.run. An interrupt (Ctrl-C) stops the run."""
        return self._loop.do(partial(self._host.run, manifest, vars=vars, folder=folder))

    def call(
        self,
        source: Source,
        tool: str,
        arguments: Mapping[str, Any] = {},
        *,
        allow: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None,
    ) -> Any:
        """See Host.call. An interrupt (Ctrl-C) stops the call."""
        words: dict[str, Any] = {"allow": allow, "config": config, "vars": vars, "folder": folder}
        return self._loop.do(partial(self._host.call, source, tool, arguments, **words))

    def check(
        self,
        manifest: Source,
        *,
        vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None,
    ) -> "ManifestAudit":
        """See Host.check."""
        return self._loop.do(partial(self._host.check, manifest, vars=vars, folder=folder))

    def audit(self, run: str) -> "RunAudit":
        """See Host.audit."""
        return self._loop.do(partial(self._host.audit, run))


@contextmanager
def open_host(
    *,
    state: str | os.PathLike[str] | None = None,
    policy: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    owner: str = "",
) -> Iterator[BlockingHost]:
    """See lion.host.open_host: the same, with a loop in a thread of its own while inside.

    Raises OperatorError, AuditError.
    """
    loop = _Loop({"state": state, "policy": policy, "cache": cache, "owner": owner})
    try:
        yield BlockingHost(loop, loop.start())
    except BaseException:
        with suppress(LionError):
            loop.close()
        raise
    loop.close()
