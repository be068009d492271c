"""Look here if you want to know what the kernel needs from an event log, and readers from it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

import msgspec

from lion.domain.record import Draft, Record
from lion.ports.run_summary import RunSummary

T = TypeVar("T")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` last found of a run, and when: up to which record, which head; for a fault its
    kind (as in VerifyReport's errors), the record it is at and the words.
    """

    run: str
    time_ns: int
    records: int = 0
    head: str = ""
    fault: str = ""
    seq: int = 0
    what: str = ""


class VerifyReport(msgspec.Struct, frozen=True):
    """A run that verifies: how many records, whether RunFinished is the last, the last record's
    digest in hex.

    A run that is not finished is no fault: the report says how far it got. `is_dry`: nothing left
    it (RunStarted). `signed` is up to which record its head is signed (0: not at all), `key` by
    whose public key (hex). `damage` says what is wrong elsewhere in the log (empty: nothing is).
    Of a fork `parent` is the run that it goes on from, as proved as itself is.
    """

    run: str
    records: int
    finished: bool
    head: str
    is_dry: bool = False
    signed: int = 0
    key: str = ""
    damage: str = ""
    parent: str = ""


class BudgetUse(msgspec.Struct, frozen=True):
    """How far a budget of a holder is used, as last noted in the log."""

    holder: str
    budget: str
    limit: int
    used: int


class StateEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that lion keeps: what, where, and how many bytes of disk it takes."""

    what: str
    path: Path
    bytes: int
    note: str = ""


class Tables(Protocol):
    """The key-value tables of the log's database, inside one transaction. Synchronous; values are
    text.
    """

    def kv_get(self, namespace: str, key: str) -> str | None: ...
    def kv_set(self, namespace: str, key: str, value: str) -> None: ...
    def kv_delete(self, namespace: str, key: str) -> bool: ...
    def kv_list(self, namespace: str, prefix: str, after: str | None, limit: int) -> list[str]: ...
    def kv_bytes(self, namespace: str) -> int:
        """The sum of all keys and values of the namespace, in bytes of UTF-8."""
        ...


class EventLog(Protocol):
    """An open, append-only log with one writer. Every method may raise AuditError once the log has
    refused a write.
    """

    async def start_run(
        self, run: str, manifest_name: str, clock: Callable[[], int] | None = None
    ) -> None:
        """Become the run's only writer until the log is closed; must come before its first append.
        `clock` is the run's own, in nanoseconds; what it says is kept with the records.

        Raises OperatorError if another process owns the run, AuditError if the run has ended.
        """
        ...

    def close_run(self, run: str) -> None:
        """Take nothing more of a run that is about to be left: what is appended from now on is
        dropped, and a transaction is refused.
        """
        ...

    async def leave_run(self, run: str) -> None:
        """Be its writer no longer, though it has not ended: another may go on with it."""
        ...

    @property
    def quota(self) -> int:
        """Bytes that one run may record."""
        ...

    @property
    def is_full(self) -> bool:
        """The buffer has reached its bound: callers should `await wait_room()` before they append
        more.
        """
        ...

    def append(self, draft: Draft) -> int:
        """Join the buffer; never waits. Answers what the record counts as, in bytes.

        Raises AuditError if the log has failed, is closed, or the
        run's quota is used up.
        """
        ...

    async def wait_room(self) -> None:
        """Wait until the buffer is below its bound."""
        ...

    async def commit(self) -> None:
        """Wait until everything appended so far is durable."""
        ...

    async def wait_store(self, namespace: str) -> None:
        """Wait until the next `transact` may use a namespace of the tables: other processes take
        turns. It has to follow at once.
        """
        ...

    def transact_at_once(
        self, operate: Callable[[Tables], T], draft: Callable[[T], Draft], namespace: str
    ) -> tuple[T, int] | None:
        """As `transact`, if the namespace is in memory and this process has it; else None, and
        nothing was done.
        """
        ...

    async def transact(
        self, operate: Callable[[Tables], T], draft: Callable[[T], Draft], namespace: str = ""
    ) -> tuple[T, int]:
        """Run `operate` and append `draft(its value)` in one transaction, in the order of the
        buffer. The value, and what the record counts as in bytes. What uses only a `namespace`
        that was waited for need not wait until the transaction is written: it is durable with its
        record.
        """
        ...

    def note_budget(self, run: str, holder: str, budget: str, limit: int, used: int) -> None:
        """Remember how far a budget is used; written in the transaction of the records around
        it.
        """
        ...

    def note_rate(self, run: str, holder: str, level: int, monotonic_ns: int) -> None:
        """Remember how full the bucket of a holder's calls is (domain/rate.py), and when it was;
        as `note_budget`.
        """
        ...

    def note_reserved(
        self, run: str, invocation: str, call: int, holder: str, budget: str, amount: int
    ) -> None:
        """Remember what a call under way has taken of a budget, 0 when it has ended; as
        `note_budget`.
        """
        ...

    def note_heard(self, run: str, heard: Mapping[str, int]) -> None:
        """Remember which record each listener has heard last, by name; at once, and only as long
        as the machine lives: it may be less than they have.
        """
        ...

    async def put_blob(self, data: bytes) -> str:
        """Store bytes by their SHA-256 (hex), once; wait until durable."""
        ...

    @property
    def news(self) -> Callable[[], Awaitable[None]]:
        """Waits until records are committed after this was asked for, of any run."""
        ...

    def subscribe(self, run: str, after: int = 0) -> AsyncIterator[Record]:
        """Committed records of a run in order, from seq `after` + 1, as they come; ends after
        RunFinished or close.
        """
        ...


Progress: TypeAlias = Callable[[int, int], None]
"""Told (records done, of how many) now and then."""


class LogReader(Protocol):
    """A log opened for reading only; also while its owner writes."""

    def runs(self) -> list[RunSummary]:
        """Oldest first."""
        ...

    def find(self, run: str) -> str:
        """The id for an id, a unique prefix of one, or `last`. Raises OperatorError if there is
        none or several.
        """
        ...

    def chains(self) -> list[str]:
        """The services' own chains, oldest first: `service-2026-11`. They are no runs."""
        ...

    def records(
        self,
        run: str,
        after: int = 0,
        *,
        types: frozenset[str] = frozenset(),
        denied: bool = False,
    ) -> Iterator[Record]:
        """Records of a run in order of seq. With `types`, or `denied` (refused calls), whatever
        has certainly nothing of these may be left out.
        """
        ...

    def last_position(self) -> int:
        """Of the last record of all; 0: there is none."""
        ...

    def since(self, position: int, most: int) -> list[Record]:
        """Some of the records after a position, of all runs, in its order; none if there are no
        more. A large body of more than `most` bytes is left out: it is empty. Raises AuditError.
        """
        ...

    def before(self, run: str) -> Iterator[Record]:
        """What came before the first record of a run that is a fork: its parents' records, from
        runs that verify and are what they were; none of any other run. Raises AuditError.
        """
        ...

    def sizes(self) -> dict[str, int]:
        """By run what its records take in the log, in bytes; without what runs share."""
        ...

    def blob(self, digest: str) -> bytes:
        """Bytes by digest. Raises AuditError if missing or changed."""
        ...

    def budgets(self, run: str) -> list[BudgetUse]:
        """Budgets of a run, sorted by holder and name."""
        ...

    def budgets_at(self, run: str, seq: int) -> list[BudgetUse]:
        """The same as they were when the segment with record `seq` was written."""
        ...

    def verify(self, run: str, progress: Progress | None = None) -> VerifyReport:
        """Check the log as a whole, every record of a run (id in full) and the components it
        names.

        Raises AuditError for the first fault, with facts run, seq and fault; OperatorError for an
        unknown run.
        """
        ...

    def verified(
        self, run: str, progress: Progress | None = None
    ) -> Generator[Record, None, VerifyReport]:
        """The records of a run, while it is verified: who has read to the end has read what is
        proved. The generator's value is the report. Raises as `verify`.
        """
        ...

    def verified_alone(
        self, run: str, progress: Progress | None = None
    ) -> Generator[Record, None, VerifyReport]:
        """As `verified`, whatever became of the rest of the log: other runs, and what is kept."""
        ...
