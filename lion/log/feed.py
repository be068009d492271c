"""Look here if you want to know how readers follow a run while it is written.

Rule: a reader never holds up the writer: it is told that something is new, and fetches at its own
pace.
Rule: a feed holds the last RECENT records, and only while somebody follows. A follower that lags
further reads the store; one that is up to date waits for news and reads nothing.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from weakref import WeakValueDictionary

import trio

from lion.domain.events import RunFinished, RunParked
from lion.domain.record import Record
from lion.errors import LionError

RECENT = 8_192
"""Records of a run kept for its followers: what two hundred agents make in half a second. One that
lags further has to read the store, which is slower, so it may never catch up."""
RECENT_BYTES = 16 * 1024 * 1024
"""Bytes of their bodies that are kept."""

Fetch = Callable[[str, int], Awaitable[Sequence[Record]]]
"""(run, after) -> the next committed records, none if there are no more; a page of any size."""

_FINISHED = RunFinished.__name__
_PARKED = RunParked.__name__


class Feed:
    """The news of one run, shared by its followers."""

    def __init__(self) -> None:
        self.recent: deque[Record] = deque()
        self.changed = trio.Event()
        self._bytes = 0

    def wake(self) -> None:
        """Tell all followers to look again."""
        self.changed.set()
        self.changed = trio.Event()

    def publish(self, records: Sequence[Record]) -> None:
        """Add committed records, which must continue what the feed holds, or else replace it."""
        recent = self.recent
        if recent and recent[-1].seq + 1 != records[0].seq:
            recent.clear()
            self._bytes = 0
        recent.extend(records)
        self._bytes += sum(len(record.body) for record in records)
        while len(recent) > RECENT or self._bytes > RECENT_BYTES:
            self._bytes -= len(recent.popleft().body)
        self.wake()

    def since(self, after: int) -> list[Record] | None:
        """What comes after seq `after`; None if that is not all here."""
        if not self.recent:
            return None
        count = self.recent[-1].seq - after
        if count > len(self.recent):
            return None
        return [self.recent[i] for i in range(-count, 0)]


class Feeds:
    """All runs somebody follows. A feed lives as long as its last follower."""

    def __init__(self, fetch: Fetch) -> None:
        self.is_closed = False
        self.news = trio.Event()
        """Set at the next commit."""
        self.failure: Callable[[], LionError] | None = None
        self._fetch = fetch
        self._by_run: WeakValueDictionary[str, Feed] = WeakValueDictionary()

    def follow(self, run: str, after: int) -> "Follower":
        """Follow a run from seq `after` + 1."""
        feed = self._by_run.get(run)
        if feed is None:
            feed = self._by_run[run] = Feed()
        return Follower(run, after, feed, self, self._fetch)

    def followed(self) -> frozenset[str]:
        """The runs that have followers."""
        return frozenset(self._by_run)

    def wake_others(self, followed: frozenset[str]) -> None:
        """Wake followers of other runs than `followed`: they came while records were written,
        so nobody told them.
        """
        for run in self.followed() - followed:
            self._by_run[run].wake()

    def publish(self, records: Sequence[Record]) -> None:
        """Something was committed: tell the followers of these records, of one or several runs, in
        order.
        """
        self.news.set()
        self.news = trio.Event()
        by_run: dict[str, list[Record]] = {}
        for record in records:
            by_run.setdefault(record.run, []).append(record)
        for run, those in by_run.items():
            feed = self._by_run.get(run)
            if feed is not None:
                feed.publish(those)

    def close(self, failure: Callable[[], LionError] | None = None) -> None:
        """Nothing more will come: followers end when they have read everything, with `failure` if
        there is one."""
        self.is_closed = True
        self.failure = self.failure or failure
        self.news.set()
        for feed in list(self._by_run.values()):
            feed.wake()


class Follower:
    """An async iterator of a run's committed records. Needs no closing; may be dropped at any
    time."""

    def __init__(self, run: str, after: int, feed: Feed, feeds: Feeds, fetch: Fetch) -> None:
        self._run = run
        self._after = after
        self._feed = feed
        self._feeds = feeds
        self._fetch = fetch
        self._page: deque[Record] = deque()
        self._ended = False
        self._is_parked = False
        """Nothing comes after its last record until the run is resumed."""

    def __aiter__(self) -> "Follower":
        return self

    async def __anext__(self) -> Record:
        if not self._page and not self._ended:
            await self._turn_page()
        if not self._page:
            raise StopAsyncIteration
        record = self._page.popleft()
        self._after = record.seq
        self._ended = record.type == _FINISHED
        self._is_parked = record.type == _PARKED
        return record

    async def _turn_page(self) -> None:
        await trio.lowlevel.checkpoint()
        while not self._page:
            changed, is_closed = self._feed.changed, self._feeds.is_closed
            page: Sequence[Record] | None = self._feed.since(self._after)
            if page is None:
                page = await self._fetch(self._run, self._after)
            self._page.extend(page)
            if not page and (is_closed or self._is_parked):
                self._end()
                return
            if not page:
                await changed.wait()

    def _end(self) -> None:
        self._ended = True
        if self._feeds.failure is not None:
            raise self._feeds.failure()
