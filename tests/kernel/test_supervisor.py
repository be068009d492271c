"""Look here if you want to know that what a run starts begins together and ends apart, and that
only a log that refuses or a bug of lion's ends all of it.
"""

from typing import Any

import pytest
import trio

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    PluginError,
    PluginInvoked,
    PluginResult,
)
from lion.domain.plan import RunAgent, RunCall
from lion.errors import INTERRUPTED, AuditError, GuestError, InternalError
from lion.kernel.supervisor import cancelled_ending, supervise
from lion.ports import Export
from lion.review.report import Ending
from lion.values.wit import Prim, ResultOf
from tests.kernel.rig import TASK, TEXT, FakeComponent, Guest, Part, World, tool

SLEEP = RunAgent("sleeper", "sleep")


def answer(text: str) -> Any:
    return ("ok", {"text": text, "json": None})


def agent(name: str, guest: Guest) -> Part:
    return Part(name=name, component=FakeComponent({TASK: guest}), kind="agent")


def plugin(name: str, export: Export, guest: Guest) -> Part:
    return Part(name=name, component=FakeComponent({export: guest}))


async def sleeping(ask: Any, task: str) -> Any:
    await trio.sleep_forever()


def failing(error: BaseException) -> Guest:
    async def guest(ask: Any, *args: Any) -> Any:
        await trio.lowlevel.checkpoint()
        raise error

    return guest


def giving(value: Any) -> Guest:
    async def guest(ask: Any, *args: Any) -> Any:
        await trio.lowlevel.checkpoint()
        return value

    return guest


async def run(
    world: World, *runs: RunAgent | RunCall, endings: dict[int, Ending] | None = None
) -> list[Ending]:
    """The endings by place; those there are also in `endings`, though it raised."""
    found: dict[int, Ending] = {} if endings is None else endings
    await world.begin()
    await supervise(world.live, runs, found)
    return [found[at] for at in range(len(runs))]


class TestTogether:
    async def test_all_of_them_begin_before_any_has_to_end(self) -> None:
        here = [trio.Event(), trio.Event()]

        def meeting(mine: int) -> Guest:
            async def guest(ask: Any, task: str) -> Any:
                here[mine].set()
                await here[1 - mine].wait()
                return answer(f"{task} met")

            return guest

        world = World(agent("ann", meeting(0)), agent("bob", meeting(1)))
        endings = await run(world, RunAgent("ann", "one"), RunAgent("bob", "two"))
        assert [(e.name, e.ok, e.text) for e in endings] == [
            ("ann", True, "one met"), ("bob", True, "two met"),
        ]  # fmt: skip

    async def test_one_holder_may_be_started_twice_and_each_is_its_own(self) -> None:
        async def guest(ask: Any, task: str) -> Any:
            return answer(task)

        world = World(agent("ann", guest))
        endings = await run(world, RunAgent("ann", "one"), RunAgent("ann", "two"))
        assert [e.text for e in endings] == ["one", "two"]
        assert {r.invocation for r in world.records()} == {"0", "1"}

    async def test_a_run_of_nothing_ends(self) -> None:
        assert await run(World()) == []


class TestApart:
    async def test_ones_failure_is_its_own(self) -> None:
        left = trio.Event()

        async def patient(ask: Any, task: str) -> Any:
            await left.wait()
            return answer("still here")

        async def dying(ask: Any, task: str) -> Any:
            left.set()
            raise GuestError("it trapped", ending="trap", words="oh no", hint="mend it")

        world = World(agent("dying", dying), agent("patient", patient))
        bad, good = await run(world, RunAgent("dying", "x"), RunAgent("patient", "x"))
        assert (good.ok, good.text) == (True, "still here")
        assert (bad.ok, bad.exit_code, bad.ending) == (False, 3, "trap")
        assert (bad.error, bad.words, bad.hint) == ("it trapped", "oh no", "mend it")

    @pytest.mark.parametrize(
        ("error", "code"), [(AuditError("the log refuses"), 5), (InternalError("a bug"), 70)]
    )
    async def test_a_log_that_refuses_or_a_bug_ends_all(
        self, error: BaseException, code: int
    ) -> None:
        world = World(agent("dying", failing(error)), agent("sleeper", sleeping))
        endings: dict[int, Ending] = {}
        with pytest.raises(type(error)) as caught:
            await run(world, RunAgent("dying", "x"), SLEEP, endings=endings)
        assert caught.value is error, "the error itself and not a group of it"
        assert endings == {}
        (cut,) = world.events(AgentError, "1")
        assert cut.ending == "cancelled"

    async def test_of_two_that_end_all_the_worse_one_counts(self) -> None:
        both = trio.Event()

        def dying(error: BaseException) -> Guest:
            async def guest(ask: Any, task: str) -> Any:
                with trio.CancelScope(shield=True):
                    await both.wait()
                raise error

            return guest

        async def releasing(ask: Any, task: str) -> Any:
            both.set()
            return answer("")

        bug, refusal = InternalError("a bug"), AuditError("the log refuses")
        world = World(
            agent("one", dying(refusal)), agent("two", dying(bug)), agent("three", releasing)
        )
        with pytest.raises(InternalError):
            await run(world, *(RunAgent(name, "x") for name in ("one", "two", "three")))

    async def test_a_cancelled_run_has_each_ending_in_the_log(self) -> None:
        export = tool("wait")
        world = World(agent("sleeper", sleeping), plugin("tools", export, _forever))
        endings: dict[int, Ending] = {}
        async with trio.open_nursery() as nursery:

            async def start() -> None:
                await run(world, SLEEP, RunCall("tools.wait", {}), endings=endings)

            nursery.start_soon(start)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert endings == {}
        assert [e.ending for e in world.events(AgentError, "0")] == ["cancelled"]
        assert [e.ending for e in world.events(PluginError, "1")] == ["cancelled"]

    def test_what_was_cut_has_an_ending_all_the_same(self) -> None:
        ending = cancelled_ending(RunCall("tools.wait", {}))
        assert (ending.name, ending.kind, ending.ok) == ("tools.wait", "call", False)
        assert (ending.exit_code, ending.ending) == (INTERRUPTED, "cancelled")
        assert cancelled_ending(SLEEP).kind == "agent"


