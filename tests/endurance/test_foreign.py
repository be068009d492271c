"""A thousand instances of guests of others at once: programs for WASI 0.2 and preview 1, and
Extism's plug-ins; cancelled at random, while others are asked for answers. Nothing stays.

`make soak` is ten minutes of it, CI has two waves of fewer.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import trio

from lion.domain.plan import Plan, RunAgent, RunCall
from lion.host import Host
from lion.opening import open_host
from lion.settings import Settings
from tests.endurance.kit import live_instances, plan, plugin
from tests.endurance.test_soak import GROWTH, THREADS, Left, check_some_logs, look
from tests.extism.modules import committed
from tests.series import times
from tests.wasi.kit import program

AT_ONCE: Final = times(1_000, sample=200)
SLEEPERS: Final = AT_ONCE * 3 // 5
"""Of these: they end by being cancelled only."""
RUN: Final = 20
"""Guests of one run."""
_LONG: Final = 'limits = { deadline = "1 h" }'


def _plain(path: Path) -> str:
    return str(path.with_suffix(""))


TABLES: Final[Plan] = plan(
    plugin("tool", _LONG, component=_plain(program("tool"))),
    plugin("tool1", _LONG, component=_plain(program("tool1"))),
    plugin("old1", _LONG, component=_plain(program("old1"))),
    plugin("proxy", component=_plain(program("proxy"))),
    plugin("config", 'config = { thing = "hello" }', component=str(committed() / "config")),
    plugin("hello", component=str(committed() / "hello")),
    plugin(
        "nap", _LONG, 'config = { duration = "3600" }', component=str(committed() / "sleep")
    ),
)  # fmt: skip
_EVER: Final = {"input": "", "args": ["sleep", "3600000"]}
SLEEPING: Final = (
    RunCall("tool.main", _EVER),
    RunCall("tool1.main", _EVER),
    RunCall("nap.run-test", {"input": ""}),
)
_REQUEST: Final = {"method": "GET", "url": "http://x/a", "headers": "", "body": "12"}
HONEST: Final[tuple[tuple[RunCall, Any], ...]] = (
    (RunCall("tool.main", {"input": "in", "args": ["show"]}), '["show"] [] "in"\n'),
    (RunCall("tool1.main", {"input": "in", "args": ["show"]}), '["show"] [] "in"\n'),
    (RunCall("tool1.main", {"input": "", "args": ["sleep", "5"]}), "true\n"),
    (RunCall("old1.main", {"input": "", "args": ["x"]}), "0 1\n"),
    (RunCall("proxy.handle", {"request": _REQUEST}),
     {"status": 200, "headers": "x-path: /a", "body": '2 bytes of ""'}),
    (RunCall("config.run-test", {"input": ""}), '{"config": "hello"}'),
    (RunCall("hello.run-test", {"input": ""}), "Hello, world!"),
)  # fmt: skip


class _Wave:
    """Sleepers, and honest ones beside them."""

    def __init__(self, host: Host, rng: random.Random) -> None:
        self._host = host
        self._rng = rng
        self._asleep: list[trio.CancelScope] = []
        self.most = 0
        self.right = 0

    def _pick(self, count: int, of: Any) -> list[Any]:
        return [self._rng.choice(of) for _ in range(count)]

    async def run(self) -> None:
        """Returns when all have ended."""
        async with trio.open_nursery() as nursery:
            for _ in range(SLEEPERS // RUN):
                nursery.start_soon(self._sleep, self._pick(RUN, SLEEPING))
            while live_instances(self._host)[0] < SLEEPERS:  # noqa: ASYNC110 - no event tells it
                await trio.sleep(0.01)
            async with trio.open_nursery() as honest:
                for _ in range((AT_ONCE - SLEEPERS) // RUN):
                    honest.start_soon(self._ask, self._pick(RUN, HONEST))
                honest.start_soon(self._cancel_some)
            for scope in self._asleep:
                scope.cancel()

    async def _sleep(self, entries: list[RunAgent | RunCall]) -> None:
        with trio.CancelScope() as scope:
            self._asleep.append(scope)
            await self._host.run(msgspec.structs.replace(TABLES, runs=tuple(entries)))
            raise AssertionError("a sleeper ended by itself")

    async def _ask(self, asked: list[tuple[RunCall, Any]]) -> None:
        what = msgspec.structs.replace(TABLES, runs=tuple(entry for entry, _ in asked))
        report = await self._host.run(what)
        for (entry, expected), ending in zip(asked, report.endings, strict=True):
            assert ending.ok and ending.value == expected, (entry, ending)
            self.right += 1

    async def _cancel_some(self) -> None:
        """Half of the runs that sleep, one after another."""
        scopes = self._rng.sample(self._asleep, len(self._asleep) // 2)
        for scope in scopes:
            self.most = max(self.most, live_instances(self._host)[0])
            scope.cancel()
            await trio.sleep(self._rng.uniform(0, 0.02))


@pytest.mark.slow
async def test_a_thousand_of_others_guests_at_once(
    settings: Settings, say: Callable[[str], None]
) -> None:
    seed = random.randrange(2**32)
    seconds = float(os.environ.get("LION_SOAK_SECONDS") or times(600, sample=0))
    rng = random.Random(seed)
    told: list[tuple[int, Left]] = []
    outside = look()
    async with open_host(settings) as host:
        end = trio.current_time() + seconds
        while len(told) < 2 or trio.current_time() < end:
            wave = _Wave(host, rng)
            await wave.run()
            assert live_instances(host) == (0, 0)
            assert wave.right == AT_ONCE - SLEEPERS
            told.append((wave.most, look()))
    after = look()
    say(f"others' guests, seed {seed}: {len(told)} waves, {max(m for m, _ in told)} at once")
    say(f"    first {told[0][1]}\n    last  {told[-1][1]}\n    after {after}")
    assert max(most for most, _ in told) >= SLEEPERS
    assert told[-1][1].memory < told[0][1].memory + GROWTH
    assert all(left.threads < THREADS for _, left in told)
    assert (after.descriptors, after.tasks) == (outside.descriptors, outside.tasks)
    await check_some_logs(settings, 2)
