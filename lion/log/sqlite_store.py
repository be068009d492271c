"""Look here if you want to know how a group of records becomes one transaction.

Rule: positions are given inside the transaction (other processes write to the same log); a run's
seq and previous digest are remembered, since its lock makes us its only writer.
Rule: rows go in with statements of fixed sizes: one row at a time costs twice the CPU, and
sqlite3 drops and takes the GIL at every step, which a busy loop thread pays for.
Rule: one thread at a time; after an error nothing more is written through this object.
"""

import sqlite3
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from lion.domain.events import RunFinished, encode_body
from lion.domain.events.upcast import VERSIONS
from lion.domain.record import Draft, Record, Scope
from lion.log.chain import BLOB_THRESHOLD, CHAIN_START, Fields, digest_of
from lion.log.group import Blob, Group, Opening, Transaction
from lion.log.quota import RECORD_BYTES, RunQuota, ended, not_started
from lion.log.sqlite_schema import LOG_NAME, WAL_BYTES, begin, connect_writer, trim_wal
from lion.log.sqlite_tables import SqliteTables

_COLUMNS = 12
_ROW = f"({', '.join('?' * _COLUMNS)})"
_INSERTS = [(n, f"INSERT INTO events VALUES {', '.join([_ROW] * n)}") for n in (64, 16, 4, 1)]
_SCOPES = 1_024
"""Scopes whose rows are remembered; a forgotten one gets another row, which costs only room."""
_SCOPE = """INSERT INTO scopes (invocation, principal, component_digest, cause, correlation)
            VALUES (?, ?, ?, ?, ?)"""
_BLOB = "INSERT INTO blobs (digest, data) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING"
_NEW_RUN = """INSERT INTO runs (run, manifest_name, started_ns, records, head, bytes)
              VALUES (?, ?, ?, 0, ?, 0)"""
_RUN = "UPDATE runs SET records = ?, head = ?, bytes = ?, exit_code = ? WHERE id = ?"
_BUDGET = """INSERT INTO budgets (run, holder, budget, "limit", used) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (run, holder, budget) DO UPDATE SET "limit" = excluded."limit", used =
             excluded.used"""


class _Head:
    """Where a run of ours stands. `id` is 0 until its first record."""

    __slots__ = ("bytes", "digest", "exit_code", "id", "manifest_name", "seq")

    def __init__(self, manifest_name: str) -> None:
        self.manifest_name = manifest_name
        self.id = 0
        self.seq = 0
        self.digest = CHAIN_START
        self.bytes = 0
        self.exit_code: int | None = None


