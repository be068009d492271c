"""Look here if you want to know what a log in memory keeps of one run."""

from collections.abc import Callable

from lion.domain.record import Record
from lion.log.beside import Noted
from lion.log.row import Row, row_of
from lion.log.segment import CHAIN_START, Builder, State, digest_of


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
