"""Look here if you want to know how recorded runs are read and replayed: the log's reader, an
engine, and nothing that could act.

Rule: what an extension answered is in the log, so any may be imported: nobody need offer it.
Rule: a record is executed once it continues the chain of those before it; whether the run as a
whole verifies is known at its end, and comes before what the guests did.
Rule: executors, policy, broker and the log's writer have no place here; an import contract says
so.
Rule: whoever only reads the log waits for neither trio nor wasmtime: the engine is imported by
replays.
"""

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from lion.domain.events import PluginInvoked
from lion.domain.pairing import Pairs
from lion.domain.record import Record
from lion.domain.workflow import is_workflow
from lion.errors import AuditError, LionError
from lion.kernel.difference import Difference
from lion.log.sqlite_reader import open_sqlite_reader
from lion.ports import Component, LogReader, Progress, Runtime, VerifyReport
from lion.settings import Settings
from lion.workflows.engine import Note

if TYPE_CHECKING:
    from lion.kernel.recorded import Recorded
    from lion.kernel.replayed_run import FindComponent, ReplayedRun


class ReplayReport(msgspec.Struct, frozen=True):
    """What a replay found. `engine_changed`: it was recorded with other engine settings. `wall_ns`
    in nanoseconds. `trusted` counts calls of system plugins, which are not executed again.
    `is_dry`: nothing left the run.
    """

    run: str
    invocations: int
    calls: int
    identical: bool
    difference: Difference | None
    finished: bool
    engine_changed: bool
    wall_ns: int
    trusted: int = 0
    is_dry: bool = False
    is_live: bool = False
    """The run was still going when it was replayed, as far as it had got."""


STEP = 4_096
"""Records between two looks at whether somebody is impatient."""


def open_history(settings: Settings) -> AbstractContextManager[LogReader]:
    """The log, for reading only, also while a run writes it. Raises OperatorError, AuditError."""
    return open_sqlite_reader(settings.state)


async def replay_run(
    settings: Settings, run: str, progress: Progress | None = None
) -> ReplayReport:
    """Execute every invocation of a run again while its log is verified. `progress` is told of
    records.

    Raises OperatorError for an unknown run, AuditError if the log does not verify or lacks a
    component.
    """
    from lion.wasm.compile_ends import Costs
    from lion.wasm.runtime import open_runtime

    costs = Costs.allowing(settings.compile_memory)
    with open_history(settings) as reader:
        async with open_runtime(settings.components, costs=costs) as runtime:
            runtime.check_room()
            return await replay(reader, run, runtime, progress=progress)


async def replay(
    reader: LogReader,
    run: str,
    runtime: Runtime,
    *,
    instead: Mapping[str, bytes] = {},
    progress: Progress | None = None,
) -> ReplayReport:
    """As replay_run, of any log in any engine. `instead` are components by holder to execute in
    place of the recorded ones: where they behave otherwise is the difference. Raises also
    GuestError for one of them that the host cannot load.
    """
    began = time.perf_counter_ns()
    run = reader.find(run)
    is_live = any(one.run == run and one.is_live for one in reader.runs())

    async def find(holder: str, digest: str) -> Component:
        from lion.conductor.code import is_code, load_code

        if (data := instead.get(holder)) is not None:
            return await runtime.load(data, f"the component given for {holder!r}", None)
        data = reader.blob(digest)
        if is_code(data):
            return load_code(data)
        return await runtime.load(data, f"component {digest[:12]}", None)

    replayed, report = await _execute(reader.before(run), reader.verified(run, progress), find)
    if (started := replayed.started) is None:
        raise AuditError(
            f"run {run} has no beginning in the log, so it cannot be replayed",
            hint=f"if it is a service's chain, read it with: lion log {run}",
        )
    return ReplayReport(
        run=run, invocations=replayed.invocations, calls=replayed.calls,
        identical=replayed.difference is None, difference=replayed.difference,
        finished=report.finished, engine_changed=runtime.engine_digest != started.engine_digest,
        wall_ns=time.perf_counter_ns() - began, trusted=replayed.trusted, is_live=is_live,
        is_dry=started.is_dry,
    )  # fmt: skip


class ToldSteps(msgspec.Struct, frozen=True, kw_only=True):
    """What one call of a workflow decided, in order, and why. `path` is its invocation;
    `is_whole`: it has ended.
    """

    workflow: str
    path: str
    is_whole: bool
    notes: tuple[Note, ...]


async def tell_steps(settings: Settings, run: str) -> list[ToldSteps]:
    """Execute the workflows of a run again, and nothing else, and say why each step was done,
    waited or was skipped. Raises as replay_run; where a replay would differ, it ends there.
    """
    from lion.conductor.component import load_workflow
    from lion.domain.plan import Limits
    from lion.kernel.replay import replay_invocation

    told: list[ToldSteps] = []
    with open_history(settings) as reader:
        report = reader.verify(reader.find(run))
        found = _workflows_of(reader, report.run)
    for recorded, code in found:
        is_whole = recorded.is_whole
        recorded.finish()
        component = load_workflow(code).tell()
        await replay_invocation(recorded, component, Limits())
        notes = tuple(component.told[0]) if component.told else ()
        told.append(ToldSteps(
            workflow=recorded.principal, path=recorded.path, is_whole=is_whole, notes=notes
        ))  # fmt: skip
    return told


def _workflows_of(reader: LogReader, run: str) -> "list[tuple[Recorded, bytes]]":
    """The calls of workflows as the log has them, each with its code."""
    from lion.kernel.recorded import begin, note

    codes: dict[str, bytes] = {}
    found: dict[str, tuple[Recorded, Pairs, bytes]] = {}
    for record in chain(reader.before(run), reader.records(run)):
        digest, event = record.component_digest, record.event()
        if isinstance(event, PluginInvoked) and digest:
            if digest not in codes:
                codes[digest] = reader.blob(digest)
            code = codes[digest]
            if is_workflow(code):
                found[record.invocation] = begin(record, event), Pairs(), code
        elif record.invocation in found:
            recorded, pairs, _ = found[record.invocation]
            note(recorded, record, event, pairs)
    return [(recorded, code) for recorded, _, code in found.values()]


async def _execute(
    before: Iterable[Record],
    records: Generator[Record, None, VerifyReport],
    find: "FindComponent",
) -> tuple["ReplayedRun", VerifyReport]:
    """Execute what came before, and what is verified on the way. What does not verify comes
    before what goes otherwise, so all of it is read in any case.
    """
    import trio

    from lion.kernel.groups import flattened
    from lion.kernel.replayed_run import ReplayedRun

    reports: list[VerifyReport] = []
    proved = _kept(records, reports)
    try:
        with flattened():
            async with trio.open_nursery() as nursery:
                replayed = ReplayedRun(find, nursery)
                for record in chain(before, proved):
                    await replayed.take(record)
                replayed.finish()
    except LionError:
        await _read_on(proved)
        raise
    await _read_on(proved)
    return replayed, reports[0]


def _kept(
    records: Generator[Record, None, VerifyReport], reports: list[VerifyReport]
) -> Iterator[Record]:
    reports.append((yield from records))


async def _read_on(records: Iterator[Record]) -> None:
    """Read what is left. Can be cancelled between two steps."""
    import trio

    for at, _ in enumerate(records):
        if at % STEP == 0:
            await trio.lowlevel.checkpoint()
