"""Look here if you want to know what an exchange is to a guest, with a slow or rude server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from lion.capabilities.http import functions as http
from lion.capabilities.http.contract import OutgoingRequest
from lion.capabilities.http.exchange import AHEAD, PIECES, GuestExchange
from lion.capabilities.opened import Opened
from lion.domain.call import CallError
from lion.domain.plan import Grant
from lion.scopes.http_grant import build_http_grant
from lion.testing.caller import FakeCaller
from lion.values.packed import pack

GRANT = build_http_grant("plugins.guide.allow", "GET,POST https://a.example/**", calls=10)
ASK = {"method": "GET", "url": "https://a.example/", "headers": "", "body": None, "timeout": None}

CALLS = {one.name: one for one in http.OPERATIONS}


class FakeExchange:
    """Answers with these pieces, then with this failure if there is one."""

    def __init__(self, pieces: list[bytes], failure: CallError | None) -> None:
        self.status = 200
        self.headers = (("a", "b"), ("c", "d: e"))
        self.url = "https://a.example/"
        self.given = 0
        self._pieces = pieces
        self._failure = failure

    async def receive(self) -> bytes:
        await trio.lowlevel.checkpoint()
        if self.given < len(self._pieces):
            self.given += 1
            return self._pieces[self.given - 1]
        if self._failure is not None:
            raise self._failure
        return b""


class FakeDoor:
    """A ports.HttpDoor that reads the request's body, unless it is rude, and answers."""

    def __init__(
        self, *pieces: bytes, failure: CallError | None = None, rude: bool = False
    ) -> None:
        self.exchange = FakeExchange(list(pieces), failure)
        self.requests: list[OutgoingRequest] = []
        self.body = b""
        self.rude = rude
        self.go = trio.Event()
        self.open_now = 0

    @asynccontextmanager
    async def open(self, request: OutgoingRequest) -> AsyncIterator[FakeExchange]:
        self.requests.append(request)
        self.open_now += 1
        try:
            if not isinstance(request.body, bytes | None) and not self.rude:
                async for piece in request.body:
                    await self.go.wait()
                    self.body += piece
            yield self.exchange
        finally:
            self.open_now -= 1


@asynccontextmanager
async def caller(door: FakeDoor, *grants: Grant) -> AsyncIterator[FakeCaller]:
    async with trio.open_nursery() as nursery:
        yield FakeCaller(grants=grants or (GRANT,), services=Opened(door=door), nursery=nursery)
        nursery.cancel_scope.cancel()


async def read_all(guest: FakeCaller, rep: int, most: int = 262_144) -> list[str]:
    pieces = []
    while (piece := await http.read(guest, rep, most)) is not None:
        pieces.append(piece)
    return pieces


async def failure(awaitable: Any) -> str:
    with pytest.raises(CallError) as caught:
        await awaitable
    return caught.value.case


async def test_head_and_pieces_in_the_sizes_asked_for() -> None:
    async with caller(FakeDoor(b"hello", b" you", b"\xff\xfe")) as guest:
        started = await guest.call(CALLS["start"], ASK, False)
        rep = started["exchange"]
        assert started["readable"] == rep != started["writable"]
        head = {"status": 200, "headers": "a: b\nc: d: e", "url": "https://a.example/"}
        assert await http.head(guest, rep) == head == await http.head(guest, rep)
        assert await read_all(guest, rep, 3) == [
            pack(p) for p in (b"hel", b"lo", b" yo", b"u", b"\xff\xfe")
        ]
        assert await http.read(guest, rep, 3) is None, "the end stays the end"
        assert await failure(http.read(guest, rep, 0)) == "invalid"
        assert await failure(http.read(guest, rep, 262_145)) == "invalid"
        assert await failure(http.head(guest, started["writable"])) == "not-found"


async def test_a_slow_reader_slows_the_server() -> None:
    piece = bytes(64 * 1024)
    door = FakeDoor(*[piece] * 100)
    async with caller(door) as guest:
        rep = (await guest.call(CALLS["start"], ASK, False))["exchange"]
        await wait_all_tasks_blocked()
        assert door.exchange.given == AHEAD // len(piece)
        await http.read(guest, rep, 262_144)
        await wait_all_tasks_blocked()
        assert door.exchange.given == AHEAD // len(piece) + 1
        assert len(await read_all(guest, rep)) == 99
        assert door.open_now == 0


async def test_writing_waits_for_room_and_ends_once() -> None:
    door = FakeDoor(b"done")
    async with caller(door) as guest:
        started = await guest.call(CALLS["start"], {**ASK, "method": "POST"}, True)
        rep, room = started["exchange"], guest.handles.get(started["writable"])
        assert room.is_ready and not guest.handles.get(rep).is_ready
        await http.write(guest, rep, "one u")
        await wait_all_tasks_blocked()
        await http.write(guest, rep, "two u")
        assert not room.is_ready
        with trio.move_on_after(0) as scope:
            await http.write(guest, rep, "lostu")
        assert scope.cancelled_caught
        door.go.set()
        await room.wait_ready()
        await http.write(guest, rep, "threeu")
        await http.finish(guest, rep)
        await http.finish(guest, rep)
        assert await failure(http.write(guest, rep, "moreu")) == "invalid"
        assert await read_all(guest, rep) == ["doneu"]
        assert door.body == b"one two three"


async def test_a_server_that_answers_before_the_body_is_complete() -> None:
    async with caller(FakeDoor(b"no", rude=True)) as guest:
        rep = (await guest.call(CALLS["start"], {**ASK, "method": "POST"}, True))["exchange"]
        assert await read_all(guest, rep) == ["nou"]
        assert await failure(http.write(guest, rep, "lateu")) == "connection"


