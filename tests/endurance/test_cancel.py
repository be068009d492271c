"""Cancelling at every moment: before each host call of a run, while it waits, at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trio

from lion.domain.events import CallFinished
from lion.domain.plan import Plan
from lion.history import open_history
from lion.host import Host
from lion.kernel.broker import Broker
from lion.kernel.handles import HandleTable
from lion.opening import open_host
from lion.settings import Settings
from tests.endurance.kit import (
    AGENT,
    agent,
    call,
    latest,
    live_instances,
    plan,
    plugin,
    replayed,
    verified,
)

GUIDED = plan(
    plugin("calculator"),
    plugin("hello"),
    plugin("notebook", 'allow.kv = { bytes = "64 KiB" }'),
    agent("guide", 'allow.tools = ["calculator.add", "hello.greet", "notebook.write"]'),
    AGENT.format("guide", "show"),
)
"""An agent that starts three tools at once, polls, streams, stores and is denied."""
WAITING = plan(
    agent("waiter", "config = { times = 3, pieces = 3, nanos = 1000000 }"),
    AGENT.format("waiter", "wait"),
)
TRIED = plan(
    plugin("calculator"),
    plugin("probe", 'allow.tools = ["calculator.add"]', 'allow.kv = { bytes = "1 KiB" }'),
    call("probe.kv-set", '{ key = "a", value = "bu" }'),
    call("probe.tools-drop", """{ name = "calculator.add", arguments = '{"a":1,"b":2}' }"""),
    call("probe.tools-start", """{ name = "calculator.add", arguments = '{"a":1,"b":2}' }"""),
    call("probe.clock-sleep", "{ duration = 1000000 }"),
    call("probe.kv-list", '{ prefix = "", limit = 10 }'),
)


class Watched:
    """Counts the host calls of a run, and cancels when a certain one begins or has just ended."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self._settings = settings
        self.tables: list[HandleTable] = []
        self.count = 0
        self._cancel_at = -1
        self._is_after = False
        self._scope = trio.CancelScope()
        handle, make = Broker.handle, HandleTable.__init__

        async def counted(broker: Broker, index: int, args: list[Any]) -> Any:
            number, self.count = self.count, self.count + 1
            is_this = number == self._cancel_at
            if is_this and not self._is_after:
                self._scope.cancel()
            value = await handle(broker, index, args)
            if is_this:
                self._scope.cancel()
            return value

        def noted(table: HandleTable, limit: int) -> None:
            make(table, limit)
            self.tables.append(table)

        monkeypatch.setattr(Broker, "handle", counted)
        monkeypatch.setattr(HandleTable, "__init__", noted)

    async def run(
        self, host: Host, what: Plan, cancel_at: int = -1, *, is_after: bool = False
    ) -> tuple[str, bool]:
        """Run it, cancelled at that call; its id, and whether the cancellation reached it."""
        self.count, self._cancel_at, self._is_after = 0, cancel_at, is_after
        self.tables.clear()
        with trio.CancelScope() as self._scope:
            await host.run(what)
        return latest(self._settings), self._scope.cancelled_caught


@pytest.mark.parametrize("what", [GUIDED, WAITING, TRIED], ids=["guide", "waiter", "probe"])
@pytest.mark.parametrize("is_after", [False, True], ids=["asked", "answered"])
async def test_cancelled_at_every_host_call(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, what: Plan, is_after: bool
) -> None:
    watched = Watched(settings, monkeypatch)
    runs: list[tuple[str, int]] = []
    caught = 0
    async with open_host(settings) as host:
        await watched.run(host, what)
        total = watched.count
        assert total > 5
        for moment in range(total + 1):
            run, was_caught = await watched.run(host, what, moment, is_after=is_after)
            caught += was_caught
            assert live_instances(host) == (0, 0), moment
            assert all(len(table) == 0 for table in watched.tables), moment
            runs.append((run, watched.count))
    assert caught >= total // 2, "most moments must be inside"
    for run, count in runs:
        await check_log(settings, run, count)


async def check_log(settings: Settings, run: str, count: int) -> None:
    """Every call the kernel saw has its record, every invocation and the run their endings."""
    records = verified(settings, run)
    outcomes = [r for r in records if isinstance(r.event(), CallFinished)]
    assert len(outcomes) == count
    began = {r.invocation for r in records if r.type in ("PluginInvoked", "AgentSpawned")}
    endings = ("PluginResult", "PluginError", "AgentCompleted", "AgentError")
    assert began == {r.invocation for r in records if r.type in endings}
    await replayed(settings, run)


async def test_cancelled_at_any_step_of_the_loop(settings: Settings) -> None:
    """Loading, starting, writing the log, ending: whatever is under way."""
    async with open_host(settings) as host:
        counting = _After(-1, lambda: None)
        with instrumented(counting):
            await host.run(WAITING)
        for moment in range(1, counting.steps + 1, max(1, counting.steps // 25)):
            with trio.CancelScope() as scope, instrumented(_After(moment, scope.cancel)):
                await host.run(WAITING)
            assert live_instances(host) == (0, 0)
    with open_history(settings) as reader:
        runs = reader.runs()
    assert len(runs) > 15
    for run in runs:
        records = verified(settings, run.run)
        assert records[0].type == "RunStarted"
        await replayed(settings, run.run)


class _After(trio.abc.Instrument):
    """Acts once, when so many task steps have been made."""

    def __init__(self, steps: int, act: Callable[[], None]) -> None:
        self.steps = 0
        self._at = steps
        self._act = act

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.steps += 1
        if self.steps == self._at:
            self._act()


@contextmanager
def instrumented(instrument: trio.abc.Instrument) -> Iterator[None]:
    trio.lowlevel.add_instrument(instrument)
    try:
        yield
    finally:
        trio.lowlevel.remove_instrument(instrument)
