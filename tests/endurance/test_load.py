"""Many guests that wait: what they cost, and what happens when there is no room for one more."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import pytest
import trio

from lion.domain.event import AgentPartialOutput
from lion.host import open_host
from lion.settings import Settings
from tests.endurance.kit import (
    AGENT,
    ROOT,
    Heartbeat,
    agent,
    call,
    latest,
    live_instances,
    percentile,
    plan,
    plugin,
    replayed,
    rss,
    threads,
    verified,
)

AGENTS = 1_000
IDEAL = 3.0
SLACK = 15.0
"""Seconds: ten times the goal's slack of half of the ideal."""
BYTES_EACH = 1024 * 1024
"""Ten times the goal of 100 KiB."""


async def test_a_thousand_agents_wait_without_threads(
    settings: Settings, say: Callable[[str], None]
) -> None:
    waiting = plan(
        agent("waiter", 'limits = { deadline = "5 min" }'),
        *[AGENT.format("waiter", "wait")] * AGENTS,
    )
    async with open_host(settings) as host:
        await host.check(waiting)
        begin, peak, most_threads, most_live = rss(), 0, 0, 0

        async def look() -> None:
            nonlocal peak, most_threads, most_live
            while True:
                await trio.sleep(0.2)
                peak, most_threads = max(peak, rss()), max(most_threads, threads())
                most_live = max(most_live, live_instances(host)[0])

        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(look)
            report = await host.run(waiting)
            nursery.cancel_scope.cancel()
        wall = trio.current_time() - began
        assert live_instances(host) == (0, 0)
    each = (peak - begin) / AGENTS
    say(
        f"{AGENTS} agents: {wall:.2f} s (goal 4.5), {each / 1024:.0f} KiB each (goal 100), "
        f"{most_threads} threads"
    )
    assert report.exit_code == 0
    assert most_live == AGENTS, "they did not wait at the same time"
    assert wall < IDEAL + SLACK
    assert each < BYTES_EACH
    assert most_threads < 50
    records = verified(settings, report.run)
    pieces = Counter(r.invocation for r in records if r.type == AgentPartialOutput.__name__)
    sleeps = Counter(
        r.invocation
        for r in records
        if r.type == "CallFinished" and r.event().capability == "clock"
    )
    assert pieces == {str(i): 5 for i in range(AGENTS)}
    assert sleeps == {str(i): 3 for i in range(AGENTS)}
    replay = await replayed(settings, report.run)
    assert replay.invocations == AGENTS


async def test_one_instance_too_many_is_refused_and_the_others_go_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lion.wasm.admission._read_limit", lambda: 10)
    quick = agent("waiter", "config = { times = 1, pieces = 1, nanos = 200000000 }")
    async with open_host(settings) as host:
        report = await host.run(plan(quick, *[AGENT.format("waiter", "wait")] * 25))
        assert live_instances(host) == (0, 0)
        again = await host.run(plan(quick, AGENT.format("waiter", "wait")))
    by_ending = Counter(e.ending for e in report.endings)
    assert by_ending == {"": 10, "exhausted": 15}
    assert all("max_map_count" in e.hint for e in report.endings if not e.ok)
    assert (report.exit_code, again.exit_code) == (3, 0)
    verified(settings, report.run)
    await replayed(settings, report.run)


TEN_THOUSAND = """
import sys, trio
from pathlib import Path
from lion.host import open_host
from lion.settings import Settings
from tests.endurance.kit import AGENT, agent, live_instances, plan, rss, threads

async def main(state, cache):
    crowd = plan(
        agent(
            "waiter",
            'limits = { deadline = "5 min" }',
            "config = { times = 1, pieces = 1, nanos = 15000000000 }",
        ),
        *[AGENT.format("waiter", "wait")] * 10_000,
    )
    async with open_host(Settings(state=Path(state), cache=Path(cache))) as host:
        await host.check(crowd)
        begin, peak, live, most = rss(), 0, 0, 0
        async def look():
            nonlocal peak, live, most
            while True:
                await trio.sleep(0.5)
                peak, most = max(peak, rss()), max(most, threads())
                live = max(live, live_instances(host)[0])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(look)
            report = await host.run(crowd)
            nursery.cancel_scope.cancel()
        assert live_instances(host) == (0, 0)
    endings = {e.ending for e in report.endings}
    assert endings <= {"", "exhausted"}, endings
    ok = sum(e.ok for e in report.endings)
    each = (peak - begin) / 1024 / max(live, 1)
    print(f"{ok} of 10,000 fit, {live} at once, {each:.0f} KiB each, {most} threads")

trio.run(main, *sys.argv[1:])
"""


@pytest.mark.slow
def test_ten_thousand_waiting_instances_fit_or_are_refused(
    settings: Settings, say: Callable[[str], None]
) -> None:
    """In a process of its own: a mapping too many would kill it."""
    words = [sys.executable, "-c", TEN_THOUSAND, str(settings.state), str(settings.cache)]
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    say(done.stdout.strip())
    assert done.returncode == 0, done.stderr


SPINS = 4
GOAL_P99 = 0.020


@pytest.mark.parametrize(
    ("tool", "arguments"), [("hostile.spin", "{}"), ("hostile.drip", "{ micros = 900 }")]
)
async def test_busy_guests_do_not_hold_up_the_loop(
    settings: Settings, say: Callable[[str], None], tool: str, arguments: str
) -> None:
    busy = plan(plugin("hostile", 'limits = { cpu = "150 ms" }'), *[call(tool, arguments)] * SPINS)
    heart = Heartbeat()
    async with open_host(settings) as host:
        await host.check(busy)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(heart.beat)
            report = await host.run(busy)
            nursery.cancel_scope.cancel()
    say(
        f"{SPINS} x {tool} beside a heartbeat of 5 ms: {heart.figures()} ({len(heart.late)} beats)"
    )
    assert [e.ending for e in report.endings] == ["cpu"] * SPINS
    assert len(heart.late) > 20
    assert percentile(heart.late, 0.99) < 10 * GOAL_P99
    verified(settings, report.run)
    await replayed(settings, report.run)


@pytest.mark.parametrize("tool", ["flood", "log-flood"])
async def test_a_flood_of_host_calls_ends_when_it_is_cancelled(
    settings: Settings, say: Callable[[str], None], tool: str
) -> None:
    arguments = "{ n = 50000 }" if tool == "flood" else "{ n = 50000, size = 10 }"
    flood = plan(plugin("hostile"), call(f"hostile.{tool}", arguments))
    async with open_host(settings) as host:
        await host.check(flood)
        began = trio.current_time()
        with trio.move_on_after(0.2) as scope:
            await host.run(flood)
        took = trio.current_time() - began
        assert live_instances(host) == (0, 0)
    say(f"hostile.{tool} of 50,000 calls under move_on_after(0.2): {took:.3f} s (goal 0.3)")
    assert took < 3
    assert scope.cancelled_caught
    run = latest(settings)
    records = verified(settings, run)
    assert [r.type for r in records[-2:]] == ["PluginError", "RunFinished"]
    assert len(records) > 100
    await replayed(settings, run)
