"""Look here if you want to know what goes through the operator's proxy, and what it cannot do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from lion.capabilities.http.door import open_door
from lion.domain.events import RunStarted
from lion.scopes.http_url import parse_url
from tests.attack.kit import call, holder, only, open_arena
from tests.attack.test_http_twins import Changing, ask
from tests.capabilities.http.hostile_server import open_server
from tests.capabilities.http.test_door import Names, failure, get, read, tls_server

PUBLIC = "93.184.215.14"
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy:
    """Answers CONNECT, and joins whoever asks with one server, whatever host they name."""

    def __init__(self, server_port: int, answer: bytes) -> None:
        self._server_port = server_port
        self._answer = answer
        self.asked: list[bytes] = []
        self.passed = b""
        self.url = parse_url("http://127.0.0.1/")

    async def serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            head = b""
            while b"\r\n\r\n" not in head:
                head += await stream.receive_some()
            self.asked.append(head)
            await stream.send_all(self._answer)
            if self._answer == CONNECTED:
                await self._join(stream)

    async def _join(self, client: trio.SocketStream) -> None:
        server = await trio.open_tcp_stream("127.0.0.1", self._server_port)
        async with server, trio.open_nursery() as nursery:
            nursery.start_soon(self._pass, server, client)
            await self._pass(client, server)
            nursery.cancel_scope.cancel()

    async def _pass(self, source: trio.SocketStream, sink: trio.SocketStream) -> None:
        try:
            async for data in source:
                self.passed += data
                await sink.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return


@asynccontextmanager
async def open_proxy(server_port: int, answer: bytes = CONNECTED) -> AsyncIterator[Proxy]:
    proxy = Proxy(server_port, answer)
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        proxy.url = parse_url(f"http://127.0.0.1:{port}")
        nursery.start_soon(trio.serve_listeners, proxy.serve, [listener])
        yield proxy
        nursery.cancel_scope.cancel()


async def test_a_public_name_is_reached_through_it_and_tls_is_with_the_server() -> None:
    async with tls_server("api.example.com") as (server, trust):
        async with (
            open_proxy(server.port) as proxy,
            open_door(resolve=Names([PUBLIC]), tls=lambda: trust, proxy=proxy.url) as door,
        ):
            asked = get("https://api.example.com/ok", ("x-key", "mine"))
            assert await read(door, asked) == (200, b"hello")
        where = b"api.example.com:443"
        assert proxy.asked == [b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (where, where)]
        assert b"mine" not in proxy.passed and b"hello" not in proxy.passed, "it reads nothing"
    assert server.seen[0].header("host") == "api.example.com"
    async with (
        tls_server("other.example.com") as (server, trust),
        open_proxy(server.port) as proxy,
        open_door(resolve=Names([PUBLIC]), tls=lambda: trust, proxy=proxy.url) as door,
    ):
        assert (await failure(door, asked)).case == "tls", "it cannot be somebody else"
    assert server.seen == []


async def test_a_name_that_only_the_proxy_knows() -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise OSError(0, "Name or service not known")

    async with open_server() as server, open_proxy(server.port) as proxy:
        async with open_door(resolve=nobody, proxy=proxy.url) as door:
            assert await read(door, get("http://far.example/ok")) == (200, b"hello")
        async with open_door(resolve=nobody) as door:
            assert (await failure(door, get("http://far.example/ok"))).case == "dns"
    assert len(proxy.asked) == 1


async def test_what_is_vetted_here_is_not_asked_of_it() -> None:
    """A private address is refused as ever; one that the grant names is reached from here."""
    async with (
        open_server() as server,
        open_proxy(server.port) as proxy,
        open_door(resolve=Names(["10.0.0.1"]), proxy=proxy.url) as door,
    ):
        for url in ("http://inner.example/ok", "http://169.254.169.254/", "http://[::1]/"):
            assert (await failure(door, get(url, addresses=()))).case == "denied"
        assert (await read(door, get(f"{server.url}/ok")))[0] == 200
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "to api.example.com on port 80: 403"),
        (b"HTTP/1.1 407 Who are you\r\nX: y\r\n\r\n", "on port 80: 407"),
        (b"SSH-2.0-x\r\n\r\n", "makes no connection to api.example.com"),
        (b"HTTP/1.1 200 Fine\r\n\r\nand more", "makes no connection"),
        (b"HTTP/1.1 200 Fine\r\n" + b"x" * 20_000, "makes no connection"),
        (b"", "makes no connection"),
    ],
)
async def test_a_proxy_that_does_not_is_a_connection_failure(answer: bytes, words: str) -> None:
    async with (
        open_server() as server,
        open_proxy(server.port, answer) as proxy,
        open_door(resolve=Names([PUBLIC]), proxy=proxy.url) as door,
    ):
        with trio.fail_after(60):
            error = await failure(door, get("http://api.example.com/ok"))
    assert error.case == "connection" and words in error.text
    assert "127.0.0.1" not in error.text, "where it is, is nobody's business"
    assert server.seen == []


async def test_a_proxy_that_is_not_there() -> None:
    gone = parse_url("http://127.0.0.1:1/")
    async with open_door(resolve=Names([PUBLIC]), proxy=gone) as door:
        error = await failure(door, get("http://api.example.com/ok"))
    assert (error.case, error.text) == ("connection", "the operator's proxy takes no connection")


async def test_the_operators_policy_names_it_for_a_real_guest(tmp_path: Path) -> None:
    probe = holder("probe", "probe-http", 'allow.http = ["GET http://api.example.com/**"]')
    asked = call("probe.http-send", question=ask("http://api.example.com/ok"))
    before = trio.socket.set_custom_hostname_resolver(Changing(PUBLIC))
    try:
        async with open_server() as server, open_proxy(server.port) as proxy:
            policy = f'[http]\nproxy = "{proxy.url.origin}"\n'
            async with open_arena(tmp_path, policy=policy) as arena:
                report = await arena.run(probe, asked)
                assert only(report).ok, report
                (started,) = (e for e in arena.events(report.run) if isinstance(e, RunStarted))
                assert started.proxy == proxy.url.origin
                assert (await arena.replay(report.run)).identical
    finally:
        trio.socket.set_custom_hostname_resolver(before)
    assert len(proxy.asked) == 1
    assert server.seen[0].line == b"GET /ok HTTP/1.1"
