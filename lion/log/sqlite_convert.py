"""Look here if you want to know how a log of schema 2 becomes one of today's.

Rule: all of it or nothing, in one transaction; a run that an older lion still writes is waited
for, not cut off.
Rule: nothing is made whole by it: what did not verify before does not verify after, and what did
is still proved by the digests of then (log/schema_2.py).
"""

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from lion.domain.events import RunFinished
from lion.domain.record import Record, Scope
from lion.errors import AuditError, OperatorError
from lion.log.holders import patiently
from lion.log.ownership import is_owned
from lion.log.row import Row, between, body_of, is_denied
from lion.log.schema_2 import old_digest
from lion.log.segment import (
    CHAIN_START,
    Builder,
    Origin,
    State,
    decode_segment,
    digest_of,
)
from lion.log.sqlite_layout import LOG_NAME, OLD_VERSION, SCHEMA_VERSION, statements
from lion.log.sqlite_own import note_stores
from lion.log.sqlite_rows import insert_row

_SELECT = """SELECT position, runs.run, seq, invocation, call, principal, component_digest, cause,
                    correlation, time_ns, type, version, body, previous_digest, events.digest,
                    body_digest, data
             FROM events JOIN runs ON runs.id = events.run LEFT JOIN scopes ON scopes.id = scope
                  LEFT JOIN blobs ON blobs.digest = body_digest
             WHERE events.run = ? ORDER BY seq"""
_TYPES = (int, str, int, str, int, str, str, str, str, int, str, int, bytes)
_NUMBERS = [at for at, kind in enumerate(_TYPES) if kind is int]
_BUDGETS = 'SELECT holder, budget, "limit", used FROM budgets WHERE run = ? ORDER BY 1, 2'

Fault = tuple[int, str, str]


def convert(connection: sqlite3.Connection, directory: Path | None) -> None:
    """Convert the log. `directory` is where its runs' locks are; None for a copy of it.

    Raises OperatorError while an older lion writes a run of it.
    """
    begin = partial(connection.execute, "BEGIN IMMEDIATE")
    patiently((directory or Path()) / LOG_NAME, "the log cannot be converted", begin)
    try:
        if directory is not None:
            _check_idle(connection, directory)
        connection.execute("DROP TABLE kv_usage")
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        for name, statement in statements():
            if name not in there:
                connection.execute(statement)
        for run_id, *run in connection.execute(
            "SELECT id, run, records, head FROM runs ORDER BY id"
        ).fetchall():
            _convert_run(connection, run_id, *run)
        names = connection.execute("SELECT DISTINCT namespace FROM kv").fetchall()
        note_stores(connection, "converted", [name for (name,) in names])
        connection.execute("DROP TABLE events")
        connection.execute("DROP TABLE scopes")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _check_idle(connection: sqlite3.Connection, directory: Path) -> None:
    for (run,) in connection.execute("SELECT run FROM runs WHERE exit_code IS NULL").fetchall():
        if is_owned(directory, run):
            raise OperatorError(
                f"run {run} in {directory} is still being written by an older lion, "
                "so the log cannot be converted",
                hint="wait for it to end, or stop it; or choose another directory with "
                "--state DIR",
                run=run,
            )