async def _forever(ask: Any, *args: Any) -> Any:
    await trio.sleep_forever()


class TestAgents:
    async def test_it_is_recorded_from_its_task_to_its_answer(self) -> None:
        world = World(agent("ann", giving(answer("tea"))))
        (ending,) = await run(world, RunAgent("ann", "drink"))
        assert (ending.kind, ending.exit_code, ending.value) == ("agent", 0, answer("tea")[1])
        assert [r.type for r in world.records("0")] == ["AgentSpawned", "AgentCompleted"]
        assert world.events(AgentSpawned) == [AgentSpawned("ann", "drink")]
        (done,) = world.events(AgentCompleted)
        assert (done.is_error, done.cpu_ns) == (False, 7)

    async def test_its_own_error_is_an_answer_and_exit_code_1(self) -> None:
        world = World(agent("ann", giving(("err", ("not-found", "no tea")))))
        (ending,) = await run(world, RunAgent("ann", "drink"))
        assert (ending.ok, ending.exit_code, ending.ending) == (False, 1, "error")
        assert ending.error == "not-found: no tea"
        assert ending.value == {"tag": "not-found", "value": "no tea"}
        assert [e.is_error for e in world.events(AgentCompleted)] == [True]

    async def test_what_is_no_agent_is_told_so_and_never_begins(self) -> None:
        world = World(plugin("tools", tool("run", "task"), giving("x")))
        (ending,) = await run(world, RunAgent("tools", "x"))
        assert (ending.exit_code, ending.ending) == (3, "world")
        assert "'tools' is no agent" in ending.error
        assert world.records() == []


class TestCalls:
    async def test_it_is_recorded_from_its_arguments_to_its_result(self) -> None:
        async def greet(ask: Any, name: str) -> str:
            return f"Hello, {name}!"

        world = World(plugin("hello", tool("greet", "name"), greet))
        (ending,) = await run(world, RunCall("hello.greet", {"name": "Ann"}))
        assert (ending.name, ending.kind, ending.ok) == ("hello.greet", "call", True)
        assert (ending.value, ending.exit_code) == ("Hello, Ann!", 0)
        assert world.events(PluginInvoked) == [PluginInvoked("greet", ["Ann"])]
        assert world.events(PluginResult) == [PluginResult("Hello, Ann!", 7)]

    async def test_the_tools_own_error_is_exit_code_1(self) -> None:
        export = tool("greet", result=ResultOf(TEXT, TEXT))
        world = World(plugin("hello", export, giving(("err", "nobody"))))
        (ending,) = await run(world, RunCall("hello.greet", {}))
        assert (ending.ok, ending.exit_code, ending.ending) == (False, 1, "error")
        assert (ending.value, ending.error) == ("nobody", "the tool's own error: nobody")

    @pytest.mark.parametrize(
        ("call", "arguments", "said", "hint"),
        [
            ("nobody.greet", {}, "there is no plugin 'nobody'", ""),
            ("hello.gret", {}, "'hello' has no tool 'gret'", "did you mean 'greet'?"),
            ("hello.greet", {}, "hello.greet: ", "lion inspect shows its schema"),
            ("hello.greet", {"name": 5}, "hello.greet: ", "lion inspect shows its schema"),
        ],
    )
    async def test_a_wrong_call_is_the_operators_and_never_begins(
        self, call: str, arguments: dict[str, Any], said: str, hint: str
    ) -> None:
        world = World(plugin("hello", tool("greet", "name"), giving("x")))
        (ending,) = await run(world, RunCall(call, arguments))
        assert (ending.ok, ending.exit_code, ending.ending) == (False, 2, "refused")
        assert ending.error.startswith(said)
        assert ending.hint == hint
        assert world.records() == []

    async def test_a_result_that_is_no_json_is_the_guests_fault(self) -> None:
        export = tool("measure", result=Prim("f64"))
        world = World(plugin("hello", export, giving(float("nan"))))
        (ending,) = await run(world, RunCall("hello.measure", {}))
        assert (ending.exit_code, ending.ending) == (3, "result")
        assert "is no JSON" in ending.error
