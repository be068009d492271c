"""Look here if you want to know how a log is read, by its owner's followers and by everybody else.

Rule: a read is one short statement, never an open cursor: a reader that keeps its snapshot stops
the WAL from being used again.
Rule: one row is decoded at a time, and one large body: memory does not grow with the run.
Rule: nothing read is trusted: types, digests of blobs, and on `verify` everything.
"""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from lion.domain.events import RunForgotten
from lion.domain.record import Record
from lion.errors import AuditError, LionError, OperatorError
from lion.log.beside import Beside
from lion.log.checked import records_in, report_of
from lion.log.finding import find_run, forgotten, left_how, unknown_run
from lion.log.holders import patiently
from lion.log.ownership import CHAINS, OWN, is_owned, is_run
from lion.log.row import Row, budgets_at, digest_at, segments_of
from lion.log.segment import Damaged, records_of
from lion.log.spliced import past_records
from lion.log.sqlite_noted import read_beside
from lion.log.sqlite_opening import connect_reader
from lion.log.sqlite_proof import NOTE, prove, prove_alone
from lion.log.sqlite_rows import NEXT_ROW, is_row
from lion.log.sqlite_schema import LOG_NAME, translated
from lion.log.sqlite_since import last_position, records_since
from lion.log.verify import fault
from lion.ports import TRIES, BudgetUse, Progress, RunSummary, VerifyReport

PAGE_BYTES = 1024 * 1024
"""Bytes of bodies after which a page for a follower ends."""

_RUNS = "SELECT run, manifest_name, started_ns, records, exit_code, bytes FROM runs ORDER BY id"
_SIZES = """SELECT runs.run, sum(length(data)) FROM segments JOIN runs ON runs.id = segments.run
            GROUP BY segments.run"""
_BUDGETS = (
    'SELECT holder, budget, "limit", used FROM budgets WHERE run = ? ORDER BY holder, budget'
)