class SqliteStore:
    """The writing connection. `accounts` are read only here."""

    def __init__(self, directory: Path, durability: str, accounts: Mapping[str, RunQuota]) -> None:
        self.path = directory / LOG_NAME
        self._connection = connect_writer(directory, durability)
        self._tables = SqliteTables(self._connection)
        self._accounts = accounts
        self._heads: dict[str, _Head] = {}
        self._trim_at = WAL_BYTES
        self._scopes: dict[Scope, int] = {}
        self._last_scope: Scope | None = None
        self._last_scope_row = 0
        self._begin_group(frozenset())

    def _begin_group(self, followed: frozenset[str]) -> None:
        self._followed = followed
        self._parameters: list[Any] = []
        self._touched: dict[str, _Head] = {}
        self._records: list[Record] = []

    def write(self, group: Group, followed: frozenset[str]) -> list[Record]:
        """Write everything or nothing; return the records of the runs that are followed. Raises
        whatever went wrong."""
        self._begin_group(followed)
        begin(self._connection, self.path, is_patient=True)
        try:
            self._write_entries(group)
            self._write_rows()
            self._write_runs()
            budgets = ((*key, *value) for key, value in group.budgets.items())
            self._connection.executemany(_BUDGET, budgets)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._trim_at = trim_wal(self._connection, self.path, self._trim_at)
        return self._records

    def close(self) -> None:
        """Close the connection; the last one moves the WAL into the database."""
        self._connection.close()

    def _write_entries(self, group: Group) -> None:
        (self._position,) = self._connection.execute(
            "SELECT coalesce(max(position), 0) FROM events"
        ).fetchone()
        for entry in group.entries:
            if type(entry) is tuple:
                self._add(*entry)
            elif isinstance(entry, Transaction):
                self._operate(entry)
            elif isinstance(entry, Blob):
                digest = sha256(entry.data)
                self._connection.execute(_BLOB, (digest.digest(), entry.data))
                entry.digest = digest.hexdigest()
            elif isinstance(entry, Opening):
                self._open_run(entry)

    def _add(self, draft: Draft, body: bytes) -> None:
        scope = draft.scope
        head = self._heads[scope.run]
        if not head.seq:
            self._begin_run(head, draft)
        self._position += 1
        head.seq += 1
        head.bytes += len(body) + RECORD_BYTES
        name = type(draft.event).__name__
        fields: Fields = (
            self._position,
            scope.run,
            head.seq,
            scope.invocation,
            draft.call,
            scope.principal,
            scope.component_digest,
            scope.cause,
            scope.correlation,
            draft.time_ns,
            name,
            VERSIONS[name],
            body,
            head.digest,
        )
        head.digest = digest = digest_of(fields)
        self._add_row(fields, head.id, self._scope_row(scope), digest)
        self._touched[scope.run] = head
        if isinstance(draft.event, RunFinished):
            head.exit_code = draft.event.exit_code
        if scope.run in self._followed:
            self._records.append(Record(*fields, digest))

    def _add_row(self, fields: Fields, run_id: int, scope_id: int, digest: bytes) -> None:
        position, _, seq, _, call, _, _, _, _, time_ns, name, version, body, previous = fields
        kept: bytes | None = body
        by: bytes | None = None
        if len(body) > BLOB_THRESHOLD:
            kept, by = None, sha256(body).digest()
            self._connection.execute(_BLOB, (by, body))
        self._parameters += (
            position,
            run_id,
            seq,
            scope_id,
            call,
            time_ns,
            name,
            version,
            kept,
            previous,
            digest,
            by,
        )

    def _scope_row(self, scope: Scope) -> int:
        """The row of what all records of one invocation share."""
        if scope is self._last_scope:
            return self._last_scope_row
        row = self._scopes.get(scope)
        if row is None:
            if len(self._scopes) >= _SCOPES:
                self._scopes.clear()
            values = (
                scope.invocation,
                scope.principal,
                scope.component_digest,
                scope.cause,
                scope.correlation,
            )
            row = self._scopes[scope] = self._connection.execute(_SCOPE, values).lastrowid or 0
        self._last_scope, self._last_scope_row = scope, row
        return row

    def _operate(self, operation: Transaction) -> None:
        """Do one operation and add its record, or take back what it did and keep its error for
        the waiter."""
        execute = self._connection.execute
        execute("SAVEPOINT operation")
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
            operation.error = exc
        else:
            self._add(draft, body)
            operation.run, operation.size = draft.scope.run, size
        execute("RELEASE operation")

    def _check(self, draft: Draft, size: int) -> None:
        """Raise if the record cannot be added. (The account may know of an end that comes later
        in the group.)"""
        run = draft.scope.run
        if run not in self._heads:
            raise not_started(run)
        if self._heads[run].exit_code is not None:
            raise ended(run)
        self._accounts[run].check_room(draft.event, size)

    def _open_run(self, opening: Opening) -> None:
        head = self._heads[opening.run] = _Head(opening.manifest_name)
        row = self._connection.execute(
            "SELECT id, records, head, bytes, exit_code FROM runs WHERE run = ?", (opening.run,)
        ).fetchone()
        if row is not None:
            head.id, head.seq, head.digest, head.bytes, head.exit_code = row
            opening.bytes = head.bytes
            opening.has_ended = head.exit_code is not None

    def _begin_run(self, head: _Head, draft: Draft) -> None:
        values = (draft.scope.run, head.manifest_name, draft.time_ns, CHAIN_START)
        head.id = self._connection.execute(_NEW_RUN, values).lastrowid or 0

    def _write_rows(self) -> None:
        done, rows = 0, len(self._parameters) // _COLUMNS
        for size, statement in _INSERTS:
            while rows - done >= size:
                values = self._parameters[done * _COLUMNS : (done + size) * _COLUMNS]
                self._connection.execute(statement, values)
                done += size

    def _write_runs(self) -> None:
        for head in self._touched.values():
            values = (head.seq, head.digest, head.bytes, head.exit_code, head.id)
            self._connection.execute(_RUN, values)
