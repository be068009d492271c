"""Look here if you want to know how the rooms are joined: this file opens everything,
wires it and closes it.

Rule: it does no work itself; whatever grows here belongs into a room.
"""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import trio

from lion.capabilities.services import check_services, open_services
from lion.capabilities.table import build_operations
from lion.domain.events import RunFinished
from lion.domain.plan import Plan, RunCall
from lion.domain.record import Record
from lion.errors import INTERRUPTED, GuestError, InternalError, LionError, OperatorError, worst
from lion.kernel.groups import flattened
from lion.kernel.inspect import ComponentInfo, describe, describe_refused
from lion.kernel.interrupts import Interrupts, open_interrupts
from lion.kernel.listeners import Listeners, open_listeners
from lion.kernel.processors import build_processors
from lion.kernel.run_state import LiveRun
from lion.kernel.supervisor import cancelled_ending, supervise
from lion.kernel.system_clock import SystemClock
from lion.loading import Loader
from lion.log.sqlite import open_sqlite_log
from lion.policy.policy_file import Policy, parse_policy
from lion.ports import Clock, EventLog, Operation
from lion.review.report import Ending, RunReport, with_together
from lion.scopes.http_url import Url
from lion.settings import Settings
from lion.system.entry import code_of
from lion.wasm.runtime import WasmRuntime, open_runtime

Watch = Callable[[Record], None]
OpenServices = Callable[
    [Plan, Settings, tuple[Path, ...], Url | None], AbstractAsyncContextManager[dict[str, Any]]
]
"""Opens what a run's executors need; the third are folders of trusted code, the fourth is the
operator's proxy."""


class Fittings(msgspec.Struct, frozen=True, kw_only=True):
    """What every run is fitted with; a test puts others in their place (lion.testing).

    Broker, policy, budgets and engine are not among them: nobody tests against others.
    """

    operations: Mapping[tuple[str, str], Operation] = {}
    """All that there are, if none are given."""
    clock: Callable[[], Clock] = SystemClock
    services: OpenServices = open_services
    name_run: Callable[[], str] = lambda: str(uuid.uuid4())


def read_policy(path: Path | None) -> Policy:
    """The operator's policy. Raises OperatorError if the file cannot be read or is wrong."""
    if path is None:
        return parse_policy("", None)
    try:
        return parse_policy(path.read_text("utf-8"), path)
    except (OSError, UnicodeDecodeError) as exc:
        raise OperatorError(f"the policy {str(path)!r} cannot be read: {exc}") from exc


