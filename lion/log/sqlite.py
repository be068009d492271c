"""Look here if you want to know how the log is kept in SQLite: who waits for what, and who writes
when.

Rule: `append` only joins the buffer; one task writes it, a group at a time, in a thread.
Rule: a group is written when it is big, when somebody waits for it, or 10 ms after its first
record.
Rule: once a write has failed the log refuses everything, and whoever waits is told: nothing is
lost in silence.
Rule: the writer is shielded: a cancelled waiter loses no record, a cancelled run writes all it
has appended.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import trio

from lion.domain.events import encode_body
from lion.domain.record import Draft, Record
from lion.log.feed import Feeds
from lion.log.group import Blob, Entry, Group, Opening, Transaction
from lion.log.heads import Signer
from lion.log.ownership import is_run, release, take_lock
from lion.log.quota import (
    DEFAULT_QUOTA,
    RECORD_BYTES,
    RunQuota,
    closed,
    ended,
    not_started,
    refused,
)
from lion.log.sqlite_beside import BesideRecords
from lion.log.sqlite_reader import SqliteReader, open_sqlite_reader, read_page
from lion.log.sqlite_store import SqliteStore
from lion.ports import Tables

__all__ = ["SqliteLog", "SqliteReader", "open_sqlite_log", "open_sqlite_reader"]

T = TypeVar("T")

FLUSH_RECORDS = 512
FLUSH_BYTES = 1024 * 1024
LINGER_SECONDS = 0.010
BUFFER_RECORDS = 4096
BUFFER_BYTES = 8 * 1024 * 1024


class SqliteLog(BesideRecords):
    """The log of one state directory, open for writing. Made by `open_sqlite_log`."""

    def __init__(self, directory: Path, quota: int) -> None:
        super().__init__(directory)
        self._directory = directory
        self._quota = quota
        self._feeds = Feeds(self._fetch)
        self._flight: Group | None = None
        self._hurry = trio.Event()
        self._is_closing = False
        self._failure: Exception | None = None
        self.is_full = False

    async def start_run(
        self, run: str, manifest_name: str, clock: Callable[[], int] | None = None
    ) -> None:
        self._check_open()
        lock = await trio.to_thread.run_sync(take_lock, self._directory, run)
        opening = Opening(run, manifest_name)
        try:
            await self._written(opening, 0)
            if opening.has_ended:
                raise ended(run)
        except BaseException:
            release(self._directory, run, lock, for_ever=opening.has_ended)
            raise
        self._owned.add(run, lock, clock)
        quota = self._quota if is_run(run) else sys.maxsize
        self._accounts[run] = RunQuota(run, quota, opening.bytes)
        self._left.discard(run)

    def close_run(self, run: str) -> None:
        self._left.add(run)
        self._accounts.pop(run, None)

    async def leave_run(self, run: str) -> None:
        await self.commit()
        self._accounts.pop(run, None)
        self._owned.let_go(run, for_ever=False)

    @property
    def quota(self) -> int:
        return self._quota

    def append(self, draft: Draft) -> int:
        if self._failure is not None or self._is_closing:
            self._check_open()
        account = self._accounts.get(draft.scope.run)
        if account is None:
            if draft.scope.run in self._left:
                return 0
            raise not_started(draft.scope.run)
        body = encode_body(draft.event)
        size = len(body)
        counted = size + RECORD_BYTES
        account.charge(draft.event, counted)
        if account.has_ended:
            self._group.ended.append(account.run)
        self._join((draft, body), size)
        return counted

    async def wait_room(self) -> None:
        await trio.lowlevel.checkpoint()
        while self.is_full:
            await self._group.taken.wait()
        self._check_failure()

    async def commit(self) -> None:
        self._check_failure()
        group = self._group or self._flight
        if group is None:
            await trio.lowlevel.checkpoint()
        else:
            await self._wait_written(group)

    async def transact(
        self, operate: Callable[[Tables], T], draft: Callable[[T], Draft], namespace: str = ""
    ) -> tuple[T, int]:
        done = self.transact_at_once(operate, draft, namespace)
        if done is not None:
            return done
        operation = Transaction(operate, draft)
        await self._written(operation, 0)
        if operation.error is not None:
            raise operation.error
        return operation.value, operation.size

    async def put_blob(self, data: bytes) -> str:
        self._check_open()
        blob = Blob(data)
        await self._written(blob, len(data))
        return blob.digest

    @property
    def news(self) -> Callable[[], Awaitable[None]]:
        return self._feeds.news.wait

    def subscribe(self, run: str, after: int = 0) -> AsyncIterator[Record]:
        return self._feeds.follow(run, after)

    # What goes into the buffer, and who waits for it.

    def _join(self, entry: Entry, size: int) -> None:
        group = self._group
        group.entries.append(entry)
        group.bytes += size
        count = len(group.entries)
        if count == 1:
            self._filled.set()
        if count >= FLUSH_RECORDS or group.bytes >= FLUSH_BYTES:
            self._hurry.set()
            self.is_full = count >= BUFFER_RECORDS or group.bytes >= BUFFER_BYTES

    async def _written(self, entry: Entry, size: int) -> None:
        group = self._group
        self._join(entry, size)
        await self._wait_written(group)

    async def _wait_written(self, group: Group) -> None:
        if group is self._group:
            self._hurry.set()
        await group.done.wait()
        if group.failure is not None:
            raise refused(self._directory, group.failure) from group.failure

    def _check_open(self) -> None:
        if self._failure is not None:
            self._check_failure()
        if self._is_closing:
            raise closed(self._directory)

    def _check_failure(self) -> None:
        if self._failure is not None:
            raise refused(self._directory, self._failure) from self._failure

    async def _fetch(self, run: str, after: int) -> Sequence[Record]:
        return await trio.to_thread.run_sync(read_page, self._directory, run, after)

    # The writer.

    def _open(
        self, durability: str, signer: Signer | None, interrupted: Callable[[], float]
    ) -> None:
        self._store = SqliteStore(self._directory, durability, self._accounts, signer, interrupted)

    @trio.lowlevel.enable_ki_protection
    async def _write_until_closed(self) -> None:
        """Write group after group; ends when the log is closing and everything is written."""
        with trio.CancelScope(shield=True):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._owned.beat)
                while not self._is_closing or self._group:
                    await self._filled.wait()
                    with trio.move_on_after(LINGER_SECONDS):
                        await self._hurry.wait()
                    if self._group:
                        await self._write(self._take())
                nursery.cancel_scope.cancel()

    def _take(self) -> Group:
        group, self._group = self._group, Group()
        self._flight, self.is_full = group, False
        group.monotonic = self._owned.times()
        if not self._is_closing:
            self._filled, self._hurry = trio.Event(), trio.Event()
        group.taken.set()
        self._stores.is_taken(group)
        return group

    async def _write(self, group: Group) -> None:
        records: list[Record] = []
        followed = self._feeds.followed()
        if self._failure is None:
            try:
                records = await trio.to_thread.run_sync(self._store.write, group, followed)
            except Exception as exc:  # noqa: BLE001 - the seam: whatever it is, the log has refused
                self._fail(exc)
        group.failure = self._failure
        self._settle(group)
        self._flight = None
        self._feeds.publish(records)
        self._feeds.wake_others(followed)
        group.done.set()

    def _settle(self, group: Group) -> None:
        """Count the records that operations have written; let go of the runs that have ended."""
        for entry in group.entries:
            if isinstance(entry, Transaction) and entry.size:
                self._accounts[entry.run].bytes += entry.size
        self._stores.is_done(group)
        for run in group.ended:
            self._owned.let_go(run, for_ever=group.failure is None)

    def _fail(self, cause: Exception) -> None:
        self._failure = cause
        self._feeds.close(lambda: refused(self._directory, cause))

    def _close(self) -> None:
        self._is_closing = True
        self._filled.set()
        self._hurry.set()

    def _release(self) -> None:
        self._stores.close()
        self._store.close()
        self._owned.let_all_go()


@asynccontextmanager
async def open_sqlite_log(
    directory: Path,
    *,
    durability: str = "normal",
    quota: int = DEFAULT_QUOTA,
    signer: Signer | None = None,
    interrupted: Callable[[], float] = lambda: -1.0,
) -> AsyncIterator[SqliteLog]:
    """Open the log of a state directory, made if need be; on leaving, everything appended is
    written.

    `durability` normal survives the death of the process, full that of the machine. `quota` is in
    bytes per run. `signer` signs how far runs are, when they end and every minute. `interrupted`
    says how many seconds ago a signal came (less than 0: none did): then nobody waits for long for
    another process that locks the log, and what could not be written is lost, in words. Raises
    OperatorError if the directory cannot be written, AuditError for a log of a newer lion or none
    of ours, and on leaving if records could not be written.
    """
    log = SqliteLog(directory, quota)
    await trio.to_thread.run_sync(log._open, durability, signer, interrupted)
    # Not `async with`: a nursery would wrap the caller's own exceptions in a group.
    nursery = trio.open_nursery()
    (await nursery.__aenter__()).start_soon(log._write_until_closed)
    try:
        yield log
    finally:
        log._close()
        try:
            await nursery.__aexit__(None, None, None)
        finally:
            log._feeds.close()
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(log._release)
    log._check_failure()
