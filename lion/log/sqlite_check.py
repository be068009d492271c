"""Look here if you want to know what of the log as a whole is checked before any of its runs
verifies: SQLite's own structure, the schema's words, and what guests keep.

Rule: what is kept in kv is compared with the last word that a segment says of each store, and that
segment's digest is checked; whoever owns the file can rewrite all of it, which a signed head finds
and this does not.
"""

import sqlite3
from pathlib import Path

from lion.errors import AuditError
from lion.log.row import Row, segments_of, unpack
from lion.log.segment import CHAIN_START, Damaged, digest_of
from lion.log.sqlite_layout import MENDS, layout_fault
from lion.log.sqlite_rows import READ, is_row
from lion.log.sqlite_tables import digest_of_sum, entry_number

_KEEPING = f"""SELECT {READ} FROM segments JOIN runs ON runs.id = segments.run
               WHERE kept AND last_position < ? ORDER BY last_position DESC LIMIT 1"""
_BEFORE = """SELECT digest FROM segments WHERE run = (SELECT id FROM runs WHERE run = ?)
             AND last_seq = ?"""
_KEPT = """SELECT namespace, key, value FROM kv WHERE namespace = ? OR ? = ''
           ORDER BY namespace, key"""


def damaged(path: Path, kind: str, what: str) -> AuditError:
    """Build the error for a log that is not as it was written, whichever run is asked about."""
    return AuditError(
        f"the log {path} does not verify: {what}",
        hint=f"the log was damaged or changed; {MENDS}",
        path=str(path),
        fault=kind,
    )


def check_database(connection: sqlite3.Connection, path: Path) -> None:
    """Raises AuditError with the fact `fault`: schema, database."""
    check_layout(connection, path)
    if what := structure_fault(connection):
        raise damaged(path, "database", what)


def check_layout(connection: sqlite3.Connection, path: Path) -> None:
    """Raises AuditError with the fact `fault`: schema."""
    if what := layout_fault(connection):
        raise damaged(path, "schema", what)


def structure_fault(connection: sqlite3.Connection) -> str:
    """What SQLite finds wrong with its own structure, the first of it; empty if nothing is."""
    lines = connection.execute("PRAGMA integrity_check(1)").fetchall()
    found = next((str(line) for (line,) in lines if line != "ok"), "")
    return found.rpartition("\n")[2]  # the first line says in which database


def check_kept(connection: sqlite3.Connection, path: Path) -> None:
    """Raises AuditError with the fact `fault`: kv."""
    connection.execute("BEGIN")
    try:
        _check_kv(connection, path)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _check_kv(connection: sqlite3.Connection, path: Path) -> None:
    found = counted_stores(connection, path)
    usage = {
        name: (size, digest)
        for name, size, digest in connection.execute("SELECT * FROM kv_usage").fetchall()
    }
    for name in found.keys() | usage.keys():
        if usage.get(name) != found.get(name, (0, bytes(32))):
            raise damaged(path, "kv", f"what is kept in {name!r} is not what was counted")
    for name, said in last_words(connection, path, set(usage)).items():
        if said != usage[name]:
            what = f"what is kept in {name!r} is not what its last record left there"
            raise damaged(path, "kv", what)


def counted_stores(
    connection: sqlite3.Connection, path: Path, only: str = ""
) -> dict[str, tuple[int, bytes]]:
    """Bytes and digest of each store, or of one, from what is in it. Raises AuditError."""
    sums: dict[str, tuple[int, int]] = {}
    for name, key, value in connection.execute(_KEPT, (only, only)):
        if not (type(name) is type(key) is type(value) is str):
            raise damaged(path, "kv", f"what is kept in {name!r} is no text")
        size, numbers = sums.get(name, (0, 0))
        size += len(key.encode()) + len(value.encode())
        sums[name] = size, numbers + entry_number(name, key, value)
    return {name: (size, digest_of_sum(numbers)) for name, (size, numbers) in sums.items()}


def last_words(
    connection: sqlite3.Connection, path: Path, names: set[str]
) -> dict[str, tuple[int, bytes] | None]:
    """What the last segment that changed a store says of it; None if none does. Raises
    AuditError."""
    words: dict[str, tuple[int, int, bytes]] = {}
    position = 2**63 - 1
    # Rows that were put together span others: the last row need not have the last word.
    while len(words) < len(names) or any(at < position for at, *_ in words.values()):
        values = connection.execute(_KEEPING, (position,)).fetchone()
        if values is None:
            break
        if not is_row(values):
            raise damaged(path, "kv", "a row that tells of stores is none of a record")
        row = Row(*values)
        position = row.last_position
        for at, name, size, digest in _told(connection, path, row):
            if name in names and at > words.get(name, (0,))[0]:
                words[name] = at, size, digest
    return {name: words[name][1:] if name in words else None for name in names}


def _told(
    connection: sqlite3.Connection, path: Path, row: Row
) -> list[tuple[int, str, int, bytes]]:
    """What a row says of stores, and at which position."""
    before = connection.execute(_BEFORE, (row.run, row.first_seq - 1)).fetchone()
    head = CHAIN_START if before is None else before[0]
    try:
        for part in unpack(row):
            head = digest_of(head, part)
        segments = segments_of(row)
    except (Damaged, TypeError) as exc:
        raise _told_wrongly(path, row) from exc
    if head != row.digest:
        raise _told_wrongly(path, row)
    return [(s.position, *kv) for s in segments if s.state is not None for kv in s.state.kv]


def _told_wrongly(path: Path, row: Row) -> AuditError:
    """Build the error for a run that says what is kept and was changed: its fact `run`."""
    error = damaged(path, "kv", f"run {row.run} was changed at record {row.first_seq}")
    error.facts["run"] = row.run
    return error
