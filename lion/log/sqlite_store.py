"""Look here if you want to know how a group of records becomes one transaction.

Rule: what a run recorded in a group is a segment, one row, or several if it is much.
Rule: positions are given inside the transaction (other processes write to the same log), to each
segment's records one after the other; a run's seq and last digest are remembered, since its lock
makes us its only writer.
Rule: what a group changes in tables beside the records is said in a segment of the same group.
Rule: one thread at a time; after an error nothing more is written through this object.
"""

import sqlite3
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from lion.domain.events import EVENTS, RunFinished, encode_body
from lion.domain.events.upcast import VERSIONS
from lion.domain.record import Draft, Record
from lion.errors import AuditError
from lion.log.beside import Noted
from lion.log.group import Blob, Group, Opening, Transaction
from lion.log.heads import Head, Signer, sign_head
from lion.log.kept import Version
from lion.log.quota import RECORD_BYTES, RunQuota, ended, not_started
from lion.log.row import body_of, is_denied, row_of
from lion.log.segment import BLOB_THRESHOLD, CHAIN_START, Builder, State, digest_of
from lion.log.sqlite_noted import write_noted
from lion.log.sqlite_own import note
from lion.log.sqlite_rows import LAST_POSITION, MANY, SMALL, insert_row, put_together
from lion.log.sqlite_schema import LOG_NAME, WAL_BYTES, begin, connect_writer, trim_wal
from lion.log.sqlite_tables import SqliteTables

BLOB = """INSERT INTO blobs (digest, data) VALUES (?, ?) ON CONFLICT (digest)
          DO UPDATE SET data = excluded.data WHERE data IS NOT excluded.data"""
"""Bytes by their digest; what lies there and was damaged is repaired from those at hand."""
NEW_RUN = """INSERT INTO runs (run, manifest_name, started_ns, records, head, bytes)
             VALUES (?, ?, ?, 0, ?, 0)"""
_RUN = "UPDATE runs SET records = ?, head = ?, bytes = ?, exit_code = ? WHERE id = ?"
_FIND_RUN = """SELECT id, records, head, bytes, exit_code,
                      (SELECT max(last_ns) FROM segments WHERE run = runs.id)
               FROM runs WHERE run = ?"""
SIGN_NS: Final = 60 * 1_000_000_000
"""Between two signatures of a run that goes on."""
_KINDS = {EVENTS[name]: (name, version) for name, version in VERSIONS.items()}


class _Head:
    """Where a run of ours stands. `id` is 0 until its first record; `small` counts its rows after
    seq `packed` that may be put together, `noted` is what no segment has told of yet.
    """

    __slots__ = (
        "builder", "bytes", "digest", "exit_code", "id", "manifest_name", "noted", "packed",
        "run", "seq", "signed_ns", "small", "time_ns",
    )  # fmt: skip

    def __init__(self, run: str, manifest_name: str) -> None:
        self.run = run
        self.manifest_name = manifest_name
        self.id = 0
        self.seq = 0
        self.digest = CHAIN_START
        self.bytes = 0
        self.exit_code: int | None = None
        self.time_ns = 0
        self.packed = 0
        self.small = 0
        self.builder: Builder | None = None
        self.noted = Noted()
        self.signed_ns = time.time_ns()


