"""Look here if you want to know how a run of a SQLite log is verified, and what of the rest of the
log that depends on.

Rule: the schema's words and what guests keep are everybody's: if they were changed no run
verifies. Damage (a page that SQLite cannot read, another run's segments) is the damage of what it
hits: a run that it does not touch verifies, and its report says that there is damage elsewhere.
Rule: where the database's structure is damaged no index is believed: each row is read by its
position as well, and must be the same.
"""

import sqlite3
import warnings
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec

from lion.errors import AuditError, LionError, LionWarning
from lion.log.beside import Beside
from lion.log.checked import Part
from lion.log.row import Row
from lion.log.sqlite_check import check_kept, check_layout, structure_fault
from lion.log.sqlite_layout import MENDS
from lion.log.sqlite_rows import READ
from lion.log.sqlite_schema import translated
from lion.log.verify import Note, Verification, fault
from lion.ports import Progress, VerifyReport

NOTE = """SELECT records, head, exit_code, manifest_name, started_ns, bytes,
                 (SELECT max(last_seq) FROM segments WHERE run = runs.id)
          FROM runs WHERE run = ?"""
_IN_LIST = NOTE.replace("FROM runs WHERE", "FROM runs NOT INDEXED WHERE")
_BY_POSITION = f"""SELECT {READ} FROM segments NOT INDEXED JOIN runs ON runs.id = segments.run
                   WHERE position = ?"""


class Source(Protocol):
    """What is verified: a log as its reader has it."""

    path: Path

    def rows(self, run: str, after: int = 0) -> Iterator[Row]: ...
    def blob(self, digest: str) -> bytes: ...
    def listed(self, run: str) -> tuple[list[Any], Beside]:
        """What NOTE and the tables say of a run, of one moment."""
        ...

    def unknown(self, run: str) -> LionError: ...


def prove(
    source: Source, connection: sqlite3.Connection, run: str, progress: Progress | None
) -> Generator[Part, None, VerifyReport]:
    """The records of a run while it and what is everybody's is verified. Raises as
    LogReader.verify; warns of damage elsewhere (LionWarning).
    """
    path = source.path
    with translated(path, "read"):
        check_layout(connection, path)
        damage = structure_fault(connection)
    look = _looking_twice(source, connection, run) if damage else None
    report = yield from prove_alone(source, run, progress, look)
    try:
        with translated(path, "read"):
            check_kept(connection, path)
    except AuditError as exc:
        if not damage and exc.facts.get("run") in (None, run):
            raise
        damage = f"{damage}; {exc.what}" if damage else exc.what
    if damage:
        said = f"the log {path} is damaged, but not where run {run} lies: {damage}; {MENDS}"
        warnings.warn(said, LionWarning, stacklevel=2)
    return msgspec.structs.replace(report, damage=damage)


def prove_alone(
    source: Source, run: str, progress: Progress | None, look: Callable[[Row], None] | None = None
) -> Generator[Part, None, VerifyReport]:
    """The same of a run alone, whatever became of the rest. `look` is shown each row."""
    note = _note(source, run)
    verification = Verification(run, note, source.blob)
    for row in _rows(source, run, verification):
        if look is not None:
            look(row)
        yield from verification.read(row)
        if progress is not None:
            progress(min(row.last_seq, note.records), note.records)
        if row.last_seq >= note.records:
            break
    return verification.finish()


def _rows(source: Source, run: str, verification: Verification) -> Iterator[Row]:
    try:
        yield from source.rows(run, -(2**63))
    except AuditError as exc:
        if "run" in exc.facts:
            raise
        raise fault(run, verification.seq + 1, "database", exc.what) from exc


def _looking_twice(
    source: Source, connection: sqlite3.Connection, run: str
) -> Callable[[Row], None]:
    """Compare what an index led to with what lies at its position, and the run with its list."""
    with translated(source.path, "read"):
        listed = connection.execute(_IN_LIST, (run,)).fetchall()
    if listed != source.listed(run)[0]:
        raise fault(run, 0, "database", "the list of runs is not what its index says")

    def look(row: Row) -> None:
        with translated(source.path, "read"):
            found = connection.execute(_BY_POSITION, (row.position,)).fetchall()
        if found != [msgspec.structs.astuple(row)]:
            raise fault(row.run, row.first_seq, "database", "its row is not what the index says")

    return look


def _note(source: Source, run: str) -> Note:
    """What the log says of a run, of one moment."""
    rows, beside = source.listed(run)
    if not rows:
        raise source.unknown(run)
    records, head, exit_code, name, started_ns, size, last = rows[0]
    if type(records) is not int or type(head) is not bytes or type(last or 0) is not int:
        raise fault(run, 0, "note", "the list of runs was changed")
    if last != records:
        what = f"the log counts {records} records, the last is {last}"
        raise fault(run, min(records, last or 0) + 1, "note", what)
    return Note(
        records=records, head=head, exit_code=exit_code, manifest_name=name,
        started_ns=started_ns, size=size, beside=beside,
    )  # fmt: skip