class Host:
    """Everything open: engine, log, policy. Made by open_host."""

    def __init__(
        self,
        settings: Settings,
        runtime: WasmRuntime,
        log: EventLog,
        policy: Policy,
        interrupts: Interrupts,
        fittings: Fittings = Fittings(),  # noqa: B008 - frozen
    ) -> None:
        self._settings = settings
        self._interrupts = interrupts
        self._runtime = runtime
        self._log = log
        self._policy = policy
        self._fittings = fittings
        operations = fittings.operations or build_operations()
        self._loader = Loader(runtime, log, policy, operations)

    @property
    def live(self) -> int:
        """Instances alive now."""
        return self._runtime.live

    async def inspect(self, data: bytes, origin: str) -> ComponentInfo:
        """What a component imports and offers, extensions of anybody's included.

        Raises OperatorError, GuestError as Runtime.load.
        """
        return describe(await self._runtime.load(data, origin, None), len(data))

    async def survey(self, data: bytes, origin: str) -> ComponentInfo:
        """The same of any component: of one that is refused what it imports, and why it is.

        Raises OperatorError for what is none.
        """
        try:
            return await self.inspect(data, origin)
        except LionError as exc:
            seen = await self._runtime.survey(data, origin)
            if not isinstance(exc, GuestError):
                raise
            return describe_refused(data, origin, seen, exc)

    async def check(self, plan: Plan) -> dict[str, ComponentInfo]:
        """Load every component of a plan, and system plugins, which are not opened: what each
        holder's is. Raises the first error.
        """
        return await self._loader.check(plan, self._fittings.clock())

    async def check_services(self, plan: Plan) -> tuple[str, ...]:
        """Look at a plan's scripts, directories and secrets; names of secrets that are not bound.

        Raises OperatorError for the first mistake.
        """
        return await trio.to_thread.run_sync(check_services, plan, self._settings, code_of(plan))

    async def call(
        self, plan: Plan, tool: str, arguments: dict[str, object], *, watch: Watch | None = None
    ) -> RunReport:
        """One tool call as a run of its own. Raises LionError if the run could not start."""
        return await self.run(
            msgspec.structs.replace(plan, runs=(RunCall(tool, arguments),)), watch=watch
        )

    async def run(self, plan: Plan, *, watch: Watch | None = None) -> RunReport:
        """Run a plan to its end, SIGINT and SIGTERM included.

        `watch` is told of committed records.

        Raises LionError if it could not start, AuditError or InternalError if it had to stop.
        """
        run = self._fittings.name_run()
        live = LiveRun(run, plan, self._log, self._fittings.clock())
        with flattened():
            services = self._fittings.services(
                plan, self._settings, code_of(plan), self._policy.proxy
            )
            async with services as live.services, open_listeners(live) as listeners:
                await self._log.start_run(run, plan.name)
                async with trio.open_nursery() as nursery:
                    if watch is not None:
                        nursery.start_soon(self._watch, run, watch)
                    report = await self._run(live, plan, listeners)
        self._runtime.rest()
        return report

    async def _watch(self, run: str, watch: Watch) -> None:
        async for record in self._log.subscribe(run):
            watch(record)

    async def _run(self, live: LiveRun, plan: Plan, listeners: Listeners) -> RunReport:
        endings: dict[int, Ending] = {}
        failure: LionError | None = None
        with self._interrupts.heeded() as work:
            try:
                with work:
                    await self._loader.load(live, plan)
                    live.processors = build_processors(live)
                    listeners.start()
                    await supervise(live, plan.runs, endings)
            except LionError as exc:
                failure = exc
            except BaseException as exc:
                # Cancelled from outside, or a bug: its ending belongs into the log all the same.
                is_cancelled = isinstance(exc, trio.Cancelled | KeyboardInterrupt)
                code = INTERRUPTED if is_cancelled else InternalError.exit_code
                await self._finish(live, listeners, code, is_cancelled)
                raise
            ended = [endings.get(i) or cancelled_ending(e) for i, e in enumerate(plan.runs)]
            code = failure.exit_code if failure else worst([e.exit_code for e in endings.values()])
            interrupted = work.cancel_called
            code = INTERRUPTED if interrupted else code
            await self._finish(live, listeners, code, interrupted)
        if work.cancel_called and not interrupted:
            # It came while the ending was written, and means whatever this process does next.
            raise KeyboardInterrupt
        if failure is not None:
            raise failure
        counts = live.counts
        return RunReport(
            run=live.id, exit_code=code, endings=tuple(ended), calls=counts.calls,
            denied=counts.denied, denials=with_together(live.denials.values()),
            wall_ns=live.clock.monotonic_ns(), interrupted=interrupted,
        )  # fmt: skip

    async def _finish(
        self, live: LiveRun, listeners: Listeners, code: int, interrupted: bool
    ) -> None:
        """Make the run's ending durable, whoever is impatient. Raises AuditError."""
        with trio.CancelScope(shield=True):
            await listeners.finish(code, interrupted)
            live.record(RunFinished(code, interrupted, live.counts.calls, live.counts.denied))
            await self._log.commit()


@asynccontextmanager
async def open_host(settings: Settings) -> AsyncIterator[Host]:
    """Open log, engine and policy; close them in the end, whatever happens.

    Raises OperatorError, AuditError.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(flattened())
        policy = read_policy(settings.policy)
        interrupts = await stack.enter_async_context(open_interrupts())
        log = await stack.enter_async_context(
            open_sqlite_log(settings.state, durability=settings.durability)
        )
        runtime = await stack.enter_async_context(open_runtime(settings.cache / "components"))
        yield Host(settings, runtime, log, policy, interrupts)
