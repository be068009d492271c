"""Look here if you want to know how rows of segments are written, put together and read.

Rule: small rows of a run are put together when it ends, and whenever there are many: a run that
waits for somebody at every call makes one for each.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from lion.log.row import Row, between, pack, unpack
from lion.log.segment import MOST_BYTES

SMALL: Final = 4_096
"""Bytes below which a row is put together with its neighbours."""
MANY: Final = 256
"""Small rows of one run that are put together though it goes on."""

_COLUMNS = Row.__struct_fields__
_INSERT = f"INSERT INTO segments VALUES ({', '.join('?' * len(_COLUMNS))})"
READ = ", ".join("runs.run" if name == "run" else f"segments.{name}" for name in _COLUMNS)
"""The columns of a Row, of segments joined with runs."""
NEXT_ROW = f"""SELECT {READ}
    FROM segments JOIN runs ON runs.id = segments.run
    WHERE segments.run = (SELECT id FROM runs WHERE run = ?) AND last_seq > ?
    ORDER BY last_seq LIMIT 1"""
_SMALL_ROWS = f"""SELECT {READ}
    FROM segments JOIN runs ON runs.id = segments.run
    WHERE segments.run = ? AND last_seq > ? AND parts = 1 AND segments.size < {SMALL}
    ORDER BY last_seq"""
LAST_POSITION = "SELECT coalesce(max(last_position), 0) FROM segments"


def insert_row(connection: sqlite3.Connection, row: Row, run_id: int) -> None:
    """Write a row of the run whose number is `run_id`."""
    values = list(msgspec.structs.astuple(row))
    values[1] = run_id
    connection.execute(_INSERT, values)


def put_together(connection: sqlite3.Connection, run_id: int, after: int) -> None:
    """Make of a run's small rows after seq `after` as few as they fit into."""
    for rows in _neighbours(_small_rows(connection, run_id, after)):
        if len(rows) > 1:
            whole = _joined(rows)
            connection.executemany(
                "DELETE FROM segments WHERE position = ?", [(row.position,) for row in rows]
            )
            insert_row(connection, whole, run_id)


def _small_rows(connection: sqlite3.Connection, run_id: int, after: int) -> list[Row]:
    return [Row(*values) for values in connection.execute(_SMALL_ROWS, (run_id, after))]


def _neighbours(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows that follow each other, as many as fit into one."""
    together: list[Row] = []
    size = 0
    for row in rows:
        if together and (
            row.first_seq != together[-1].last_seq + 1 or size + row.size > MOST_BYTES
        ):
            yield together
            together, size = [], 0
        together.append(row)
        size += row.size
    if together:
        yield together


def _joined(rows: Sequence[Row]) -> Row:
    first, last = rows[0], rows[-1]
    parts = [part for row in rows for part in unpack(row)]
    return Row(
        first.position, first.run, first.first_seq, last.last_seq, last.last_position,
        min(row.first_ns for row in rows), max(row.last_ns for row in rows),
        sum(row.size for row in rows), len(parts), _union(row.types for row in rows),
        _union(row.principals for row in rows), sum(row.denied for row in rows),
        max(row.kept for row in rows), last.digest, pack(parts),
    )  # fmt: skip


def _union(lists: Iterator[str]) -> str:
    return between({name for names in lists for name in names[1:-1].split(" ")})


def is_row(values: Sequence[Any]) -> bool:
    """Whether columns hold what a row may hold: SQLite lets anything stand anywhere."""
    return len(values) == len(_TYPES) and all(map(_is, values, _TYPES))


_TYPES: Final = (
    int, str, int, int, int, int, int, int, int, str, str, int, int, bytes, bytes,
)  # fmt: skip


def _is(value: Any, kind: type) -> bool:
    return type(value) is kind
