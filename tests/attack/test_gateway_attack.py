"""Whoever reaches a gateway's port and has no right to be answered: guessed tokens, other names
for this machine, pages of a browser, bodies without end, half requests, more connections than
places.
"""

from pathlib import Path
from typing import Any

import h11
import pytest
import trio
import trio.testing

from lion.gateway import exchange, hearing, listening, tokens
from lion.gateway.asked import DEEPEST
from tests.gateway.kit import Open, agent, hear, open_gateway, send

ANN = agent("ann", 'allow.llm = ["fast"]')
CHAT = "/v1/chat/completions"
ASKED: Any = {"model": "fast", "messages": [{"role": "user", "content": "go"}]}


class Pauses:
    """How long a wrong token waits: until it is let on."""

    def __init__(self) -> None:
        self.waiting = 0
        self._go = trio.Event()

    async def __call__(self) -> None:
        self.waiting += 1
        await self._go.wait()

    def let_go(self) -> None:
        """Nobody waits any more."""
        self._go.set()


async def test_wrong_tokens_wait_and_hold_up_nobody(tmp_path: Path) -> None:
    pauses = Pauses()
    answered: list[int] = []
    async with open_gateway(tmp_path, ANN, pause=pauses) as opened:
        place = opened.place()

        async def guess() -> None:
            answer = await send(place, "POST", CHAT, ASKED, token="lion-guess")
            answered.append(answer.status)

        async with trio.open_nursery() as nursery:
            for _ in range(tokens.MOST_WAITING + 3):
                nursery.start_soon(guess)
            while len(answered) < 3:  # beyond those that wait
                await trio.testing.wait_all_tasks_blocked(0.001)
            right = await send(place, "POST", CHAT, ASKED)
            assert (right.status, pauses.waiting, answered) == (200, 1, [401] * 3)
            pauses.let_go()
    assert answered == [401] * (tokens.MOST_WAITING + 3)


@pytest.mark.parametrize("token", ["", "lion-", "x" * 5_000, "\u00fc"])
async def test_without_a_token_nothing_is_answered(tmp_path: Path, token: str) -> None:
    async with open_gateway(tmp_path, ANN, pause=_at_once) as opened:
        for method, path in (("GET", "/v1/models"), ("POST", CHAT), ("POST", "/mcp")):
            refused = await send(opened.place(), method, path, ASKED, token=token)
            assert refused.status == 401 and refused.value["error"]["code"] == "invalid_api_key"
    assert opened.report is not None and opened.report.calls == 0


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"])
async def test_another_name_for_this_machine_is_refused(tmp_path: Path, host: str) -> None:
    async with open_gateway(tmp_path, ANN) as opened:
        refused = await send(opened.place(), "POST", CHAT, ASKED, host=host)
    assert (refused.status, refused.value["error"]["code"]) == (421, "wrong_host")


async def test_pages_of_a_browser_are_refused(tmp_path: Path) -> None:
    async with open_gateway(tmp_path, ANN) as opened:
        origin = [("origin", "https://evil.example")]
        refused = await send(opened.place(), "POST", CHAT, ASKED, headers=origin)
    assert (refused.status, refused.value["error"]["code"]) == (403, "wrong_origin")


async def test_a_body_is_bounded(tmp_path: Path) -> None:
    async with open_gateway(tmp_path, ANN) as opened:
        large = b" " * (exchange.MOST_BODY + 1)
        refused = await send(opened.place(), "POST", CHAT, large)
        assert (refused.status, refused.value["error"]["code"]) == (413, "too_large")
        deep = b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1)
        nested = await send(opened.place(), "POST", CHAT, deep)
        assert nested.status == 400 and "nested more" in nested.value["error"]["message"]
        for body in (b"", b"[]", b"{", b'{"model": "\xff"}', b"[" * 100_000):
            assert (await send(opened.place(), "POST", CHAT, body)).status == 400


@pytest.mark.parametrize("bound", ["HEAD_SECONDS", "BODY_SECONDS"])
async def test_half_a_request_is_given_up(
    tmp_path: Path, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, bound, 0.05)
    async with open_gateway(tmp_path, ANN) as opened:
        place = opened.place()
        stream = await _connect(opened)
        async with stream:
            half = f"POST {CHAT} HTTP/1.1\r\nhost: {place.url[7:]}\r\n"
            if bound == "BODY_SECONDS":
                half += f"authorization: Bearer {place.token}\r\ncontent-length: 9\r\n\r\n{{"
            await stream.send_all(half.encode())
            http = h11.Connection(h11.CLIENT)
            http.send(h11.Request(method="POST", target="/", headers=[("host", "x")]))
            assert (await hear(stream, http)).status == 408


