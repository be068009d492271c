"""Look here if you want to know how what verifies of a damaged log becomes a new one.

Rule: nothing is made whole: a run is taken over as it is and verifies, or it is not taken. The
damaged log is moved aside and stays, so whoever knows better can still look at it.
Rule: what was not taken over is recorded, in the new log's own run.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from lion.domain.events import RunForgotten, RunStarted
from lion.errors import AuditError, OperatorError, OutsideError
from lion.log.forget import sweep_locks
from lion.log.heads import Signer
from lion.log.ownership import OWN, RUNS, is_owned
from lion.log.sqlite_check import counted_stores, last_words
from lion.log.sqlite_own import note, note_stores, sign_own
from lion.log.sqlite_reader import SqliteReader, open_sqlite_reader
from lion.log.sqlite_rows import insert_row
from lion.log.sqlite_schema import LOG_NAME, create_log, opening_alone, room_left, translated
from lion.log.sqlite_store import BLOB

ASIDE: Final = "damaged"
_SPARE: Final = 64 * 1024
"""Bytes that a new log takes beside what is copied."""
_RUN_COLUMNS: Final = "id, run, manifest_name, started_ns, records, head, bytes, exit_code"
_KEPT: Final = "SELECT namespace, key, value FROM kv WHERE namespace = ? ORDER BY key"
_OF_RUNS: Final = {"budgets": 5, "rates": 4, "reservations": 6}
"""Tables that have rows of runs by their names, and how many columns."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the damaged log: how many records it has, and why it cannot be taken over (empty:
    it can)."""

    run: str
    records: int
    fault: str = ""


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, which stores of kv were left out, and where the damaged log is now (empty:
    nothing was done)."""

    runs: list[Found]
    stores: list[str]
    aside: str = ""


def look(directory: Path) -> Repaired:
    """What of a log verifies, run by run. Raises OperatorError, AuditError if nothing of it can
    be read."""
    with _opened(directory) as reader:
        found = [_look_at(reader, run) for run in _names(reader)]
        lost = _stores(reader, directory / LOG_NAME)[1]
    return Repaired(runs=[one for one in found if one.run != OWN], stores=lost)


def repair(directory: Path, signer: Signer | None) -> Repaired:
    """Copy what verifies into a new log, and move the damaged one aside. Raises OperatorError
    while a process owns a run, AuditError if nothing of it can be read."""
    path = directory / LOG_NAME
    new = path.with_name(f"{LOG_NAME}.{os.getpid()}.new")
    with opening_alone(directory):
        _check_idle(directory)
        _check_room(directory)
        try:
            with (
                _opened(directory) as reader,
                closing(create_log(new)) as log,
                translated(new, "written"),
            ):
                log.execute("BEGIN IMMEDIATE")
                done = _copy_all(reader, log, signer)
                log.execute("COMMIT")
            aside = _move_aside(directory)
            os.rename(new, path)
        finally:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{new}{suffix}").unlink(missing_ok=True)
    sweep_locks(directory)
    return msgspec.structs.replace(done, aside=str(aside))


def _check_idle(directory: Path) -> None:
    for lock in (directory / RUNS).glob("*.lock"):
        if is_owned(directory, lock.stem):
            raise OperatorError(
                f"run {lock.stem} is still being written", hint="wait for it to end, or stop it"
            )


def _check_room(directory: Path) -> None:
    """Raise OutsideError where there is no room for another log of this size."""
    names = (LOG_NAME, f"{LOG_NAME}-wal")
    sizes = [path.stat().st_size for path in (directory / n for n in names) if path.exists()]
    needed, left = sum(sizes) + _SPARE, room_left(directory)
    if left < needed:
        raise OutsideError(
            f"what verifies of the log cannot be copied: that may take {needed:,} bytes, and "
            f"{directory} has room for {left:,}",
            hint="make room there; nothing was done",
            directory=str(directory),
        )


def _names(reader: SqliteReader) -> list[str]:
    """The runs, from both ends: a damaged page in the list hides no more than itself."""
    found: dict[str, None] = {}
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error):
            for (name,) in reader._connection.execute(f"SELECT run FROM runs ORDER BY id {order}"):
                if isinstance(name, str):
                    found.setdefault(name)
    return list(found)


def _look_at(reader: SqliteReader, run: str) -> Found:
    records = 0
    try:
        for record in reader.verified_alone(run):
            records = record.seq
    except AuditError as exc:
        return Found(run=run, records=records, fault=exc.what)
    return Found(run=run, records=records)


