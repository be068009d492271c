"""Look here if you want to know that system plugins hear of a run at their own pace, hold up
nobody, and are closed however it ends.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from lion.domain.events import (
    CallFinished,
    Event,
    LineLogged,
    PluginInvoked,
    RunEnding,
    SystemPluginFailed,
    SystemPluginLagged,
)
from lion.domain.plan import SECOND, Limits
from lion.domain.record import Draft, Record, Scope
from lion.errors import GuestError
from lion.kernel import listeners
from lion.kernel.listeners import FAR_BEHIND, GRACE, IMPATIENT, Listeners, open_listeners
from lion.ports import HandleCall
from tests.kernel.rig import RUN, FakeComponent, FakeSystem, Part, World, operation, wait_quiet

Ear = Callable[[Record, HandleCall], Awaitable[None]]
LINE = LineLogged("info", "x")
QUICK = Limits(deadline_ns=2 * SECOND)
FREE = Limits(deadline_ns=None)


def part(system: FakeSystem, name: str = "hook", limits: Limits = FREE, **more: Any) -> Part:
    return Part(name=name, component=system, kind="system", limits=limits, **more)


@asynccontextmanager
async def hearing(*parts: Part) -> AsyncIterator[tuple[World, Listeners]]:
    world = await World(*parts).begin()
    async with open_listeners(world.live) as opened:
        opened.start()
        yield world, opened


async def finish(opened: Listeners, code: int, *, interrupted: bool) -> None:
    """As the host does it, whom nothing may cancel then."""
    with trio.CancelScope(shield=True):
        await opened.finish(code, interrupted)


def say(world: World, event: Event, invocation: str = "") -> None:
    """Something happens in the run."""
    scope = Scope(run=RUN, invocation=invocation)
    world.log.append(Draft(scope, 0, 0, event))


def stuck() -> tuple[Ear, trio.Event]:
    """An ear that never comes back, and what tells that it began."""
    began = trio.Event()

    async def hear(record: Record, handle: HandleCall) -> None:
        began.set()
        await trio.sleep_forever()

    return hear, began


async def fail(record: Record, handle: HandleCall) -> None:
    raise GuestError("it raised", ending="raised", words="ValueError: oh")


class TestWhatIsHeard:
    async def test_only_what_it_asked_for_in_order_up_to_the_end(self) -> None:
        system = FakeSystem(hears=("LineLogged", "RunEnding"))
        async with hearing(part(system)) as (world, opened):
            for event in (LINE, PluginInvoked("add", []), LINE):
                say(world, event)
            await finish(opened, 0, interrupted=False)
        assert system.heard == ["LineLogged", "LineLogged", "RunEnding"]
        assert world.events(SystemPluginLagged) == []

    async def test_a_star_is_everything(self) -> None:
        system = FakeSystem(hears=("*",))
        async with hearing(part(system)) as (world, opened):
            say(world, PluginInvoked("add", []))
            await finish(opened, 0, interrupted=False)
        assert system.heard == ["PluginInvoked", "RunEnding"]

    async def test_what_was_before_it_began_is_told_too(self) -> None:
        system = FakeSystem(hears=("LineLogged",))
        world = await World(part(system)).begin()
        say(world, LINE)
        async with open_listeners(world.live) as opened:
            opened.start()
            await finish(opened, 0, interrupted=False)
        assert system.heard == ["LineLogged"]

    async def test_what_listeners_do_is_told_to_none_of_them(self) -> None:
        async def write(record: Record, handle: HandleCall) -> None:
            assert record.type != CallFinished.__name__, "they would feed each other for ever"
            assert await handle(0, ["info", record.type]) == ("ok", None)

        line = operation("write", lambda caller, level, text: None, capability="log")
        one, two = (FakeSystem(hears=("*",), ear=write, operations=[line]) for _ in range(2))
        async with hearing(
            part(one, "one", operations=[line]), part(two, "two", operations=[line])
        ) as (world, opened):
            say(world, LINE, invocation="0")
            await wait_quiet()
            await finish(opened, 0, interrupted=False)
        assert one.heard == two.heard == ["LineLogged", "RunEnding"]
        calls = [r for r in world.records() if r.type == CallFinished.__name__]
        assert sorted({(r.invocation, r.principal) for r in calls}) == [
            ("@one", "one"), ("@two", "two"),
        ]  # fmt: skip
        assert len(calls) == 4

    async def test_what_it_asks_for_without_a_grant_is_denied_and_recorded(self) -> None:
        answers: list[Any] = []

        async def ask(record: Record, handle: HandleCall) -> None:
            answers.append(await handle(0, ["k"]))

        one = operation("get", lambda *args: 1, capability="kv")
        system = FakeSystem(hears=("LineLogged",), ear=ask, operations=[one])
        async with hearing(part(system, operations=[one])) as (world, opened):
            say(world, LINE)
            await finish(opened, 0, interrupted=False)
        assert answers == [("err", ("denied", "no grant covers it"))]
        assert [e.status for e in world.events(CallFinished, "@hook")] == ["denied"]

    async def test_the_end_says_what_the_run_came_to(self) -> None:
        async with hearing(part(FakeSystem(hears=("RunEnding",)))) as (world, opened):
            world.live.counts.calls, world.live.counts.denied = 7, 2
            await finish(opened, 3, interrupted=False)
        assert world.events(RunEnding) == [RunEnding(3, False, 7, 2)]
        assert world.log.durable == 1

    async def test_who_hears_nothing_has_no_record_of_it(self) -> None:
        silent = FakeSystem(judges=("clock",))
        plugin = Part(name="plugin", component=FakeComponent({}))
        async with hearing(part(silent), plugin) as (world, opened):
            await finish(opened, 0, interrupted=False)
        assert (world.records(), silent.heard, silent.closed > 0) == ([], [], True)


class TestWhatFails:
    async def test_it_hears_no_more_and_others_go_on(self) -> None:
        bad, good = FakeSystem(hears=("LineLogged",), ear=fail), FakeSystem(hears=("LineLogged",))
        async with hearing(part(bad, "bad"), part(good, "good")) as (world, opened):
            for _ in range(3):
                say(world, LINE)
            await finish(opened, 0, interrupted=False)
        assert (len(bad.heard), len(good.heard)) == (1, 3)
        assert world.events(SystemPluginFailed) == [
            SystemPluginFailed("bad", "hear", "it raised: ValueError: oh")
        ]
        assert world.events(SystemPluginLagged) == [], "it has ended, which is no lag"

    async def test_one_that_takes_too_long_with_a_record_hears_no_more(
        self, autojump_clock: trio.testing.MockClock
    ) -> None:
        hear, began = stuck()
        system = FakeSystem(hears=("LineLogged",), ear=hear)
        async with hearing(part(system, limits=QUICK)) as (world, opened):
            say(world, LINE)
            say(world, LINE)
            await began.wait()
            at = trio.current_time()
            await finish(opened, 0, interrupted=False)
            assert trio.current_time() - at == 2
        (failed,) = world.events(SystemPluginFailed)
        assert failed.error == "hear took longer than 2 s with record 1"
        assert system.heard == ["LineLogged"]

    async def test_a_bug_is_nobodys_listener(self) -> None:
        async def broken(record: Record, handle: HandleCall) -> None:
            raise ZeroDivisionError

        system = FakeSystem(hears=("LineLogged",), ear=broken)
        with pytest.RaisesGroup(ZeroDivisionError):
            async with hearing(part(system)) as (world, _):
                say(world, LINE)
                await trio.sleep_forever()
        assert system.closed > 0


class TestWhoIsSlow:
    async def test_the_run_goes_on_without_it(self) -> None:
        hear, began = stuck()
        async with hearing(part(FakeSystem(hears=("LineLogged",), ear=hear))) as (world, opened):
            say(world, LINE)
            await began.wait()
            say(world, LINE)
            await world.log.commit()
            assert world.log.durable == 2
            await finish(opened, 0, interrupted=True)

    @pytest.mark.parametrize(("interrupted", "patience"), [(False, GRACE), (True, IMPATIENT)])
    async def test_at_the_end_it_has_a_moment_and_is_named(
        self, autojump_clock: trio.testing.MockClock, interrupted: bool, patience: float
    ) -> None:
        hear, began = stuck()
        slow = FakeSystem(hears=("LineLogged",), ear=hear)
        quick = FakeSystem(hears=("LineLogged",))
        async with hearing(part(slow, "slow"), part(quick, "quick")) as (world, opened):
            say(world, PluginInvoked("add", []))
            say(world, LINE)
            await began.wait()
            at = trio.current_time()
            await finish(opened, 0, interrupted=interrupted)
            assert trio.current_time() - at == patience
        (lagged,) = world.events(SystemPluginLagged)
        assert lagged == SystemPluginLagged("slow", 2, is_final=True)
        assert slow.closed > 0 and quick.closed > 0
        assert world.events(SystemPluginFailed) == []

    async def test_far_behind_it_is_named_once(self) -> None:
        go_on = trio.Event()

        async def hear(record: Record, handle: HandleCall) -> None:
            await go_on.wait()

        system = FakeSystem(hears=("LineLogged",), ear=hear)
        async with hearing(part(system)) as (world, opened):
            for _ in range(FAR_BEHIND + 3):
                say(world, LINE)
            await wait_quiet()
            assert world.events(SystemPluginLagged) == []
            go_on.set()
            await wait_quiet()
            await finish(opened, 0, interrupted=False)
        (lagged,) = world.events(SystemPluginLagged)
        assert (lagged.holder, lagged.behind, lagged.is_final) == ("hook", FAR_BEHIND + 1, False)
        assert [behind >= FAR_BEHIND for behind in system.behind[1:3]] == [True, True]

    async def test_one_less_is_not_far(self) -> None:
        go_on = trio.Event()

        async def hear(record: Record, handle: HandleCall) -> None:
            await go_on.wait()

        async with hearing(part(FakeSystem(hears=("LineLogged",), ear=hear))) as (world, opened):
            for _ in range(FAR_BEHIND + 1):
                say(world, LINE)
            await wait_quiet()
            go_on.set()
            await wait_quiet()
            await finish(opened, 0, interrupted=False)
        assert world.events(SystemPluginLagged) == []


class TestClosing:
    async def test_one_that_cannot_be_closed_is_named_and_the_others_are_closed(self) -> None:
        bad = FakeSystem(closing=GuestError("it would not", ending="raised"))
        good = FakeSystem()
        async with hearing(part(bad, "bad"), part(good, "good")) as (world, opened):
            await finish(opened, 0, interrupted=False)
        assert world.events(SystemPluginFailed) == [
            SystemPluginFailed("bad", "close", "it would not")
        ]
        assert good.closed > 0

    async def test_however_the_run_ends_all_are_closed(self) -> None:
        bad = FakeSystem(closing=GuestError("it would not", ending="raised"))
        good = FakeSystem(hears=("LineLogged",))
        with pytest.RaisesGroup(RuntimeError):
            async with hearing(part(bad, "bad"), part(good, "good")):
                raise RuntimeError("the run broke")
        assert (bad.closed, good.closed) == (1, 1)

    async def test_a_cancelled_run_closes_them_too(self) -> None:
        class Slow(FakeSystem):
            async def close(self) -> None:
                await trio.lowlevel.checkpoint()
                await super().close()

        system = Slow(hears=("LineLogged",))
        with trio.CancelScope() as scope:
            async with hearing(part(system)):
                scope.cancel()
                await trio.sleep_forever()
        assert system.closed == 1


def test_patience_is_what_the_documents_say() -> None:
    assert (listeners.GRACE, listeners.IMPATIENT) == (5.0, 1.0)