async def test_a_failure_is_told_to_whoever_asks_after_what_came() -> None:
    door = FakeDoor(b"half", failure=CallError("connection", "it broke"))
    async with caller(door) as guest:
        started = await guest.call(CALLS["start"], {**ASK, "method": "POST"}, True)
        rep = started["exchange"]
        await http.finish(guest, rep)
        assert await http.read(guest, rep, 9) == "halfu"
        for _ in range(2):
            assert await failure(http.read(guest, rep, 9)) == "connection"
        assert guest.handles.get(rep).is_ready and guest.handles.get(started["writable"]).is_ready
        assert (await http.head(guest, rep))["status"] == 200, "the head had come"


async def test_dropping_ends_it_and_takes_its_other_handle_along() -> None:
    door = FakeDoor(*[bytes(AHEAD)] * 3)
    async with caller(door) as guest:
        started = await guest.call(CALLS["start"], ASK, False)
        await wait_all_tasks_blocked()
        assert door.open_now == 1
        guest.handles.drop(started["exchange"])
        await wait_all_tasks_blocked()
        assert door.open_now == 0
        with pytest.raises(CallError, match="not-found"):
            guest.handles.get(started["writable"])


async def test_without_room_for_handles_nothing_is_started() -> None:
    door = FakeDoor()
    async with trio.open_nursery() as nursery:
        guest = FakeCaller(
            grants=(GRANT,), services=Opened(door=door), nursery=nursery, handle_limit=1
        )
        assert await failure(guest.call(CALLS["start"], ASK, False)) == "exhausted"
        await wait_all_tasks_blocked()
    assert door.requests == []


async def test_what_a_request_is_held_to_is_its_grants() -> None:
    narrow = build_http_grant(
        "x", "GET https://a.example/in", bytes_in=10, timeout_ns=5, addresses=("10.0.0.0/8",)
    )
    door = FakeDoor()
    async with caller(door, GRANT, narrow, Grant("secrets", "x", patterns=("api",))) as guest:
        for path, timeout in (("", None), ("in", 10**12), ("in", 3)):
            await guest.call(
                CALLS["send"], {**ASK, "url": f"https://a.example/{path}", "timeout": timeout}
            )
        async with caller(door, narrow) as other:
            await other.call(CALLS["send"], {**ASK, "url": "https://a.example/in", "timeout": 3})
    terms = [request.terms for request in door.requests]
    assert {t.pool for t in terms[:3]} == {"guide GET,POST https://a.example/**"}, (
        "the first that covers"
    )
    assert [t.times.total_ns for t in terms] == [60 * 10**9, 60 * 10**9, 3, 3]
    assert terms[0].secrets == ("api",) and terms[3].secrets == ()
    assert terms[3].addresses == ("10.0.0.0/8",)
    assert guest.spent["http calls GET,POST https://a.example/**"] == 3
    with pytest.raises(CallError, match="exhausted"):
        terms[3].spend("bytes-in", 11)


@pytest.mark.parametrize(
    "request_",
    [
        {"body": "x" * 65_537 + "u"}, {"body": "x" * 100_000 + "u"}, {"body": "not packed"},
        {"headers": "x"}, {"headers": "a: b\n" * 4_000}, {"headers": "\n".join(["a: b"] * 129)},
    ],
)  # fmt: skip
async def test_bounds(request_: dict[str, Any]) -> None:
    door = FakeDoor()
    async with caller(door) as guest:
        assert await failure(guest.call(CALLS["send"], {**ASK, **request_})) == "invalid"
        assert door.requests == []
        await guest.call(CALLS["send"], {**ASK, "body": "x" * 65_536 + "u"})
        assert len(door.requests) == 1


async def test_a_body_is_not_given_twice() -> None:
    async with caller(FakeDoor()) as guest:
        assert await failure(guest.call(CALLS["start"], {**ASK, "body": "xu"}, True)) == "invalid"


class Drips:
    """An exchange whose answer comes in so many pieces of one byte."""

    status, headers, url = 200, (), "http://127.0.0.1/"

    def __init__(self, count: int) -> None:
        self.left = count

    async def receive(self) -> bytes:
        await trio.lowlevel.checkpoint()
        self.left -= 1
        return b"x" if self.left >= 0 else b""


class DripDoor:
    def __init__(self, drips: Drips) -> None:
        self._drips = drips

    @asynccontextmanager
    async def open(self, request: Any) -> AsyncIterator[Drips]:
        yield self._drips


async def test_pieces_of_a_byte_are_few_that_nobody_reads() -> None:
    """A server that sends each byte by itself had the host count them all anew for each."""
    drips, one = Drips(AHEAD), GuestExchange(streams=False)
    request: Any = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.run, DripDoor(drips), request)
        await wait_all_tasks_blocked()
        assert AHEAD - drips.left == PIECES
        for _ in range(10):
            assert await one.read(100) == b"x"
        await wait_all_tasks_blocked()
        assert AHEAD - drips.left == PIECES + 10
        one.cancel()


async def test_a_piece_is_read_in_parts_without_a_copy_of_the_rest() -> None:
    class Whole(Drips):
        async def receive(self) -> bytes:
            await trio.lowlevel.checkpoint()
            self.left -= 1
            return bytes(range(256)) if self.left >= 0 else b""

    one = GuestExchange(streams=False)
    request: Any = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.run, DripDoor(Whole(2)), request)
        read = [await one.read(100) for _ in range(6)]
        assert list(map(len, read)) == [100, 100, 56] * 2
        assert b"".join(read) == bytes(range(256)) * 2
        assert await one.read(100) == b""
