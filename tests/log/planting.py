"""Look here if you want to know how a test plants a record in a real log, so that its chain is
whole: as another program would have written it.
"""

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from lion.domain.record import Record
from lion.log.chain import BLOB_THRESHOLD, CHAIN_START, digest_of, fields_of
from lion.log.sqlite import open_sqlite_reader
from lion.log.sqlite_schema import LOG_NAME


def plant(state: Path, kind: str, **changes: Any) -> int:
    """Change the last run's first record of a type and seal everything after it; its seq."""
    with open_sqlite_reader(state) as reader:
        records = list(reader.records(reader.find("last")))
    at = next(i for i, record in enumerate(records) if record.type == kind)
    records[at] = msgspec.structs.replace(records[at], **changes)
    _write(state, _sealed(records))
    return records[at].seq


def _sealed(records: list[Record]) -> list[Record]:
    head, sealed = CHAIN_START, []
    for record in records:
        one = msgspec.structs.replace(record, previous_digest=head)
        head = digest_of(fields_of(one))
        sealed.append(msgspec.structs.replace(one, digest=head))
    return sealed


def _write(state: Path, records: list[Record]) -> None:
    with closing(sqlite3.connect(state / LOG_NAME)) as connection, connection:
        for one in records:
            is_large = len(one.body) > BLOB_THRESHOLD
            by = sha256(one.body).digest() if is_large else None
            if is_large:
                connection.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (by, one.body))
            connection.execute(
                """UPDATE events SET type = ?, version = ?, body = ?, body_digest = ?,
                          previous_digest = ?, digest = ? WHERE position = ?""",
                (one.type, one.version, None if is_large else one.body, by,
                 one.previous_digest, one.digest, one.position),
            )  # fmt: skip
        last = records[-1]
        connection.execute("UPDATE runs SET head = ? WHERE run = ?", (last.digest, last.run))
