"""What the tests of the log share: both logs behind one shape, and drafts of every size."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lion.domain.events import Event, LineLogged, RunFinished, RunStarted, encode_body
from lion.domain.record import Draft, Record, Scope
from lion.log.memory import MemoryLog
from lion.log.quota import DEFAULT_QUOTA
from lion.log.sqlite import SqliteLog, open_sqlite_log, open_sqlite_reader
from lion.ports import EventLog, LogReader

RUN = "0190a1b2-run"


@dataclass
class Opened:
    """An open log, how to read it, and how to make its disk full."""

    log: EventLog
    reader: Callable[[], AbstractContextManager[LogReader]]
    fill_disk: Callable[[], None]

    def read(self, run: str = RUN) -> list[Record]:
        with self.reader() as reader:
            return list(reader.records(run))


OpenLog = Callable[..., AbstractAsyncContextManager[Opened]]


@asynccontextmanager
async def open_memory(quota: int = DEFAULT_QUOTA) -> AsyncIterator[Opened]:
    log = MemoryLog(quota=quota)
    try:
        yield Opened(log, lambda: nullcontext(log.reader()), lambda: log.refuse("disk full"))
    finally:
        log.close()


def sqlite_opener(directory: Path) -> OpenLog:
    @asynccontextmanager
    async def open_sqlite(quota: int = DEFAULT_QUOTA) -> AsyncIterator[Opened]:
        async with open_sqlite_log(directory, quota=quota) as log:
            yield Opened(log, lambda: open_sqlite_reader(directory), lambda: fill_disk(log))

    return open_sqlite


def fill_disk(log: SqliteLog) -> None:
    """From now on SQLite finds no room for another page, as on a full disk."""
    connection = log._store._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def line(text: str) -> LineLogged:
    return LineLogged(level="info", message=text)


def draft(
    text: str = "hello", *, run: str = RUN, call: int = 0, event: Event | None = None
) -> Draft:
    scope = Scope(
        run=run,
        invocation="0.2",
        principal="guide",
        component_digest="ab" * 32,
        cause="0#1",
        correlation="0",
    )
    return Draft(scope, call, 1_700_000_000_000_000_000 + call, event or line(text))


def started(components: dict[str, str], run: str = RUN) -> Draft:
    fields = {
        "manifest_name": "hello",
        "manifest": {},
        "manifest_text": "",
        "components": components,
        "policy_digest": "",
        "engine_digest": "",
        "limits": {},
        "lion_version": "0",
        "wasmtime_version": "0",
    }
    return draft(run=run, event=msgspec.convert(fields, RunStarted))


def finished(exit_code: int = 0, run: str = RUN) -> Draft:
    return draft(run=run, event=RunFinished(exit_code=exit_code))


def message(record: Record) -> str:
    event = record.event()
    assert isinstance(event, LineLogged)
    return event.message


def seal(drafts: Sequence[Draft], run: str = RUN) -> list[Record]:
    """The records of drafts, as a log gives them."""
    return [
        Record(
            2 * seq, run, seq, one.scope.invocation, one.call, one.scope.principal,
            one.scope.component_digest, one.scope.cause, one.scope.correlation, one.time_ns,
            type(one.event).__name__, 1, encode_body(one.event),
        )
        for seq, one in enumerate(drafts, 1)
    ]  # fmt: skip