class _Old:
    """The records of a run as they come out of the old tables, and whether they verify."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.fault: Fault | None = None
        self.digest = CHAIN_START
        self.seq = 0
        self._position = 0
        self._finished = False

    def take(self, values: tuple[Any, ...]) -> Record | None:
        """The record of a row; None for what is none."""
        *fields, previous, digest, body_digest, data = values
        if fields[12] is None and type(body_digest) is bytes:
            fields[12] = data
        if tuple(map(type, fields)) != _TYPES or not all(
            0 <= fields[at] < 2**62 for at in _NUMBERS
        ):
            seq = fields[2] if isinstance(fields[2], int) else 0
            self._note(seq, "changed", "its row is none of a record")
            return None
        record = Record(*fields)
        self._check(record, previous, digest)
        self.seq, self._position = record.seq, record.position
        self._finished = record.type == RunFinished.__name__
        self.digest = old_digest(record, self.digest)
        return record

    def _check(self, record: Record, previous: object, digest: object) -> None:
        seq = record.seq
        if type(previous) is not bytes or old_digest(record, previous) != digest:
            self._note(seq, "changed", "a field was changed (its digest does not match)")
        elif self._finished:
            self._note(seq, "after-end", "it comes after RunFinished")
        elif seq > self.seq + 1:
            what = f"it is missing, record {seq} comes next"
            self._note(self.seq + 1, "missing", what)
        elif seq <= self.seq:
            self._note(seq, "repeated", "it comes twice or out of order")
        elif previous != self.digest:
            self._note(seq, "broken", f"it does not continue record {self.seq}")
        elif record.position <= self._position:
            self._note(seq, "order", "its position is not after the one before")

    def finish(self, records: object, head: object) -> None:
        """Compare with what the list of runs says."""
        if (records, head) != (self.seq, self.digest):
            what = f"the log counts {records} records, here are {self.seq}"
            self._note(min(self.seq, records if isinstance(records, int) else 0) + 1, "note", what)

    def _note(self, seq: int, kind: str, what: str) -> None:
        """Keep the first fault."""
        self.fault = self.fault or (seq, kind, what)


def _convert_run(
    connection: sqlite3.Connection, run_id: int, run: str, records: object, head: object
) -> None:
    old = _Old(run)
    rows = connection.execute(_SELECT, (run_id,))
    segments = _Segments(connection, run_id, run)
    for record in filter(None, map(old.take, rows)):
        if segments.is_full(record):
            segments.close(old, None)
        segments.add(record, old.digest)
    old.finish(records, head)
    budgets = connection.execute(_BUDGETS, (run,)).fetchall()
    segments.close(old, State(budgets=tuple(budgets)) if budgets else None)
    connection.execute("UPDATE runs SET head = ? WHERE id = ?", (segments.head, run_id))


def _is_denied(record: Record) -> bool:
    try:
        return is_denied(record.event())
    except AuditError:  # It cannot be read, which is told where it is.
        return False


class _Segments:
    """The new segments of one old run."""

    def __init__(self, connection: sqlite3.Connection, run_id: int, run: str) -> None:
        self.head = CHAIN_START
        self._connection = connection
        self._run_id = run_id
        self._run = run
        self._builder: Builder | None = None
        self._position = 0
        self._digest = CHAIN_START

    def is_full(self, record: Record) -> bool:
        """Whether the record needs another segment."""
        builder = self._builder
        return builder is not None and (
            builder.is_full or record.seq != builder.first_seq + len(builder)
        )

    def add(self, record: Record, digest: bytes) -> None:
        """Take a record, whose digest of then is `digest`."""
        builder = self._builder
        if builder is None:
            self._position = record.position
            builder = self._builder = Builder(self._run, record.seq, record.time_ns)
        scope = Scope(
            self._run, record.invocation, record.principal, record.component_digest,
            record.cause, record.correlation,
        )  # fmt: skip
        builder.add(
            scope, record.call, record.time_ns, (record.type, record.version), body_of(record.body)
        )
        builder.denied += _is_denied(record)
        builder.place(record.position - self._position)
        self._digest = digest

    def close(self, old: _Old, state: State | None) -> None:
        """Write the segment under way, with what is wrong with the run, if anything is."""
        builder = self._builder
        if builder is None:
            return
        origin = Origin(OLD_VERSION, self._digest, old.fault)
        data = builder.build(self._position, 0, state, origin)
        self.head = digest_of(self.head, data)
        segment = decode_segment(data)
        row = Row(
            self._position, self._run, segment.first_seq, segment.last_seq, segment.last_position,
            builder.first_ns, builder.last_ns, len(data), 1, between(builder.types),
            between(builder.principals), builder.denied, 0, self.head, data,
        )  # fmt: skip
        insert_row(self._connection, row, self._run_id)
        self._builder = None
