"""A client of `lion mcp serve` is a holder like any other: shown what it was granted, decided,
recorded, replayed.
"""

import os
from pathlib import Path

import pytest
import trio
from mcp.shared.exceptions import MCPError
from mcp.types import TextContent

from lion.domain.events import AgentSpawned, CallFinished, LineLogged
from lion.history import replay_run
from lion.settings import Settings
from tests.conftest import CACHE
from tests.mcp.kit import ERAS, connected, desk, manifest, plugin, said

SUMS = manifest(plugin("calculator"), plugin("hello"), desk("calculator.add", "calculator.divide"))
KEPT = manifest(
    plugin("notebook", 'allow.kv = { bytes = "1 KiB" }'),
    plugin("files", 'allow.fs = [{ path = "/", at = "kept", write = true }]'),
    plugin("fetcher", 'allow.http = ["GET https://example.com/**"]'),
    plugin("relay", 'allow.tools = ["files.*"]'),
    plugin("hello"),
    desk("**"),
)


def text_of(result: object) -> str:
    (content,) = result.content  # type: ignore[attr-defined]
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.parametrize("era", ERAS)
async def test_what_was_granted_is_listed_and_can_be_called(tmp_path: Path, era: str) -> None:
    async with connected(tmp_path, SUMS, era=era) as (client, _):
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == ["calculator_add", "calculator_divide"]
        added = await client.call_tool("calculator_add", {"a": 1, "b": 2})
        assert (text_of(added), added.structured_content) == ("3", {"result": 3})
        dotted = await client.call_tool("calculator.add", {"a": 1, "b": 2})
        assert dotted.structured_content == {"result": 3}


@pytest.mark.parametrize("era", ERAS)
async def test_what_was_not_granted_is_a_recorded_denial(tmp_path: Path, era: str) -> None:
    async with connected(tmp_path, SUMS, era=era) as (client, _):
        for name in ("hello_greet", "nobody_knows"):
            refused = await client.call_tool(name, {"name": "ann"})
            assert refused.is_error and text_of(refused) == "denied: no grant covers it"
    denied = [
        (who, event.target, event.decided_by)
        for who, _, event in said(tmp_path)
        if isinstance(event, CallFinished) and event.status == "denied"
    ]
    assert denied == [("desk", "hello.greet", "grants"), ("desk", "nobody.knows", "grants")]


async def test_the_operators_rules_hold_for_clients(tmp_path: Path) -> None:
    rules = 'deny = ["tool calculator.add"]'
    async with connected(tmp_path, SUMS, policy=rules) as (client, _):
        assert [t.name for t in (await client.list_tools()).tools] == ["calculator_divide"]
        refused = await client.call_tool("calculator_add", {"a": 1, "b": 2})
        assert refused.is_error and text_of(refused).startswith("denied: ")


async def test_errors_are_results(tmp_path: Path) -> None:
    async with connected(tmp_path, SUMS) as (client, _):
        own = await client.call_tool("calculator_divide", {"a": 1, "b": 0})
        assert own.is_error and "denied" not in text_of(own)
        wrong = await client.call_tool("calculator_add", {"a": "one"})
        assert wrong.is_error and text_of(wrong).startswith("invalid: ")


async def test_hints_say_what_grants_allow(tmp_path: Path) -> None:
    async with connected(tmp_path, KEPT) as (client, _):
        hints = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
    shown = {
        name: (one.read_only_hint, one.destructive_hint, one.open_world_hint)
        for name, one in hints.items()
        if one is not None
    }
    assert shown["hello_greet"] == (True, False, False)
    assert shown["notebook_count"] == (False, False, False)
    assert shown["files_read"] == (False, True, False)
    assert shown["fetcher_fetch"] == (True, False, True)
    through = next(found for name, found in shown.items() if name.startswith("relay_"))
    assert through == (False, True, False)


