"""Letters between services, with a Redis that lies, drags or never ends, and with others who write
to it: what costs nothing, and what nobody hears of.
"""

import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import pytest
import trio
from trio.testing import MockClock

from lion.brokers.errors import BrokerError
from lion.brokers.redis import NEW, Login, _entries, open_link
from lion.brokers.resp import MOST_BYTES, AnswerReader
from lion.brokers.sealed import LARGEST, BadLetter, Seals
from lion.domain.bus_terms import RedisPlace
from lion.domain.hidden import Hidden
from lion.domain.letter import Letter
from lion.errors import OperatorError
from tests.service.redis_server import KEY

Talk = Callable[[trio.SocketStream], Awaitable[None]]
NAME = b"lion:bus:west"
LETTER = Letter(
    service="east", epoch=1, position=7, sender="@east/0123456789ab/bob", to="@west/ann",
    payload="1",
)  # fmt: skip
LIES = {
    b"$999999999999\r\n": "more than 4,194,304 bytes",
    b"$536870913\r\n": "more than 4,194,304 bytes",
    b"$4194305\r\nabc": "the connection broke",
    b"$600000\r\n" + b"a" * 600_000 + b"bc\r\n": "the protocol",
    b"$-2\r\n": "more than",
    b"$" + b"9" * 5_000 + b"\r\n": "a line of more than",
    b"$" + b"9" * 900 + b"\r\n": "a number",
    b"$5\r\nabcdefg": "the protocol",
    b"*2000000000\r\n": "more than 4,096 elements",
    b"*-7\r\n": "more than",
    b"*4000\r\n" * 2: "elements",
    b"*1\r\n" * 100_000: "nested more than 8",
    b"*4096\r\n" + b"*0\r\n" * 4_096: "something else",
    b"+" + b"a" * 100_000: "a line of more than",
    b":1e9\r\n": "a number",
    b":" + b"1" * 30 + b"\r\n": "a number",
    b":1\r\n": "something else",
    b"+OK\r\n+more\r\n": "nobody asked for",
    b"%1\r\n+a\r\n+b\r\n": "the protocol",
    b"HTTP/1.1 200 OK\r\n": "the protocol",
    b"\r\n": "the protocol",
    b"*1\r\n*2\r\n$5\r\nother\r\n*0\r\n": "something else",
    b"*1\r\n*2\r\n$13\r\n" + NAME + b"\r\n*1\r\n*2\r\n$3\r\nx-y\r\n*0\r\n": "something else",
    b"*1\r\n*2\r\n$13\r\n" + NAME + b"\r\n*1\r\n:5\r\n": "something else",
    b"*1\r\n*2\r\n$13\r\n" + NAME + b"\r\n*9\r\n" + b"*2\r\n$3\r\n1-1\r\n$-1\r\n" * 9: "something",
    b"-ERR the password is hunter2\r\n": "it refused: ERR",
    b"": "the connection broke",
}


@asynccontextmanager
async def _served(talk: Talk, patience: float = 60.0) -> AsyncIterator[Login]:
    """A server on loopback that says what it likes."""
    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, talk, 0, host="127.0.0.1"))
        port = listener.socket.getsockname()[1]
        yield Login(place=RedisPlace(host="127.0.0.1", port=port), patience=patience)
        nursery.cancel_scope.cancel()


def _says(answer: bytes) -> Talk:
    async def talk(stream: trio.SocketStream) -> None:
        await stream.receive_some(4_096)
        try:
            await stream.send_all(answer)
            await stream.send_eof()
            await stream.receive_some(4_096)
        except trio.BrokenResourceError:
            pass

    return talk


@pytest.mark.parametrize(("answer", "words"), LIES.items(), ids=[str(a[:20]) for a in LIES])
async def test_an_answer_that_lies_ends_the_connection_and_costs_little(
    answer: bytes, words: str
) -> None:
    async with _served(_says(answer)) as login, open_link(login) as link:
        began = time.process_time()
        with pytest.raises(BrokerError) as raised:
            await link.read("west", NEW)
        assert words in raised.value.what
        assert "hunter2" not in raised.value.what
        assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("head", "piece"),
    [(b"*4096\r\n", b"$60000\r\n" + b"a" * 60_000 + b"\r\n"), (b"+", b"a" * 60_000)],
    ids=["elements", "a line"],
)
async def test_an_answer_without_an_end_is_read_for_no_more_than_its_bound(
    head: bytes, piece: bytes
) -> None:
    given = 0

    async def receive(most: int) -> bytes:
        nonlocal given
        data = piece if given else head
        given += len(data)
        assert given < 3 * MOST_BYTES
        return data

    tracemalloc.start()
    try:
        with pytest.raises(BrokerError, match="more than"):
            await AnswerReader(receive).read()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert given <= MOST_BYTES + 2 * len(piece)
    assert peak < 3 * MOST_BYTES


