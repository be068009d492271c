"""What a service answers to clients of MCP: its own SDK's client, and others who write what they
like; each call is a task, by a token's role.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from lion.domain.task import Role, TaskState
from lion.history import replay_run
from lion.mcp.at_service import LONGEST, mcp_routes
from lion.system import entry
from lion.web.tcp import Place
from tests.mcp.kit import ERAS, HELLO, asking
from tests.service.rig import ANN, MANIFEST, WASM, living_in, works
from tests.web.kit import Got, Web, web_at

# The SDK's client leaves answers unread that it does not want.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SPEAKER = f"""
name = "more"

[plugins.echo]
component = "{WASM}/echo.wasm"

[agents.speaker]
component = "{WASM}/waiter.wasm"
config = {{ times = 1, pieces = 3, nanos = 1 }}
"""
MESSAGE = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@asynccontextmanager
async def serving(folder: Path, **terms: Any) -> AsyncIterator[Web]:
    """A service at which MCP is spoken."""
    async with (
        living_in(folder, MANIFEST, SPEAKER, **terms) as living,
        web_at(living, Place(port=0), mcp_routes(living)) as web,
    ):
        yield web


@asynccontextmanager
async def client_of(
    web: Web, era: str = ERAS[1], role: Role = Role.OPERATOR
) -> AsyncIterator[Client]:
    said = {"authorization": f"Bearer {web.tokens[role]}"}
    async with httpx2.AsyncClient(headers=said, timeout=60) as http:
        line = streamable_http_client(f"{web.doors.origin}/mcp", http_client=http)
        async with Client(line, mode=era) as client:
            yield client


async def post(web: Web, message: Any, role: Role | None = Role.OPERATOR, **headers: str) -> Got:
    return await web.ask("POST", "/mcp", {**MESSAGE, **headers}, message, role)


def events(answer: Got) -> Iterator[Any]:
    """What came as server-sent events."""
    for line in answer.body.decode().splitlines():
        if line.startswith("data: {"):
            yield json.loads(line.removeprefix("data: "))


@pytest.mark.parametrize("era", ERAS)
async def test_each_call_is_a_task(tmp_path: Path, era: str) -> None:
    async with serving(tmp_path) as web:
        async with client_of(web, era) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert {"calculator_add", "waiter_run", "echo_same-string"} <= set(tools)
            assert tools["calculator_add"].input_schema["required"] == ["a", "b"]
            assert tools["waiter_run"].input_schema["required"] == ["task"]
            assert tools["calculator_add"].annotations.read_only_hint
            assert not tools["hostile_spin"].annotations.read_only_hint
            result = await client.call_tool("calculator_add", {"a": 1, "b": 2})
        assert not result.is_error
        assert result.structured_content == {"result": 3}
        (task,) = web.living.service.tasks(ANN)
        assert {"lion/task": task.id, "lion/run": task.run}.items() <= result.meta.items()
        assert (task.by, task.state) == (
            f"token operator-{web.doors.port}", TaskState.COMPLETED,
        )  # fmt: skip
    assert (await replay_run(web.living.settings, task.run)).identical


async def test_what_fails_is_said(tmp_path: Path) -> None:
    async with serving(tmp_path) as web, client_of(web) as client:

        async def refused(name: str, **arguments: Any) -> str:
            result = await client.call_tool(name, arguments)
            assert result.is_error
            return result.content[0].text

        assert "zero" in await refused("calculator_divide", a=1, b=0)
        assert (await refused("calculator_nothing")).startswith("refused: ")
        assert (await refused("pigs_fly")).startswith("refused: ")
        await web.living.plugins.disable(ANN, "calculator", "on purpose")
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert not any(name.startswith("calculator_") for name in names)
        assert "echo_same-string" in names
        assert "on purpose" in await refused("calculator_add", a=1, b=2)
        assert len(web.living.service.tasks(ANN)) == 2  # what is not taken is no task


async def test_a_result_is_whole(tmp_path: Path) -> None:
    text = "x" * 40_000  # more than a task's own record holds
    async with serving(tmp_path) as web, client_of(web) as client:
        result = await client.call_tool("echo_same-string", {"value": text})
        assert result.structured_content == {"result": text}
        (task,) = web.living.service.tasks(ANN)
        assert task.end is not None and task.end.is_long
        assert web.living.service.values.take(task.id) is None


async def test_an_agent_is_heard_while_it_works(tmp_path: Path) -> None:
    heard: list[str] = []

    async def hear(done: float, total: float | None, message: str | None) -> None:
        heard.append(message or "")

    async with serving(tmp_path) as web, client_of(web) as client:
        result = await client.call_tool("speaker_run", {"task": "speak"}, progress_callback=hear)
        assert not result.is_error, result
        assert len([one for one in heard if one != "it waits for its turn"]) >= 3
        wrong = await post(
            web, asking(1, "speaker_run", work="x"), **{"mcp-protocol-version": "2025-11-25"}
        )
        assert "an agent takes" in wrong.body.decode()


async def test_who_leaves_takes_his_call_back(tmp_path: Path) -> None:
    async with serving(tmp_path) as web:
        body = json.dumps(asking(1, "waiter_run", task="wait")).encode()
        said = {
            **MESSAGE, "content-length": str(len(body)),
            "authorization": f"Bearer {web.tokens[Role.OPERATOR]}",
        }  # fmt: skip
        async with await web.connect() as stream:
            await stream.send_all(web.head("POST", "/mcp", said) + body)
            with trio.fail_after(60):
                while not web.living.service.tasks(ANN):
                    await trio.lowlevel.checkpoint()
                (task,) = web.living.service.tasks(ANN)
                await works(web.living, task)
        with trio.fail_after(60):
            task = await web.living.service.wait_over(ANN, task.id)
        assert task.state is TaskState.CANCELLED
        assert task.end is not None and "has left" in task.end.error


@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.VIEWER, 403)])
async def test_who_may_give_no_work_is_told_nothing(
    tmp_path: Path, role: Role | None, status: int
) -> None:
    async with serving(tmp_path) as web:
        for message in (HELLO[0], asking(1, "calculator_add", a=1, b=2)):
            answer = await post(web, message, role)
            assert answer.status == status
            assert "calculator" not in answer.body.decode()
        assert web.living.service.tasks(ANN) == []


async def test_a_token_that_is_revoked_calls_nothing_more(tmp_path: Path) -> None:
    async with serving(tmp_path) as web:
        assert (await post(web, HELLO[0])).status == 200
        await web.living.access.revoke(ANN, f"operator-{web.doors.port}")
        assert (await post(web, asking(1, "calculator_add", a=1, b=2))).status == 401
        assert web.living.service.tasks(ANN) == []


async def test_pages_of_others_reach_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as web:
        call = asking(1, "calculator_add", a=1, b=2)
        assert (await post(web, call, origin="http://evil.example")).status == 403
        assert (await post(web, call, host="evil.example")).status == 421
        assert web.living.service.tasks(ANN) == []


async def test_what_is_no_message_is_answered_as_such(tmp_path: Path) -> None:
    async with serving(tmp_path) as web:
        assert (await post(web, b"{")).status == 400
        assert (await post(web, b"[" * 100_000)).status == 400
        assert (await post(web, HELLO[0], accept="text/html")).status == 406
        assert (await post(web, b" " * (LONGEST + 1))).status == 413
        for method in ("GET", "DELETE"):
            answer = await web.ask(method, "/mcp", role=Role.OPERATOR)
            assert (answer.status, answer.headers["allow"]) == (405, "POST")
        (hello,) = events(await post(web, HELLO[0]))
        assert hello["result"]["serverInfo"]["name"] == "lion"
        assert (await post(web, HELLO[1])).status == 202


async def test_without_the_sdk_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry, "find_spec", lambda name: None)
    async with serving(tmp_path) as web:
        answer = await post(web, HELLO[0])
        assert answer.status == 400
        assert "lion-host[mcp]" in answer.value["hint"]
