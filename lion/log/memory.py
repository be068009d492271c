"""Look here if you want to know how the log behaves with nothing beneath it: the same contract,
in memory.

Rule: every append is committed at once and on the loop, so tests with a fake clock need no thread.
Rule: it keeps the same chain, quota and ownership as SQLite does; one contract test holds the two
together.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import trio

from lion.domain.events import RunFinished, encode_body
from lion.domain.events.upcast import VERSIONS
from lion.domain.record import Draft, Record
from lion.errors import OperatorError
from lion.log.feed import Feeds
from lion.log.memory_reader import MemoryReader, MemoryRun
from lion.log.memory_tables import MemoryTables
from lion.log.quota import (
    DEFAULT_QUOTA,
    RECORD_BYTES,
    RunQuota,
    closed,
    not_started,
    refused,
)
from lion.log.row import body_of, is_denied
from lion.log.segment import BLOB_THRESHOLD, Builder
from lion.ports import Tables

T = TypeVar("T")

_NOWHERE = Path("memory")
_PAGE = 256


class MemoryLog:
    """An `EventLog`, open from the start. `reader()` reads it; `refuse()` makes it fail as a full
    disk would."""

    def __init__(self, *, quota: int = DEFAULT_QUOTA) -> None:
        self._quota = quota
        self._runs: dict[str, MemoryRun] = {}
        self._accounts: dict[str, RunQuota] = {}
        self._tables = MemoryTables()
        self._blobs: dict[str, bytes] = {}
        self._budgets: dict[tuple[str, str, str], tuple[int, int]] = {}
        self._position = 0
        self._feeds = Feeds(self._fetch)
        self._failure: Exception | None = None
        self._is_closed = False
        self._left: set[str] = set()

    @property
    def tables(self) -> Tables:
        """The key-value tables, for what a test puts there and looks at."""
        return self._tables

    async def start_run(
        self, run: str, manifest_name: str, clock: Callable[[], int] | None = None
    ) -> None:
        await self._checked()
        if run in self._accounts:
            raise OperatorError(f"run {run} belongs to this log already", run=run)
        self._runs[run] = MemoryRun(manifest_name)
        self._runs[run].clock = clock or self._runs[run].clock
        self._accounts[run] = RunQuota(run, self._quota)

    def close_run(self, run: str) -> None:
        self._left.add(run)

    async def leave_run(self, run: str) -> None:
        await self._checked()

    @property
    def quota(self) -> int:
        return self._quota

    @property
    def is_full(self) -> bool:
        return False

    def append(self, draft: Draft) -> int:
        self._check_open()
        if draft.scope.run in self._left:
            return 0
        body = encode_body(draft.event)
        self._add(draft, body)
        return len(body) + RECORD_BYTES

    async def wait_room(self) -> None:
        await self._checked()

    async def commit(self) -> None:
        await self._checked()

    async def wait_store(self, namespace: str) -> None:
        await self._checked()

    def transact_at_once(
        self, operate: Callable[[Tables], T], draft: Callable[[T], Draft], namespace: str
    ) -> tuple[T, int] | None:
        return None

    async def transact(
        self, operate: Callable[[Tables], T], draft: Callable[[T], Draft], namespace: str = ""
    ) -> tuple[T, int]:
        await self._checked()
        before = self._tables.snapshot()
        try:
            value = operate(self._tables)
            made = draft(value)
            if made.scope.run in self._left:
                raise not_started(made.scope.run)
            body = encode_body(made.event)
            self._add(made, body)
        except BaseException:
            self._tables.restore(before)
            raise
        return value, len(body) + RECORD_BYTES

    def note_budget(self, run: str, holder: str, budget: str, limit: int, used: int) -> None:
        self._check_open()
        if run not in self._runs:
            raise not_started(run)
        self._budgets[run, holder, budget] = (limit, used)
        self._runs[run].noted.budgets[holder, budget] = (limit, used)

    def note_rate(self, run: str, holder: str, level: int, monotonic_ns: int) -> None:
        """Nobody goes on with a run in memory, so nothing need be remembered for that."""
        self._check_open()

    def note_reserved(
        self, run: str, invocation: str, call: int, holder: str, budget: str, amount: int
    ) -> None:
        """As note_rate."""
        self._check_open()

    def note_heard(self, run: str, heard: Mapping[str, int]) -> None:
        """As note_rate."""
        self._check_open()

    async def put_blob(self, data: bytes) -> str:
        await self._checked()
        digest = sha256(data).hexdigest()
        self._blobs[digest] = bytes(data)
        return digest

    @property
    def news(self) -> Callable[[], Awaitable[None]]:
        return self._feeds.news.wait

    def subscribe(self, run: str, after: int = 0) -> AsyncIterator[Record]:
        return self._feeds.follow(run, after)

    def refuse(self, reason: str) -> None:
        """Fail every write from now on, for tests of what must not happen without a record."""
        self._failure = OSError(reason)
        self._feeds.close(lambda: refused(_NOWHERE, OSError(reason)))

    def close(self) -> None:
        """End the subscriptions; nothing can be appended any more."""
        self._is_closed = True
        self._feeds.close()

    def reader(self) -> MemoryReader:
        """Read what is there, also after the log was closed."""
        return MemoryReader(self._runs, self._blobs, self._budgets, lambda: self._is_closed)

    def _add(self, draft: Draft, body: bytes) -> None:
        scope, event = draft.scope, draft.event
        account, run = self._accounts.get(scope.run), self._runs.get(scope.run)
        if account is None or run is None:
            raise not_started(scope.run)
        account.charge(event, len(body) + RECORD_BYTES)
        self._position += 1
        name, seq = type(event).__name__, len(run.records) + 1
        last_ns = run.records[-1].time_ns if run.records else 0
        time_ns = max(draft.time_ns, last_ns)
        record = Record(
            self._position, scope.run, seq, scope.invocation, draft.call, scope.principal,
            scope.component_digest, scope.cause, scope.correlation, time_ns, name,
            VERSIONS[name], body,
        )  # fmt: skip
        builder = Builder(scope.run, seq, time_ns)
        builder.add(scope, draft.call, time_ns, (name, VERSIONS[name]), body_of(body))
        builder.denied += is_denied(event)
        if len(body) > BLOB_THRESHOLD:
            self._blobs[sha256(body).hexdigest()] = body
        run.write(builder, self._position)
        run.records.append(record)
        if isinstance(event, RunFinished):
            run.exit_code = event.exit_code
        self._feeds.publish([record])

    async def _checked(self) -> None:
        await trio.lowlevel.checkpoint()
        self._check_open()

    def _check_open(self) -> None:
        if self._failure is not None:
            raise refused(_NOWHERE, self._failure) from self._failure
        if self._is_closed:
            raise closed(_NOWHERE)

    async def _fetch(self, run: str, after: int) -> Sequence[Record]:
        await trio.lowlevel.checkpoint()
        return self._runs[run].records[after : after + _PAGE] if run in self._runs else ()
