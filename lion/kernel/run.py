"""Look here if you want to know what a run is to whoever started it: how it is followed, asked,
stopped and waited for.

Rule: one way to run: command line, tests and other programs all start a run here.
Rule: whatever ends it, its ending is durable before anybody is told.
Rule: Python's own interrupt does not arise in here: a run that is stopped is cancelled.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import trio

from lion.domain.call import CallError
from lion.domain.events import MessageArrived, RunFinished
from lion.domain.plan import Plan
from lion.domain.record import Record
from lion.errors import INTERRUPTED, WAITING, InternalError, Interrupted, LionError, worst
from lion.kernel.family import AtWork, at_work
from lion.kernel.going_on import cut_all
from lion.kernel.groups import flattened
from lion.kernel.interrupts import Interrupts
from lion.kernel.judging import judge_live, revoke
from lion.kernel.listeners import Listeners, open_listeners
from lion.kernel.parking import supervise_until_parked
from lion.kernel.run_state import LiveRun
from lion.kernel.supervisor import cancelled_ending, waiting_ending
from lion.ports import Services
from lion.review.report import Ending, RunReport, denials_of

Load = Callable[[LiveRun, Plan], Awaitable[None]]
"""Makes a plan's holders live, and records them."""
Work = Callable[[LiveRun], Awaitable[None]]
"""What a run does once its holders live."""