class SqliteReader:
    """`LogReader` of a SQLite log. Made by `open_sqlite_reader`; used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, directory: Path) -> None:
        self._connection = connection
        self._directory = directory
        self.path = directory / LOG_NAME

    def runs(self) -> list[RunSummary]:
        return [self._summary(row) for row in self._rows(_RUNS) if is_run(str(row[0]))]

    def _summary(self, row: tuple[Any, ...]) -> RunSummary:
        run, name, started, records, exit_code, size = row
        if [*map(type, row)] != [str, str, int, int, type(exit_code), int] or type(
            exit_code
        ) not in (int, type(None)):
            return RunSummary(str(run), str(name), 0, 0, None, False, is_damaged=True)
        is_live = exit_code is None and self._is_owned(run)
        is_left = exit_code is None and not is_live
        tries, waits = left_how(self.records(run, records - TRIES) if is_left else ())
        return RunSummary(
            run=run, manifest_name=name, started_ns=started, records=records,
            exit_code=exit_code, is_live=is_live, bytes=size, tries=tries,
            is_waiting=waits,
        )  # fmt: skip

    def _is_owned(self, run: str) -> bool:
        try:
            return is_owned(self._directory, run)
        except OperatorError:  # a damaged name, that cannot be a file's
            return False

    def has_own(self) -> bool:
        """Whether anything was recorded that no run did."""
        return bool(self._rows("SELECT 1 FROM runs WHERE run = ?", OWN))

    def find(self, run: str) -> str:
        if run == OWN and self.has_own():
            return OWN
        if run.startswith(CHAINS) and run in self.chains():
            return run
        try:
            return find_run(self._names(), run)
        except OperatorError:
            self._check_forgotten(run)
            raise

    def _check_forgotten(self, word: str) -> None:
        """Raise OperatorError if a run that is not there was forgotten."""
        for record in self.records(OWN) if self.has_own() and word else ():
            event = record.event() if record.type == RunForgotten.__name__ else None
            if isinstance(event, RunForgotten) and event.run.startswith(word):
                raise forgotten(event)

    def sizes(self) -> dict[str, int]:
        return {str(run): int(size) for run, size in self._rows(_SIZES)}

    def records(
        self,
        run: str,
        after: int = 0,
        *,
        types: frozenset[str] = frozenset(),
        denied: bool = False,
    ) -> Iterator[Record]:
        for row in self.rows(run, after):
            if denied and not row.denied:
                continue
            if not types or any(f" {name} " in row.types for name in types):
                yield from self._records(row, after)

    def rows(self, run: str, after: int = 0) -> Iterator[Row]:
        """The rows of a run, from that of the record after seq `after` on. Raises AuditError."""
        while (row := self._next_row(run, after)) is not None:
            yield row
            after = row.last_seq

    def bodies(self, row: Row) -> list[str]:
        """The digests of the bodies of a row that lie elsewhere, each once. Raises AuditError."""
        try:
            found = [
                entry[4][0].hex()
                for segment in segments_of(row)
                for entry in segment.entries
                if isinstance(entry[4], tuple)
            ]
        except Damaged as exc:
            raise fault(row.run, row.first_seq, "changed", exc.what) from exc
        return list(dict.fromkeys(found))

    def page(self, run: str, after: int) -> list[Record]:
        """The next records of a run after seq `after`, of one row at most and bounded in bytes;
        none if there are no more."""
        page: list[Record] = []
        size = 0
        row = self._next_row(run, after)
        for record in () if row is None else self._records(row, after):
            page.append(record)
            size += len(record.body)
            if size > PAGE_BYTES:
                break
        return page

    def last_position(self) -> int:
        return last_position(self._rows)

    def since(self, position: int, most: int) -> list[Record]:
        return records_since(self._rows, position, most)

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
        rows = self._rows(_BUDGETS, run)
        if any([*map(type, row)] != [str, str, int, int] for row in rows):
            raise fault(run, 0, "budgets", "the table of budgets was changed")
        return [BudgetUse(*row) for row in rows]

    def beside(self, run: str) -> Beside:
        """What stands beside the records of a run, by table, of one moment."""
        with self._snapshot():
            return read_beside(self._connection, run)

    def budgets_at(self, run: str, seq: int) -> list[BudgetUse]:
        try:
            return budgets_at(self.rows(run), seq)
        except Damaged as exc:
            raise fault(run, seq, "changed", exc.what) from exc

    def digest_at(self, run: str, seq: int) -> str | None:
        """The digest after a record, in hex, if a segment ends there. Raises AuditError."""
        try:
            found = digest_at(partial(self.rows, run), seq)
        except Damaged as exc:
            raise fault(run, seq, "changed", exc.what) from exc
        return None if found is None else found.hex()

    def before(self, run: str) -> Iterator[Record]:
        return past_records(self, run)

    def verify(self, run: str, progress: Progress | None = None) -> VerifyReport:
        return report_of(prove(self, self._connection, run, progress))

    def verified(
        self, run: str, progress: Progress | None = None
    ) -> Generator[Record, None, VerifyReport]:
        return records_in(prove(self, self._connection, run, progress))

    def verified_alone(
        self, run: str, progress: Progress | None = None
    ) -> Generator[Record, None, VerifyReport]:
        """As `verified`, whatever became of the rest of the log."""
        return records_in(prove_alone(self, run, progress))

    def listed(self, run: str) -> tuple[list[Any], Beside]:
        """What the list of runs and the tables say of a run, of one moment (sqlite_proof.py)."""
        with self._snapshot():
            return self._rows(NOTE, run), read_beside(self._connection, run)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        with translated(self.path, "read"):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def unknown(self, run: str) -> LionError:
        """The error for a run that nobody knows. It may be one whose name was changed: then that
        one does not verify."""
        names = self._names()
        if run in names:
            return fault(run, 0, "note", "the index of the runs was changed")
        for name in names:
            self.verify(name)
        return unknown_run(names, run)

    def _names(self) -> list[str]:
        rows = self._rows("SELECT run FROM runs ORDER BY id")
        return [name for name in map(str, (row[0] for row in rows)) if is_run(name)]

    def chains(self) -> list[str]:
        rows = self._rows("SELECT run FROM runs WHERE run LIKE ? || '%' ORDER BY run", CHAINS)
        return [str(name) for (name,) in rows]

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with translated(self.path, "read"):
            read = partial(self._connection.execute, statement, values)
            return patiently(self.path, f"the log {self.path} cannot be read", read).fetchall()

    def _next_row(self, run: str, after: int) -> Row | None:
        rows = self._rows(NEXT_ROW, run, after)
        if not rows:
            return None
        if not is_row(rows[0]):
            seq = rows[0][2]
            what = "its row is none of a record"
            raise fault(run, seq if isinstance(seq, int) else 0, "changed", what)
        return Row(*rows[0])

    def _records(self, row: Row, after: int) -> Iterator[Record]:
        seq = row.first_seq
        try:
            for segment in segments_of(row):
                seq = segment.first_seq
                yield from records_of(segment, self._load, after)
        except Damaged as exc:
            raise fault(row.run, seq + exc.at, "changed", exc.what) from exc

    def _load(self, seq: int, digest: bytes) -> bytes:
        return self.blob(digest.hex())


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
