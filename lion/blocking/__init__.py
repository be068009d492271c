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

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from lion.blocking.loop import Loop
from lion.domain.record import Record
from lion.errors import LionError
from lion.host import Host
from lion.kernel.run import Run
from lion.plans import Source
from lion.review.report import Ending, RunReport
from lion.settings import Settings

if TYPE_CHECKING:
    from lion.domain.approval import Answer, Waiting
    from lion.review.check import ManifestAudit
    from lion.review.run import RunAudit
    from lion.system.lent import Lendable


class BlockingRun:
    """A run under way, or over, as lion.Run. Made by BlockingHost.start; any thread may use it.

    `for record in run` gives its committed records from the first on, as they come.
    """

    def __init__(self, loop: Loop, run: Run) -> None:
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

    def __init__(self, loop: Loop, host: Host) -> None:
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

    def resume(self, run: str, *, is_forced: bool = False) -> RunReport:
        """See Host.resume. An interrupt (Ctrl-C) stops the run."""
        return self._loop.do(partial(self._host.resume, run, is_forced=is_forced))

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

    def approvals(self) -> "list[Waiting]":
        """See Host.approvals."""
        return self._loop.do(self._host.approvals)

    def answer(self, request: str, answer: "Answer") -> None:
        """See Host.answer."""
        self._loop.do(partial(self._host.answer, request, answer))

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


class _Opening(AbstractContextManager[BlockingHost]):
    """A host that is opened by `with`. No generator, which Python would go on with at its end,
    where nobody closed the host and lion's modules are empty already.
    """

    def __init__(self, words: Mapping[str, Any]) -> None:
        self._loop = Loop(words)

    def __enter__(self) -> BlockingHost:
        try:
            return BlockingHost(self._loop, self._loop.start())
        except BaseException:
            self._close_quietly()
            raise

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> None:
        if exc is None:
            self._loop.close()
        else:
            self._close_quietly()

    def _close_quietly(self) -> None:
        with suppress(LionError):
            self._loop.close()


def open_host(
    *,
    state: str | os.PathLike[str] | None = None,
    policy: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    memory: str | None = None,
    owner: str = "",
    asks: bool = False,
) -> AbstractContextManager[BlockingHost]:
    """See lion.opening.open_host: the same, with a loop in a thread of its own while inside.

    Raises OperatorError, AuditError.
    """
    words: dict[str, Any] = {"state": state, "policy": policy, "cache": cache, "memory": memory}
    return _Opening(words | {"owner": owner, "asks": asks})
