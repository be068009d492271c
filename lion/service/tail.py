"""Look here if you want to know how all records of a log are followed, by however many, from any
position.

Rule: who follows reads at his own pace and holds up nobody: the last RECENT records are shared,
whoever lags further reads the log himself.
Rule: a record is read and told once, beside the loop, for all who follow.
Rule: runs of other processes are in the log too: it is looked at now and then, if anybody follows.
"""

from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Final

import msgspec
import trio

from lion.domain.record import Record
from lion.errors import AuditError, LionError
from lion.history import open_history
from lion.ports import EventLog, LogReader
from lion.reading import beside
from lion.settings import Settings
from lion.telling.told import told

RECENT: Final = 8_192
"""Records that are shared."""
RECENT_BYTES: Final = 16 * 1024 * 1024
MOST_TOLD: Final = 64 * 1024
"""Bytes of a body that is told whole."""
LOOK_SECONDS: Final = 0.5
"""Between two looks for what other processes wrote."""
SETTLE_SECONDS: Final = 5.0

_encode = msgspec.json.encode


class Told(msgspec.Struct, frozen=True, gc=False):
    """A record, and what is told of it as JSON."""

    position: int
    run: str
    holder: str
    type: str
    text: bytes


class Tail:
    """The end of a log, shared by those who follow it. `run` has to work meanwhile."""

    def __init__(self, settings: Settings, log: EventLog) -> None:
        self._settings = settings
        self._log = log
        self._recent: list[Told] = []
        self._since = 0
        """The position after which all are recent."""
        self._size = 0
        self._heard_until = 0
        """Where those who hear were when the log could no longer be read."""
        self.followers = 0
        self._hearers: list[Callable[[Sequence[Record]], None]] = []
        self.faults = 0
        """How often one of them raised."""
        self._failure: LionError | None = None
        self._wanted = trio.Event()
        self._reads = trio.Event()
        self._changed = trio.Event()

    @property
    def last(self) -> int:
        """The position of the last record that was read, if anybody follows."""
        return self._recent[-1].position if self._recent else self._since

    async def run(self) -> None:
        """Read what comes, for ever, while anybody follows."""
        while True:
            await self._wanted.wait()
            try:
                await self._read()
            except LionError as exc:
                self._failure = exc
                self._reads.set()  # whoever waits for it is told
                self._tell()
            self._since = self.last
            self._heard_until = self.last if self._hearers else 0
            self._recent, self._size = [], 0
            self._wanted, self._reads = trio.Event(), trio.Event()
            if self._hearers:  # the log could not be read
                await trio.sleep(LOOK_SECONDS)
                self._wanted.set()

    async def hear(self, hearer: Callable[[Sequence[Record]], None]) -> None:
        """Tell somebody, beside the loop, of all that is recorded after this returned, also what
        came while the log could not be read. It waits for a log that cannot be read but a moment.
        """
        self._hearers.append(hearer)
        self._wanted.set()
        with trio.move_on_after(SETTLE_SECONDS):
            while not self._reads.is_set():
                await self._reads.wait()

    async def settle(self) -> None:
        """Wait a moment until those who hear have heard all that is recorded and can be read."""
        with trio.move_on_after(SETTLE_SECONDS), suppress(LionError):
            until = await beside(partial(_last, self._settings))
            while self._hearers and self.last < until:
                await self._changed.wait()

    async def end(self) -> int:
        """The position from which on all is new. Raises LionError."""
        if self._reads.is_set():
            return self.last
        return await beside(partial(_last, self._settings))

    async def follow(self, at: int, pause: float) -> AsyncGenerator[list[Told], None]:
        """Records after a position, some at a time; none when nothing came for `pause` seconds.
        Who leaves early closes it. Raises LionError.
        """
        self.followers += 1
        try:
            self._failure = None
            self._wanted.set()
            await self._reads.wait()
            while True:
                changed = self._changed
                page = await self._after(at)
                if page:
                    at = page[-1].position
                    yield page
                    continue
                if self._failure is not None:
                    raise self._failure
                with trio.move_on_after(pause) as scope:
                    await changed.wait()
                if scope.cancelled_caught:
                    yield []
        finally:
            self.followers -= 1

    async def _read(self) -> None:
        with ExitStack() as stack:
            # Waited for also when cancelled, as all that reads with a reader of ours: it is closed
            # here, and not while a thread is inside.
            open_log = partial(stack.enter_context, open_history(self._settings))
            reader = await trio.to_thread.run_sync(open_log)
            last = reader.last_position
            self._since = self._heard_until or await trio.to_thread.run_sync(last)
            self._reads.set()
            while self.followers or self._hearers:
                news = self._log.news
                page = await trio.to_thread.run_sync(self._heard, reader, self.last)
                if page:
                    self._take(page)
                    continue
                with trio.move_on_after(LOOK_SECONDS):
                    await news()

    def _heard(self, reader: LogReader, after: int) -> list[Told]:
        records = reader.since(after, MOST_TOLD)
        for hear in self._hearers:
            try:
                hear(records)
            except Exception:  # noqa: BLE001 - whoever hears ends nobody's service
                self.faults += 1
        return [_told(record) for record in records]

    async def _after(self, at: int) -> list[Told]:
        await trio.lowlevel.checkpoint()
        if at >= self._since:
            return self._recent[bisect_right(self._recent, at, key=_position) :]
        return await beside(partial(_read, self._settings, at))

    def _take(self, page: list[Told]) -> None:
        recent = self._recent + page
        self._size += sum(len(one.text) for one in page)
        cut = max(len(recent) - RECENT, 0)
        dropped = sum(len(one.text) for one in recent[:cut])
        while self._size - dropped > RECENT_BYTES and cut < len(recent) - 1:
            dropped += len(recent[cut].text)
            cut += 1
        if cut:
            self._since = recent[cut - 1].position
        self._recent, self._size = recent[cut:], self._size - dropped
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


def _page(reader: LogReader, after: int) -> list[Told]:
    return [_told(record) for record in reader.since(after, MOST_TOLD)]


def _last(settings: Settings) -> int:
    with open_history(settings) as reader:
        return reader.last_position()


def _read(settings: Settings, after: int) -> list[Told]:
    with open_history(settings) as reader:
        return _page(reader, after)


def _told(record: Record) -> Told:
    """What is told of it; of a large one, and of one that a newer lion wrote, not its event."""
    try:
        fields = told(record) if record.body else None
    except AuditError:
        fields = None
    if fields is None:
        fields = msgspec.structs.asdict(record) | {"event": None}
        del fields["body"]
    return Told(record.position, record.run, record.principal, record.type, _encode(fields))


def _position(one: Told) -> int:
    return one.position