async def test_an_agent_is_asked_and_heard_while_it_works(tmp_path: Path) -> None:
    waiter = plugin("waiter", "config = { times = 1, pieces = 3, nanos = 1 }", kind="agents")
    heard: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, message))

    async with connected(tmp_path, manifest(waiter, desk("waiter.run"))) as (client, _):
        (tool,) = (await client.list_tools()).tools
        assert tool.name == "waiter_run" and "task" in tool.input_schema["properties"]
        answer = await client.call_tool("waiter_run", {"task": "wait"}, progress_callback=hear)
        assert not answer.is_error and set(answer.structured_content) == {"text", "json"}
        refused = await client.call_tool("waiter_run", {"task": "wait", "more": 1})
        assert refused.is_error and "and nothing else" in text_of(refused)
    assert [number for number, _ in heard] == sorted({number for number, _ in heard})
    assert heard and all(message for _, message in heard)
    spawned = [event for _, _, event in said(tmp_path) if isinstance(event, AgentSpawned)]
    assert [one.task for one in spawned] == ["wait"]


async def test_an_agent_that_was_not_granted_is_not_there(tmp_path: Path) -> None:
    waiter = plugin("waiter", "config = { times = 1 }", kind="agents")
    text = manifest(waiter, plugin("calculator"), desk("calculator.*"))
    async with connected(tmp_path, text) as (client, _):
        assert "waiter_run" not in {tool.name for tool in (await client.list_tools()).tools}
        assert (await client.call_tool("waiter_run", {"task": "wait"})).is_error
    assert not any(isinstance(event, AgentSpawned) for _, _, event in said(tmp_path))


async def test_a_call_that_the_client_gives_up_is_cancelled_and_recorded(tmp_path: Path) -> None:
    text = manifest(plugin("probe", 'limits = { deadline = "none" }'), desk("probe.*"))
    hour = 3_600 * 1_000_000_000
    async with connected(tmp_path, text) as (client, _):
        await client.list_tools()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.call_tool, "probe_clock-sleep", {"duration": hour})
            await trio.testing.wait_all_tasks_blocked(0.05)
            nursery.cancel_scope.cancel()
        assert not (await client.call_tool("probe_clock-now", {})).is_error
    ends = [
        (event.capability, str(event.status))
        for _, _, event in said(tmp_path)
        if isinstance(event, CallFinished) and event.status == "cancelled"
    ]
    assert ends == [("clock", "cancelled"), ("tools", "cancelled")]


async def test_a_session_is_replayed_like_any_run(tmp_path: Path) -> None:
    text = manifest(
        plugin("notebook", 'allow.kv = { bytes = "1 KiB" }'), plugin("calculator"), desk("**")
    )
    async with connected(tmp_path, text) as (client, _):
        await client.call_tool("notebook_write", {"title": "a", "text": "lions"})
        await client.call_tool("notebook_count", {})
        await client.call_tool("calculator_add", {"a": 1, "b": 2})
    settings = Settings(state=tmp_path / "state", cache=Path(os.environ[CACHE]))
    report = await replay_run(settings, "last")
    assert (report.invocations, report.difference) == (3, None)


async def test_who_calls_is_in_the_log(tmp_path: Path) -> None:
    async with connected(tmp_path, SUMS) as (client, _):
        await client.call_tool("calculator_add", {"a": 1, "b": 2})
    lines = [event.message for _, _, event in said(tmp_path) if isinstance(event, LineLogged)]
    assert any("an MCP client calls itself" in line for line in lines)


@pytest.mark.parametrize("era", ERAS)
async def test_its_own_log_is_read_where_the_manifest_says_so(tmp_path: Path, era: str) -> None:
    text = manifest(plugin("calculator"), desk("calculator.*", more="settings = { log = true }"))
    async with connected(tmp_path, text, era=era) as (client, _):
        await client.call_tool("calculator_add", {"a": 1, "b": 2})
        (log,) = (await client.list_resources()).resources
        with trio.fail_after(60):
            while True:
                (contents,) = (await client.read_resource(log.uri)).contents
                if '"calculator.add"' in contents.text:  # type: ignore[union-attr]
                    break
        with pytest.raises(MCPError, match="no such resource"):
            await client.read_resource("lion://runs/last/log")


async def test_and_not_otherwise(tmp_path: Path) -> None:
    async with connected(tmp_path, SUMS) as (client, _):
        with pytest.raises(MCPError, match="not found"):
            await client.list_resources()
