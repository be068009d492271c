"""A flood, a drip, what is said twice, a guest of its own: the service answers others still."""

from contextlib import AsyncExitStack
from ipaddress import ip_address
from pathlib import Path

import pytest
import trio

from lion.domain.task import Order, Role, TaskState
from lion.listeners import is_own, listening_at
from lion.web import connection, listening
from tests.service.rig import ANN, WASM, add
from tests.web.kit import SECONDS, Web, web_in

FLOOD = 1_000


async def test_a_thousand_connections_keep_nobody_out(tmp_path: Path) -> None:
    """None of them asks anything; others are answered, guests work, and few of them are kept."""
    async with web_in(tmp_path) as web, AsyncExitStack() as stack:
        streams = []
        for number in range(FLOOD):
            stream = await stack.enter_async_context(await web.connect())
            streams.append(stream)
            if number % 3 == 0:
                await stream.send_all(b"GET /ping HTTP/1.1\r\n")
            if number % 250 == 249:
                assert (await web.ask("GET", "/ping")).status == 200
        task = await web.living.service.wait_over(ANN, (await add(web.living)).id)
        assert task.state is TaskState.COMPLETED
        assert (await web.ask("GET", "/ping")).status == 200
        kept = 0
        async with trio.open_nursery() as nursery:
            gone = trio.Event()
            left = FLOOD - listening.MOST_ASKING

            async def wait_gone(stream: trio.SocketStream) -> None:
                nonlocal kept
                try:
                    while await stream.receive_some():
                        pass
                except trio.BrokenResourceError:
                    pass
                kept += 1
                if kept >= left:
                    gone.set()

            for stream in streams:
                nursery.start_soon(wait_gone, stream)
            with trio.fail_after(SECONDS):
                await gone.wait()
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize("where", ["head", "body"])
async def test_who_drips_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A byte now and then does not make a request that comes in time."""
    async with web_in(tmp_path) as web:
        own = {"origin": web.doors.origin, "content-length": "4000"}
        head = web.head("POST", "/sign-in", own)
        monkeypatch.setattr(connection, f"{where.upper()}_SECONDS", 0.3)
        async with await web.connect() as stream:
            with trio.fail_after(SECONDS):
                if where == "body":
                    await stream.send_all(head)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_drip, stream, b"x" * 4_000 if where == "body" else head)
                    answer = bytes(await stream.receive_some())
                    nursery.cancel_scope.cancel()
        assert b" 408 " in answer
        assert (await web.ask("GET", "/ping")).status == 200


async def _drip(stream: trio.SocketStream, data: bytes) -> None:
    for byte in data[:-1]:
        try:
            await stream.send_all(bytes([byte]))
        except trio.BrokenResourceError:
            return
        await trio.lowlevel.checkpoint()


@pytest.mark.parametrize("name", ["host", "cookie", "authorization", "origin"])
async def test_what_is_said_twice_is_not_understood(tmp_path: Path, name: str) -> None:
    """Who stands before it, and checks one of two, is not passed by the other."""
    async with web_in(tmp_path) as web:
        values = {"host": web.host, "cookie": await web.signed_in(), "origin": web.doors.origin}
        values["authorization"] = f"Bearer {web.tokens[Role.VIEWER]}"
        headers = {name: f"evil\r\n{name}: {values[name]}"}
        answer = await web.ask("GET", "/api/status", headers)
        assert (answer.status, answer.value["title"]) == (400, "OperatorError")


async def test_who_is_nobody_sends_no_more_than_a_form(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        for target in ("/sign-in", "/sign-out"):
            answer = await web.ask("POST", target, {"origin": web.doors.origin}, b"x" * 5_000)
            assert answer.status == 413, target


def fetching(web: Web) -> str:
    return f"""
name = "fetching"

[plugins.fetcher]
component = "{WASM}/fetcher.wasm"
allow.http = ["GET {web.doors.origin}/**"]
"""


async def test_a_guest_does_not_speak_to_its_own_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with web_in(tmp_path) as web:
        await web.living.plugins.install(ANN, fetching(web))
        order = Order(call="fetcher.fetch", arguments={"url": f"{web.doors.origin}/ping"})

        async def fetched() -> str:
            task = await web.living.service.submit(ANN, order)
            task = await web.living.service.wait_over(ANN, task.id)
            assert task.end is not None
            return f"{task.state} {task.end.value} {task.end.error}"

        said = await fetched()
        assert "lion's own" in said, said
        monkeypatch.setattr("lion.capabilities.http.network.is_own", lambda *_: False)
        assert "pong" in await fetched()


def test_what_is_lions_own_by_any_name() -> None:
    with listening_at("127.0.0.1", 80):
        for text in ("127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0"):
            assert is_own(ip_address(text), 80), text
        assert not is_own(ip_address("127.0.0.1"), 81)
        assert not is_own(ip_address("192.0.2.1"), 80)
    assert not is_own(ip_address("127.0.0.1"), 80)
    for wild in ("0.0.0.0", "::"):
        with listening_at(wild, 80):
            for text in ("127.0.0.1", "127.0.0.9", "::1"):
                assert is_own(ip_address(text), 80), text
            assert not is_own(ip_address("192.0.2.1"), 80)
