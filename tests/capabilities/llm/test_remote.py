"""Look here if you want to know how a model on a server is asked, against real sockets."""

import base64
from typing import Any

import pytest
import trio

from lion.capabilities.http.door import open_door
from lion.capabilities.models import remote
from lion.capabilities.models.chat import Chat
from lion.capabilities.models.events import (
    Stop,
    Text,
    Thinking,
    ToolArguments,
    ToolEnd,
    ToolStart,
    Usage,
)
from lion.capabilities.models.openai_opaque import MARK, take_off
from lion.capabilities.models.opening import wire_of
from lion.capabilities.models.refusals import _pause_until
from lion.capabilities.models.remote import RemoteModel
from lion.capabilities.models.starred import StarredModel
from lion.capabilities.secrets.file import parse_audience
from lion.capabilities.secrets.vault import Secret, Vault
from lion.domain.call import CallError
from lion.domain.hidden import Hidden

from . import anthropic_says, responses_says
from .server import DONE, END, HELLO, Ear, Server, answer, chat, delta, open_server, sse

GOOD = answer(sse(*HELLO, *END))
SAID = [Text("Hel"), Text("lo"), Usage(7, 2), Stop("end")]


async def ask(
    server: Server,
    *tools: str,
    vault: Vault | None = None,
    asked: Chat | None = None,
    **fields: Any,
) -> tuple[list[Any], CallError | None]:
    """What a model of this server says, and how it fails."""
    ear, failure = Ear(), None
    asked = chat("hello", *tools) if asked is None else asked
    async with open_door(vault) as door:
        served = server.model(**fields)
        model = RemoteModel(served, wire_of(served), door, jitter=lambda: -1.49)
        try:
            await model.answer(asked, ear)
        except CallError as exc:
            failure = exc
    return ear.events, failure


async def ask_starred(
    server: Server, vault: Vault, **fields: Any
) -> tuple[list[Any], CallError | None]:
    """As a guest hears it: with stars for what comes in pieces, too."""
    ear, failure = Ear(), None
    assert vault.scrubber is not None
    async with open_door(vault) as door:
        served = server.model(key="local", **fields)
        inner = RemoteModel(served, wire_of(served), door, jitter=lambda: -1.49)
        try:
            await StarredModel(inner, vault.scrubber).answer(chat("hello"), ear)
        except CallError as exc:
            failure = exc
    return ear.events, failure


