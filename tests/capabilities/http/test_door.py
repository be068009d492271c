"""Look here if you want to know what the http door lets out, what it lets in, and what it cuts."""

import logging
import math
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
import trustme

from lion.capabilities.http import answer as http_answer
from lion.capabilities.http.contract import OutgoingRequest, Terms, Times
from lion.capabilities.http.door import Door, open_door
from lion.domain.call import CallError
from lion.domain.plan import SECOND, Rate
from lion.scopes.http_target import HttpTarget
from tests.capabilities.http.hostile_server import Server, open_server

LOOPBACK = ("127.0.0.1",)
QUICK = Times(connect_ns=2 * SECOND, head_ns=SECOND // 5, idle_ns=SECOND // 5, total_ns=5 * SECOND)


def terms(**more: Any) -> Terms:
    return Terms(**{"pool": "test", "addresses": LOOPBACK, **more})


def get(url: str, *headers: tuple[str, str], **more: Any) -> OutgoingRequest:
    return OutgoingRequest(method="GET", url=url, headers=headers, terms=terms(**more))


async def read(door: Door, request: OutgoingRequest) -> tuple[int, bytes]:
    """Status and whole body."""
    async with door.open(request) as exchange:
        body = b""
        while piece := await exchange.receive():
            body += piece
        return exchange.status, body


async def failure(door: Door, request: OutgoingRequest) -> CallError:
    with pytest.raises(CallError) as caught:
        await read(door, request)
    return caught.value


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with open_server() as server:
        yield server


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with open_door() as door:
        yield door


class Meter:
    """Spends up to a limit, and remembers."""

    def __init__(self, limit: int = 1 << 40) -> None:
        self.limit = limit
        self.used = {"bytes-in": 0, "bytes-out": 0}

    def __call__(self, budget: str, amount: int) -> None:
        if self.used[budget] + amount > self.limit:
            raise CallError("exhausted", f"{budget}: more than {self.limit}")
        self.used[budget] += amount


class Follow:
    """Allows every redirect, or only those that begin so; remembers the targets."""

    def __init__(self, *allowed: str, **more: Any) -> None:
        self.allowed = allowed
        self.more = more
        self.targets: list[str] = []

    async def __call__(self, target: HttpTarget) -> Terms:
        self.targets.append(target.text)
        if not target.text.startswith(self.allowed or ("",)):
            raise CallError("denied", "no grant covers it")
        return terms(follow=self, **self.more)


# What goes out


async def test_a_request_is_sent_as_it_was_decided(server: Server, door: Door) -> None:
    status, body = await read(door, get(f"{server.url}/ok/../ok?q=a%2fb%7E#part"))
    assert (status, body) == (200, b"hello")
    (seen,) = server.seen
    assert seen.line == b"GET /ok?q=a%2Fb~ HTTP/1.1"
    assert seen.header("host") == f"127.0.0.1:{server.port}"
    assert seen.header("accept-encoding") == "gzip"
    assert {name.lower() for name, _ in seen.headers} == {"host", "user-agent", "accept-encoding"}


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "connection",
        "TE",
        "Upgrade",
        "proxy-authorization",
    ],
)
async def test_headers_of_the_door_are_refused(name: str, server: Server, door: Door) -> None:
    error = await failure(door, get(f"{server.url}/ok", (name, "x")))
    assert (error.case, server.seen) == ("invalid", [])


@pytest.mark.parametrize(
    "header", [("a b", "x"), ("a", "x\r\nhost: y"), ("a", "\0"), ("", "x"), ("a", "\u00e9")]
)
async def test_headers_that_are_none_are_refused(
    header: tuple[str, str], server: Server, door: Door
) -> None:
    error = await failure(door, get(f"{server.url}/ok", header))
    assert (error.case, server.seen) == ("invalid", [])


