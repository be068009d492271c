"""Hours in little: honest and hostile guests side by side, cancelled at random; nothing stays.

`make soak` is ten minutes of it; LION_SOAK_SECONDS is how long, if not so.
"""

import gc
import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import trio

from lion.domain.plan import Plan, RunAgent, RunCall
from lion.history import open_history
from lion.host import Host
from lion.opening import open_host
from lion.review.report import Ending
from lion.settings import Settings
from tests.endurance.kit import (
    AGENT,
    agent,
    descriptors,
    live_instances,
    plan,
    plugin,
    replayed,
    rss,
    temporaries,
    threads,
    verified,
)
from tests.extism.modules import committed
from tests.series import times
from tests.wasi.kit import program

GUESTS = 200
RUNS_AT_ONCE = 10
WARM_SHARE = 0.34
"""Share of the time after which memory may not grow any more."""
GROWTH = 32 * 1024 * 1024
"""Bytes that a working set may wander by."""
THREADS = 30
"""Threads of a process whose busy guests and log all have one: far fewer than guests."""

TABLES: Plan = plan(
    plugin("calculator"),
    plugin("hello"),
    plugin("notebook", 'allow.kv = { bytes = "64 KiB" }'),
    plugin("probe", 'allow.tools = ["calculator.*", "hostile.sleep", "hostile.spin"]'),
    plugin(
        "hostile",
        'limits = { cpu = "20 ms", memory = "4 MiB", deadline = "1 s", output = "64 KiB" }',
        'allow.kv = { bytes = "4 KiB" }',
        'allow.tools = ["calculator.*", "hostile.*"]',
    ),
    plugin("config", 'config = { thing = "hello" }', component=str(committed() / "config")),
    plugin("exit", 'config = { code = "4" }', component=str(committed() / "exit")),
    plugin("tool", component=str(program("tool").with_suffix(""))),
    plugin("loop", 'limits = { cpu = "20 ms" }', component=str(program("tool").with_suffix(""))),
    agent("waiter", "config = { times = 3, pieces = 3, nanos = 20000000 }"),
    agent("guide", 'allow.tools = ["calculator.add", "hello.greet", "notebook.write"]'),
    AGENT.format("waiter", "wait"),
)

HONEST: tuple[tuple[RunAgent | RunCall, Any], ...] = (
    (RunCall("calculator.multiply", {"a": 6, "b": 7}), 42),
    (RunCall("calculator.evaluate", {"expression": "2 * (3 + 4.5)"}), 15.0),
    (RunCall("hello.greet", {"name": "World"}), "Hello, World!"),
    (RunCall("probe.tools-call", {"name": "calculator.add", "arguments": '{"a":1,"b":2}'}), '"3"'),
    (RunCall("config.run-test", {"input": ""}), '{"config": "hello"}'),
    (RunCall("exit.start", {"input": ""}), None),
    (RunCall("tool.main", {"input": "in", "args": ["show"]}), '["show"] [] "in"\n'),
    (RunCall("tool.main", {"input": "", "args": ["sleep", "20"]}), "true\n"),
    (RunCall("tool.main", {"input": "", "args": ["exit", "3"]}), None),
    (RunCall("notebook.read", {"title": "never"}), None),
    (RunAgent("waiter", "wait"), "wait: waited 3 times"),
    (RunAgent("guide", "show"), "show: 3 of 4 tools answered"),
)
"""What an honest guest is asked, and its answer, whoever works beside it (None: its own error)."""

_SPIN = {"name": "hostile.spin", "arguments": "{}"}
OVER = {"cpu", "deadline"}
"""How any of them may end on a busy machine."""
HOSTILE: tuple[tuple[RunAgent | RunCall, set[str]], ...] = (
    (RunCall("hostile.spin", {}), OVER),
    (RunCall("hostile.drip", {"micros": 900}), OVER),
    (RunCall("loop.main", {"input": "", "args": ["spin"]}), OVER),
    (RunCall("loop.main", {"input": "", "args": ["panic"]}), {"trap"}),
    (RunCall("hostile.flood-forever", {}), OVER),
    (RunCall("hostile.memory-bomb", {}), {"memory"}),
    (RunCall("hostile.deep-recursion", {}), {"stack"}),
    (RunCall("hostile.panic", {"message": "help"}), {"trap"}),
    (RunCall("hostile.stop", {}), {"trap"}),
    (RunCall("hostile.bad-answer", {}), {"trap"}),
    (RunCall("hostile.forged-drop", {"handle": 7}), {"trap"}),
    (RunCall("hostile.forged-poll", {}), {""}),
    (RunCall("hostile.ungranted", {}), {""}),
    (RunCall("hostile.log-flood", {"n": 500, "size": 100}), {""}),
    (RunCall("hostile.output-flood", {"n": 200, "size": 1000}), {""}),
    (RunCall("hostile.kv-flood", {"n": 30, "size": 500}), {""}),
    (RunCall("hostile.nested-value", {}), {""}),
    (RunCall("hostile.huge-text", {"size": 1_000_000}), {"exhausted"}),
    (RunCall("hostile.call-self", {"name": "hostile.call-self", "depth": 1}), {""}),
    (RunCall("hostile.start-flood", {"n": 20, "name": "hostile.spin"}), {""}),
    (RunCall("hostile.sleep", {"nanos": 10**18}), {"deadline"}),
    (RunCall("probe.tools-drop", _SPIN), {""}),
    (RunCall("probe.tools-start", _SPIN), {"error"}),
)
"""What hostile guests do, and how that may end."""


