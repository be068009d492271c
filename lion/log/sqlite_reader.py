"""Look here if you want to know how a log is read, by its owner's followers and by everybody else.

Rule: a read is one short statement, never an open cursor: a reader that keeps its snapshot stops
the WAL from being used again.
Rule: nothing read is trusted: types, digests of blobs, and on `verify` the chain.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from lion.domain.record import Record
from lion.errors import AuditError, LionError
from lion.log.chain import fault
from lion.log.finding import find_run, unknown_run
from lion.log.holders import patiently
from lion.log.ownership import is_owned
from lion.log.sqlite_opening import connect_reader
from lion.log.sqlite_schema import LOG_NAME, translated
from lion.log.verify import Note, verify_run
from lion.ports import BudgetUse, RunSummary, VerifyReport

_PAGE = 256
_BEFORE_ALL = -(2**63)
_SELECT = """SELECT position, runs.run, seq, invocation, call, principal, component_digest, cause,
                    correlation, time_ns, type, version, body, previous_digest, digest, body_digest
             FROM events JOIN runs ON runs.id = events.run JOIN scopes ON scopes.id = scope
             WHERE events.run = (SELECT id FROM runs WHERE run = ?) AND seq > ? ORDER BY seq LIMIT
             ?"""
_NOTE = """SELECT records, head, exit_code, (SELECT max(seq) FROM events WHERE run = runs.id)
           FROM runs WHERE run = ?"""
_RUNS = "SELECT run, manifest_name, started_ns, records, exit_code, bytes FROM runs ORDER BY id"
_BUDGETS = (
    'SELECT holder, budget, "limit", used FROM budgets WHERE run = ? ORDER BY holder, budget'
)
_TYPES = (int, str, int, str, int, str, str, str, str, int, str, int, bytes, bytes, bytes)


class SqliteReader:
    """`LogReader` of a SQLite log. Made by `open_sqlite_reader`; used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, directory: Path) -> None:
        self._connection = connection
        self._directory = directory
        self._path = directory / LOG_NAME

    def runs(self) -> list[RunSummary]:
        return [
            RunSummary(
                run=run,
                manifest_name=name,
                started_ns=started,
                records=records,
                exit_code=exit_code,
                is_live=exit_code is None and is_owned(self._directory, run),
                bytes=size,
            )
            for run, name, started, records, exit_code, size in self._rows(_RUNS)
        ]

    def find(self, run: str) -> str:
        return find_run(self._names(), run)

    def records(self, run: str, after: int = 0) -> Iterator[Record]:
        while page := self.page(run, after):
            yield from page
            after = page[-1].seq

    def page(self, run: str, after: int) -> list[Record]:
        """The next records of a run after seq `after`; none if there are no more."""
        return [self._record(run, row) for row in self._rows(_SELECT, run, after, _PAGE)]

    def blob(self, digest: str) -> bytes:
        try:
            raw = bytes.fromhex(digest)
        except ValueError:
            raw = b""
        rows = self._rows("SELECT data FROM blobs WHERE digest = ?", raw)
        if not rows:
            raise AuditError(f"the bytes {digest!r} are not in the log", digest=digest)
        data = rows[0][0]
        if type(data) is not bytes or sha256(data).digest() != raw:
            raise AuditError(f"the bytes {digest!r} were changed in the log", digest=digest)
        return data

    def budgets(self, run: str) -> list[BudgetUse]:
        return [BudgetUse(*row) for row in self._rows(_BUDGETS, run)]

    def verify(self, run: str) -> VerifyReport:
        rows = self._rows(_NOTE, run)
        if not rows:
            raise self._unknown(run)
        records, head, exit_code, last = rows[0]
        if type(records) is not int or type(head) is not bytes:
            raise fault(run, 0, "note", "the list of runs was changed")
        note = Note(records=records, head=head, exit_code=exit_code)
        report = verify_run(run, self._records_to(run, records), note, self.blob)
        if last != records:  # A live run may have grown since; this was one statement.
            raise fault(
                run, records + 1, "note", f"the log counts {records} records, the last is {last}"
            )
        return report

    def _records_to(self, run: str, last: int) -> Iterator[Record]:
        for record in self.records(run, _BEFORE_ALL):
            if record.seq > last:
                return
            yield record

    def _unknown(self, run: str) -> LionError:
        """A run nobody knows may be one whose name was changed: then that one does not verify."""
        names = self._names()
        if run in names:
            return fault(run, 0, "note", "the index of the runs was changed")
        for name in names:
            self.verify(name)
        return unknown_run(names, run)

    def _names(self) -> list[str]:
        return [str(name) for (name,) in self._rows("SELECT run FROM runs ORDER BY id")]

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with translated(self._path, "read"):
            read = partial(self._connection.execute, statement, values)
            return patiently(self._path, f"the log {self._path} cannot be read", read).fetchall()

    def _body(self, run: str, seq: int, digest: bytes) -> bytes:
        try:
            return self.blob(digest.hex())
        except AuditError as exc:
            raise fault(run, seq, "changed", f"its body: {exc.what}") from exc

    def _record(self, run: str, row: tuple[Any, ...]) -> Record:
        *fields, body_digest = row
        if fields[12] is None and type(body_digest) is bytes:
            fields[12] = self._body(run, fields[2], body_digest)
        elif body_digest is not None:
            raise _unreadable(run, fields[2])
        if tuple(map(type, fields)) != _TYPES:
            raise _unreadable(run, fields[2])
        return Record(*fields)


def _unreadable(run: str, seq: object) -> AuditError:
    return fault(run, seq if isinstance(seq, int) else 0, "changed", "its row is none of a record")


@contextmanager
def open_sqlite_reader(directory: Path) -> Iterator[SqliteReader]:
    """Open the log of a state directory for reading, whether or not it is being written.

    Raises OperatorError if there is no log or it cannot be read, AuditError if it is of a newer
    lion or none of ours.
    """
    with closing(connect_reader(directory / LOG_NAME)) as connection:
        yield SqliteReader(connection, directory)


def read_page(directory: Path, run: str, after: int) -> list[Record]:
    """Read some records with a connection of its own: for followers that lag, in any thread."""
    with open_sqlite_reader(directory) as reader:
        return reader.page(run, after)