def b64(id: str) -> bytes:
    """What anybody could read of what hangs on an id, stars or not."""
    written = id.partition(MARK)[2].replace("*", "A")
    return base64.urlsafe_b64decode(written[: len(written) // 4 * 4])


async def test_a_stream() -> None:
    async with open_server(GOOD) as server:
        assert await ask(server) == (SAID, None)
        head, body = server.requests[0]
    assert head.startswith("POST /v1/chat/completions HTTP/1.1\r\n")
    assert "authorization" not in head.lower()
    assert body["model"] == "m-1" and body["stream"] is True


async def test_a_stream_that_says_it_is_plain_text() -> None:
    async with open_server(answer(sse(*HELLO, *END), type="text/plain; charset=utf-8")) as server:
        assert await ask(server) == (SAID, None)


async def test_byte_by_byte_and_in_chunks() -> None:
    raw = sse(*HELLO, *END, ending="\r\n\r\n")
    pieces = [b"1\r\n%c\r\n" % byte for byte in raw] + [b"0\r\n\r\n"]
    chunked = answer(*pieces, more="transfer-encoding: chunked\r\n")
    async with open_server(chunked) as server:
        assert await ask(server) == (SAID, None)


async def test_calls_in_a_stream() -> None:
    call = {"index": 0, "id": "a", "function": {"name": "fetcher_fetch", "arguments": "{}"}}
    stream = sse(delta(tool_calls=[call]), delta("tool_calls"), DONE)
    async with open_server(answer(stream)) as server:
        said, failure = await ask(server, "fetcher.fetch")
    assert failure is None
    assert said == [
        ToolStart("a", "fetcher.fetch"), ToolArguments("{}"), ToolEnd(), Stop("tool-use"),
    ]  # fmt: skip


async def test_an_answer_that_came_whole() -> None:
    whole = (
        b'{"choices": [{"message": {"role": "assistant", "content": "Hello"}, '
        b'"finish_reason": "stop"}], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}'
    )
    async with open_server(answer(whole, type="application/json; charset=utf-8")) as server:
        said, failure = await ask(server)
    assert failure is None
    assert Text("Hello") in said and Usage(7, 2) in said and said[-1] == Stop("end")


SAID_WHOLE = (
    b'{"choices": [{"message": {"role": "assistant", "content": "Hello"}, '
    b'"finish_reason": "stop"}]}'
)


@pytest.mark.parametrize(
    "first",
    [
        answer(SAID_WHOLE),
        answer(SAID_WHOLE, type="text/plain; charset=utf-8"),
        answer(SAID_WHOLE, type="application/octet-stream"),
        answer(b"\n\n  " + SAID_WHOLE.replace(b", ", b",\n")),
        [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + SAID_WHOLE],
        answer(sse(*HELLO, *END), type="application/json"),
        answer(sse(*HELLO, *END), type="text/html"),
        answer(sse(*HELLO[1:], DONE)),
        answer(sse(*HELLO[1:]) + b"[DONE]\n"),
        answer(sse(*HELLO[1:], DONE).replace(b"data: ", b"data: data:")),
        answer(sse(*HELLO[1:], DONE, ending="\n")),
        answer(sse(*HELLO[1:], '"[done]"')),
        answer(sse(HELLO[1]) + b"data: \n\n" + sse(HELLO[2], *END)),
        answer(b"event: ping\ndata:\n\n" + sse(*HELLO, *END)),
        answer(sse(*HELLO, *END), more="content-encoding: utf-8\r\n"),
    ],
)
async def test_what_an_answer_is_its_own_bytes_say(first: list[Any]) -> None:
    async with open_server(first) as server:
        said, failure = await ask(server)
    assert failure is None
    assert "".join(one.text for one in said if isinstance(one, Text)) == "Hello"
    assert said[-1] == Stop("end")


def chunked(body: bytes) -> list[Any]:
    """The body as one chunk, and no end behind it."""
    return answer(b"%x\r\n%s\r\n" % (len(body), body), more="transfer-encoding: chunked\r\n")


@pytest.mark.parametrize(
    "body", [sse(*HELLO, *END), sse(*HELLO, DONE), sse(*HELLO, delta("stop"))]
)
@pytest.mark.parametrize("behind", [[], [60], [b"3\r\n: x\r\n", 60], [b"rubbish\r\n"]])
async def test_behind_a_whole_answer_nothing_becomes_of_it(
    body: bytes, behind: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection ends without an end, stays open, goes on, says what is no HTTP."""
    monkeypatch.setattr(remote, "AFTER_DONE", 0.05)
    monkeypatch.setattr(remote, "AFTER_REASON", 0.05)
    async with open_server([*chunked(body), *behind], GOOD) as server:
        with trio.fail_after(60):
            said, failure = await ask(server)
        assert failure is None and said[-1] == Stop("end")
        assert len(server.requests) == 1


async def test_a_connection_whose_answer_was_done_is_used_again() -> None:
    keeps = [b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"]
    body = sse(*HELLO, *END)
    async with open_server([*keeps, body + b":" * (1000 - len(body))]) as server:
        assert await ask(server) == (SAID, None)


@pytest.mark.parametrize(
    ("first", "case", "words"),
    [
        (answer(b'{"error": "\xff"}', status="422 X"), "invalid", "says 422: \ufffd"),
        (answer(b"\xff{", status="400 X"), "invalid", "says 400"),
        (answer(b'{"error": {"message": "it stopped"}}\n'), "unavailable", "it stopped"),
        (answer(b'[{"error": {"message": "it stopped"}}]'), "unavailable", "it stopped"),
        (answer(b'{"message": "no such thing"}'), "unavailable", "no such thing"),
        (answer(b"upstream is away", type="text/plain"), "unavailable", "upstream is away"),
        (answer(b"event: error\ndata: it stopped\n\n"), "unavailable", "it stopped"),
        (
            answer(b"<html><title>Sign in</title>", type="text/html"),
            "unavailable",
            "text/html, which is no stream: Sign in",
        ),
        (answer(b'{"error": {"message": "no"}}', status="400 Bad Request"), "invalid", "400: no"),
        (answer(b"{}", status="401 Unauthorized"), "denied", "says 401"),
        (answer(b"who?", status="404 Not Found"), "not-found", "404: who?"),
        (answer(b"", status="302 Found", more="location: /x\r\n"), "unavailable", "says 302"),
        (answer(b"<html>", type="text/html"), "unavailable", "text/html, which is no stream"),
        (answer(b"[]", type="application/json"), "unavailable", "no chunk"),
        (answer(sse("{")), "unavailable", "no chunk"),
        (answer(sse({"error": {"message": "boom"}})), "unavailable", "says: boom"),
        ([b"SSH-2.0-OpenSSH\r\n\r\n"], "unavailable", "not HTTP"),
    ],
)
async def test_what_is_wrong_is_said_and_not_asked_again(
    first: list[Any], case: str, words: str
) -> None:
    async with open_server(first, GOOD) as server:
        said, failure = await ask(server)
        assert said == []
        assert failure is not None and failure.case == case
        assert words in failure.text
        assert len(server.requests) == 1


async def test_an_error_behind_words_is_told_and_not_asked_again() -> None:
    broken = answer(sse(HELLO[1]) + b'{"error": "the runner stopped"}\n')
    async with open_server(broken, GOOD) as server:
        said, failure = await ask(server)
        assert said == [Text("Hel")] and len(server.requests) == 1
    assert failure is not None and "the runner stopped" in failure.text


PASSING = [
    answer(b'future: x\ndata: {"choices": []}\n\n'),
    answer(sse(DONE)),
    answer(sse(delta(content=""), DONE)),
    answer(b'data: {"choices": [{"del'),
    answer(b'{"choices": [{"mess', type="application/json"),
    answer(sse(delta("network_error"))),
    answer(sse({"error": {"error": {"message": "x", "code": "503"}}})),
    *(
        answer(b"{}", status=f"{status} X", more="retry-after-ms: 1\r\n")
        for status in (408, 409, 429, 500, 502, 503, 529)
    ),
    answer(b"", status="503 X", more="retry-after: 0\r\n"),
    answer(b"", status="503 X"),
    [None],
    answer(None),
    answer(sse(HELLO[0])),
    answer(sse({"error": {"message": "x", "type": "overloaded_error"}})),
]


@pytest.mark.parametrize("first", PASSING)
async def test_what_passes_is_asked_again(first: list[Any]) -> None:
    async with open_server(first, GOOD) as server:
        assert await ask(server) == (SAID, None)
        assert len(server.requests) == 2


async def test_in_the_end_it_is_given_up() -> None:
    tired = answer(b'{"error": "slow down"}', status="429 X", more="retry-after-ms: 1\r\n")
    async with open_server(tired) as server:
        said, failure = await ask(server)
        assert said == [] and len(server.requests) == 4
    assert failure is not None
    assert (failure.case, failure.text) == (
        "exhausted", "the model's server says 429: slow down",
    )  # fmt: skip


async def test_a_wish_for_more_than_a_minute_is_a_failure() -> None:
    later = answer(b"", status="429 X", more="retry-after: 3600\r\n")
    async with open_server(later, GOOD) as server:
        _, failure = await ask(server)
        assert failure is not None and len(server.requests) == 1


@pytest.mark.parametrize(
    "first",
    [
        answer(sse(*HELLO)),
        answer(sse(*HELLO, {"error": {"message": "x", "code": 503}})),
        [*answer(sse(*HELLO)), None],
        answer(b"5\r\ndata:", more="transfer-encoding: chunked\r\n"),
    ],
)
async def test_what_was_heard_is_never_said_twice(first: list[Any]) -> None:
    async with open_server(first, GOOD) as server:
        said, failure = await ask(server)
    if server.requests[1:]:
        assert said == SAID, "nothing had been heard, so it was asked again"
    else:
        assert said == [Text("Hel"), Text("lo")]
        assert failure is not None and failure.case == "unavailable"


async def test_idle_and_total_limits() -> None:
    idle = answer(sse(*HELLO), 60)
    async with open_server(idle) as server:
        said, failure = await ask(server, idle_ns=100_000_000)
        assert said == [Text("Hel"), Text("lo")]
        assert failure is not None and failure.case == "timeout"
        assert "100 ms" in failure.text
    alive = answer(sse(*HELLO), *[b": alive\n\n", 0.02] * 1000)
    async with open_server(alive) as server:
        said, failure = await ask(server, idle_ns=5_000_000_000, total_ns=300_000_000)
        assert said == [Text("Hel"), Text("lo")]
        assert failure is not None and failure.case == "timeout"
        assert "300 ms" in failure.text


async def test_the_reader_may_stop_it() -> None:
    async with open_server(answer(sse(*HELLO), 60)) as server, open_door() as door:
        model = RemoteModel(server.model(), wire_of(server.model()), door)

        async def enough(event: Any) -> None:
            raise CallError("exhausted", "enough")

        with trio.fail_after(60), pytest.raises(CallError, match="enough"):
            await model.answer(chat(), enough)
        assert len(server.requests) == 1


class TestKey:
    VALUE = "sk-0123456789-very-secret"

    def _vault(self, host: str) -> Vault:
        secret = Secret(
            name="local",
            value=Hidden(self.VALUE),
            audience=(parse_audience(host),),
            header="authorization",
            format="Bearer {}",
        )
        return Vault({"local": secret})

    async def test_it_is_put_in_by_the_door(self) -> None:
        async with open_server(GOOD) as server:
            vault = self._vault(f"http://127.0.0.1:{server.port}")
            assert await ask(server, vault=vault, key="local") == (SAID, None)
            head, body = server.requests[0]
        assert f"authorization: Bearer {self.VALUE}".lower() in head.lower()
        assert self.VALUE not in str(body)

    @pytest.mark.parametrize(
        "spelled",
        [VALUE, VALUE.replace("-", "\\u002d"), "".join(f"\\u{ord(c):04x}" for c in VALUE)],
    )
    async def test_what_a_server_spells_is_starred_out_wherever_it_is(self, spelled: str) -> None:
        call = {"id": "ID", "function": {"name": "NAME", "arguments": "{}"}, "extra_content": "X"}
        chunks = (
            delta(content="X"),
            delta(tool_calls=[{**call, "id": "X"}]),
            delta(tool_calls=[{**call, "function": {"name": "X", "arguments": '{"k": "X"}'}}]),
            delta(tool_calls=[call]),
            delta(reasoning_content="X"),
            {"error": {"message": "X"}},
            {"message": "X"},
        )
        for chunk in chunks:
            said = sse(chunk, delta("stop"), DONE).replace(b'"X"', f'"{spelled}"'.encode())
            said = said.replace(b'\\"X\\"', f'\\"{spelled}\\"'.encode())
            async with open_server(answer(said)) as server:
                vault = self._vault(f"http://127.0.0.1:{server.port}")
                heard, failure = await ask_starred(server, vault)
            told = f"{heard!r} {failure!r}"
            for event in heard:
                if isinstance(event, ToolStart):
                    told += repr(take_off(event.id))
            assert self.VALUE not in told and "sk-0123" not in told

    @pytest.mark.parametrize("split", [1, 5, 99])
    @pytest.mark.parametrize("provider", ["anthropic", "openai-responses"])
    async def test_what_is_said_in_blocks_is_starred_out_too(
        self, provider: str, split: int
    ) -> None:
        if provider == "anthropic":
            thought = {**anthropic_says.THOUGHT, "thinking": self.VALUE, "signature": self.VALUE}
            hidden = {**anthropic_says.HIDDEN, "data": f"x{self.VALUE}y"}
            blocks = [thought, hidden, anthropic_says.CALL]
            said = b"".join(anthropic_says.stream(blocks, "tool_use", split=split))
        else:
            summary = [{"type": "summary_text", "text": self.VALUE}]
            item = {**responses_says.THOUGHT, "summary": summary, "encrypted_content": self.VALUE}
            said = b"".join(responses_says.stream([item, responses_says.CALL], split=split))
        said = said.replace(b"-", rb"\u002d")
        async with open_server(answer(said)) as server:
            vault = self._vault(f"http://127.0.0.1:{server.port}")
            heard, failure = await ask_starred(server, vault, provider=provider)
        assert failure is None
        (started,) = (one for one in heard if isinstance(one, ToolStart))
        told = f"{heard!r} {take_off(started.id)!r} {b64(started.id)}"
        assert self.VALUE not in told and "sk-0123" not in told
        thoughts = "".join(one.text for one in heard if isinstance(one, Thinking))
        assert thoughts and self.VALUE not in thoughts

    async def test_what_a_server_echoes_is_starred_out(self) -> None:
        echo = answer(sse(delta(content=f"key {self.VALUE} end"), delta("stop"), DONE))
        wrong = answer(self.VALUE.encode(), status="400 X")
        for first in (echo, wrong):
            async with open_server(first) as server:
                vault = self._vault(f"http://127.0.0.1:{server.port}")
                said, failure = await ask(server, vault=vault, key="local")
            assert self.VALUE not in repr(said) + repr(failure)
            assert "*" in repr(said) + repr(failure)

    @pytest.mark.parametrize("host", ["http://127.0.0.2", "api.example.com"])
    async def test_no_request_leaves_without_it(self, host: str) -> None:
        async with open_server(GOOD) as server:
            said, failure = await ask(server, vault=self._vault(host), key="local")
            assert said == [] and server.requests == []
            assert failure is not None and failure.case == "denied"
            said, failure = await ask(server, key="local")
            assert failure is not None and failure.case == "denied"
            assert server.requests == []


@pytest.mark.parametrize(
    ("when", "now", "pause"),
    [
        ("Wed, 21 Oct 2026 07:28:05 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 5.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:05 GMT", 0.0),
        ("Wed, 99999999999999999999 Oct 2026 07:28:00 GMT", "", None),
        ("Wed, 21 Oct 2026 07:28:00 +99999999999", "Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("soon", "Wed, 21 Oct 2026 07:28:05 GMT", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "", None),
    ],
)
def test_dates_are_compared_by_the_servers_clock(when: str, now: str, pause: Any) -> None:
    assert _pause_until(when, now) == pause
