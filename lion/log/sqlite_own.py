"""Look here if you want to know how the log records what was done to it by no run: an operator's
word, a conversion. It has a run of its own for that, which is listed nowhere.
"""

import sqlite3
import time
from collections.abc import Iterable

from lion.domain.events import Event, StateCheckpointed, encode_body
from lion.domain.events.upcast import VERSIONS
from lion.domain.record import Scope
from lion.log.heads import Head, Signer, sign_head
from lion.log.ownership import OWN
from lion.log.quota import RECORD_BYTES
from lion.log.row import row_of
from lion.log.segment import CHAIN_START, Builder, State, digest_of
from lion.log.sqlite_rows import LAST_POSITION, insert_row
from lion.log.sqlite_tables import SqliteTables

_FIND = "SELECT id, records, head, bytes FROM runs WHERE run = ?"
_BEGIN = """INSERT INTO runs (run, manifest_name, started_ns, records, head, bytes)
            VALUES (?, '', ?, 0, ?, 0)"""
_GROW = "UPDATE runs SET records = ?, head = ?, bytes = ? WHERE id = ?"


def note_stores(connection: sqlite3.Connection, reason: str, namespaces: Iterable[str]) -> None:
    """Record, inside the transaction under way, that stores of kv were changed by no run, and
    what is in them now. `reason` as in StateCheckpointed."""
    tables = SqliteTables(connection)
    for name in namespaces:
        tables.count(name)
    names = sorted(tables.changed)
    if names:
        state = State(kv=tuple((name, *tables.usage(name)) for name in names))
        note(connection, StateCheckpointed(reason=reason, stores=tuple(names)), state)


def sign_own(connection: sqlite3.Connection, signer: Signer | None) -> None:
    """Sign how far the log's own run is, if there is a key."""
    row = connection.execute(_FIND, (OWN,)).fetchone()
    if signer is not None and row is not None:
        _, seq, head, _ = row
        now = time.time_ns()
        note(connection, sign_head(Head(run=OWN, seq=seq, digest=head.hex(), time_ns=now), signer))


def note(connection: sqlite3.Connection, event: Event, state: State | None = None) -> None:
    """Record, inside the transaction under way, what was done by no run. `state` is the last word
    on stores of kv that it changed.
    """
    now = time.time_ns()
    row = connection.execute(_FIND, (OWN,)).fetchone()
    if row is None:
        connection.execute(_BEGIN, (OWN, now, CHAIN_START))
        row = connection.execute(_FIND, (OWN,)).fetchone()
    run_id, seq, head, size = row
    (position,) = connection.execute(LAST_POSITION).fetchone()
    name, body = type(event).__name__, encode_body(event)
    builder = Builder(OWN, seq + 1, now)
    builder.add(Scope(run=OWN), 0, now, (name, VERSIONS[name]), body)
    data = builder.build(position + 1, 0, state)
    digest = digest_of(head, data)
    insert_row(connection, row_of(builder, position + 1, state is not None, digest, data), run_id)
    connection.execute(_GROW, (seq + 1, digest, size + len(body) + RECORD_BYTES, run_id))
