"""Look here if you want to know how the rooms are joined: this file opens everything,
wires it and closes it. Other programs get it as `lion.open_host`.

Rule: it does no work itself; whatever grows here belongs into a room.
Rule: runs are tasks of the host's; whoever closes it stops them and waits for their endings.
"""

import os
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import trio

from lion.capabilities.services import check_services, open_services
from lion.capabilities.table import build_operations
from lion.domain.plan import Plan
from lion.errors import GuestError, OperatorError
from lion.kernel.groups import flattened
from lion.kernel.inspect import ComponentInfo, describe, describe_refused
from lion.kernel.interrupts import Interrupts, Protected, open_interrupts
from lion.kernel.run import Run
from lion.kernel.run_state import LiveRun
from lion.kernel.runs import Runs, Watch, open_runs
from lion.kernel.system_clock import SystemClock
from lion.loading import Loader
from lion.log.keys import read_key
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from lion.plans import (
    Given,
    Source,
    check_owner,
    check_starts,
    owner_of,
    read_policy,
    read_source,
    with_call,
)
from lion.policy.policy_file import Policy
from lion.ports import Clock, EventLog, Operation, Services, Surroundings
from lion.reading import beside
from lion.review.outcome import value_of
from lion.review.report import RunReport
from lion.settings import Settings, check_settings, program_settings
from lion.system.entry import build_lent, code_of
from lion.wasm.runtime import WasmRuntime, open_runtime

if TYPE_CHECKING:
    from lion.review.run import RunAudit
    from lion.system.discovery import Lent
    from lion.system.lent import Lendable

OpenServices = Callable[
    [Plan, Settings, tuple[Path, ...], Policy], AbstractAsyncContextManager[Services]
]
"""Opens what a run's executors need; the third are folders of trusted code."""


class Fittings(msgspec.Struct, frozen=True, kw_only=True):
    """What every run is fitted with; a test puts others in their place (lion.testing), but never
    of broker, policy, budgets and engine."""

    operations: Mapping[tuple[str, str], Operation] = {}
    """All that there are, if none are given."""
    clock: Callable[[], Clock] = SystemClock
    services: OpenServices = open_services
    name_run: Callable[[], str] = lambda: str(uuid.uuid4())


class Host:
    """Everything open: engine, log, policy. Made by open_host; its methods are for one trio loop.

    A manifest is a path, its text (TOML, so with a line break), or its tables as a dict.
    """

    def __init__(
        self,
        settings: Settings,
        runtime: WasmRuntime,
        log: EventLog,
        policy: Policy,
        interrupts: Interrupts,
        fittings: Fittings,
        owner: str,
        runs: Runs,
    ) -> None:
        self.settings = settings
        """Where state, cache, policy and secrets are; what `open_history` wants."""
        self._interrupts = interrupts
        self._runtime = runtime
        self._log = log
        self._policy = policy
        self._fittings = fittings
        self._owner = owner
        self._runs = runs
        self._lent: dict[str, Lent] = {}
        operations = fittings.operations or build_operations()
        self._loader = Loader(runtime, log, policy, operations, self._lent)

    @property
    def live(self) -> int:
        """Instances alive now."""
        return self._runtime.live

    def lend(self, name: str, what: "Lendable") -> None:
        """Lend trusted Python to the runs that start from now on: functions by their tools' names,
        or a class that derives from lion.system.SystemPlugin (for host functions, judges, ...).

        Each is there as if the manifest had a table `[system.NAME]` with `use = "NAME"`; guests
        call `NAME.tool` by a grant. A function's annotations become the JSON schema of its tool;
        `def` runs in a thread, `async def` on trio. Raises OperatorError for what cannot be
        described, or a name that is taken.
        """
        self._runs.check_open()
        found = build_lent(name, what)
        if name in self._lent:
            raise OperatorError(f"{name!r} is lent already", hint="lend it under another name")
        self._lent[name] = found

    async def start(
        self,
        manifest: Source | Plan,
        *,
        vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None,
    ) -> Run:
        """Begin what a manifest starts, and return once the run is in the log.

        `vars` are values of its variables; paths in a text or dict begin in `folder` (None: the
        working directory). Raises OperatorError for a manifest that is wrong or starts nothing;
        what is found out later (a component that cannot be loaded), the run's `wait` raises.
        """
        plan = await self._plan(manifest, Given(vars=vars, folder=folder))
        if not isinstance(manifest, Plan):
            check_starts(plan, plan.name, "call one of its tools")
        return await self._start(plan)

    async def run(
        self,
        manifest: Source | Plan,
        *,
        vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None,
        watch: Watch | None = None,
    ) -> RunReport:
        """Run what a manifest starts to its end; how each part ended is in the report. Arguments
        as of `start`; `watch` is told of committed records. Who is cancelled in it stops the run.

        Raises LionError if it could not start, AuditError or InternalError if it had to stop.
        """
        run = await self.start(manifest, vars=vars, folder=folder)
        return await self._runs.finish(run, watch)

    async def call(
        self,
        source: Source | Plan,
        tool: str,
        arguments: Mapping[str, Any] = {},
        *,
        allow: Mapping[str, Any] | None = None,
        vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None,
    ) -> Any:
        """Call one tool, as a run of its own, and give its result as a JSON value.

        `source` is a manifest or the path of a component, which is granted `allow` (as in a
        manifest, {"http": [...]}; relative paths begin in `folder`) and nothing else. `tool` is
        "plugin.function", or "function" of the only component. `arguments` are JSON values by the
        names of the parameters.

        Raises OwnError for the tool's own error, GuestError if it broke off, OperatorError for a
        wrong name, argument or grant; each says in its notes what was denied.
        """
        given = Given(vars=vars, folder=folder, allow=allow)
        plan = with_call(await self._plan(source, given), tool, arguments)
        return value_of(await self._runs.finish(await self._start(plan), None))

    async def inspect(self, data: bytes, origin: str) -> ComponentInfo:
        """What a component imports and offers. Raises as Runtime.load."""
        return describe(await self._runtime.load(data, origin, None), len(data))

    async def survey(self, data: bytes, origin: str) -> ComponentInfo:
        """The same of any component, a refused one too. Raises OperatorError for what is none."""
        try:
            return await self.inspect(data, origin)
        except OperatorError:
            await self._runtime.survey(data, origin)  # raises the same, with what it imports
            raise
        except GuestError as exc:
            return describe_refused(data, origin, await self._runtime.survey(data, origin), exc)

    async def check(self, plan: Plan) -> dict[str, ComponentInfo]:
        """Load all of a plan and open nothing: what each holder's is. Raises the first error."""
        return await self._loader.check(plan, self._fittings.clock())

    async def check_services(self, plan: Plan, *, is_strict: bool = True) -> Surroundings:
        """Look at a plan's scripts, directories and secrets. Raises OperatorError for the first
        mistake; a directory's only if it is strict.
        """
        seen = plan, self.settings, code_of(plan, self._lent), self._policy
        return await beside(partial(check_services, *seen, is_strict=is_strict))

    async def audit(self, run: str) -> "RunAudit":
        """Who could do what in a run of this state directory, and did: what `lion audit` shows.
        `run` is an id, the beginning of one, or "last". The run is verified first. Raises
        OperatorError for one that is not there, AuditError for one that does not verify.
        """
        return await trio.to_thread.run_sync(self._audit, run)

    def _audit(self, word: str) -> "RunAudit":
        from lion.review.run import audit_run

        with open_sqlite_reader(self.settings.state) as reader:
            run = reader.find(word)
            reader.verify(run)
            return audit_run(run, reader.records(run), reader.budgets(run), self._policy)

    async def _plan(self, source: Source | Plan, given: Given) -> Plan:
        self._runs.check_open()
        given = msgspec.structs.replace(given, owner=self._owner, lent=tuple(self._lent))
        return await beside(partial(read_source, source, given))

    async def _start(self, plan: Plan) -> Run:
        clock, run = self._fittings.clock(), self._fittings.name_run()
        live = LiveRun(run, plan, self._log, clock, owner_of(plan))
        services = self._fittings.services(
            plan, self.settings, code_of(plan, self._lent), self._policy
        )
        started = Run(live, self._loader.load, services, self._interrupts)
        await self._runs.start(started)
        return started


