"""Look here if you want to know what the http door makes of answers as servers really send them,
and as nobody should: each kind by table, and as a sweep.
"""

import gzip
import random
from collections.abc import Sequence
from typing import Any

import httpcore2
import pytest
import trio

from lion.capabilities.http.connection import MOST_INTERIM
from lion.capabilities.http.contract import OutgoingRequest, Times
from lion.capabilities.http.door import open_door
from lion.domain.call import CallError
from lion.domain.plan import SECOND

from .said import Said, open_said
from .test_door import Follow, Meter, terms

OK = b"HTTP/1.1 200 OK\r\n"
LEGIT = [OK + b"Content-Length: 6\r\n\r\nlegit!"]
FALSE = OK + b"Content-Length: 8\r\n\r\ninjected"
TIMES = Times(connect_ns=5 * SECOND, head_ns=2 * SECOND, idle_ns=2 * SECOND, total_ns=20 * SECOND)
PACKED = gzip.compress(b"hello", mtime=0)
CASES = (
    "denied", "invalid", "exhausted", "timeout", "dns", "connection", "tls", "redirects",
    "protocol",
)  # fmt: skip


async def loopback(host: str, port: int) -> Sequence[str]:
    await trio.lowlevel.checkpoint()
    return ["127.0.0.1"]


def door_to(said: Said) -> Any:
    trust = said.trust
    return open_door(resolve=loopback, tls=(lambda: trust) if trust else None)


def ask(url: str, method: str = "GET", **more: Any) -> OutgoingRequest:
    return OutgoingRequest(method=method, url=url, terms=terms(times=TIMES, **more))


async def got(door: Any, request: OutgoingRequest) -> tuple[int, bytes] | CallError:
    """Status and body, or how it failed; nothing else may come of any answer."""
    body = b""
    try:
        async with door.open(request) as exchange:
            while piece := await exchange.receive():
                body += piece
            return exchange.status, body
    except CallError as exc:
        assert exc.case in CASES
        return exc


# What a body is packed by


@pytest.mark.parametrize(
    ("headers", "body", "said", "is_told"),
    [
        ("none", b"ok", b"ok", True),
        ("UTF-8", b"ok", b"ok", True),
        ("identity", b"ok", b"ok", True),
        ("", b"ok", b"ok", True),
        ("binary, 8bit", b"ok", b"ok", True),
        ("whatever", b"ok", b"ok", True),
        ("gzip", PACKED, b"hello", False),
        ("GZIP , identity", PACKED, b"hello", False),
        ("none,x-gzip", PACKED, b"hello", False),
        ("identity\r\ncontent-encoding: gzip", PACKED, b"hello", False),
    ],
)
async def test_a_word_that_packs_nothing_packs_nothing(
    headers: str, body: bytes, said: bytes, is_told: bool
) -> None:
    head = f"content-encoding: {headers}\r\ncontent-length: {len(body)}\r\n\r\n"
    async with open_said([OK + head.encode() + body]) as server, door_to(server) as door:
        assert await got(door, ask(server.url + "/")) == (200, said)
        async with door.open(ask(server.url + "/")) as exchange:
            names = [name for name, _ in exchange.headers]
        assert ("content-encoding" in names) is is_told


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "br, gzip", "gzip, br"])
async def test_what_was_not_asked_for_is_not_read(coding: str) -> None:
    head = f"content-encoding: {coding}\r\ncontent-length: 2\r\n\r\n".encode()
    async with open_said([OK + head + b"ok"]) as server, door_to(server) as door:
        error = await got(door, ask(server.url + "/"))
        assert isinstance(error, CallError) and error.case == "protocol"
    # Without a body there is nothing that could not be read.
    async with open_said([OK + head]) as server, door_to(server) as door:
        assert await got(door, ask(server.url + "/", "HEAD")) == (200, b"")


# What is left over