async def test_nothing_of_the_environment_is_used(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1:{server.port} login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with open_door() as door:
        assert await read(door, get(f"{server.url}/ok")) == (200, b"hello")
    assert server.seen[0].header("authorization") is None


async def test_there_are_no_cookies(server: Server, door: Door) -> None:
    for _ in range(2):
        async with door.open(get(f"{server.url}/cookie")) as exchange:
            assert ("set-cookie", "a=b; Path=/") in exchange.headers
    assert [seen.header("cookie") for seen in server.seen] == [None, None]


async def test_a_pool_is_of_one_holder_and_grant(server: Server, door: Door) -> None:
    for pool in ("ann a", "ann a", "bob a", "ann b"):
        await read(door, get(f"{server.url}/ok", pool=pool))
    assert [seen.connection for seen in server.seen] == [1, 1, 2, 3]


async def test_a_body_in_pieces_is_sent_as_it_comes_and_charged(
    server: Server, door: Door
) -> None:
    meter = Meter()

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one ", b"", b"two"):
            yield piece

    asked = OutgoingRequest(
        method="post", url=f"{server.url}/ok", body=pieces(), terms=terms(spend=meter)
    )
    await read(door, asked)
    (seen,) = server.seen
    assert seen.body == b"one two"
    assert seen.line == b"POST /ok HTTP/1.1"
    assert 100 < meter.used["bytes-out"] < 300


# What comes in


async def test_bytes_are_charged_both_ways(server: Server, door: Door) -> None:
    meter = Meter()
    await read(door, get(f"{server.url}/body?size=100000", spend=meter))
    assert 100_000 < meter.used["bytes-in"] < 100_200
    assert 50 < meter.used["bytes-out"] < 200


async def test_a_body_larger_than_its_budget_is_cut(server: Server, door: Door) -> None:
    meter = Meter(200_000)
    error = await failure(door, get(f"{server.url}/endless", spend=meter))
    assert error.case == "exhausted"
    assert meter.used["bytes-in"] <= 200_000
    with trio.fail_after(60):
        await server.cut.wait()


async def test_a_body_that_unpacks_to_nothing_is_cut_as_sent(server: Server, door: Door) -> None:
    meter = Meter(200_000)
    with trio.fail_after(60):
        error = await failure(door, get(f"{server.url}/empty-blocks", spend=meter))
    assert error.case == "exhausted"


async def test_a_request_larger_than_its_budget_is_not_sent(server: Server, door: Door) -> None:
    asked = OutgoingRequest(
        method="POST", url=f"{server.url}/ok", body=bytes(500), terms=terms(spend=Meter(400))
    )
    assert (await failure(door, asked)).case == "exhausted"
    assert server.seen == []


async def test_gzip_is_unpacked_and_its_traces_are_gone(server: Server, door: Door) -> None:
    async with door.open(get(f"{server.url}/gzip")) as exchange:
        names = [name for name, _ in exchange.headers]
        assert "content-encoding" not in names and "content-length" not in names
    _, body = await read(door, get(f"{server.url}/gzip"))
    assert body == b"hello " * 1_000 + b"again"


async def test_a_zip_bomb_is_cut_by_what_it_becomes(server: Server, door: Door) -> None:
    meter = Meter(1024 * 1024)
    largest = 0
    with pytest.raises(CallError, match="exhausted"):
        async with door.open(get(f"{server.url}/bomb", spend=meter)) as exchange:
            while piece := await exchange.receive():
                largest = max(largest, len(piece))
    assert meter.used["bytes-in"] > 900_000
    assert largest <= 64 * 1024


@pytest.mark.parametrize(
    ("path", "case"),
    [
        ("/cut-gzip", "protocol"),
        ("/brotli", "protocol"),
        ("/short", "connection"),
        ("/drop", "connection"),
        ("/garbage", "protocol"),
        ("/switch", "protocol"),
        ("/big-head", "protocol"),
        ("/endless-headers", "protocol"),
        ("/endless-100", "protocol"),
    ],
)
async def test_a_server_that_breaks_the_rules_is_an_error(
    path: str, case: str, server: Server, door: Door
) -> None:
    with trio.fail_after(60):
        error = await failure(door, get(server.url + path))
        assert error.case == case
        assert await read(door, get(f"{server.url}/ok")) == (200, b"hello")


@pytest.mark.parametrize(
    ("path", "phase"),
    [
        ("/silent", "the answer's head took longer"),
        ("/drip-head", "the answer's head took longer"),
        ("/stuck", "the next piece took longer"),
    ],
)
async def test_each_phase_has_its_time(path: str, phase: str, server: Server, door: Door) -> None:
    with trio.fail_after(60):
        error = await failure(door, get(server.url + path, times=QUICK))
    assert error.case == "timeout"
    assert phase in error.text


async def test_a_slow_drip_is_cut_by_the_time_for_everything(server: Server, door: Door) -> None:
    times = Times(total_ns=SECOND // 4)
    with trio.fail_after(60):
        error = await failure(door, get(f"{server.url}/drip", times=times))
        assert (error.case, "the whole exchange" in error.text) == ("timeout", True)
        await server.cut.wait()


async def test_only_the_server_is_waited_for(server: Server, door: Door) -> None:
    """Who reads slowly is not cut for that, but has no more time than there is for everything."""
    async with door.open(get(f"{server.url}/stuck")) as exchange:
        assert await exchange.receive() == b"half"
        assert exchange._patience.since == math.inf
        exchange._patience.until = trio.current_time()
        with trio.fail_after(60), pytest.raises(CallError, match="the whole exchange took longer"):
            await exchange.receive()


async def test_waiting_for_a_free_connection_is_not_connecting(server: Server, door: Door) -> None:
    """Two hundred streams of one model are no two hundred slow connections."""
    short = Times(connect_ns=SECOND // 20, total_ns=SECOND // 4)
    with trio.fail_after(60):
        async with door.open(get(f"{server.url}/stuck", connections=1)):
            waited = await failure(door, get(f"{server.url}/ok", connections=1, times=short))
    assert (waited.case, "the whole exchange" in waited.text) == ("timeout", True)


async def test_connecting_has_its_time_too(door: Door) -> None:
    """Whoever takes a connection and never says anything of TLS."""

    async def silent(_: trio.SocketStream) -> None:
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, silent, [listener])
        url = f"https://127.0.0.1:{listener.socket.getsockname()[1]}/"
        times = Times(connect_ns=SECOND // 5, total_ns=60 * SECOND)
        with trio.fail_after(60):
            error = await failure(door, get(url, times=times))
        nursery.cancel_scope.cancel()
    assert (error.case, error.text) == ("timeout", "connecting took longer than 200 ms")


@pytest.mark.parametrize(("at_once_ns", "gives_way"), [(0, True), (SECOND, False)])
async def test_pieces_that_lie_here_give_way_to_others(
    server: Server, door: Door, monkeypatch: pytest.MonkeyPatch, at_once_ns: int, gives_way: bool
) -> None:
    """A little that is unpacked to many pieces."""
    monkeypatch.setattr(http_answer, "AT_ONCE_NS", at_once_ns)
    turns, pieces = 0, 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        async with door.open(get(f"{server.url}/bomb")) as exchange:
            while await exchange.receive():
                pieces += 1
        nursery.cancel_scope.cancel()
    assert pieces >= 1_024
    assert (turns > pieces // 2) == gives_way


async def test_leaving_early_ends_the_exchange(server: Server, door: Door) -> None:
    with trio.fail_after(60):
        async with door.open(get(f"{server.url}/endless")) as exchange:
            assert await exchange.receive()
        await server.cut.wait()


async def test_requests_have_a_rate(server: Server, door: Door) -> None:
    asked = get(f"{server.url}/ok", rate=Rate(2, 3_600 * SECOND))
    await read(door, asked)
    await read(door, asked)
    error = await failure(door, asked)
    assert error.case == "exhausted" and "2/h" in error.text
    assert len(server.seen) == 2


# Where it goes


class Names:
    """A resolver whose answers change from one asking to the next; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        await trio.lowlevel.checkpoint()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "168.63.129.16",
    "100.64.0.1", "100.100.100.200", "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2001:0:1::", "::127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_name_leads_to_a_private_address(address: str) -> None:
    names = Names([address])
    async with open_door(resolve=names) as door:
        error = await failure(door, get("http://api.example.com/", addresses=()))
    assert error.case == "denied" and "no grant names" in error.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:127.0.0.1]", "10.0.0.1"]
)
async def test_an_address_in_the_url_is_vetted_too(host: str, door: Door) -> None:
    assert (await failure(door, get(f"http://{host}:9/", addresses=()))).case == "denied"


async def test_one_private_address_among_public_ones_is_enough(server: Server) -> None:
    async with open_door(resolve=Names(["93.184.215.14", "127.0.0.1"])) as door:
        error = await failure(door, get(f"http://a.example:{server.port}/ok", addresses=()))
    assert error.case == "denied" and server.connections == 0


async def test_a_named_network_may_be_reached_and_the_name_stays_in_host(server: Server) -> None:
    names = Names(["127.0.0.1"])
    async with open_door(resolve=names) as door:
        asked = get(f"http://build.internal:{server.port}/ok", addresses=("127.0.0.0/8",))
        assert (await read(door, asked))[0] == 200
    assert server.seen[0].header("host") == f"build.internal:{server.port}"


async def test_a_name_is_resolved_once_and_what_was_vetted_is_connected_to(server: Server) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.66"])
    async with open_door(resolve=names) as door:
        asked = get(f"http://a.internal:{server.port}/ok", addresses=LOOPBACK)
        assert (await read(door, asked))[0] == 200
        assert names.asked == ["a.internal"]
        # The kept connection goes where it was vetted; a new one is vetted anew.
        assert (await read(door, asked))[0] == 200
        assert names.asked == ["a.internal"]
        other = get(f"http://a.internal:{server.port}/ok", addresses=LOOPBACK, pool="other")
        assert (await failure(door, other)).case == "denied"
    assert server.connections == 1


async def test_an_address_that_takes_nothing_leaves_time_for_the_next(server: Server) -> None:
    names = Names(["127.0.0.77", "127.0.0.1"])  # nobody listens at the first one's port
    async with open_door(resolve=names) as door:
        asked = get(f"http://a.internal:{server.port}/ok", addresses=("127.0.0.0/8",))
        assert (await read(door, asked))[0] == 200


async def test_no_name_and_no_listener_are_told_apart(door: Door) -> None:
    async def nobody(host: str, port: int) -> Sequence[str]:
        raise OSError(0, "Name or service not known")

    async with open_door(resolve=nobody) as nameless:
        assert (await failure(nameless, get("http://x.example/"))).case == "dns"
    async with open_door(resolve=Names([])) as nameless:
        assert (await failure(nameless, get("http://x.example/"))).case == "dns"
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    assert (await failure(door, get(f"http://127.0.0.1:{port}/"))).case == "connection"


# Redirects


async def test_without_leave_a_redirect_is_the_answer(server: Server, door: Door) -> None:
    status, _ = await read(door, get(f"{server.url}/redirect?to=/ok"))
    assert status == 302 and len(server.seen) == 1


async def test_a_redirect_is_decided_anew_and_told_where_it_ended(
    server: Server, door: Door
) -> None:
    follow = Follow()
    async with door.open(get(f"{server.url}/redirect?to=ok?x=1", follow=follow)) as exchange:
        assert exchange.status == 200
        assert exchange.url == f"{server.url}/ok?x=1"
    assert follow.targets == [f"GET {server.url}/ok?x=1"]


async def test_a_redirect_that_is_not_allowed_is_not_asked(server: Server, door: Door) -> None:
    follow = Follow(f"GET {server.url}/ok")
    error = await failure(door, get(f"{server.url}/redirect?to=/echo", follow=follow))
    assert error.case == "denied"
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "to", ["http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]:1/"]
)
async def test_a_redirect_to_a_private_address_is_vetted_like_any_other(
    to: str, server: Server, door: Door
) -> None:
    error = await failure(door, get(f"{server.url}/redirect?to={to}", follow=Follow()))
    assert error.case == "denied" and "no grant names" in error.text


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "http://u:p@127.0.0.1/", "http://a/%2e%2e%2f", "ftp://a/"]
)
async def test_a_redirect_to_no_url_goes_nowhere(to: str, server: Server, door: Door) -> None:
    from urllib.parse import quote

    follow = Follow()
    error = await failure(door, get(f"{server.url}/redirect?to={quote(to)}", follow=follow))
    assert error.case == "redirects"
    assert follow.targets == []


async def test_redirects_are_bounded(server: Server, door: Door) -> None:
    error = await failure(door, get(f"{server.url}/loop", follow=Follow(redirects=2), redirects=2))
    assert error.case == "redirects"
    assert len(server.seen) == 3


async def test_credentials_are_dropped_across_origins_only(server: Server, door: Door) -> None:
    headers = (
        ("authorization", "Bearer mine"),
        ("x-key", "mine"),
        ("cookie", "a=b"),
        ("accept", "x/y"),
    )
    async with open_server() as other:
        asked = get(f"{server.url}/redirect?to={other.url}/ok", *headers, follow=Follow())
        await read(door, asked)
        await read(door, get(f"{server.url}/redirect?to=/ok", *headers, follow=Follow()))
    (told,) = other.seen
    assert told.header("accept") == "x/y"
    assert [told.header(name) for name in ("authorization", "x-key", "cookie")] == [None] * 3
    assert server.seen[-1].header("authorization") == "Bearer mine"


@pytest.mark.parametrize(
    ("status", "line", "body"),
    [
        (301, b"GET /echo HTTP/1.1", b""),
        (303, b"GET /echo HTTP/1.1", b""),
        (307, b"POST /echo HTTP/1.1", b"data"),
        (308, b"POST /echo HTTP/1.1", b"data"),
    ],
)
async def test_a_redirect_keeps_or_drops_the_body(
    status: int, line: bytes, body: bytes, server: Server, door: Door
) -> None:
    asked = OutgoingRequest(
        method="POST",
        url=f"{server.url}/redirect?status={status}&to=/echo",
        headers=(("content-type", "text/plain"),),
        body=b"data",
        terms=terms(follow=Follow()),
    )
    await read(door, asked)
    last = server.seen[-1]
    assert (last.line, last.body) == (line, body)
    assert (last.header("content-type") is None) == (not body)


# TLS


@asynccontextmanager
async def tls_server(*names: str) -> AsyncIterator[tuple[Server, ssl.SSLContext]]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trust)
    async with open_server(context) as server:
        yield server, trust


async def test_tls_is_for_the_name_and_not_the_address() -> None:
    async with tls_server("api.example.com") as (server, trust):
        async with open_door(resolve=Names(["127.0.0.1"]), tls=lambda: trust) as door:
            good = get(f"https://api.example.com:{server.port}/ok")
            assert await read(door, good) == (200, b"hello")
            wrong = await failure(door, get(f"https://other.example.com:{server.port}/ok"))
            assert wrong.case == "tls" and "Hostname mismatch" in wrong.text
        async with open_door(resolve=Names(["127.0.0.1"])) as door:
            assert (await failure(door, good)).case == "tls"
    assert len(server.seen) == 1


async def test_what_does_not_come_over_tls_is_cut_too() -> None:
    async with (
        tls_server("api.example.com") as (server, trust),
        open_door(resolve=Names(["127.0.0.1"]), tls=lambda: trust) as door,
    ):
        with trio.fail_after(60):
            url = f"https://api.example.com:{server.port}/stuck"
            error = await failure(door, get(url, times=QUICK))
    assert (error.case, error.text) == ("timeout", "the next piece took longer than 200 ms")


async def test_a_server_without_tls_is_a_tls_failure(server: Server, door: Door) -> None:
    error = await failure(door, get(f"https://127.0.0.1:{server.port}/ok"))
    assert error.case == "tls"


async def test_the_client_does_not_log_requests(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_door() as door:
        await read(door, get(f"{server.url}/echo", ("x-key", "mine")))
    assert "mine" not in caplog.text
