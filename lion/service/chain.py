"""Look here if you want to know how a service records what it does, and finds it again.

Rule: what a service holds changes by a record only, and by each at once.
Rule: a chain is a month's; the next begins with all that the last had come to.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import trio

from lion.domain.events import Event, ServiceSnapshot
from lion.domain.record import Draft, Record, Scope
from lion.ports import Clock, EventLog, LogReader
from lion.service.state import State, folded

SNAPSHOT_RECORDS: Final = 5_000
"""Records after which all that a service holds is written down again, for the next start."""
NAME: Final = "service"


def chain_at(now_ns: int) -> str:
    """The id of the chain of an instant: its month, in UTC."""
    return f"{NAME}-{datetime.fromtimestamp(now_ns / 1e9, UTC):%Y-%m}"


def read_state(reader: LogReader) -> State:
    """All that the services of a log have come to. Raises AuditError for a log that makes none."""
    state = State()
    for chain in reversed(reader.chains()):
        last = _last_snapshot(reader, chain)
        if last is not None:
            state = folded(reader.records(chain, last.seq - 1), state)
            later = [other for other in reader.chains() if other > chain]
            return _folded_all(reader, later, state)
    return _folded_all(reader, reader.chains(), state)


def _folded_all(reader: LogReader, chains: Iterable[str], state: State) -> State:
    for chain in chains:
        folded(reader.records(chain), state)
    return state


def _last_snapshot(reader: LogReader, chain: str) -> Record | None:
    name = ServiceSnapshot.__name__
    last = None
    for record in reader.records(chain, types=frozenset({name})):
        last = record if record.type == name else last
    return last


class Chain:
    """A service's records, and what they come to. Made by open_chain."""

    def __init__(self, log: EventLog, clock: Clock, state: State) -> None:
        self.state = state
        self.log = log
        self.run = ""
        """The chain that is written now."""
        self.changed = trio.Event()
        """Set when the next fact is told; another is in its place then."""
        self._clock = clock
        self._since = 0

    @property
    def now_ns(self) -> int:
        """The time, in nanoseconds since 1970."""
        return self._clock.now_ns()

    def tell(self, event: Event) -> None:
        """Record a fact; it holds from now on. Raises AuditError."""
        now = self.now_ns
        self.log.append(Draft(Scope(run=self.run), 0, now, event))
        self._since += 1
        self.state.apply(event, now)
        self.changed.set()
        self.changed = trio.Event()

    async def commit(self) -> None:
        """Wait until all that was told is durable. Raises AuditError."""
        await self.log.commit()

    async def open(self) -> None:
        """Go on with the chain of now. Raises OperatorError if another process owns it."""
        run = chain_at(self.now_ns)
        await self.log.start_run(run, NAME)
        self.run = run

    async def keep(self) -> None:
        """Begin a new chain if a month is over; write down what is held now and then."""
        is_over = chain_at(self.now_ns) > self.run
        if is_over:
            await self.open()
        if is_over or self._since >= SNAPSHOT_RECORDS:
            self._since = 0
            self.tell(ServiceSnapshot(self.state.snapshot()))