FIRST = {
    "HEAD": ("HEAD", OK + b"Content-Length: 5\r\n\r\n"),
    "HEAD, chunked": ("HEAD", OK + b"Transfer-Encoding: chunked\r\n\r\n"),
    "204": ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
    "204 with a length": ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\n"),
    "304": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 8\r\n\r\n"),
    "length 0": ("GET", OK + b"Content-Length: 0\r\n\r\n"),
    "length": ("GET", OK + b"Content-Length: 2\r\n\r\nok"),
    "chunked": ("GET", OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
    "packed": (
        "GET",
        OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(PACKED), PACKED),
    ),
}
LEFT = {
    "an answer": FALSE,
    "a body": b"hello",
    "a line": b"\r\n",
    "a byte": b"x",
    "an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "half an answer": FALSE[:20],
}


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("is_apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize("first", FIRST)
async def test_what_is_left_over_is_nobodys_answer(
    first: str, is_apart: bool, is_tls: bool
) -> None:
    """RFC 9112, 6.3: such data must not be taken for a separate response."""
    method, whole = FIRST[first]
    for left in LEFT.values():
        answer = [whole, left] if is_apart else [whole + left]
        async with open_said(answer, LEGIT, is_tls=is_tls) as server, door_to(server) as door:
            with trio.fail_after(60):
                await got(door, ask(f"{server.url}/page", method))
                assert await got(door, ask(f"{server.url}/account")) == (200, b"legit!")
            assert server.connections == 2


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("first", FIRST)
async def test_without_anything_left_over_a_connection_is_kept(first: str, is_tls: bool) -> None:
    method, whole = FIRST[first]
    async with open_said([whole], LEGIT, is_tls=is_tls) as server, door_to(server) as door:
        assert not isinstance(await got(door, ask(f"{server.url}/page", method)), CallError)
        assert await got(door, ask(f"{server.url}/account")) == (200, b"legit!")
        assert server.connections == 1


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
async def test_what_comes_while_nobody_asks_is_nobodys_answer(is_tls: bool) -> None:
    async with open_said(LEGIT, is_tls=is_tls) as server, door_to(server) as door:
        assert await got(door, ask(f"{server.url}/page")) == (200, b"legit!")
        await server.push(FALSE)
        assert await got(door, ask(f"{server.url}/account")) == (200, b"legit!")
        assert server.connections == 2


async def test_what_comes_once_a_connection_is_assigned_is_nobodys_answer_either() -> None:
    """The pool looked when it assigned it; the request may have waited since."""
    async with open_said(LEGIT) as server, door_to(server) as door:
        assert await got(door, ask(f"{server.url}/page")) == (200, b"legit!")
        ((_, pool),) = door._pools.items()
        (connection,) = pool.connections
        await server.push(FALSE)
        with pytest.raises(httpcore2.ConnectionNotAvailable):
            await connection.handle_async_request(httpcore2.Request("GET", server.url))
        assert len(server.lines) == 1


async def test_an_answer_that_says_its_length_twice_is_the_last_of_its_connection() -> None:
    framed = OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    async with open_said([framed], LEGIT) as server, door_to(server) as door:
        assert await got(door, ask(f"{server.url}/page")) == (200, b"ok")
        assert await got(door, ask(f"{server.url}/account")) == (200, b"legit!")
        assert server.connections == 2


# What comes before, and between

INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


async def test_interim_answers_are_read_over_and_paid_for() -> None:
    meter = Meter()
    async with open_said([INTERIM * 10 + LEGIT[0]]) as server, door_to(server) as door:
        assert await got(door, ask(server.url + "/", spend=meter)) == (200, b"legit!")
    assert meter.used["bytes-in"] == 10 * len(INTERIM) + len(LEGIT[0])


async def test_interim_answers_are_few() -> None:
    flood = INTERIM * (MOST_INTERIM + 1) + LEGIT[0]
    async with open_said([flood]) as server, door_to(server) as door:
        error = await got(door, ask(server.url + "/"))
    assert isinstance(error, CallError) and error.case == "protocol"


async def test_interim_answers_end_with_their_budget() -> None:
    large = b"HTTP/1.1 102 Processing\r\nX: " + b"x" * 50_000 + b"\r\n\r\n"
    meter = Meter(200_000)
    async with open_said([large * 20 + LEGIT[0]]) as server, door_to(server) as door:
        error = await got(door, ask(server.url + "/", spend=meter))
    assert isinstance(error, CallError) and error.case == "exhausted"
    assert meter.used["bytes-in"] <= 200_000


async def test_whatever_frames_a_body_is_paid_for() -> None:
    chunks = b"1;%s\r\nx\r\n" % (b"e" * 100) * 500 + b"0\r\nTrailer: " + b"t" * 5_000 + b"\r\n\r\n"
    answer = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
    meter = Meter()
    async with open_said([answer]) as server, door_to(server) as door:
        assert await got(door, ask(server.url + "/", spend=meter)) == (200, b"x" * 500)
    assert meter.used["bytes-in"] == len(answer)


# Where a redirect leads


def moved(*places: bytes) -> list[bytes]:
    lines = b"".join(b"Location: " + place + b"\r\n" for place in places)
    return [b"HTTP/1.1 302 Found\r\n" + lines + b"Content-Length: 0\r\n\r\n"]


@pytest.mark.parametrize(
    ("place", "asked"),
    [
        ("/café".encode(), b"/caf%C3%A9"),
        (b"/caf\xe9", b"/caf%E9"),
        (b"/my file", b"/my%20file"),
        (b"  /x  ", b"/x"),
        (b"/a?q=two words", b"/a?q=two%20words"),
        ("/?q=ü".encode(), b"/?q=%C3%BC"),
        (b"/caf%C3%A9", b"/caf%C3%A9"),
        (b"my file", b"/at/my%20file"),
        (b'/a"<b>|{c}^`', b"/a%22%3Cb%3E%7C%7Bc%7D%5E%60"),
        (b"/a%2Fb", b"/a%2Fb"),
        ("/日本/ page".encode(), b"/%E6%97%A5%E6%9C%AC/%20page"),
        (b"/\xc3\xa9\xe9", b"/%C3%A9%E9"),
    ],
)
async def test_raw_characters_of_a_place_are_what_is_decided_and_sent(
    place: bytes, asked: bytes
) -> None:
    follow = Follow()
    async with open_said(moved(place), LEGIT) as server, door_to(server) as door:
        assert await got(door, ask(f"{server.url}/at/a", follow=follow)) == (200, b"legit!")
        assert server.lines[-1] == b"GET " + asked + b" HTTP/1.1"
        assert follow.targets == [f"GET {server.url}{asked.decode()}"]


@pytest.mark.parametrize(
    "places",
    [
        (b"/a", b"/b"),
        (b"//evil example/",),
        (b"http://a b/",),
        (b"http://caf\xe9.example/",),
        (b"/a\\b",),
        (b"/a%2F..%2Fb",),
        (b"/%zz",),
        (b"http:///x",),
    ],
)
async def test_a_place_that_could_be_read_in_two_ways_is_none(places: tuple[bytes, ...]) -> None:
    follow = Follow()
    async with open_said(moved(*places), LEGIT) as server, door_to(server) as door:
        error = await got(door, ask(f"{server.url}/a", follow=follow))
        assert isinstance(error, CallError) and error.case == "redirects"
        assert follow.targets == [] and len(server.lines) == 1


PIECES = [
    b"/", b"..", b".", b"%2e", b"%2F", b"%252f", b" ", b"\xe9", "é".encode(), b"?", b"#", b";",
    b"a", b"//", b"%41", b"+", b"&", b"\\", b'"', b"@", b":", b"%", b"%00", b"http:", b"\t",
]  # fmt: skip


async def test_whatever_a_place_says_what_is_decided_is_what_is_sent() -> None:
    chance = random.Random(18)
    places = [b"".join(chance.choices(PIECES, k=chance.randint(1, 6))) for _ in range(250)]
    followed = 0
    for place in places:
        follow = Follow()
        async with open_said(moved(b"/" + place), LEGIT) as server, door_to(server) as door:
            outcome = await got(door, ask(f"{server.url}/at", follow=follow, redirects=1))
            if isinstance(outcome, CallError):
                assert outcome.case in ("redirects", "protocol", "dns", "denied", "connection")
                assert len(server.lines) == 1
                continue
            (target,) = follow.targets
            assert (
                server.lines[1].decode()
                == f"GET {target.removeprefix('GET ' + server.url)} HTTP/1.1"
            )
            followed += 1
    assert followed > 50, "most are no places at all, and the sweep says nothing"


# Answers that are damaged

WHOLE = {
    "length": OK + b"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
    "chunked": OK
    + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: t\r\n\r\n",
    "packed": FIRST["packed"][1],
    "interim": INTERIM + OK + b"Content-Length: 5\r\n\r\nhello",
}


@pytest.mark.parametrize("name", WHOLE)
async def test_half_an_answer_is_never_a_whole_one(name: str) -> None:
    whole = WHOLE[name]
    cuts = [[whole[:at], None] for at in range(len(whole))]
    async with open_said(*cuts, [whole, None]) as server, door_to(server) as door:
        with trio.fail_after(120):
            for _ in cuts:
                assert isinstance(await got(door, ask(server.url + "/")), CallError)
            assert await got(door, ask(server.url + "/")) == (200, b"hello")


@pytest.mark.parametrize("name", WHOLE)
async def test_a_damaged_answer_is_an_answer_or_a_failure_with_a_name(name: str) -> None:
    whole, chance = WHOLE[name], random.Random(len(name))
    damaged = [_damage(whole, chance) for _ in range(150)]
    async with (
        open_said(*([one, None] for one in damaged), LEGIT) as server,
        door_to(server) as door,
    ):
        with trio.fail_after(120):
            for _ in damaged:
                await got(door, ask(server.url + "/"))
            assert await got(door, ask(server.url + "/")) == (200, b"legit!")


def _damage(whole: bytes, chance: random.Random) -> bytes:
    at, to = sorted(chance.sample(range(len(whole)), 2))
    return chance.choice([
        whole[:at] + bytes([chance.randrange(256)]) + whole[at + 1 :],
        whole[:at] + whole[to:],
        whole[:at] + whole[at:to] * 2 + whole[to:],
        whole[:at] + chance.choice([b"\r\n", b"\n", b"\0", b" ", b"\xff", b":"]) + whole[at:],
    ])  # fmt: skip
