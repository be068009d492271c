"""Who speaks to a service is hostile: what he sends is bounded, and nobody waits for him."""

import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio

from lion.domain.task import Principal, Role
from lion.service import sockets
from lion.service.sockets import reachable
from lion.web import connection, listening
from lion.web.connection import Answer, Request
from lion.web.listening import Door, admit_owner, open_socket
from lion.web.routes import Endpoint

ANYTHING = Endpoint(run=None, role=None, summary="")  # type: ignore[arg-type]
PING = b"GET /ping HTTP/1.1\r\nhost: x\r\n\r\n"


async def echo(endpoint: Endpoint, request: Request, by: Principal) -> Answer:
    if request.path == ("stream",):
        return Answer(pieces=numbers())
    if request.path == ("bug",):
        raise KeyError("a bug")
    return Answer(value=[request.method, request.path, request.json(), by.word])


async def numbers():  # type: ignore[no-untyped-def]
    for number in range(1_000_000):
        await trio.lowlevel.checkpoint()
        yield b"%d\n" % number


@asynccontextmanager
async def listening_at(path: Path) -> AsyncIterator[None]:
    door = Door(admit_owner, lambda request, by: ANYTHING, echo)
    with open_socket(path) as listener:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(door.listen, listener)
            yield
            nursery.cancel_scope.cancel()


async def said(path: Path, data: bytes) -> tuple[int, dict[str, object] | list[object]]:
    """What is answered to some bytes."""
    with reachable(path) as name:
        stream = await trio.open_unix_socket(name)
    async with stream:
        with suppress(trio.BrokenResourceError):
            await stream.send_all(data)
        with trio.fail_after(60):
            answer = b"".join([bytes(piece) async for piece in stream])
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


async def test_one_request_and_its_answer(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with listening_at(path):
        body = b'{"a": 1}'
        head = b"POST /a%2Fb/c?x=1 HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\n"
        status, value = await said(path, head + body)
        assert (status, value[:3]) == (200, ["POST", ["a/b", "c"], {"a": 1}])  # type: ignore[index]
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET //[ HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"GET http://[::1/ HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nhost: x\r\n%s\r\n" % (b"x: %s\r\n" % (b"a" * 100) * 240), 431),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{not json", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n[]", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2000001\r\n\r\n" + b" " * 2_000_001, 413),
        (b"GET /bug HTTP/1.1\r\nhost: x\r\n\r\n", 500),
    ],
)
async def test_what_is_no_request_is_told_so_and_costs_nobody(
    tmp_path: Path, data: bytes, status: int
) -> None:
    path = tmp_path / "s"
    async with listening_at(path):
        found, problem = await said(path, data)
        assert found == status
        assert isinstance(problem, dict)
        assert problem["detail"]
        assert (await said(path, PING))[0] == 200


@pytest.mark.parametrize("data", [b"", b"GET /ping HT", b"POST / HTTP/1.1\r\nhost: x\r\n"])
async def test_half_a_request_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.05)
    path = tmp_path / "s"
    async with listening_at(path):
        status, problem = await said(path, data)
        assert status == 408
        assert "in time" in str(problem)


async def test_half_a_body_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.05)
    path = tmp_path / "s"
    async with listening_at(path):
        head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{"
        assert (await said(path, head))[0] == 408


async def test_who_does_not_finish_asking_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "MOST_ASKING", 4)
    path = tmp_path / "s"
    async with listening_at(path), AsyncExitStack() as stack:
        hanging = [
            await stack.enter_async_context(await trio.open_unix_socket(str(path)))
            for _ in range(6)
        ]
        for one in hanging:
            await one.send_all(b"GET")
        assert (await said(path, PING))[0] == 200
        with trio.fail_after(60):
            answer = bytes(await hanging[0].receive_some())
        assert b" 503 " in answer
        assert b"about to ask" in answer


async def test_of_a_flood_as_many_are_answered_as_there_are_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 4)
    path = tmp_path / "s"
    async with listening_at(path):
        async with AsyncExitStack() as stack:
            for _ in range(4):
                lazy = await stack.enter_async_context(await trio.open_unix_socket(str(path)))
                await lazy.send_all(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n")
                await lazy.receive_some(1)
            status, problem = await said(path, PING)
            assert (status, "4 speak to this service" in str(problem)) == (503, True)
        with trio.fail_after(60):
            while (await said(path, PING))[0] != 200:
                await trio.lowlevel.checkpoint()


async def test_only_so_many_are_told_that_there_is_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is refused and does not go costs a place to be told in, and there are few of these."""
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 1)
    monkeypatch.setattr(listening, "MOST_TOLD", 2)
    monkeypatch.setattr(connection, "LINGER_SECONDS", 600.0)
    path = tmp_path / "s"
    async with listening_at(path), AsyncExitStack() as stack:
        lazy = await stack.enter_async_context(await trio.open_unix_socket(str(path)))
        await lazy.send_all(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n")
        await lazy.receive_some(1)
        answers = []
        with trio.fail_after(60):
            for _ in range(4):
                one = await stack.enter_async_context(await trio.open_unix_socket(str(path)))
                await one.send_all(PING)
                answers.append(bytes(await one.receive_some()))
        assert [b" 503 " in one for one in answers] == [True, True, False, False]


async def test_who_reads_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SEND_SECONDS", 0.05)
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 1)
    path = tmp_path / "s"
    async with listening_at(path), await trio.open_unix_socket(str(path)) as lazy:
        await lazy.send_all(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n")
        await lazy.receive_some(1)
        assert (await said(path, PING))[0] == 503
        with trio.fail_after(60):
            while (await said(path, PING))[0] != 200:
                await trio.lowlevel.checkpoint()


async def test_another_user_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s"
    async with listening_at(path):
        own = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: own + 1)
        status, problem = await said(path, PING)
        assert (status, "another user's" in str(problem)) == (403, True)


async def test_what_a_killed_service_left_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "s"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    async with listening_at(path):
        assert (await said(path, PING))[0] == 200


async def test_a_path_may_be_longer_than_a_socket_takes(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 100) / ("b" * 100) / "s"
    path.parent.mkdir(parents=True)
    async with listening_at(path):
        assert (await said(path, PING))[0] == 200
    assert not path.exists()


def test_where_there_is_no_way_a_long_path_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lion.errors import OperatorError

    monkeypatch.setattr(sockets, "_DESCRIPTORS", tmp_path / "nothing")
    with (
        pytest.raises(OperatorError, match="too long for a socket"),
        reachable(tmp_path / ("a" * 120)),
    ):
        raise AssertionError


def test_the_owner_is_administrator(tmp_path: Path) -> None:
    assert Role.ADMINISTRATOR.includes(Role.OPERATOR)
    assert not Role.VIEWER.includes(Role.OPERATOR)
