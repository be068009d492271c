"""What a service gives a Redis at once, and how often it asks one that lies about waiting."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from itertools import pairwise
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock, memory_stream_pair

from lion.brokers.redis import WAIT_SECONDS, Link, Login
from lion.brokers.sealed import Seals
from lion.domain.bus_terms import BusTerms, RedisPlace
from lion.domain.hidden import Hidden
from lion.domain.letter import Letter
from lion.service import carrier
from tests.service.redis_server import KEY

LETTER = Letter(
    service="west", epoch=1, position=1, sender="@west/ann", topic="shared.a",
    payload='"' + "\\n" * 30_000 + '"',
)  # fmt: skip
HOUR = 3_600
Answers = Callable[[bytes], AsyncIterator[bytes]]


class Office:
    """A post office with so many letters for so many peers."""

    def __init__(self, letters: int, peers: int) -> None:
        self.terms = BusTerms(name="west", peers=tuple(f"p{n}" for n in range(peers)))
        self.chain: Any = self
        self.letters = [msgspec.structs.replace(LETTER, position=n + 1) for n in range(letters)]
        self.is_out = trio.Event()

    def tell(self, event: object) -> None:
        """Nobody reads it."""

    async def wait_resumed(self) -> None:
        """Nothing goes on."""

    def is_for(self, letter: Letter, service: str) -> bool:
        """All hear of all."""
        return True

    async def outgoing(self, way: str, stack: ExitStack) -> AsyncGenerator[list[Letter], None]:
        """All, and then no more."""
        yield self.letters
        self.is_out.set()
        await trio.sleep_forever()

    async def take(self, letters: Sequence[Letter], bad: Sequence[Any]) -> int:
        """None is new."""
        return 0


def _carrier(
    office: Any, monkeypatch: pytest.MonkeyPatch, answers: Answers, seen: list[bytes]
) -> carrier.Carrier:
    """One whose Redis answers so; `seen` gets what each connection was told."""

    @asynccontextmanager
    async def open_link(login: Login) -> AsyncIterator[Link]:
        ours, theirs = memory_stream_pair()
        seen.append(b"")

        async def serve() -> None:
            async for data in theirs:
                seen[-1] += data
                async for answer in answers(bytes(data)):
                    await theirs.send_all(answer)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            yield Link(ours, 10.0)
            nursery.cancel_scope.cancel()

    monkeypatch.setattr(carrier, "open_link", open_link)
    login = Login(place=RedisPlace(host="127.0.0.1"))
    return carrier.Carrier(office, login, Seals(Hidden(KEY)))


async def test_what_is_written_at_once_is_bounded_whatever_is_to_be_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def takes(data: bytes) -> AsyncIterator[bytes]:
        for _ in range(data.count(b"XADD")):
            yield b"$3\r\n1-1\r\n"

    seen: list[bytes] = []
    office = Office(letters=3, peers=20)
    one = _carrier(office, monkeypatch, takes, seen)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.send)
        await office.is_out.wait()
        nursery.cancel_scope.cancel()
    assert sum(told.count(b"XADD") for told in seen) == 3 * 20
    assert max(map(len, seen)) < carrier.BYTES_AT_ONCE + 8 * 1024


async def _asked(one: carrier.Carrier) -> None:
    with trio.move_on_after(HOUR):
        await one.receive()


async def test_a_redis_that_says_at_once_that_there_is_nothing_is_asked_seldom(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    reads = 0

    async def lies(data: bytes) -> AsyncIterator[bytes]:
        nonlocal reads
        reads += data.count(b"XREADGROUP")
        assert reads < HOUR, "it is asked again and again"
        yield b"+OK\r\n" if b"XGROUP" in data else b"*-1\r\n"

    await _asked(_carrier(Office(0, 1), monkeypatch, lies, []))
    assert reads < HOUR / WAIT_SECONDS + 20


async def test_a_redis_that_waits_as_it_was_asked_is_asked_again_at_once(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    times: list[float] = []

    async def waits(data: bytes) -> AsyncIterator[bytes]:
        if b"BLOCK" in data:
            times.append(trio.current_time())
            await trio.sleep(WAIT_SECONDS)
        yield b"+OK\r\n" if b"XGROUP" in data else b"*-1\r\n"

    await _asked(_carrier(Office(0, 1), monkeypatch, waits, []))
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert len(gaps) > 500
    assert gaps == pytest.approx([WAIT_SECONDS] * len(gaps))
