"""Look here if you want to know how a test plants a record in a real log, so that its chain is
whole: as another program would have written it.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from lion.domain.record import Record, Scope
from lion.errors import AuditError
from lion.log.quota import RECORD_BYTES
from lion.log.row import body_of, is_denied, row_of
from lion.log.segment import BLOB_THRESHOLD, CHAIN_START, Builder, State, digest_of
from lion.log.sqlite import open_sqlite_reader
from lion.log.sqlite_rows import insert_row
from lion.log.sqlite_schema import LOG_NAME


def plant(state: Path, kind: str, **changes: Any) -> int:
    """Change the last run's first record of a type and seal everything after it; its seq."""
    found = 0

    def change(records: list[Record]) -> list[Record]:
        nonlocal found
        at = next(i for i, record in enumerate(records) if record.type == kind)
        found = records[at].seq
        records[at] = msgspec.structs.replace(records[at], **changes)
        return records

    forge(state, change)
    return found


def forge(
    state: Path, change: Callable[[list[Record]], Sequence[Record]], word: str = "last"
) -> None:
    """Change a run's records and seal all of them anew, as one who knows how would."""
    with open_sqlite_reader(state) as reader:
        run = reader.find(word)
        records = change(list(reader.records(run)))
        budgets = tuple(
            (one.holder, one.budget, one.limit, one.used) for one in reader.budgets(run)
        )
        kv = tuple(reader._connection.execute("SELECT namespace, bytes, digest FROM kv_usage"))
    with closing(sqlite3.connect(state / LOG_NAME)) as connection, connection:
        (run_id,) = connection.execute("SELECT id FROM runs WHERE run = ?", (run,)).fetchone()
        connection.execute("DELETE FROM segments WHERE run = ?", (run_id,))
        head = CHAIN_START
        for one in records:
            last = one is records[-1]
            state_ = State(budgets=budgets, kv=kv) if last else None
            head = _write(connection, run_id, one, head, state_)
        size = sum(len(one.body) + RECORD_BYTES for one in records)
        connection.execute(
            "UPDATE runs SET head = ?, bytes = ? WHERE id = ?", (head, size, run_id)
        )


def _write(
    connection: sqlite3.Connection, run_id: int, one: Record, head: bytes, state: State | None
) -> bytes:
    """Write a segment of one record; its digest."""
    builder = Builder(one.run, one.seq, one.time_ns)
    scope = Scope(
        one.run, one.invocation, one.principal, one.component_digest, one.cause, one.correlation
    )
    builder.add(scope, one.call, one.time_ns, (one.type, one.version), body_of(one.body))
    if len(one.body) > BLOB_THRESHOLD:
        values = (sha256(one.body).digest(), one.body)
        connection.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", values)
    data = builder.build(one.position, 0, state)
    digest = digest_of(head, data)
    row = row_of(builder, one.position, state is not None and bool(state.kv), digest, data)
    insert_row(connection, msgspec.structs.replace(row, denied=_denied(one)), run_id)
    return digest


def _denied(record: Record) -> int:
    try:
        return int(is_denied(record.event()))
    except AuditError:
        return 0