async def test_what_is_too_long_for_a_letter_is_passed_over_and_the_rest_is_read() -> None:
    left, size = 0, 64 * 1024 * 1024
    head = b"*1\r\n*2\r\n$13\r\n" + NAME + b"\r\n*2\r\n"
    head += b"*2\r\n$3\r\n1-1\r\n*2\r\n$6\r\nletter\r\n$%d\r\n" % size
    tail = b"\r\n*2\r\n$3\r\n2-1\r\n*2\r\n$6\r\nletter\r\n$2\r\nok\r\n"
    left = size
    pieces = [head]

    async def receive(most: int) -> bytes:
        nonlocal left
        if pieces:
            return pieces.pop()
        data = b"a" * min(most, left)
        left -= len(data)
        return data or tail

    tracemalloc.start()
    try:
        answer = await AnswerReader(receive).read()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1024 * 1024
    first, second = _entries(answer, NAME)
    assert (first.data, second.data) == (None, b"ok")


async def test_who_answers_a_byte_at_a_time_is_too_slow(mock_clock: MockClock) -> None:
    async def drip(stream: trio.SocketStream) -> None:
        await stream.receive_some(4_096)
        for _ in range(10):
            await stream.send_all(b"+")
            mock_clock.jump(1.0)
        await trio.sleep_forever()

    async with _served(drip, patience=5.0) as login, open_link(login) as link:
        with pytest.raises(BrokerError, match="too slow"):
            await link.read("west", NEW)


async def test_who_says_nothing_at_all_is_too_slow(mock_clock: MockClock) -> None:
    async def mute(stream: trio.SocketStream) -> None:
        await stream.receive_some(4_096)
        mock_clock.jump(3_600)
        await trio.sleep_forever()

    async with _served(mute) as login, open_link(login) as link:
        with pytest.raises(BrokerError, match="too slow"):
            await link.read("west", NEW)


def _seals(key: str = KEY) -> Seals:
    return Seals(Hidden(key))


def test_a_letter_is_read_as_it_was_written() -> None:
    assert _seals().read(_seals().write(LETTER, "west"), "west", ("east",)) == LETTER


def test_a_key_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(OperatorError, match="fewer than 32"):
        _seals("k" * 31)


def test_what_was_sealed_with_another_key_changed_or_for_another_reader_is_no_letter() -> None:
    data = _seals().write(LETTER, "west")
    forged = _seals("another-key-of-someone-who-has-none").write(LETTER, "west")
    changed = data.replace(b'"payload":"1"', b'"payload":"2"')
    assert changed != data
    for one in (forged, changed, data[:-1], _seals().write(LETTER, "north")):
        with pytest.raises(BadLetter, match="its seal is not right"):
            _seals().read(one, "west", ("east",))
    for one in (b"", data[:64], b"x" * (LARGEST + 1)):
        with pytest.raises(BadLetter, match="no size"):
            _seals().read(one, "west", ("east",))


WRONG = {
    "another service's sender": ({"sender": "@north/0123456789ab/bob"}, "another sender"),
    "a holder's name": ({"sender": "ann"}, "another sender"),
    "a sender that is none": ({"sender": "@east/../ann"}, "another sender"),
    "a service that is no peer": ({"service": "north", "sender": "@north/bob"}, "no peer"),
    "itself": ({"service": "west", "sender": "@west/bob"}, "no peer"),
    "an old place": ({"position": -1}, "no place"),
    "the last place of all": ({"position": 2**64}, "no place|no letter"),
    "another reader": ({"to": "@north/ann"}, "for nobody here"),
    "no address": ({"to": "ann"}, "for nobody here"),
    "nobody": ({"to": ""}, "for nobody here"),
    "both": ({"topic": "a"}, "for nobody here"),
    "no topic": ({"to": "", "topic": "a..b"}, "for nobody here"),
    "no JSON": ({"payload": "no json"}, "no message"),
    "too deep": ({"payload": "[" * 65 + "]" * 65}, "no message"),
    "too large": ({"payload": f'"{"x" * 65_536}"'}, "no message"),
}


@pytest.mark.parametrize(("said", "words"), WRONG.values(), ids=WRONG)
def test_a_peer_that_lies_is_not_heard(said: dict[str, object], words: str) -> None:
    letter = msgspec.structs.replace(LETTER, **said)
    with pytest.raises(BadLetter, match=words):
        _seals().read(_seals().write(letter, "west"), "west", ("east",))
