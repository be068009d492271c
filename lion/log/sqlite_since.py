"""Look here if you want to know how a log is read across its runs, in the order of its positions.

Rule: records lie by runs, and rows put together span others': what follows a position may be in
any row that ends after it, and each page has all of them up to where one ends.
"""

from collections.abc import Callable
from typing import Any, Final

from lion.domain.record import Record
from lion.log.row import Row, segments_of
from lion.log.segment import Damaged, records_of
from lion.log.sqlite_rows import LAST_POSITION, READ, is_row
from lion.log.verify import fault

PAGE_ROWS: Final = 16
"""Rows that end within one page; besides there are those of other runs that go on."""
_UNTIL: Final = """SELECT max(last_position) FROM (SELECT last_position FROM segments
                   WHERE last_position > ? ORDER BY last_position LIMIT ?)"""
# The plus keeps SQLite from reading all rows from the first: the index by end has positions too.
_ROWS: Final = f"""SELECT {READ} FROM segments JOIN runs ON runs.id = segments.run
                   WHERE last_position > ? AND +position <= ?"""
_BODY: Final = "SELECT CASE WHEN length(data) <= ? THEN data END FROM blobs WHERE digest = ?"

Query = Callable[..., list[Any]]
"""Reads the rows of a statement with its values. Raises AuditError."""


def last_position(query: Query) -> int:
    """The position of a log's last record; 0: it has none."""
    return int(query(LAST_POSITION)[0][0])


def records_since(query: Query, after: int, most: int) -> list[Record]:
    """The next records of a log after a position, in order; none if there are no more. A body of
    more than `most` bytes is left out: it is empty. Raises AuditError.
    """
    until = query(_UNTIL, after, PAGE_ROWS)[0][0]
    if until is None:
        return []

    def load(seq: int, digest: bytes) -> bytes:
        found = query(_BODY, most, digest)
        return found[0][0] if found and type(found[0][0]) is bytes else b""

    found: list[Record] = []
    for values in query(_ROWS, after, until):
        if not is_row(values):
            raise fault(str(values[1]), 0, "changed", "its row is none of a record")
        row = Row(*values)
        try:
            for segment in segments_of(row):
                if after < segment.last_position and segment.position <= until:
                    found += (
                        one for one in records_of(segment, load) if after < one.position <= until
                    )
        except Damaged as exc:
            raise fault(row.run, row.first_seq, "changed", exc.what) from exc
    found.sort(key=_position)
    return found


def _position(record: Record) -> int:
    return record.position