class Run:
    """A run under way, or over. Made by Host.start.

    `async for record in run` gives its committed records from the first on (`record.event()` is
    what happened), as they come, and ends with it; of one that was resumed, those from then on;
    as often and by as many as like. `await run`
    waits for its report, as often as you like.
    """

    def __init__(
        self,
        live: LiveRun,
        load: Load,
        services: AbstractAsyncContextManager[Services],
        interrupts: Interrupts,
        work: Work | None = None,
    ) -> None:
        """`work` is done in place of what the manifest starts."""
        self.id = live.id
        """As `lion log` and the like take it."""
        self._live = live
        self._load = load
        self._services = services
        self._interrupts = interrupts
        self._own_work = work
        self._scope, self._preparing = trio.CancelScope(), trio.CancelScope()
        self._ended, self._ready = trio.Event(), trio.Event()
        self._endings: dict[int, Ending] = {}
        self._report: RunReport | None = None
        self._error: BaseException | None = None
        self._is_ready = False
        """If it goes on with one of before: it is where that was."""
        self.is_told = False
        """Somebody has waited for it and knows what it came to."""

    @property
    def has_ended(self) -> bool:
        """It is over, and its record complete."""
        return self._ended.is_set()

    @property
    def endings(self) -> tuple[Ending, ...]:
        """How its agents and calls ended, those that have, in the manifest's order."""
        if self._report is not None:
            return self._report.endings
        return tuple(self._endings[index] for index in sorted(self._endings))

    @property
    def error(self) -> BaseException | None:
        """What stopped it, if it did not end by itself."""
        return self._error

    def cancel(self) -> None:
        """Stop it: no guest code runs after this, and the report says `interrupted`. Does nothing
        the second time, or if it is over.
        """
        self._preparing.cancel()
        self._scope.cancel()

    def agents(self) -> tuple[AtWork, ...]:
        """The agents at work in it now, each after the one that spawned it."""
        return at_work(self._live)

    def revoke(self, holder: str, reason: str) -> None:
        """Refuse whatever a holder does in this run, or others through it or of it, from its next
        host call on.
        """
        revoke(self._live, holder, reason)

    def tell(self, sender: str, to: str, payload: str) -> None:
        """Write to a holder of it from outside: JSON, from a name that begins with `@`. It is on
        record before it is read. Raises CallError.
        """
        self.deliver(MessageArrived(sender, to, payload))

    def deliver(self, event: MessageArrived) -> None:
        """Give it a message that was not here before. Raises CallError."""
        live = self._live
        is_there = live.holders and (live.past is None or self._is_ready)
        if self.has_ended or live.is_parked or not is_there:
            raise CallError("unavailable", "nothing of this run is at work")
        live.receive(event)

    async def wait_ready(self) -> None:
        """Wait until it is where it was, if it goes on with one of before, or has ended."""
        await self._ready.wait()

    async def wait(self) -> RunReport:
        """Wait until it is over; how each of its parts ended is in the report.

        Raises LionError if it could not begin (a component, a grant), AuditError or InternalError
        if it had to stop. Who is cancelled while he waits leaves the run as it is.
        """
        await self._ended.wait()
        self.is_told = True
        if isinstance(self._error, LionError) and not isinstance(self._error, InternalError):
            # What it says is all there is to know: whose frames those were does not help.
            raise self._error.with_traceback(None)
        if self._error is not None:
            raise self._error
        assert self._report is not None
        return self._report

    async def wait_ended(self) -> None:
        """Wait until it is over, however."""
        await self._ended.wait()

    def __await__(self) -> Generator[Any, Any, RunReport]:
        return self.wait().__await__()

    def __aiter__(self) -> AsyncIterator[Record]:
        past = self._live.past
        return self._live.log.subscribe(self.id, 0 if past is None else past.seq)

    @trio.lowlevel.enable_ki_protection
    async def drive(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Run it to its end, in a task of its own. Raises what kept it from having an id in the
        log; whatever comes later, `wait` raises.
        """
        has_started = False
        try:
            with flattened():
                live = self._live
                async with self._services as live.services, open_listeners(live) as ears:
                    if live.past is None:
                        await live.log.start_run(self.id, live.name, live.clock.monotonic_ns)
                    has_started = True
                    task_status.started()
                    if live.past is not None:
                        await self._prepare()
                    self._ready.set()
                    await self._work(ears)
        except trio.Cancelled:
            raise
        except BaseException as exc:
            self._error = exc
            if not has_started:
                raise
        finally:
            if self._live.past is not None and not self._is_ready:
                with trio.CancelScope(shield=True), suppress(LionError):
                    await self._live.log.leave_run(self.id)
            self._ready.set()
            self._ended.set()

    async def _prepare(self) -> None:
        """Bring a run that goes on to where it was. What keeps it from that leaves it so. Raises
        LionError.
        """
        with self._interrupts.heeded() as signalled, signalled, self._preparing:
            await self._load(self._live, self._live.plan)
        self._is_ready = not (signalled.cancel_called or self._preparing.cancel_called)
        if not self._is_ready:
            raise Interrupted("it was stopped before it went on", hint="it can be resumed again")

    async def _work(self, listeners: Listeners) -> None:
        live, plan = self._live, self._live.plan
        failure: LionError | None = None
        with self._interrupts.heeded() as signalled:
            try:
                with signalled, self._scope:
                    if live.past is None:
                        await self._load(live, plan)
                    judge_live(live)
                    listeners.start()
                    await self._do(live)
            except LionError as exc:
                failure = exc
            except BaseException as exc:
                # Cancelled from outside, or a bug: its ending belongs into the log all the same.
                is_cancelled = isinstance(exc, trio.Cancelled | KeyboardInterrupt)
                code = INTERRUPTED if is_cancelled else InternalError.exit_code
                await self._finish(listeners, code, is_cancelled)
                self._report = self._reported(code, is_cancelled)
                raise
            if live.is_parked:
                await self._leave()
                return
            interrupted = signalled.cancel_called or self._scope.cancel_called
            ended = [e.exit_code for e in self._endings.values()]
            code = worst([*ended, *(bug.exit_code for bug in live.broken)])
            code = failure.exit_code if failure else code
            code = INTERRUPTED if interrupted else code
            await self._finish(listeners, code, interrupted, failure)
        self._report = self._reported(code, interrupted)
        if signalled.cancel_called and not interrupted:
            # It came while the ending was written, and means whatever this process does next.
            raise KeyboardInterrupt
        if failure is not None:
            raise failure

    async def _do(self, live: LiveRun) -> None:
        if self._own_work is None:
            await supervise_until_parked(live, live.plan.runs, self._endings)
        else:
            await self._own_work(live)

    async def _leave(self) -> None:
        """Own it no longer, so that whoever is answered can go on with it. Raises AuditError."""
        with trio.CancelScope(shield=True):
            await self._live.log.leave_run(self.id)
        ended = [ending.exit_code for ending in self._endings.values()]
        self._report = self._reported(worst([*ended, WAITING]), interrupted=False)

    def _reported(self, code: int, interrupted: bool) -> RunReport:
        live, counts = self._live, self._live.counts
        runs = enumerate(live.plan.runs if self._own_work is None else ())
        open_ending = waiting_ending if live.is_parked else cancelled_ending
        return RunReport(
            run=live.id, exit_code=code, is_waiting=live.is_parked,
            endings=tuple(self._endings.get(i) or open_ending(e) for i, e in runs),
            calls=counts.calls, denied=counts.denied,
            denials=denials_of(live.denials.values()),
            wall_ns=live.clock.monotonic_ns(), interrupted=interrupted,
            bugs=tuple(bug.what for bug in live.broken),
        )  # fmt: skip

    async def _finish(
        self, listeners: Listeners, code: int, interrupted: bool, failure: LionError | None = None
    ) -> None:
        """Make the run's ending durable, whoever is impatient. Raises AuditError."""
        live = self._live
        with trio.CancelScope(shield=True):
            if live.past is not None:
                cut_all(live)
            await listeners.finish(code, interrupted)
            counts = live.counts
            error, hint = (failure.what, failure.hint) if failure else ("", "")
            live.record(RunFinished(code, interrupted, counts.calls, counts.denied, error, hint))
            await live.log.commit()
