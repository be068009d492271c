"""Look here if you want to know how letters of a service travel through a Redis, and what becomes
of them while it is away, slow or lying.

Rule: it is spoken to by two connections, one to write and one to read, each opened again after a
wait that grows; meanwhile letters wait in the log.
Rule: that it is away, and why, is told once, and that it is there again.
Rule: who repeats himself costs time, and no more of it than that.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, aclosing, asynccontextmanager
from typing import Final

import trio

from lion.brokers.errors import BrokerError
from lion.brokers.redis import NEW, SEEN, Entry, Link, Login, open_link
from lion.brokers.sealed import BadLetter, Seals
from lion.domain.events import BrokerChanged
from lion.domain.letter import Letter
from lion.service.post import PostOffice

REDIS: Final = "redis"
AT_ONCE: Final = 16
"""Letters that are written at once."""
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
STEADY_SECONDS: Final = 30.0
"""A connection that lasted so long was a good one: the next is tried at once."""


class Carrier:
    """Carries letters of one post office."""

    def __init__(self, office: PostOffice, login: Login, seals: Seals) -> None:
        self._office = office
        self._name = office.terms.name
        self._login = login
        self._seals = seals
        self._error: str | None = None
        """What was told last; None: nothing."""
        self._wait = FIRST_WAIT

    @property
    def state(self) -> str:
        """How it is: `connecting`, `connected`, or what is wrong."""
        return "connecting" if self._error is None else self._error or "connected"

    async def send(self) -> None:
        """Bring, for ever, what is for other services."""
        with ExitStack() as stack:
            async with aclosing(self._office.outgoing(REDIS, stack)) as pages:
                async for letters in pages:
                    for first in range(0, len(letters), AT_ONCE):
                        await self._write(letters[first : first + AT_ONCE])

    async def receive(self) -> None:
        """Take, for ever, what others send."""
        await self._office.wait_resumed()
        while True:
            async with self._tried(), open_link(self._login) as link:
                await link.join(self._name)
                self._tell("")
                await self._read(link)

    async def _write(self, letters: Sequence[Letter]) -> None:
        peers = self._office.terms.peers
        sealed = [
            (peer, self._seals.write(letter, peer))
            for letter in letters
            for peer in peers
            if self._office.is_for(letter, peer)
        ]
        is_sent = not sealed
        while not is_sent:
            async with self._tried(), open_link(self._login) as link:
                await link.write(sealed, self._office.terms.keep)
                is_sent = True
                self._wait = FIRST_WAIT

    async def _read(self, link: Link) -> None:
        since, pause = SEEN, 0.0
        while True:
            entries = await link.read(self._name, since)
            if not entries:
                since = NEW
                continue
            good, bad = self._opened(entries)
            new = await self._office.take(good, bad)
            await link.acknowledge(self._name, entries)
            pause = 0.0 if new else min(max(pause * 2, 0.05), 5.0)
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

    @asynccontextmanager
    async def _tried(self) -> AsyncIterator[None]:
        """Something with a connection; if it breaks, after a wait it can be tried again."""
        began = trio.current_time()
        try:
            yield
            return
        except BrokerError as exc:
            self._tell(exc.what)
        if trio.current_time() - began > STEADY_SECONDS:
            self._wait = FIRST_WAIT
        await trio.sleep(self._wait)
        self._wait = min(self._wait * 2, LONGEST_WAIT)

    def _tell(self, error: str) -> None:
        if error != self._error:
            self._error = error
            self._office.chain.tell(BrokerChanged(error))
