"""What agents of others ask is a host call like any other: decided, charged, recorded, audited,
replayed; a refusal says why, and where it is found.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from lion.domain.events import CallFinished, CallRequested
from lion.errors import OperatorError
from lion.gateway.clients import outside_agents
from lion.history import replay_run
from lion.host import Host
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.settings import Settings
from tests.conftest import CACHE
from tests.gateway.kit import ANN, CALCULATOR, MODELS, agent, open_gateway, recorded, send

CHAT = "/v1/chat/completions"


def asked(model: str = "fast", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "go"}], **more}


def calls(folder: Path) -> list[tuple[str, str, str, str]]:
    """Who, what, about what, and how it ended, of each host call with a target."""
    found = []
    for record in recorded(folder):
        match record.event():
            case CallFinished(capability=str(what), target=str(target)) as event if target:
                found.append((record.principal, what, target, str(event.status)))
            case CallRequested(capability=what, target=target):
                found.append((record.principal, what, target, "asked"))
    return found


async def test_a_question_is_a_recorded_host_call(tmp_path: Path) -> None:
    async with open_gateway(tmp_path) as opened:
        answer = await send(opened.place(), "POST", CHAT, asked())
        assert answer.status == 200
    run, _, path = answer.headers["x-request-id"].partition("/")
    assert opened.report is not None and opened.report.run == run
    (intent,) = [one for one in recorded(tmp_path) if isinstance(one.event(), CallRequested)]
    assert (intent.principal, intent.invocation, intent.event().target) == ("ann", path, "fast")
    heard = [one for one in recorded(tmp_path) if one.invocation == path]
    assert any(getattr(one.event(), "operation", "") == "answer.next" for one in heard)


async def test_a_denial_says_why_and_is_on_record(tmp_path: Path) -> None:
    async with open_gateway(tmp_path) as opened:
        denied = await send(opened.place(), "POST", CHAT, asked("other"))
    error = denied.value["error"]
    assert (denied.status, error["type"], error["code"]) == (403, "permission_error", "denied")
    assert error["message"] == "denied: no grant covers it"
    assert denied.headers["x-should-retry"] == "false"
    assert denied.headers["x-request-id"].startswith(opened.report.run)
    assert ("ann", "llm", "other", "denied") in calls(tmp_path)
    (denial,) = opened.report.denials
    assert denial.suggestion == 'system.ann.allow.llm = ["fast", "other"]'


async def test_the_operators_rules_hold(tmp_path: Path) -> None:
    async with open_gateway(tmp_path, policy='deny = ["llm start fast"]') as opened:
        denied = await send(opened.place(), "POST", CHAT, asked(stream=True))
        listed = await send(opened.place(), "GET", "/v1/models")
    assert denied.status == 403 and "denied" in denied.value["error"]["message"]
    assert listed.value["data"] == []


async def test_budgets_hold_and_are_charged(tmp_path: Path) -> None:
    grant = agent("ann", 'allow.llm = [{ model = "fast", tokens = 200 }]')
    async with open_gateway(tmp_path, grant) as opened:
        first = await send(opened.place(), "POST", CHAT, asked(max_tokens=20))
        while (last := await send(opened.place(), "POST", CHAT, asked())).status == 200:
            pass
    assert first.status == 200
    assert (last.status, last.value["error"]["code"]) == (429, "exhausted")
    spent = [
        record.event().charged
        for record in recorded(tmp_path)
        if isinstance(record.event(), CallFinished) and record.event().charged
    ]
    assert spent


async def test_tools_of_the_protocol_are_the_agents_own(tmp_path: Path) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    head = [
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
    ]
    given = {"name": "calculator_add", "arguments": {"a": 1, "b": 2}}
    async with open_gateway(tmp_path, CALCULATOR, ANN, agent("bob")) as opened:
        said = {**call, "params": given}
        ann = await send(opened.place("ann"), "POST", "/mcp", said, headers=head)
        bob = await send(opened.place("bob"), "POST", "/mcp", said, headers=head)
        assert (await send(opened.place(), "GET", "/mcp")).status == 405
    assert b'"structuredContent":{"result":3}' in ann.body
    assert b'"isError":true' in bob.body and b"no grant covers it" in bob.body
    assert ("bob", "tools", "calculator.add", "denied") in calls(tmp_path)


async def test_it_is_audited_and_replayed(tmp_path: Path) -> None:
    async with open_gateway(tmp_path) as opened:
        session = opened.gateway.sessions["ann"]
        await session.begin().make("calculator.add", '{"a": 1, "b": 2}')
        await send(opened.place(), "POST", CHAT, asked())
        await send(opened.place(), "POST", CHAT, asked("other"))
    settings = Settings(state=tmp_path / "state", cache=Path(os.environ[CACHE]))
    report = await replay_run(settings, "last")
    assert (report.invocations, report.difference) == (1, None)
    async with open_host(settings) as host:
        audit = await _audited(host)
    assert "fast" in audit and "other" in audit


async def _audited(host: Host) -> str:
    return str(await host.audit("last"))


def test_agents_are_named_or_all() -> None:
    text = "\n".join(['name = "x"', MODELS, agent("ann"), agent("bob")])
    plan = parse_manifest(text, path=None)
    assert outside_agents(plan, ()) == ["ann", "bob"]
    assert outside_agents(plan, ("bob",)) == ["bob"]
    with pytest.raises(OperatorError, match=r"no agent of others 'bop'.*bob"):
        outside_agents(plan, ("bop",))
    with pytest.raises(OperatorError, match="outside-agent"):
        outside_agents(parse_manifest('name = "x"\n[system.c]\nuse = "console"\n', path=None), ())
