"""Look here if you want to know that what is recorded is charged by its size to whoever brought it
about, that a used-up share admits nothing, and that one broken function ends one invocation.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from lion.domain.call import BULK, CallError, Effect
from lion.domain.events import CallFinished, PluginError, PluginInvoked, PluginResult
from lion.domain.plan import Grant, Holder, Limits, Plan, RunCall
from lion.errors import BrokenCall, GuestError
from lion.kernel import tool_calls
from lion.kernel.broker import Broker
from lion.kernel.invocation import Invocation
from lion.kernel.log_share import LogShare, LogShares
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.kernel.supervisor import supervise
from lion.kernel.tool_calls import build_root, told_caller
from lion.log.memory import MemoryLog
from lion.policy.policy_file import parse_policy
from lion.policy.rights import build_rights
from lion.ports import CallStats, Export, HandleCall, Handles, Kind, Operation
from lion.review.report import Ending
from lion.testing.clock import FrozenClock, RunClock
from lion.values.wit import Function, Prim, ResultOf
from lion.wasm.admission import Admission

TEXT = Function((("text", Prim("string")),), ResultOf(Prim("string"), Prim("string")))
LARGE = "x" * 200_000

Act = Callable[[HandleCall, str], Any]


class Guest:
    """A component with one tool, `work`, that does what the test says."""

    digest = "0" * 64
    imports: Sequence[Any] = ()
    exports = (Export(interface="", name="work", type=TEXT),)

    def __init__(self, act: Act) -> None:
        self._act = act

    async def call(
        self, export: Export, args: Sequence[Any], handle: HandleCall, handles: Handles,
        limits: Limits, stats: CallStats,
    ) -> Any:  # fmt: skip
        return await self._act(handle, args[0])


async def _says_ok(handle: HandleCall, text: str) -> Any:
    return "ok", "done"


def operation(execute: Any, kind: Kind = Kind.INSTANT, effect: Effect = Effect.NONE) -> Operation:
    return Operation("config", "get", kind, execute, effect=effect)


async def world(
    acts: dict[str, Act], *operations: Operation, log: int | None = None, quota: int = 2**30
) -> LiveRun:
    """A run of plugins by name, each with the tools of all others and these host functions."""
    tools = Grant("tools", "x", patterns=("**",))
    held = {
        name: Holder(
            name=name, kind="plugin", component=Path("p.wasm"), grants=(tools,),
            limits=Limits(log=log, output=None),
        )
        for name in acts
    }  # fmt: skip
    plan = Plan(name="p", path=None, text="", holders=held, runs=(), resolved={})
    memory = MemoryLog(quota=quota)
    await memory.start_run("r", "p")
    live = LiveRun("r", plan, memory, RunClock(FrozenClock()))
    rights = {
        n: build_rights(h, ["config", "tools", "kv"], parse_policy("")) for n, h in held.items()
    }
    live.join({
        name: LiveHolder(held[name], Guest(act), rights[name], operations)
        for name, act in acts.items()
    })  # fmt: skip
    return live


def events(live: LiveRun, kind: type) -> list[Any]:
    log: Any = live.log
    found = [record.event() for record in log.reader().records("r")]
    return [event for event in found if type(event) is kind]


async def run(live: LiveRun, *calls: str, text: str = "hi") -> list[Ending]:
    endings: dict[int, Ending] = {}
    await supervise(live, [RunCall(f"{name}.work", {"text": text}) for name in calls], endings)
    return [endings[i] for i in range(len(calls))]


async def test_a_stored_call_is_charged_what_its_record_holds() -> None:
    live = await world({"one": _says_ok}, operation(lambda tables, caller: LARGE, Kind.STORED))
    one = live.holders["one"]
    await Broker(build_root(live, one, "0")).handle(0, [])
    assert one.share.used > len(LARGE)


async def test_results_are_their_holders_and_arguments_their_callers_to_pay() -> None:
    async def answers(handle: HandleCall, text: str) -> Any:
        return "ok", LARGE[:60_000]

    live = await world({"one": answers, "two": _says_ok})
    one, two = live.holders["one"], live.holders["two"]
    caller = build_root(live, two, "0")
    await caller.tools.call("one.work", '{"text": "' + "y" * 50_000 + '"}')
    assert 60_000 < one.share.used < 65_000 and 50_000 < two.share.used < 55_000
    assert one.share.used + two.share.used > 110_000


async def test_a_redirect_is_charged() -> None:
    live = await world({"one": _says_ok})
    one = build_root(live, live.holders["one"], "0")
    await one.may(1, "tools", "call", "x" * 5_000)
    one.refuse(1, "tools", "call", "x" * 5_000, "because")
    assert one.owner.share.used > 10_000


async def test_a_used_up_share_begins_no_call_and_no_instance() -> None:
    executed = []

    def execute(caller: Any) -> str:
        executed.append(caller.path)
        return LARGE

    async def calls(handle: HandleCall, text: str) -> Any:
        while True:
            await handle(0, [])

    live = await world({"one": calls, "two": _says_ok}, operation(execute), log=len(LARGE) // 2)
    first, second, other = await run(live, "one", "one", "two")
    assert (first.ending, second.ending, other.ok) == ("log", "log", True)
    assert len(executed) == 1, "the record that used it up is the last one, in all instances"
    assert len(events(live, PluginInvoked)) == 2
    with pytest.raises(CallError, match="exhausted"):
        await build_root(live, live.holders["two"], "9").tools.call("one.work", '{"text": ""}')
    assert len(executed) == 1


async def test_a_share_is_one_for_all_instances_that_live_already() -> None:
    executed = []

    def execute(caller: Any) -> str:
        executed.append(caller.path)
        return LARGE

    begun, go = [], trio.Event()

    async def calls(handle: HandleCall, text: str) -> Any:
        begun.append(text)
        await go.wait()
        await handle(0, [])

    live = await world({"one": calls}, operation(execute), log=len(LARGE) // 2)
    async with trio.open_nursery() as nursery:
        endings: dict[int, Ending] = {}
        entries = [RunCall("one.work", {"text": str(n)}) for n in range(5)]
        nursery.start_soon(supervise, live, entries, endings)
        while len(begun) < 5:
            await trio.lowlevel.checkpoint()
        go.set()
    assert {one.ending for one in endings.values()} == {"log"} and len(executed) == 1


async def test_a_flood_ends_itself_and_leaves_others_their_part() -> None:
    async def floods(handle: HandleCall, text: str) -> Any:
        while True:
            await handle(0, [])
            await trio.lowlevel.checkpoint()

    async def writes(handle: HandleCall, text: str) -> Any:
        for _ in range(2):
            await handle(0, [])
        return "ok", "done"

    live = await world(
        {"one": floods, "two": writes, "three": writes}, operation(lambda caller: LARGE),
        quota=4_000_000,
    )  # fmt: skip
    (ending,) = await run(live, "one")
    assert ending.ending == "log" and "half full" in ending.error
    assert [e.ok for e in await run(live, "two", "three")] == [True, True]


def test_every_holder_can_always_write_its_own_part() -> None:
    shares = LogShares(1_000)
    shares.divide(5)
    greedy, *others = [LogShare(str(n), None, shares) for n in range(5)]
    while not greedy.is_used_up:
        greedy.charge(10)
    assert shares.total <= 520
    for one in others:
        for _ in range(10):
            one.check()
            one.charge(10)
        with pytest.raises(GuestError, match="half full"):
            one.charge(10)
            one.check()
    assert shares.total <= 1_000


@pytest.mark.parametrize("status", ["ok", "err"])
async def test_what_a_tool_says_is_bounded_before_its_caller_pays_for_it(status: str) -> None:
    async def says(handle: HandleCall, text: str) -> Any:
        return status, LARGE

    live = await world({"one": says, "two": _says_ok})
    with pytest.raises(CallError) as caught:
        await build_root(live, live.holders["two"], "0").tools.call("one.work", '{"text": ""}')
    assert caught.value.case == "exhausted" and len(caught.value.text) < 200
    assert live.holders["two"].share.used < 2_000


async def test_last_words_of_a_tool_are_cut_for_its_caller() -> None:
    async def traps(handle: HandleCall, text: str) -> Any:
        raise GuestError("it trapped", ending="trap", words=LARGE)

    live = await world({"one": traps, "two": _says_ok})
    with pytest.raises(CallError) as caught:
        await build_root(live, live.holders["two"], "0").tools.call("one.work", '{"text": ""}')
    assert len(caught.value.text) < BULK // 16
    (error,) = events(live, PluginError)
    assert error.words == LARGE, "the record has all of it"


def _breaks(caller: Any) -> Any:
    raise KeyError("a bug")


async def _breaks_waiting(caller: Any) -> Any:
    raise KeyError("a bug")


def _gives_what_no_record_holds(caller: Any) -> Any:
    return 10**30


async def _gives_what_no_record_holds_waiting(caller: Any) -> Any:
    return 10**30


class Own(BaseException):
    """As asyncio's cancellation is."""


