"""Look here if you want to know how recorded runs are read and replayed: the log's reader, an
engine, and nothing that could act.

Rule: executors, policy, broker and the log's writer have no place here; an import contract says
so.
Rule: whoever only reads the log waits for neither trio nor wasmtime: the engine is imported by
replays.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec

from lion.audit.sqlite_reader import open_sqlite_reader
from lion.domain.event import RunStarted
from lion.errors import AuditError
from lion.kernel.replay import Difference, gather, replay_invocation, replay_limits
from lion.ports import Component, LogReader
from lion.settings import Settings


class ReplayReport(msgspec.Struct, frozen=True):
    """What a replay found. `engine_changed`: it was recorded with other engine settings. `wall_ns`
    in nanoseconds.
    """

    run: str
    invocations: int
    calls: int
    identical: bool
    difference: Difference | None
    finished: bool
    engine_changed: bool
    wall_ns: int


def open_history(settings: Settings) -> AbstractContextManager[LogReader]:
    """The log, for reading only, also while a run writes it. Raises OperatorError, AuditError."""
    return open_sqlite_reader(settings.state)


async def replay_run(
    settings: Settings, run: str, progress: Callable[[int, int], None] | None = None
) -> ReplayReport:
    """Verify a run's log, then execute every invocation again. `progress` is told (done, of how
    many).

    Raises OperatorError for an unknown run, AuditError if the log does not verify or lacks a
    component.
    """
    from lion.wasm.runtime import open_runtime

    began = time.perf_counter_ns()
    with open_history(settings) as reader:
        run = reader.find(run)
        finished = reader.verify(run).finished
        records = list(reader.records(run))
        if not records or not isinstance(started := records[0].event(), RunStarted):
            raise AuditError(f"run {run} has no beginning in the log, so it cannot be replayed")
        found = gather(records)
        async with open_runtime(settings.cache / "components") as runtime:
            components: dict[str, Component] = {}
            for digest in {r.component_digest for r in found.values()}:
                components[digest] = await runtime.load(
                    reader.blob(digest), f"component {digest[:12]}"
                )
            difference = None
            for done, one in enumerate(found.values()):
                limits = replay_limits(started.limits.get(one.principal))
                difference = await replay_invocation(one, components[one.component_digest], limits)
                if progress is not None:
                    progress(done + 1, len(found))
                if difference is not None:
                    break
            engine_changed = runtime.engine_digest != started.engine_digest
    return ReplayReport(
        run=run, invocations=len(found), calls=sum(len(r.calls) for r in found.values()),
        identical=difference is None, difference=difference, finished=finished,
        engine_changed=engine_changed, wall_ns=time.perf_counter_ns() - began,
    )  # fmt: skip
