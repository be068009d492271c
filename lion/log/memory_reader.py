"""Look here if you want to know how a log in memory keeps its runs, and how they are read."""

from collections.abc import Callable, Generator, Iterator

import msgspec

from lion.domain.record import Record
from lion.errors import AuditError
from lion.log.beside import Noted
from lion.log.checked import Part, records_in, report_of
from lion.log.finding import find_run, unknown_run
from lion.log.ownership import is_run
from lion.log.row import Row, budgets_at, row_of
from lion.log.segment import BLOB_THRESHOLD, CHAIN_START, Builder, State, digest_of
from lion.log.verify import Note, Verification
from lion.ports import BudgetUse, Progress, RunSummary, VerifyReport


class MemoryRun:
    """One run: its records and what the log knows besides."""

    def __init__(self, manifest_name: str) -> None:
        self.manifest_name = manifest_name
        self.clock: Callable[[], int] = lambda: 0
        self.records: list[Record] = []
        self.rows: list[Row] = []
        self.exit_code: int | None = None
        self.noted = Noted()
        """What no segment tells of yet."""

    @property
    def head(self) -> bytes:
        return self.rows[-1].digest if self.rows else CHAIN_START

    def write(self, builder: Builder, position: int) -> None:
        """Make a segment of it, which tells of the budgets noted so far."""
        state = None
        if self.noted:
            state = State(budgets=tuple((*k, *v) for k, v in self.noted.budgets.items()))
            self.noted = Noted()
        data = builder.build(position, self.clock(), state)
        digest = digest_of(self.head, data)
        self.rows.append(row_of(builder, position, False, digest, data))


class MemoryReader:
    """`LogReader` of a log in memory."""

    def __init__(
        self,
        runs: dict[str, MemoryRun],
        blobs: dict[str, bytes],
        budgets: dict[tuple[str, str, str], tuple[int, int]],
        is_closed: Callable[[], bool],
    ) -> None:
        self._runs = runs
        self._blobs = blobs
        self._budgets = budgets
        self._is_closed = is_closed

    def runs(self) -> list[RunSummary]:
        return [
            RunSummary(
                run=name,
                manifest_name=run.manifest_name,
                started_ns=run.records[0].time_ns,
                records=len(run.records),
                exit_code=run.exit_code,
                is_live=run.exit_code is None and not self._is_closed(),
            )
            for name, run in self._runs.items()
            if run.records and is_run(name)
        ]

    def last_position(self) -> int:
        last = (run.records[-1].position for run in self._runs.values() if run.records)
        return max(last, default=0)

    def since(self, position: int, most: int) -> list[Record]:
        found = [r for run in self._runs.values() for r in run.records if r.position > position]
        return [
            r if len(r.body) <= max(most, BLOB_THRESHOLD) else msgspec.structs.replace(r, body=b"")
            for r in sorted(found, key=lambda r: r.position)
        ]

    def chains(self) -> list[str]:
        return sorted(name for name in self._runs if not is_run(name))

    def find(self, run: str) -> str:
        return find_run([summary.run for summary in self.runs()], run)

    def sizes(self) -> dict[str, int]:
        return {name: sum(row.size for row in run.rows) for name, run in self._runs.items()}

    def records(
        self,
        run: str,
        after: int = 0,
        *,
        types: frozenset[str] = frozenset(),
        denied: bool = False,
    ) -> Iterator[Record]:
        if run in self._runs:
            yield from self._runs[run].records[max(after, 0) :]

    def blob(self, digest: str) -> bytes:
        data = self._blobs.get(digest)
        if data is None:
            raise AuditError(f"the bytes {digest!r} are not in the log", digest=digest)
        return data

    def budgets(self, run: str) -> list[BudgetUse]:
        uses = sorted(self._budgets.items())
        return [BudgetUse(key[1], key[2], *value) for key, value in uses if key[0] == run]

    def budgets_at(self, run: str, seq: int) -> list[BudgetUse]:
        return budgets_at(self._runs[run].rows, seq) if run in self._runs else []

    def before(self, run: str) -> Iterator[Record]:
        yield from ()

    def verify(self, run: str, progress: Progress | None = None) -> VerifyReport:
        return report_of(self._verified(run, progress))

    def verified_alone(
        self, run: str, progress: Progress | None = None
    ) -> Generator[Record, None, VerifyReport]:
        return self.verified(run, progress)

    def verified(
        self, run: str, progress: Progress | None = None
    ) -> Generator[Record, None, VerifyReport]:
        return records_in(self._verified(run, progress))

    def _verified(
        self, run: str, progress: Progress | None
    ) -> Generator[Part, None, VerifyReport]:
        known = self._runs.get(run)
        if known is None or not known.records:
            raise unknown_run(list(self._runs), run)
        note = Note(records=len(known.records), head=known.head, exit_code=known.exit_code)
        verification = Verification(run, note, self.blob)
        for row in list(known.rows):
            yield from verification.read(row)
            if progress is not None:
                progress(row.last_seq, note.records)
        return verification.finish()