class Left(msgspec.Struct, frozen=True):
    """What a process holds at one moment; memory in bytes."""

    memory: int
    descriptors: int
    threads: int
    tasks: int

    def __str__(self) -> str:
        return (
            f"{self.memory / 2**20:.1f} MiB, {self.descriptors} descriptors, "
            f"{self.threads} threads, {self.tasks} tasks"
        )


def look() -> Left:
    """What is held now, garbage aside."""
    gc.collect()
    tasks = trio.lowlevel.current_statistics().tasks_living
    return Left(rss(), descriptors(), threads(), tasks)


class Soak:
    """Runs of random guests, some of them cancelled, and the check of each honest answer."""

    def __init__(self, host: Host, seed: int) -> None:
        self._host = host
        self._rng = random.Random(seed)
        self.counts: Counter[str] = Counter()

    async def work(self, seconds: float) -> None:
        """Keep RUNS_AT_ONCE runs going for so long."""
        end = trio.current_time() + seconds
        async with trio.open_nursery() as nursery:
            for _ in range(RUNS_AT_ONCE):
                nursery.start_soon(self._repeat, end)

    async def _repeat(self, end: float) -> None:
        while trio.current_time() < end:
            await self.one_run()

    async def one_run(self) -> None:
        """One run of a tenth of all guests; every third is cancelled at a random moment."""
        jobs = [self._rng.choice((HONEST, HOSTILE)) for _ in range(GUESTS // RUNS_AT_ONCE)]
        entries = [self._rng.choice(kind) for kind in jobs]
        what = msgspec.structs.replace(TABLES, runs=tuple(entry for entry, _ in entries))
        seconds = self._rng.uniform(0, 0.5) if self._rng.random() < 0.33 else float("inf")
        with trio.move_on_after(seconds) as scope:
            report = await self._host.run(what)
        self.counts["cancelled" if scope.cancelled_caught else "runs"] += 1
        if not scope.cancelled_caught:
            for (_, expected), ending in zip(entries, report.endings, strict=True):
                self._check(expected, ending)

    def _check(self, expected: Any, ending: Ending) -> None:
        self.counts["guests"] += 1
        if isinstance(expected, set):
            assert ending.ending in expected | OVER, ending
        elif expected is None:
            assert ending.ending == "error", ending
        else:
            answer = ending.text if ending.kind == "agent" else ending.value
            assert ending.ok and answer == expected, ending


async def soak(settings: Settings, seconds: float, say: Callable[[str], None]) -> None:
    """The whole of it. Raises AssertionError for what was wrong or is left."""
    seed = random.randrange(2**32)
    outside = look()
    async with open_host(settings) as host:
        one = Soak(host, seed)
        await one.one_run()
        idle = look()
        await one.work(seconds * WARM_SHARE)
        warm = look()
        await one.work(seconds * (1 - WARM_SHARE))
        assert live_instances(host) == (0, 0)
        end = look()
    after = look()
    figures = f"warm {warm}\n    end  {end}\n    after {after}"
    say(f"soak, seed {seed}: {dict(one.counts)}\n    {figures}")
    assert one.counts["guests"] > GUESTS
    assert end.memory < warm.memory + GROWTH
    # What guests keep has files of its own, opened when first used, 64 at most (log/lease.py).
    assert end.descriptors <= max(idle.descriptors, warm.descriptors)
    assert end.tasks <= idle.tasks
    assert end.threads < THREADS
    assert (after.descriptors, after.tasks) == (outside.descriptors, outside.tasks)
    assert temporaries(settings) == []


async def check_some_logs(settings: Settings, most: int) -> None:
    """Verify and replay runs of a soak, those that were cancelled among them."""
    with open_history(settings) as reader:
        runs = reader.runs()
    for run in random.Random(0).sample(runs, min(most, len(runs))):
        verified(settings, run.run)
        await replayed(settings, run.run)


@pytest.mark.slow
async def test_honest_and_hostile_guests_side_by_side(
    settings: Settings, say: Callable[[str], None]
) -> None:
    await soak(settings, 1, say)
    await check_some_logs(settings, 2)


@pytest.mark.slow
async def test_soak(settings: Settings, say: Callable[[str], None]) -> None:
    await soak(settings, float(os.environ.get("LION_SOAK_SECONDS") or times(600, sample=60)), say)
    await check_some_logs(settings, 20)