@asynccontextmanager
async def open_assembled(
    settings: Settings,
    runtime: WasmRuntime,
    log: EventLog,
    policy: Policy,
    *,
    interrupts: Interrupts | None = None,
    fittings: Fittings = Fittings(),  # noqa: B008 - frozen
    owner: str = "",
) -> AsyncIterator[Host]:
    """A host of parts that are open. On leaving, runs under way are stopped and recorded as such;
    then what stopped one that nobody waited for is raised.
    """
    signals = interrupts or Interrupts()
    async with open_runs(runtime.rest) as runs:
        yield Host(settings, runtime, log, policy, signals, fittings, owner, runs)


def open_host(
    settings: Settings | None = None,
    *,
    state: str | os.PathLike[str] | None = None,
    policy: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    owner: str = "",
    signals: bool = False,
) -> Protected[Host]:
    """Open log, engine and policy; close them in the end, whatever happens.

    `state` is the folder of the log, `policy` the operator's file, `cache` the folder of compiled
    components; what is not given is taken from the environment and the defaults, as on the
    command line. `owner` is whose kv the runs use (empty: their manifest's). With `signals`
    SIGINT, SIGTERM and SIGHUP end the runs under way, else they are left to the program.

    Raises OperatorError (also without a trio loop), AuditError for a log that cannot be used.
    """
    if not trio.lowlevel.in_trio_run():
        raise OperatorError(
            "lion.open_host is for a program on trio, and no trio loop runs here",
            hint="write `with lion.blocking.open_host() as host:`",
        )
    check_owner(owner)
    if settings is None:
        settings = program_settings(os.environ, state=state, policy=policy, cache=cache)
    return Protected(_open_host(check_settings(settings), owner, signals))


@asynccontextmanager
async def _open_host(settings: Settings, owner: str, signals: bool) -> AsyncIterator[Host]:
    async with AsyncExitStack() as stack:
        stack.enter_context(flattened())
        rules = await beside(partial(read_policy, settings.policy))
        signer = await beside(partial(read_key, settings.config))
        interrupts = await stack.enter_async_context(open_interrupts()) if signals else None
        log = await stack.enter_async_context(
            open_sqlite_log(settings.state, durability=settings.durability, signer=signer)
        )
        runtime = await stack.enter_async_context(open_runtime(settings.cache / "components"))
        parts = settings, runtime, log, rules
        yield await stack.enter_async_context(
            open_assembled(*parts, interrupts=interrupts, owner=owner)
        )