def _copy_all(reader: SqliteReader, log: sqlite3.Connection, signer: Signer | None) -> Repaired:
    found = []
    for run in _names(reader):
        log.execute("SAVEPOINT run")
        one = _look_at(reader, run)
        if not one.fault:
            try:
                _copy_run(reader, log, run)
            except (AuditError, sqlite3.Error) as exc:
                one = msgspec.structs.replace(one, fault=str(exc))
        if one.fault:
            log.execute("ROLLBACK TO run")
        log.execute("RELEASE run")
        found.append(one)
    stores, lost = _stores(reader, reader.path)
    log.executemany("INSERT INTO kv VALUES (?, ?, ?)", stores)
    note_stores(log, "repaired", sorted({name for name, _, _ in stores} | set(lost)))
    for one in found:
        if one.fault:
            note(log, _left(one))
    sign_own(log, signer)
    return Repaired(runs=[one for one in found if one.run != OWN], stores=lost)


def _copy_run(reader: SqliteReader, log: sqlite3.Connection, run: str) -> None:
    """A run's rows, as they are, and the bytes that they need."""
    read = reader._connection.execute
    row = read(f"SELECT {_RUN_COLUMNS} FROM runs WHERE run = ?", (run,)).fetchone()
    log.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    for one in reader.rows(run):
        insert_row(log, one, row[0])
    for digest in _bytes_of(reader, run):
        log.execute(BLOB, (bytes.fromhex(digest), reader.blob(digest)))
    for table, columns in _OF_RUNS.items():
        values: list[Any] = read(f"SELECT * FROM {table} WHERE run = ?", (run,)).fetchall()
        log.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", values)


def _bytes_of(reader: SqliteReader, run: str) -> Iterator[str]:
    for row in reader.rows(run):
        yield from reader.bodies(row)
    for record in reader.records(run):
        event = record.event() if record.type == RunStarted.__name__ else None
        if isinstance(event, RunStarted):
            yield from event.components.values()


def _stores(reader: SqliteReader, path: Path) -> tuple[list[tuple[str, str, str]], list[str]]:
    """What guests keep, of stores that are as they were counted and as a record left them, if that
    can still be told; and the names of the others."""
    connection = reader._connection
    found, lost = [], []
    for name, counted in _counted(connection).items():
        try:
            rows = connection.execute(_KEPT, (name,)).fetchall()
        except sqlite3.Error:  # A page of it is damaged.
            lost.append(str(name))
            continue
        if counted is not None and _is_kept(connection, path, name, counted):
            found += rows
        else:
            lost.append(str(name))
    return found, lost


def _counted(connection: sqlite3.Connection) -> dict[Any, tuple[Any, Any] | None]:
    """The stores, and how they were counted, as far as that can be read."""
    names: dict[Any, tuple[Any, Any] | None] = {}
    with suppress(sqlite3.Error):
        for (name,) in connection.execute("SELECT DISTINCT namespace FROM kv"):
            names[name] = None
    with suppress(sqlite3.Error):
        for name, size, digest in connection.execute("SELECT * FROM kv_usage"):
            names[name] = size, digest
    return names


def _is_kept(
    connection: sqlite3.Connection, path: Path, name: Any, counted: tuple[Any, Any]
) -> bool:
    try:
        if counted_stores(connection, path, name).get(name, (0, bytes(32))) != counted:
            return False
    except (AuditError, sqlite3.Error):
        return False
    try:
        return last_words(connection, path, {name})[name] in (None, counted)
    except (AuditError, sqlite3.Error):  # A record that would tell is damaged.
        return True


@contextmanager
def _opened(directory: Path) -> Iterator[SqliteReader]:
    """Raises AuditError for a log of which nothing can be read."""
    with ExitStack() as stack:
        try:
            reader = stack.enter_context(open_sqlite_reader(directory))
            reader.has_own()
        except AuditError as exc:
            raise AuditError(
                f"nothing of the log can be read: {exc.what}",
                hint=f"restore it from a copy; or move {directory / LOG_NAME} away, and lion "
                "begins a new one",
                **exc.facts,
            ) from exc
        yield reader


def _left(one: Found) -> RunForgotten:
    return RunForgotten(
        run=one.run, manifest_name="", started_ns=0, records=one.records, head="",
        exit_code=None, first_position=0, last_position=0, fault=one.fault,
    )  # fmt: skip


def _move_aside(directory: Path) -> Path:
    """Make of the damaged log a state directory of its own."""
    stamp = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    aside = directory / ASIDE / stamp
    aside.mkdir(mode=0o700, parents=True)
    for suffix in ("-shm", "-wal", ""):
        with suppress(FileNotFoundError):
            os.rename(directory / f"{LOG_NAME}{suffix}", aside / f"{LOG_NAME}{suffix}")
    return aside
