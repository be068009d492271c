"""Look here if you want to know how the rooms are joined: this file opens everything,
wires it and closes it. Other programs get it as `lion.open_host`.

Rule: it does no work itself; whatever grows here belongs into a room.
Rule: runs are tasks of the host's; whoever closes it stops them and waits for their endings.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import trio

from lion.capabilities.services import check_services
from lion.capabilities.table import host_functions
from lion.domain.plan import Plan
from lion.domain.surroundings import Surroundings
from lion.errors import OperatorError
from lion.fittings import Fittings, build_live, named
from lion.kernel.inspect import ComponentInfo, inspect_component, survey_component
from lion.kernel.interrupts import Interrupts
from lion.kernel.run import Load, Run, Work
from lion.kernel.run_state import LiveRun
from lion.kernel.runs import Runs, Watch
from lion.loading import Loader
from lion.log.sqlite import open_sqlite_reader
from lion.log.sqlite_desk import answer_request, list_waiting
from lion.places import homes_of
from lion.plans import Given, Source, check_starts, read_source, with_call
from lion.policy.policy_file import Policy
from lion.ports import EventLog
from lion.reading import beside
from lion.review.outcome import value_of
from lion.review.report import RunReport
from lion.settings import Settings
from lion.system.entry import build_lent, code_of
from lion.wasm.runtime import WasmRuntime

if TYPE_CHECKING:
    from lion.domain.approval import Answer, Waiting
    from lion.forking import Changes
    from lion.kernel.session import Serve
    from lion.resuming import Grounds
    from lion.review.check import ManifestAudit
    from lion.review.run import RunAudit
    from lion.system.discovery import Lent
    from lion.system.lent import Lendable


class Host:
    """Everything open: engine, log, policy. Made by open_host; its methods are for one trio loop.

    A manifest is a path, its text (TOML, so with a line break), or its tables as a dict.
    """

    def __init__(
        self, settings: Settings, runtime: WasmRuntime, log: EventLog, policy: Policy,
        interrupts: Interrupts, fittings: Fittings, owner: str, runs: Runs,
    ) -> None:  # fmt: skip
        self.settings = settings
        """Where state, cache, policy and secrets are; what `open_history` wants."""
        self._interrupts = interrupts
        self._runtime = runtime
        self._log = log
        self.policy = policy
        self._fittings = fittings
        self._owner = owner
        self._runs = runs
        self._lent: dict[str, Lent] = {}
        parts = runtime, log, policy, host_functions(fittings.operations), self._lent
        self._loader = Loader(*parts, open_system=fittings.open_system, state=settings.state)

    @property
    def log(self) -> EventLog:
        """The open log, for who records beside the runs: a service."""
        return self._log

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
        self, manifest: Source | Plan, *, vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None, run: str = "", by: str = "",
    ) -> Run:  # fmt: skip
        """Begin what a manifest starts, and return once the run is in the log.

        `run` is the id it shall have, `by` who started it (empty: this account).

        `vars` are values of its variables; paths in a text or dict begin in `folder` (None: the
        working directory). Raises OperatorError for a manifest that is wrong or starts nothing;
        what is found out later (a component that cannot be loaded), the run's `wait` raises.
        """
        plan = await self._plan(manifest, Given(vars=vars, folder=folder))
        if not isinstance(manifest, Plan):
            check_starts(plan, plan.name, "call one of its tools")
        return await self._start(plan, run, by)

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
        config: Mapping[str, Any] | None = None,
        vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None,
    ) -> Any:
        """Call one tool, as a run of its own, and give its result as a JSON value.

        `source` is a manifest or the path of a component, which is granted `allow` (as in a
        manifest, {"http": [...]}; relative paths begin in `folder`) and nothing else, and is
        configured with `config`. `tool` is "plugin.function", or "function" of the only component.
        `arguments` are JSON values by the names of the parameters.

        Raises OwnError for the tool's own error, GuestError if it broke off, OperatorError for a
        wrong name, argument or grant; each says in its notes what was denied.
        """
        given = Given(vars=vars, folder=folder, allow=allow, config=config)
        plan = with_call(await self._plan(source, given), tool, arguments)
        return value_of(await self._runs.finish(await self._start(plan), None))

    async def serve(
        self, plan: Plan, clients: Sequence[str], serve: "Serve", watch: Watch | None = None
    ) -> RunReport:
        """Load a plan, start nothing of it, and let `serve` make calls for `clients`, holders of
        the plan, under their grants: one run, which ends when `serve` returns.

        Raises as `run`.
        """
        from lion.kernel.session import serve_clients

        self._runs.check_open()
        work = partial(serve_clients, clients=clients, serve=serve)
        return await self._runs.finish(await self._start(plan, work=work), watch)

    async def inspect(self, data: bytes, origin: str, *, is_strict: bool = True) -> ComponentInfo:
        """What a component imports and offers; unless that is strict, of a refused one too. Raises
        as Runtime.load.
        """
        look = inspect_component if is_strict else survey_component
        return await look(self._runtime, data, origin)

    async def check(
        self,
        manifest: Source | Plan,
        *,
        vars: Mapping[str, str | int] = {},
        folder: str | os.PathLike[str] | None = None,
    ) -> "ManifestAudit":
        """Load all of a manifest, run nothing, and say who may do what, with warnings: what `lion
        check` says, but for the age of sources. Arguments as of `start`. Raises the first mistake.
        """
        from lion.review.check import audit_manifest

        plan = await self._plan(manifest, Given(vars=vars, folder=folder))
        infos, around = await self.look_at(plan)
        return audit_manifest(plan, infos, self.policy, around)

    async def look_at(
        self, plan: Plan, *, is_strict: bool = True
    ) -> tuple[dict[str, ComponentInfo], Surroundings]:
        """Load all of a plan, look at its scripts, directories and secrets, and run nothing.
        Raises the first mistake; a directory's only if it is strict.
        """
        infos = await self._loader.check(plan, self._fittings.clock())
        seen = plan, self.settings, code_of(plan, self._lent), self.policy
        return infos, await beside(partial(check_services, *seen, is_strict=is_strict))

    async def approvals(self) -> "list[Waiting]":
        """The calls of this state directory, of any process, that wait for a person."""
        return await beside(partial(list_waiting, self.settings.state))

    async def answer(self, request: str, answer: "Answer") -> None:
        """Answer a call that waits, by its request's id. Raises OperatorError if none does."""
        await beside(partial(answer_request, self.settings.state, request, answer))

    async def audit(self, run: str) -> "RunAudit":
        """Who could do what in a run of this state directory, and did: what `lion audit` shows.
        `run` is an id, the beginning of one, or "last". The run is verified first. Raises
        OperatorError for one that is not there, AuditError for one that does not verify.
        """
        from lion.review.run import audit_recorded

        def read() -> "RunAudit":
            homes = homes_of(self.settings.lookups)
            with open_sqlite_reader(self.settings.state) as reader:
                return audit_recorded(reader, run, self.policy, homes)

        return await trio.to_thread.run_sync(read)

    async def _plan(self, source: Source | Plan, given: Given) -> Plan:
        self._runs.check_open()
        given = msgspec.structs.replace(given, owner=self._owner, lent=tuple(self._lent))
        return await beside(partial(read_source, source, given))

    async def resume(
        self, run: str, *, is_forced: bool = False, hear: Watch | None = None,
        watch: Watch | None = None,
    ) -> RunReport:  # fmt: skip
        """Go on with a run whose process ended, to its end. `run` is an id, the beginning of one,
        or "last"; `hear` is told of its records so far (in a thread), `watch` of those that come.

        One that has ended gives its report again. Raises OperatorError for one that cannot go on
        (or came no further three times, unless it is forced), AuditError if its log does not
        verify, or its guests do something else than is recorded: then nothing was done.
        """
        started = await self.go_on(run, is_forced=is_forced, hear=hear)
        if isinstance(started, RunReport):
            return started
        return await self._runs.finish(started, watch)

    async def go_on(
        self, run: str, *, is_forced: bool = False, hear: Watch | None = None
    ) -> Run | RunReport:
        """As `resume`, but return once it is this process's; of one that has ended its report."""
        from lion.resuming import begin_again, load_again

        self._runs.check_open()
        found = await begin_again(self._ground(), run, is_forced, hear)
        if isinstance(found, RunReport):
            return found
        started = self._run(found.live, partial(load_again, self._loader, found, is_forced))
        await self._runs.start(started)
        return started

    async def fork(
        self, run: str, at: int | None, changes: "Changes", *, watch: Watch | None = None,
        begins: Callable[[], None] = lambda: None,
    ) -> RunReport:  # fmt: skip
        """Begin a new run whose past are the first `at` records of another; its report. `begins`
        is called before anything is done. Times, what guests keep and files are as they are now.

        Raises OperatorError for a record or a change that makes no sense, AuditError as `resume`.
        """
        from lion.forking import begin_fork, load_fork

        self._runs.check_open()
        fork = await begin_fork(self._ground(), run, at, changes)
        started = self._run(fork.found.live, partial(load_fork, self._loader, fork, begins))
        await self._runs.start(started)
        return await self._runs.finish(started, watch)

    def _ground(self) -> "Grounds":
        from lion.resuming import Grounds

        parts = self._log, self.policy, self._fittings, self._runtime.memory
        return Grounds(self.settings.state, *parts)

    async def _start(
        self, plan: Plan, run: str = "", by: str = "", work: Work | None = None
    ) -> Run:
        fittings = named(self._fittings, run, by)
        live = build_live(plan, self._log, self.policy, fittings, self._runtime.memory)
        started = self._run(live, self._loader.load, work)
        await self._runs.start(started)
        return started

    def _run(self, live: LiveRun, load: Load, work: Work | None = None) -> Run:
        plan = live.plan
        if any(holder.is_sandboxed for holder in plan.holders.values()):
            self._runtime.check_room()
        folders = code_of(plan, self._lent)
        services = self._fittings.services(plan, self.settings, folders, self.policy)
        return Run(live, load, services, self._interrupts, work)
