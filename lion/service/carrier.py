"""Look here if you want to know how letters of a service travel through a Redis, and what becomes
of them while it is away, slow or lying.

Rule: it is spoken to by two connections, one to write and one to read, each opened again after a
wait that grows; meanwhile letters wait in the log.
Rule: that it is away, and why, is told once, and that it is there again.
Rule: who repeats himself, or says at once that there is nothing, costs time, and no more of it
than that.
Rule: what is written at once is bounded in bytes, too: else a slow line never has it in time.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, aclosing, asynccontextmanager
from typing import Final

import trio

from lion.brokers.errors import BrokerError
from lion.brokers.redis import NEW, SEEN, WAIT_SECONDS, Entry, Link, Login, open_link
from lion.brokers.sealed import BadLetter, Seals
from lion.domain.events import BrokerChanged
from lion.domain.letter import Letter
from lion.service.chain import Chain
from lion.service.post import PostOffice

REDIS: Final = "redis"
AT_ONCE: Final = 16
"""Letters that are written at once."""
BYTES_AT_ONCE: Final = 256 * 1024
"""Of them, but for one that is larger alone."""
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
STEADY_SECONDS: Final = 30.0
"""A connection that lasted so long was a good one: the next is tried at once."""


class Tries:
    """One way of speaking to a broker, tried again and again."""

    def __init__(self, way: str, chain: Chain) -> None:
        self.error: str | None = None
        """What was told last; None: nothing."""
        self._way = way
        self._chain = chain
        self._wait = FIRST_WAIT

    @asynccontextmanager
    async def tried(self) -> AsyncIterator[None]:
        """Something with a connection; if it breaks, after a wait it can be tried again."""
        began = trio.current_time()
        try:
            yield
            return
        except BrokerError as exc:
            self.tell(exc.what)
        if trio.current_time() - began > STEADY_SECONDS:
            self._wait = FIRST_WAIT
        await trio.sleep(self._wait)
        self._wait = min(self._wait * 2, LONGEST_WAIT)

    def note_done(self) -> None:
        """It came to its end."""
        self._wait = FIRST_WAIT
        if self.error:
            self.tell("")

    def tell(self, error: str) -> None:
        """How it is now; it is told if that is new."""
        if error != self.error:
            self.error = error
            self._chain.tell(BrokerChanged(error, self._way))


class Carrier:
    """Carries letters of one post office."""

    def __init__(self, office: PostOffice, login: Login, seals: Seals) -> None:
        self._office = office
        self._name = office.terms.name
        self._login = login
        self._seals = seals
        self._reads = Tries("read", office.chain)
        self._writes = Tries("write", office.chain)

    @property
    def state(self) -> str:
        """How it is: `connecting`, `connected`, or what is wrong."""
        error = self._reads.error or self._writes.error
        return error or ("connecting" if self._reads.error is None else "connected")

    async def send(self) -> None:
        """Bring, for ever, what is for other services."""
        with ExitStack() as stack:
            async with aclosing(self._office.outgoing(REDIS, stack)) as pages:
                async for letters in pages:
                    for some in self._sealed(letters):
                        await self._write(some)

    async def receive(self) -> None:
        """Take, for ever, what others send."""
        await self._office.wait_resumed()
        while True:
            async with self._reads.tried(), open_link(self._login) as link:
                await link.join(self._name)
                self._reads.tell("")
                await self._read(link)

    def _sealed(self, letters: Sequence[Letter]) -> Iterator[list[tuple[str, bytes]]]:
        """Each for whom it is for, as many together as are written at once."""
        some: list[tuple[str, bytes]] = []
        size = 0
        for letter in letters:
            for peer in self._office.terms.peers:
                if not self._office.is_for(letter, peer):
                    continue
                data = self._seals.write(letter, peer)
                if some and (len(some) >= AT_ONCE or size + len(data) > BYTES_AT_ONCE):
                    yield some
                    some, size = [], 0
                some.append((peer, data))
                size += len(data)
        if some:
            yield some

    async def _write(self, sealed: Sequence[tuple[str, bytes]]) -> None:
        is_sent = False
        while not is_sent:
            async with self._writes.tried(), open_link(self._login) as link:
                await link.write(sealed, self._office.terms.keep)
                is_sent = True
                self._writes.note_done()

    async def _read(self, link: Link) -> None:
        since, pause = SEEN, 0.0
        while True:
            began, new = trio.current_time(), 0
            entries = await link.read(self._name, since)
            if entries:
                good, bad = self._opened(entries)
                new = await self._office.take(good, bad)
                await link.acknowledge(self._name, entries)
            else:
                since = NEW
            has_waited = trio.current_time() - began > WAIT_SECONDS / 2
            pause = 0.0 if new or has_waited else min(max(pause * 2, 0.05), 5.0)
            await trio.sleep(pause)

    def _opened(self, entries: Sequence[Entry]) -> tuple[list[Letter], list[tuple[str, str]]]:
        good, bad = [], []
        for entry in entries:
            try:
                if entry.data is None:
                    raise BadLetter("it is no letter")
                good.append(self._seals.read(entry.data, self._name, self._office.terms.peers))
            except BadLetter as exc:
                bad.append((f"redis {entry.id.decode()}", str(exc)))
        return good, bad
