"""Models on servers, asked by a real guest through everything: log, replay, budgets and keys."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lion.domain.hidden import Hidden
from lion.history import replay_run
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.review.report import RunReport
from lion.settings import Settings
from tests.attack.kit import Arena, call, holder, only
from tests.capabilities.llm import anthropic_says, responses_says
from tests.capabilities.llm.server import DONE, END, HELLO, Server, answer, delta, open_server, sse
from tests.wasm.kit import cache_directory

VALUE = "sk-0123456789-very-secret-indeed"


@asynccontextmanager
async def open_desk(tmp_path: Path, server: Server) -> AsyncIterator[Arena]:
    """A host whose operator has bound the secret `local` to this server."""
    settings = Settings(
        state=tmp_path / "state",
        cache=cache_directory(),
        variables={"LION_SECRET_LOCAL": Hidden(f"http://127.0.0.1:{server.port} {VALUE}")},
    )
    async with open_host(settings) as host:
        yield Arena(host, settings)


def manifest(server: Server, *lines: str, grant: str = '"fast"') -> str:
    table = "\n".join(
        [
            "[models.fast]",
            'provider = "openai"',
            f'base-url = "{server.url}"',
            'model = "m"',
            *lines,
        ]
    )
    return (
        'name = "desk"\n'
        + table
        + "\n"
        + holder("probe", "probe-llm", f"allow.llm = [{grant}]", 'allow.tools = ["calculator.*"]')
        + holder("calculator", "calculator")
    )


async def run(arena: Arena, text: str) -> RunReport:
    return await arena.host.run(parse_manifest(text, path=None))


def question(text: str = "hello", **more: Any) -> dict[str, Any]:
    messages = json.dumps([{"role": "user", "content": text}])
    return {"question": {"model": "fast", "messages": messages, "tools": "", **more}}


async def test_a_stream_comes_to_the_guest_and_replays_without_the_server(tmp_path: Path) -> None:
    async with open_server(answer(sse(*HELLO, *END))) as server:
        async with open_desk(tmp_path, server) as arena:
            report = await run(arena, manifest(server) + call("probe.llm-next", **question()))
        assert json.loads(only(report).value) == [
            ["text", "Hel"], ["text", "lo"], ["usage", 7, 2, False], ["stop", "end"],
        ]  # fmt: skip
    assert (await replay_run(arena.settings, report.run)).identical


async def test_a_tool_loop(tmp_path: Path) -> None:
    wanted = {"id": "c1", "function": {"name": "calculator_add", "arguments": '{"a": 1, "b": 2}'}}
    first = answer(sse(delta(tool_calls=[wanted]), delta("tool_calls"), DONE))
    async with open_server(first, answer(sse(*HELLO, *END))) as server:
        async with open_desk(tmp_path, server) as arena:
            asked = call("probe.llm-loop", model="fast", text="go", rounds=2)
            report = await run(arena, manifest(server) + asked)
        said = json.loads(only(report).value)
        assert said["reply"]["text"] == "Hello"
        assert said["messages"][2]["content"] == "3"
        _, body = server.requests[1]
        assert body["messages"][1]["tool_calls"][0]["function"]["name"] == "calculator_add"
        assert body["messages"][2] == {"role": "tool", "tool_call_id": "c1", "content": "3"}
    assert (await replay_run(arena.settings, report.run)).identical


@pytest.mark.parametrize("provider", ["anthropic", "openai-responses"])
async def test_a_guest_brings_thoughts_back_that_it_knows_nothing_of(
    provider: str, tmp_path: Path
) -> None:
    says: Any = anthropic_says if provider == "anthropic" else responses_says
    wanted = {**says.CALL, "name": "calculator_add"}
    numbers = {"a": 1, "b": 2}
    if provider == "anthropic":
        first = says.stream([says.THOUGHT, {**wanted, "input": numbers}], "tool_use")
    else:
        first = says.stream([says.THOUGHT, {**wanted, "arguments": json.dumps(numbers)}])
    async with open_server(answer(*first), answer(*says.stream([says.TEXT]))) as server:
        async with open_desk(tmp_path, server) as arena:
            asked = call("probe.llm-loop", model="fast", text="go", rounds=2)
            text = manifest(server).replace('"openai"', f'"{provider}"')
            report = await run(arena, text + asked)
        said = json.loads(only(report).value)
        assert said["reply"]["text"] == "I look. ☂"
        _, body = server.requests[1]
        if provider == "anthropic":
            assert body["messages"][1]["content"][0] == says.THOUGHT
            assert body["messages"][2]["content"][0]["content"] == "3"
        else:
            assert body["input"][1] == says.THOUGHT
            assert body["input"][3]["output"] == "3"
    assert (await replay_run(arena.settings, report.run)).identical


async def test_a_key_goes_to_its_server_and_nowhere_else(tmp_path: Path) -> None:
    """The server says it back in text, arguments, names, errors and after a retry."""
    wanted = {"id": VALUE, "function": {"name": VALUE, "arguments": f'{{"k": "{VALUE}"}}'}}
    echoes = [
        answer(sse(delta(content=VALUE), delta("stop"), DONE)),
        answer(sse(*(delta(content=char) for char in f"a {VALUE} b"), delta("stop"), DONE)),
        answer(sse(*(delta(reasoning=char) for char in VALUE), delta("stop"), DONE)),
        answer(sse(delta(tool_calls=[wanted]), delta("tool_calls"), DONE)),
        answer(sse({"error": {"message": VALUE}})),
        answer(json.dumps({"error": VALUE}).encode(), status="400 X", more=f"x: {VALUE}\r\n"),
        answer(b"", type=VALUE),
    ]
    for number, echo in enumerate(echoes):
        async with open_server(echo) as server:
            folder = tmp_path / str(number)
            folder.mkdir()
            async with open_desk(folder, server) as arena:
                text = manifest(server, 'key = "local"') + call("probe.llm-next", **question())
                report = await run(arena, text)
            head, body = server.requests[0]
        assert VALUE in head, "or nothing would have been shown"
        assert VALUE not in json.dumps(body)
        said = json.loads(only(report).value)
        spoken = [one for one in said if isinstance(one, list) and one[0] in ("text", "thinking")]
        heard = "".join(one[1] for one in spoken)
        assert VALUE not in only(report).value + heard
        assert VALUE not in repr(arena.events(report.run))
        stored = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
        assert VALUE.encode() not in stored


async def test_a_server_that_does_not_stop_is_cut(tmp_path: Path) -> None:
    endless = answer(*[sse(delta(content="more and more words ")) for _ in range(2_000)], 60)
    async with open_server(endless) as server, open_desk(tmp_path, server) as arena:
        grant = '{ model = "fast", tokens = 100 }'
        report = await run(
            arena, manifest(server, grant=grant) + call("probe.llm-next", **question())
        )
    events = json.loads(only(report).value)
    assert events[-1]["error"] == "exhausted"
    assert len(events) < 60
    _, body = server.requests[0]
    assert body["max_tokens"] == 94, "100 less the question"


async def test_without_its_key_no_question_leaves(tmp_path: Path) -> None:
    async with open_server(answer(sse(*HELLO, *END))) as server:
        async with open_desk(tmp_path, server) as arena:
            text = manifest(server, 'key = "unbound"') + call("probe.llm-ask", **question())
            report = await run(arena, text)
        assert only(report).value.startswith("denied: ")
        assert server.requests == []
