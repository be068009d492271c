"""Look here if you want to know how runs are forgotten, and what is left of them.

Rule: first the log's own run says what guests keep, from where later folds begin, and then of each
run that it was there: how many records, its head, its positions. What was signed of it stays.
Rule: a run that a process owns is not forgotten, nor anything from a log whose tables are not what
its records say: a count anew would make them so.
Rule: bytes that runs share go when no run needs them; while any run goes on, all stay, for it may
be about to need them.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from lion.domain.events import RunForgotten, RunStarted
from lion.errors import AuditError, OperatorError
from lion.log.checked import report_of
from lion.log.heads import Signer
from lion.log.ownership import RUNS, is_owned, release, take_lock
from lion.log.row import Row, segments_of
from lion.log.segment import Damaged, Segment, records_of
from lion.log.spliced import fork_of
from lion.log.sqlite_check import check_database, check_kept
from lion.log.sqlite_own import note, note_stores, sign_own
from lion.log.sqlite_reader import SqliteReader
from lion.log.sqlite_rows import READ, is_row
from lion.log.sqlite_schema import LOG_NAME, begin, connect_writer, translated
from lion.log.verdicts import forget_verdicts

_STARTED: Final = RunStarted.__name__
_ENDS: Final = """SELECT runs.id, manifest_name, started_ns, records, head, exit_code,
                         coalesce(min(position), 0), coalesce(max(last_position), 0)
                  FROM runs LEFT JOIN segments ON segments.run = runs.id WHERE runs.run = ?"""
_EVERY: Final = f"""SELECT {READ} FROM segments JOIN runs ON runs.id = segments.run
                    WHERE position > ? ORDER BY position LIMIT 1"""


_FORKS = """SELECT DISTINCT runs.run FROM segments JOIN runs ON runs.id = segments.run
            WHERE types LIKE '% RunForked %'"""


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What was forgotten, and how many bytes the log took before and takes now."""

    runs: list[str]
    blobs: int
    bytes_before: int
    bytes_after: int


def forget(directory: Path, runs: Sequence[str], signer: Signer | None) -> Forgotten:
    """Forget runs, all of them or none. Raises OperatorError if a process owns one, AuditError if
    the log as a whole does not verify, or cannot be written."""
    path = directory / LOG_NAME
    before = path.stat().st_size
    with ExitStack() as stack:
        connection = stack.enter_context(closing(connect_writer(directory, "normal")))
        for run in runs:
            lock = take_lock(directory, run)
            stack.callback(partial(release, directory, run, lock, for_ever=True))
        with translated(path, "read"):
            check_database(connection, path)
            check_kept(connection, path)
            _check_not_forked(connection, directory, runs)
            ends = [_ending(connection, directory, run) for run in runs]
        with translated(path, "written"):
            connection.execute("PRAGMA secure_delete = ON")
            begin(connection, path)
            try:
                blobs = _forget(connection, ends, signer, _others_live(directory, runs))
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        _shrink(connection)
    forget_verdicts(directory, runs)
    sweep_locks(directory)
    return Forgotten(
        runs=list(runs), blobs=blobs, bytes_before=before, bytes_after=path.stat().st_size
    )


def _check_not_forked(
    connection: sqlite3.Connection, directory: Path, runs: Sequence[str]
) -> None:
    """Raise OperatorError if another run than these was forked from one of them."""
    reader = SqliteReader(connection, directory)
    for (run,) in connection.execute(_FORKS).fetchall():
        fork = None if run in runs else fork_of(reader, run)
        if fork is not None and fork.parent in runs:
            raise OperatorError(
                f"run {fork.parent} is the past of {run}, which was forked from it",
                hint=f"forget both: lion forget {fork.parent} {run}",
            )


def _ending(connection: sqlite3.Connection, directory: Path, run: str) -> RunForgotten:
    """What will be left of a run."""
    _, name, started, records, head, code, first, last = connection.execute(
        _ENDS, (run,)
    ).fetchone()
    fault = ""
    try:
        report_of(SqliteReader(connection, directory).verified_alone(run))
    except AuditError as exc:
        fault = exc.what
    return RunForgotten(
        run=run, manifest_name=name, started_ns=started, records=records, head=head.hex(),
        exit_code=code, first_position=first, last_position=last, fault=fault,
    )  # fmt: skip


def _forget(
    connection: sqlite3.Connection, ends: Sequence[RunForgotten], signer: Signer | None,
    is_busy: bool,
) -> int:  # fmt: skip
    """How many blobs went."""
    stores = connection.execute("SELECT namespace FROM kv_usage").fetchall()
    note_stores(connection, "forgotten", [name for (name,) in stores])
    for end in ends:
        note(connection, end)
        (run_id, *_) = connection.execute(_ENDS, (end.run,)).fetchone()
        connection.execute("DELETE FROM segments WHERE run = ?", (run_id,))
        for table in ("runs", "budgets", "rates", "reservations"):
            connection.execute(f"DELETE FROM {table} WHERE run = ?", (end.run,))
    sign_own(connection, signer)
    return 0 if is_busy else _sweep_blobs(connection)


def _others_live(directory: Path, runs: Sequence[str]) -> bool:
    names = {path.stem for path in (directory / RUNS).glob("*.lock")}
    return any(is_owned(directory, name) for name in names - set(runs))


def _sweep_blobs(connection: sqlite3.Connection) -> int:
    """Remove bytes that no run needs; none if that cannot be told."""
    there = {digest for (digest,) in connection.execute("SELECT digest FROM blobs").fetchall()}
    try:
        for row in _rows(connection):
            for segment in segments_of(row):
                there.difference_update(_needed(connection, segment))
    except (Damaged, AuditError, ValueError):
        return 0
    connection.executemany("DELETE FROM blobs WHERE digest = ?", [(one,) for one in there])
    return len(there)


def _rows(connection: sqlite3.Connection) -> Iterator[Row]:
    after = -(2**63)
    while (values := connection.execute(_EVERY, (after,)).fetchone()) is not None:
        if not is_row(values):
            raise Damaged("its row is none of a record")
        row = Row(*values)
        yield row
        after = row.position


def _needed(connection: sqlite3.Connection, segment: Segment) -> Iterator[bytes]:
    """The digests of what lies elsewhere: large bodies, and components."""

    def load(seq: int, digest: bytes) -> bytes:
        found = connection.execute("SELECT data FROM blobs WHERE digest = ?", (digest,)).fetchone()
        return bytes(found[0]) if found is not None else b""

    yield from (entry[4][0] for entry in segment.entries if isinstance(entry[4], tuple))
    if any(name == _STARTED for name, _ in segment.types):
        for record in records_of(segment, load):
            started = record.event() if record.type == _STARTED else None
            if isinstance(started, RunStarted):
                yield from map(bytes.fromhex, started.components.values())


def _shrink(connection: sqlite3.Connection) -> None:
    """Give the room back, and leave nothing in the WAL; where another process is in the way, it is
    used for the next records instead."""
    with suppress(sqlite3.Error):
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def sweep_locks(directory: Path) -> None:
    """Unlink locks that runs left behind which are no more, or have ended."""
    from lion.log.sqlite_reader import open_sqlite_reader

    with suppress(OperatorError), open_sqlite_reader(directory) as reader:
        open_runs = {one.run for one in reader.runs() if one.exit_code is None}
        for path in (directory / RUNS).glob("*.lock"):
            with suppress(OperatorError, OSError):
                if path.stem not in open_runs:
                    release(directory, path.stem, take_lock(directory, path.stem), for_ever=True)