def _leaves(caller: Any) -> Any:
    raise GeneratorExit


async def _leaves_waiting(caller: Any) -> Any:
    raise Own


async def _leaves_in_a_group(caller: Any) -> Any:
    raise BaseExceptionGroup("its own nursery", [GeneratorExit()])


BROKEN = [
    operation(_leaves),
    operation(_leaves_waiting, Kind.WAITING),
    operation(_leaves_in_a_group, Kind.WAITING),
    operation(_leaves_waiting, Kind.WAITING, Effect.OUTSIDE),
    operation(_breaks),
    operation(_breaks_waiting, Kind.WAITING),
    operation(_breaks_waiting, Kind.WAITING, Effect.OUTSIDE),
    operation(_gives_what_no_record_holds),
    operation(_gives_what_no_record_holds_waiting, Kind.WAITING),
    operation(_gives_what_no_record_holds_waiting, Kind.WAITING, Effect.OUTSIDE),
    operation(lambda tables, caller: _breaks(caller), Kind.STORED),
    operation(lambda tables, caller: 10**30, Kind.STORED),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
async def test_a_broken_host_function_ends_its_invocation_and_no_other(number: int) -> None:
    async def calls(handle: HandleCall, text: str) -> Any:
        await handle(0, [])
        raise AssertionError("it goes on after a bug in lion")

    async def asks(handle: HandleCall, text: str) -> Any:
        return "ok", "heard" if await _heard(two) else "not heard"

    live = await world({"one": calls, "two": asks, "three": _says_ok}, BROKEN[number])
    two = build_root(live, live.holders["two"], "5")
    broken, other, third = await run(live, "one", "two", "three")
    assert (broken.ok, broken.exit_code, other.ok, third.ok) == (False, 70, True, True)
    assert "config.get broke" in broken.error and other.value == "heard"
    assert live.broken and all(isinstance(bug, BrokenCall) for bug in live.broken)
    assert all(one.status == "unknown" for one in events(live, CallFinished))
    assert len(events(live, PluginResult)) == 2


async def _heard(two: Invocation) -> bool:
    """Whether a tool that a bug stopped is an error for its caller, and one without details."""
    with pytest.raises(CallError, match="a bug in lion stopped it") as caught:
        await two.tools.call("one.work", '{"text": ""}')
    return "config" not in caught.value.text


@pytest.mark.parametrize("shared", [False, True])
async def test_a_guest_is_not_told_what_others_have(shared: bool) -> None:
    """Room for others is the run's and the machine's affair; the record has all of it."""

    async def crowded(handle: HandleCall, text: str) -> Any:
        raise GuestError("7 others are here", ending="memory-sum", is_shared=shared)

    live = await world({"one": crowded, "two": _says_ok})
    with pytest.raises(CallError) as caught:
        await build_root(live, live.holders["two"], "0").tools.call("one.work", '{"text": ""}')
    assert ("7 others" in caught.value.text) is not shared
    (error,) = events(live, PluginError)
    assert error.error == "7 others are here"


def test_what_the_run_and_the_machine_have_left_is_told_to_no_guest() -> None:
    shares = LogShares(100)
    shares.divide(3)
    crowded = LogShare("one", None, shares)
    crowded.charge(70)
    with pytest.raises(GuestError) as caught:
        crowded.check()
    assert told_caller("it", caught.value).text == "it failed (log): there is no room for it now"
    with pytest.raises(GuestError) as caught, Admission(0).admit():
        pass
    assert "alive" in caught.value.what
    assert told_caller("it", caught.value).text.endswith("there is no room for it now")


async def test_started_calls_of_a_run_are_bounded_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of 64 that starts 64 that start 64 is within its own limit."""
    monkeypatch.setattr(tool_calls, "MOST_STARTED", 3)

    async def waits(handle: HandleCall, text: str) -> Any:
        await trio.sleep_forever()

    live = await world({"one": waits, "two": _says_ok})
    async with trio.open_nursery() as nursery:
        starters = [build_root(live, live.holders["two"], str(number)) for number in range(3)]
        for starter in starters:
            starter.nursery = nursery
            starter.tools.start("one.work", '{"text": ""}')
        with pytest.raises(CallError, match="too many started calls are under way in this run"):
            starters[0].tools.start("one.work", '{"text": ""}')
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert live.under_way == 0
