"""Look here if you want to know how recorded runs are read and replayed: the log's reader, an
engine, and nothing that could act.

Rule: what an extension answered is in the log, so any may be imported: nobody need offer it.
Rule: executors, policy, broker and the log's writer have no place here; an import contract says
so.
Rule: whoever only reads the log waits for neither trio nor wasmtime: the engine is imported by
replays.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import msgspec

from lion.domain.events import RunStarted
from lion.domain.plan import Limits
from lion.errors import AuditError
from lion.kernel.replay import (
    Difference,
    count_trusted,
    gather,
    replay_invocation,
    replay_limits,
)
from lion.log.sqlite_reader import open_sqlite_reader
from lion.log.verdicts import note_verdict, read_verdicts
from lion.ports import Component, LogReader, Runtime, Verdict, VerifyReport
from lion.settings import Settings


class ReplayReport(msgspec.Struct, frozen=True):
    """What a replay found. `engine_changed`: it was recorded with other engine settings. `wall_ns`
    in nanoseconds. `trusted` counts calls of system plugins, which are not executed again.
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


def open_history(settings: Settings) -> AbstractContextManager[LogReader]:
    """The log, for reading only, also while a run writes it. Raises OperatorError, AuditError."""
    return open_sqlite_reader(settings.state)


def verify_run(settings: Settings, word: str) -> VerifyReport:
    """Check a run (an id, a beginning of one, `last`) as LogReader.verify does, and keep what was
    found, and when, for `lion runs`.
    """
    with open_history(settings) as reader:
        run = reader.find(word)
        now = time.time_ns()
        try:
            report = reader.verify(run)
        except AuditError as exc:
            fault, seq = str(exc.facts.get("fault", "unreadable")), int(exc.facts.get("seq", 0))
            found = Verdict(run=run, time_ns=now, fault=fault, seq=seq, what=exc.what)
            note_verdict(settings.state, found)
            raise
    found = Verdict(run=run, time_ns=now, records=report.records, head=report.head)
    note_verdict(settings.state, found)
    return report


def last_verdicts(settings: Settings) -> dict[str, Verdict]:
    """What `verify` last found, by run."""
    return read_verdicts(settings.state)


async def replay_run(
    settings: Settings, run: str, progress: Callable[[int, int], None] | None = None
) -> ReplayReport:
    """Verify a run's log, then execute every invocation again. `progress` is told (done, of how
    many).

    Raises OperatorError for an unknown run, AuditError if the log does not verify or lacks a
    component.
    """
    from lion.wasm.runtime import open_runtime

    with open_history(settings) as reader:
        async with open_runtime(settings.cache / "components") as runtime:
            return await replay(reader, run, runtime, progress=progress)


async def replay(
    reader: LogReader,
    run: str,
    runtime: Runtime,
    *,
    instead: Mapping[str, bytes] = {},
    progress: Callable[[int, int], None] | None = None,
) -> ReplayReport:
    """As replay_run, of any log in any engine. `instead` are components by holder to execute in
    place of the recorded ones: where they behave otherwise is the difference.

    Raises also GuestError for one of them that the host cannot load.
    """
    began = time.perf_counter_ns()
    run = reader.find(run)
    finished = reader.verify(run).finished
    records = list(reader.records(run))
    if not records or not isinstance(started := records[0].event(), RunStarted):
        raise AuditError(f"run {run} has no beginning in the log, so it cannot be replayed")
    found = gather(records)
    components: dict[str, Component] = {}
    for one in found.values():
        if one.principal not in components:
            data = instead.get(one.principal) or reader.blob(one.component_digest)
            origin = f"component {one.component_digest[:12]}"
            components[one.principal] = await runtime.load(data, origin, None)
    difference = None
    for done, one in enumerate(found.values()):
        limits = replay_limits(started.limits.get(one.principal, Limits()))
        difference = await replay_invocation(one, components[one.principal], limits)
        if progress is not None:
            progress(done + 1, len(found))
        if difference is not None:
            break
    return ReplayReport(
        run=run, invocations=len(found), calls=sum(len(r.calls) for r in found.values()),
        identical=difference is None, difference=difference, finished=finished,
        engine_changed=runtime.engine_digest != started.engine_digest,
        wall_ns=time.perf_counter_ns() - began, trusted=count_trusted(records),
    )  # fmt: skip
