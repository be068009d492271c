"""Look here if you want to know what console and webhook tell of a run, and whom they hold up."""

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.events import (
    CallFinished,
    CallRequested,
    SystemPluginFailed,
    SystemPluginLagged,
)
from lion.errors import OperatorError
from lion.system import HostError
from tests.attack.kit import call, holder, open_arena, task
from tests.capabilities.http.hostile_server import open_server
from tests.system.kit import of_type, open_system, system

CALCULATOR = holder("calculator", "calculator")
WAITER = holder(
    "waiter", "waiter", "config = { times = 4, pieces = 4, nanos = 50_000_000 }", kind="agents"
)
"""Long enough for what is told of its beginning to be heard before its end."""
ADD = call("calculator.add", a=1, b=2)


async def test_console_prints_a_line_per_chosen_event(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = system("lines", "console", 'settings = { events = ["PluginInvoked", "RunEnding"] }')
    async with open_arena(tmp_path) as arena:
        await arena.run(lines, CALCULATOR, ADD)
    printed = capfd.readouterr()
    assert printed.out == ""
    one, two = printed.err.splitlines()
    assert one.startswith("lines | ")
    assert "calculator PluginInvoked" in one
    assert '{"export":"add","args":[1,2]}' in one
    assert "- RunEnding" in two


async def test_console_lets_nobody_speak_for_lion(capfd: pytest.CaptureFixture[str]) -> None:
    settings = {"events": ["*"], "longest": 80}
    async with open_system("console", settings) as bench:
        await bench.hear("AgentSpawned", principal="ann", agent="ann", task="\x1b[31mx\nok  done")
        await bench.hear("LineLogged", level="info", message="y" * 1_000)
    one, two = capfd.readouterr().err.splitlines()
    assert "\x1b" not in one
    assert "\\nok  done" in one
    assert len(two) < 100


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"events": ["CallFinish"]},
            "there is no event 'CallFinish'; did you mean 'CallFinished'",
        ),
        ({"events": ["RunFinished"]}, "write RunEnding"),
        ({"events": []}, "settings.events"),
        ({"longest": 1}, "settings.longest"),
    ],
)
async def test_settings_that_make_no_sense_are_refused(settings: Any, said: str) -> None:
    with pytest.raises(OperatorError) as caught:
        async with open_system("console", settings):
            pass
    assert said in str(caught.value)


def hook(url: str, *lines: str, name: str = "hook", events: str = '["RunEnding"]') -> str:
    settings = f'settings = {{ url = "{url}", events = {events}, wait = "1 ms" }}'
    return system(name, "webhook", settings, f'allow.http = ["POST {url}"]', *lines)


async def test_a_webhook_tells_over_the_door_and_is_recorded(tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        report = await arena.run(hook(f"{server.url}/ok"), CALCULATOR, ADD)
        assert report.exit_code == 0
        (seen,) = server.seen
        told = json.loads(seen.body)
        assert (told["run"], told["type"]) == (report.run, "RunEnding")
        assert told["event"]["exit_code"] == 0
        events = arena.events(report.run)
        (asked,) = of_type(events, CallRequested)
        assert (asked.target, asked.decided_by) == (f"POST {server.url}/ok", "grants")
        assert asked.reason == "granted by system.hook.allow.http"
        (record,) = [r for r in arena.records(report.run) if r.type == "CallRequested"]
        assert (record.principal, record.invocation) == ("hook", "@hook")


async def test_without_a_grant_nothing_leaves(tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        settings = f'settings = {{ url = "{server.url}/ok", events = ["RunEnding"] }}'
        report = await arena.run(system("hook", "webhook", settings), CALCULATOR, ADD)
        assert not server.seen
        (denied,) = [c for c in arena.calls(report.run) if c.status == "denied"]
        assert (denied.capability, denied.reason) == ("http", "no grant covers it")
        (line,) = [c for c in arena.calls(report.run) if c.capability == "log"]
        assert "was not delivered: denied" in str(line.args)
        assert report.exit_code == 0


async def test_an_operators_rule_holds_for_it_too(tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path, 'deny = ["http"]') as arena:
        await arena.run(hook(f"{server.url}/ok"), CALCULATOR, ADD)
        assert not server.seen


async def test_two_that_hear_everything_do_not_feed_each_other(tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        one, two = (hook(f"{server.url}/ok", name=name, events='["*"]') for name in ("one", "two"))
        report = await arena.run(one, two, WAITER, task("waiter"))
        told = [json.loads(seen.body) for seen in server.seen]
        assert {each["principal"] for each in told} == {"", "waiter"}
        records = arena.records(report.run)
        heard = [r for r in records if not r.invocation.startswith("@")][:-1]
        assert len(told) == 2 * len(heard)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (HostError("connection", "gone"), 3), (HostError("timeout", "slow"), 3), ((503, ""), 3),
        ((429, ""), 3), ((404, ""), 1), (HostError("denied", "no"), 1), ((204, ""), 1),
    ],
)  # fmt: skip
async def test_what_may_pass_is_tried_again_and_bounded(
    said: Any, asked: int, autojump_clock: trio.testing.MockClock
) -> None:
    url = "https://a.example/hook"
    async with open_system(
        "webhook", {"url": url, "wait": "1 s"}, http={f"POST {url}": said}
    ) as bench:
        began = trio.current_time()
        await bench.hear("RunEnding", exit_code=0)
        assert bench.asked == [f"POST {url}"] * asked
        assert trio.current_time() - began == (3 if asked == 3 else 0)
        assert len(bench.logged) == (said != (204, ""))


async def test_all_tries_together_have_a_time(autojump_clock: trio.testing.MockClock) -> None:
    url = "https://a.example/hook"
    settings = {"url": url, "wait": "3 s", "timeout": "4 s", "tries": 10}
    async with open_system("webhook", settings, http={f"POST {url}": (500, "")}) as bench:
        await bench.hear("RunEnding", exit_code=0)
        assert len(bench.asked) == 2
        assert "it took longer than 4 s" in bench.logged[0][1]


async def test_an_event_too_large_for_a_body_is_told_without_its_fields() -> None:
    url = "https://a.example/hook"
    async with open_system("webhook", {"url": url}, http={f"POST {url}": (200, "")}) as bench:
        await bench.hear("LineLogged", level="info", message="x" * 70_000)
        (body,) = bench.bodies
        told = json.loads(body.removesuffix("u"))
        assert told["event"] is None
        assert told["is_too_large"]


async def test_a_silent_server_holds_up_no_guest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lion.kernel import listeners

    monkeypatch.setattr(listeners, "GRACE", 0.1)
    async with open_server() as server, open_arena(tmp_path) as arena:
        table = hook(f"{server.url}/silent", events='["RunStarted"]')
        report = await arena.run(table, CALCULATOR, ADD)
        assert report.exit_code == 0
        events = arena.events(report.run)
        (lagged,) = of_type(events, SystemPluginLagged)
        assert (lagged.holder, lagged.is_final) == ("hook", True)
        assert not of_type(events, SystemPluginFailed)
        asked, ended = of_type(events, CallRequested), of_type(events, CallFinished)
        assert [e.status for e in ended] == ["unknown"] * len(asked)