class SqliteStore:
    """The writing connection. `accounts` are read only here."""

    def __init__(
        self, directory: Path, durability: str, accounts: Mapping[str, RunQuota],
        signer: Signer | None = None, interrupted: Callable[[], float] = lambda: -1.0,
    ) -> None:  # fmt: skip
        self._signer = signer
        self._interrupted = interrupted
        self.path = directory / LOG_NAME
        self._connection = connect_writer(directory, durability)
        self._tables = SqliteTables(self._connection)
        self._accounts = accounts
        self._heads: dict[str, _Head] = {}
        self._known: dict[str, Version] = {}
        """What the tables have of stores that are in memory."""
        self._trim_at = WAL_BYTES
        self._begin_group(frozenset())

    def _begin_group(self, followed: frozenset[str]) -> None:
        self._followed = followed
        self._built: list[tuple[_Head, Builder]] = []
        self._news: list[tuple[Builder, int, Draft, int, bytes]] = []

    def write(self, group: Group, followed: frozenset[str]) -> list[Record]:
        """Write everything or nothing; return the records of the runs that are followed. Raises
        whatever went wrong."""
        self._begin_group(followed)
        begin(self._connection, self.path, is_patient=True, interrupted=self._interrupted)
        self._tables.begin()
        try:
            self._write_entries(group)
            self._write_kept(group)
            for run, noted in group.noted.items():
                self._heads[run].noted.add(noted)
            positions = self._write_segments(group.monotonic)
            self._write_runs()
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        for run in group.ended:
            del self._heads[run]
        self._trim_at = trim_wal(self._connection, self.path, self._trim_at)
        return [_record(positions[one[0]], *one) for one in self._news]

    def close(self) -> None:
        """Close the connection; the last one moves the WAL into the database."""
        self._connection.close()

    def _write_kept(self, group: Group) -> None:
        """Write what changed of stores in memory. Raises AuditError for one that was changed by
        somebody without its lease: what guests heard of it was not so then."""
        self._known |= group.bases
        for namespace, changes in group.kept.items():
            if self._tables.usage(namespace) != self._known.get(namespace):
                what = f"what is kept in {namespace!r} was changed by somebody without its lease"
                raise AuditError(what, hint="let nothing else write to the log")
            self._tables.change(namespace, changes)
            group.versions[namespace] = self._tables.usage(namespace)
        self._known |= group.versions

    def _write_entries(self, group: Group) -> None:
        for entry in group.entries:
            if type(entry) is tuple:
                self._add(*entry)
            elif isinstance(entry, Transaction):
                self._operate(entry)
            elif isinstance(entry, Blob):
                digest = sha256(entry.data)
                self._connection.execute(BLOB, (digest.digest(), entry.data))
                entry.digest = digest.hexdigest()
            elif isinstance(entry, Opening):
                self._open_run(entry)

    def _add(self, draft: Draft, body: bytes) -> None:
        scope, event = draft.scope, draft.event
        head = self._heads[scope.run]
        if not head.id:
            self._begin_run(head, draft)
        builder = head.builder
        time_ns = draft.time_ns
        if time_ns < head.time_ns:
            time_ns = head.time_ns  # Clocks are set back at times.
        head.time_ns = time_ns
        if builder is None or builder.is_full:
            builder = head.builder = Builder(scope.run, head.seq + 1, time_ns)
            self._built.append((head, builder))
        head.seq += 1
        head.bytes += len(body) + RECORD_BYTES
        kept = body if len(body) <= BLOB_THRESHOLD else body_of(body)
        if type(kept) is tuple:
            self._connection.execute(BLOB, (kept[0], body))
        builder.add(scope, draft.call, time_ns, _KINDS[type(event)], kept)
        builder.denied += is_denied(event)
        if type(event) is RunFinished:
            head.exit_code = event.exit_code
        if scope.run in self._followed:
            self._news.append((builder, len(builder) - 1, draft, time_ns, body))

    def _operate(self, operation: Transaction) -> None:
        """Do one operation and add its record, or take back what it did and keep its error for
        the waiter."""
        execute = self._connection.execute
        execute("SAVEPOINT operation")
        self._tables.changed.clear()
        try:
            operation.value = operation.operate(self._tables)
            draft = operation.draft(operation.value)
            body = encode_body(draft.event)
            size = len(body) + RECORD_BYTES
            self._check(draft, size)
        except sqlite3.Error:
            raise  # The database's failure is the log's, not the operation's.
        except Exception as exc:  # noqa: BLE001 - the seam: whatever it is goes to the waiter, the group goes on
            execute("ROLLBACK TO operation")
            self._tables.begin()
            operation.error = exc
        else:
            self._add(draft, body)
            self._heads[draft.scope.run].noted.stores |= self._tables.changed
            operation.run, operation.size = draft.scope.run, size
        execute("RELEASE operation")

    def _check(self, draft: Draft, size: int) -> None:
        """Raise if the record cannot be added. (The account may know of an end that comes later
        in the group.)"""
        run = draft.scope.run
        if run not in self._heads:
            raise ended(run) if run in self._accounts else not_started(run)
        if self._heads[run].exit_code is not None:
            raise ended(run)
        self._accounts[run].check_room(draft.event, size)

    def _open_run(self, opening: Opening) -> None:
        head = self._heads[opening.run] = _Head(opening.run, opening.manifest_name)
        row = self._connection.execute(_FIND_RUN, (opening.run,)).fetchone()
        if row is not None:
            head.id, head.seq, head.digest, head.bytes, head.exit_code, last_ns = row
            head.time_ns = last_ns or 0
            head.packed = head.seq
            opening.bytes = head.bytes
            opening.has_ended = head.exit_code is not None

    def _begin_run(self, head: _Head, draft: Draft) -> None:
        values = (draft.scope.run, head.manifest_name, draft.time_ns, CHAIN_START)
        head.id = self._connection.execute(NEW_RUN, values).lastrowid or 0

    def _write_segments(self, monotonic: Mapping[str, int]) -> dict[Builder, int]:
        """Write what was built; at which position each begins."""
        (position,) = self._connection.execute(LAST_POSITION).fetchone()
        positions: dict[Builder, int] = {}
        for head, builder in self._built:
            positions[builder] = position + 1
            state = self._state(head) if builder is head.builder else None
            data = builder.build(position + 1, monotonic.get(head.run, 0), state)
            head.digest = digest_of(head.digest, data)
            kept = state is not None and bool(state.kv)
            row = row_of(builder, position + 1, kept, head.digest, data)
            insert_row(self._connection, row, head.id)
            head.small += len(data) < SMALL
            position = row.last_position
        return positions

    def _state(self, head: _Head) -> State | None:
        """What the run's last segment of this group says of the tables, which is written here."""
        noted, head.noted = head.noted, Noted()
        return write_noted(self._connection, self._tables, head.run, noted) if noted else None

    def _write_runs(self) -> None:
        for head in dict.fromkeys(head for head, _ in self._built):
            head.builder = None
            values = (head.seq, head.digest, head.bytes, head.exit_code, head.id)
            self._connection.execute(_RUN, values)
            self._sign(head)
            if head.small >= MANY or (head.small > 1 and head.exit_code is not None):
                put_together(self._connection, head.id, head.packed)
                head.small, head.packed = 0, head.seq

    def _sign(self, head: _Head) -> None:
        """Sign how far a run is, if there is a key, when it ends and now and then before."""
        now = time.time_ns()
        is_due = head.exit_code is not None or now - head.signed_ns >= SIGN_NS
        if self._signer is not None and is_due:
            head.signed_ns = now
            where = Head(run=head.run, seq=head.seq, digest=head.digest.hex(), time_ns=now)
            note(self._connection, sign_head(where, self._signer))


def _record(
    position: int, builder: Builder, at: int, draft: Draft, time_ns: int, body: bytes
) -> Record:
    """A record as its followers get it."""
    scope, (name, version) = draft.scope, _KINDS[type(draft.event)]
    return Record(
        position + at, scope.run, builder.first_seq + at, scope.invocation, draft.call,
        scope.principal, scope.component_digest, scope.cause, scope.correlation, time_ns, name,
        version, body,
    )  # fmt: skip