async def test_more_connections_than_places_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 1)
    async with open_gateway(tmp_path, ANN) as opened:
        async with await _connect(opened) as first:
            await first.send_all(_head(opened, "content-length: 9\r\n\r\n{"))
            await trio.testing.wait_all_tasks_blocked(0.05)
            refused = await send(opened.place(), "GET", "/v1/models")
            assert (refused.status, refused.value["error"]["code"]) == (503, "crowded")
        assert (await _until_answered(opened)).status == 200


async def test_who_says_nothing_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "MOST_ASKING", 2)
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 2)
    async with (
        open_gateway(tmp_path, ANN) as opened,
        await _connect(opened) as first,
        await _connect(opened) as second,
    ):
        for one in (first, second):
            await one.send_all(b"GET /v1/mod")
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert (await send(opened.place(), "GET", "/v1/models")).status == 200
        with trio.fail_after(20):  # and the oldest was let go for it
            assert await first.receive_some(1) == b""


def _head(opened: Open, rest: str) -> bytes:
    place = opened.place()
    words = f"POST {CHAT} HTTP/1.1\r\nhost: {place.url[7:]}\r\n"
    return f"{words}authorization: Bearer {place.token}\r\n{rest}".encode()


async def test_an_answer_in_one_piece_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "MOST_WHOLE", 4)
    async with open_gateway(tmp_path, ANN) as opened:
        refused = await send(opened.place(), "POST", CHAT, ASKED)
        assert refused.status == 429 and "ask for a stream" in refused.value["error"]["message"]
        streamed = await send(opened.place(), "POST", CHAT, {**ASKED, "stream": True})
        assert streamed.body.endswith(b"data: [DONE]\n\n")


async def test_who_leaves_ends_the_answer(tmp_path: Path) -> None:
    script = '[[answer]]\ntext = "a b"\nfirst = "1 h"\n'
    async with open_gateway(tmp_path, ANN, script=script) as opened:
        place = opened.place()
        body = b'{"model": "fast", "messages": [{"role": "user", "content": "go"}]}'
        stream = await _connect(opened)
        async with stream:
            head = f"POST {CHAT} HTTP/1.1\r\nhost: {place.url[7:]}\r\ncontent-length: {len(body)}"
            key = f"authorization: Bearer {place.token}"
            await stream.send_all(f"{head}\r\n{key}\r\n\r\n".encode() + body)
            await trio.testing.wait_all_tasks_blocked(0.05)
    assert opened.report is not None and not opened.report.interrupted


async def test_parameters_that_are_none(tmp_path: Path) -> None:
    wrong: list[Any] = [
        {"messages": "go"}, {"messages": [1]}, {"messages": [{"role": 1}]}, {"model": 1},
        {"tools": "x"}, {"tools": [{}]}, {"max_tokens": -1}, {"max_tokens": True},
        {"temperature": "x"}, {"stop": 1}, {"stream_options": []}, {"response_format": []},
        {"tool_choice": []}, {"n": "x"}, {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": 1}]}, {"temperature": 1e999},
    ]  # fmt: skip
    async with open_gateway(tmp_path, ANN) as opened:
        for more in wrong:
            for path in (CHAT, "/v1/messages", "/v1/responses"):
                given = {**ASKED, "max_tokens": 9, "input": "go", **more}
                if path == "/v1/responses":
                    given["input"] = given.pop("messages")
                answer = await send(opened.place(), "POST", path, given)
                assert answer.status == 400, (path, more, answer.body)
    assert opened.report is not None and opened.report.bugs == ()


async def _at_once() -> None:
    await trio.lowlevel.checkpoint()


async def _connect(opened: Open) -> trio.SocketStream:
    port = int(opened.place().url.rpartition(":")[2])
    return await trio.open_tcp_stream("127.0.0.1", port)


async def _until_answered(opened: Open) -> Any:
    """A place is free again once the door has seen who has left."""
    while True:
        answered = await send(opened.place(), "POST", CHAT, ASKED)
        if answered.status != 503:
            return answered
