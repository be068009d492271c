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
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from lion.domain.events import RunStarted
from lion.domain.plan import Limits
from lion.errors import AuditError, OperatorError
from lion.kernel.replay import (
    Difference,
    count_trusted,
    gather,
    replay_invocation,
    replay_limits,
)
from lion.log.export import export_lines, verify_export
from lion.log.heads import cose_sign1, dsse_envelope
from lion.log.keys import PUBLIC_NAME, read_public
from lion.log.ownership import OWN
from lion.log.signed import check_heads, digest_at, heads_of, require
from lion.log.sqlite_reader import SqliteReader, open_sqlite_reader
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


def open_history(settings: Settings) -> AbstractContextManager[SqliteReader]:
    """The log, for reading only, also while a run writes it. Raises OperatorError, AuditError."""
    return open_sqlite_reader(settings.state)


def verify_run(
    settings: Settings, word: str, *, key: str = "", is_signed: bool = False
) -> VerifyReport:
    """Check a run (an id, a beginning of one, `last`) as LogReader.verify does, and its signed
    heads; keep what was found, and when, for `lion runs`. Heads of `key` (hex) alone count, if it
    is given; with `is_signed` all of the run has to be signed.
    """
    with open_history(settings) as reader:
        run = reader.find(word)
        now = time.time_ns()
        try:
            report = _verified(reader, run, key)
        except AuditError as exc:
            fault, seq = str(exc.facts.get("fault", "unreadable")), int(exc.facts.get("seq", 0))
            found = Verdict(run=run, time_ns=now, fault=fault, seq=seq, what=exc.what)
            note_verdict(settings.state, found)
            raise
    found = Verdict(run=run, time_ns=now, records=report.records, head=report.head)
    note_verdict(settings.state, found)
    if is_signed:
        require(report, key)
    return report


def _verified(reader: SqliteReader, run: str, key: str) -> VerifyReport:
    report = reader.verify(run)
    heads = heads_of(reader, run)
    if heads:
        reader.verify(OWN)
    found = check_heads(run, heads, partial(digest_at, reader, run), key)
    return msgspec.structs.replace(report, signed=found.signed, key=found.key)


def verify_file(path: Path, *, key: str = "", is_signed: bool = False) -> VerifyReport:
    """Check an export (`lion export`), without any log. Raises OperatorError if it cannot be
    read, AuditError if it does not verify."""
    try:
        with open(path, "rb") as file:
            report, found = verify_export(file, str(path), key)
    except OSError as exc:
        what = f"{str(path)!r} cannot be read: {exc.strerror}"
        raise OperatorError(what, hint="check the path") from exc
    report = msgspec.structs.replace(report, signed=found.signed, key=found.key)
    if is_signed:
        require(report, key)
    return report


def export_run(
    settings: Settings, word: str, write: Callable[[bytes], object], *, with_components: bool
) -> VerifyReport:
    """Verify a run, and write it as lines of JSON for somebody without this log. Raises
    OperatorError, AuditError."""
    with open_history(settings) as reader:
        report = _verified(reader, reader.find(word), "")
        for line in export_lines(reader, report.run, with_components=with_components):
            write(line)
    return report


def export_head(settings: Settings, word: str, form: Literal["dsse", "cose"]) -> bytes:
    """The last signed head of a run, as a verifier of that form takes it. Raises OperatorError if
    there is none, AuditError."""
    with open_history(settings) as reader:
        run = reader.find(word)
        _verified(reader, run, "")
        heads = heads_of(reader, run)
    if not heads:
        raise OperatorError(
            f"run {run} has no signed head", hint="make a key for the runs to come: lion keygen"
        )
    last = max(heads, key=lambda head: head.seq)
    return cose_sign1(last) if form == "cose" else msgspec.json.encode(dsse_envelope(last))


def own_key(settings: Settings) -> str:
    """The operator's public key in hex, if there is one."""
    path = settings.config / PUBLIC_NAME if settings.config is not None else None
    return read_public(path).hex() if path is not None and path.exists() else ""


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
