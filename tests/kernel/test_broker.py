"""Look here if you want to know that every host call is decided, charged, executed and recorded,
in this order, whatever goes wrong in between.
"""

from typing import Any

import pytest

from lion.domain.call import CallError, Decision, HostCall, Opinion, Verdict
from lion.domain.decider import Decider
from lion.domain.events import (
    AgentPartialOutput,
    BudgetWarned,
    CallFinished,
    SystemPluginFailed,
)
from lion.domain.plan import SECOND, Limits
from lion.errors import GuestError
from lion.kernel.approvals import Approvals, Common
from lion.kernel.broker import Broker
from lion.kernel.read_call import MAX_TARGET
from lion.kernel.tool_calls import build_invocation
from lion.log.memory_desk import MemoryDesk
from lion.ports import UNREAD
from lion.testing.clock import FrozenClock
from tests.kernel.door import NOTES, OTHER, Bench, begun, first, never, raising, system
from tests.kernel.rig import (
    FakeComponent,
    FakeSystem,
    Part,
    operation,
)


class TestDecided:
    @pytest.mark.parametrize("has_desk", [True, False], ids=["asked", "nobody"])
    async def test_arguments_that_no_record_holds_are_a_refusal_where_a_person_is_asked(
        self, has_desk: bool
    ) -> None:
        desk = MemoryDesk(lambda request: None)
        bench = await begun(operation("now", never), policy='ask = ["clock now"]')
        common = Common(run="run", manifest_name="p", owner="o", policy_digest="", wait_ns=SECOND)
        bench.live.judge._asker = Approvals(common, desk if has_desk else None, FrozenClock())
        for unwritable in (object(), "\ud800", 2**70):
            tag, (case, words) = await bench.ask(unwritable)
            assert (tag, case) == ("err", "denied") and ("on record" in words) is has_desk
            record = bench.records()[-1].event()
            assert (record.status, record.args) == ("denied", [])
        assert desk.posted == [] and bench.live.broken == []

    async def test_what_is_granted_by_default_is_done_and_recorded_with_who_decided(self) -> None:
        bench = await begun(operation("now", lambda caller, a: a + 1))
        assert await bench.ask(4) == ("ok", 5)
        assert bench.only() == CallFinished(
            "completed", ["ok", 5], [4], 0, {}, None, "clock", "now", "", "allow",
            "granted by default", "default",
        )  # fmt: skip
        assert (bench.live.counts.calls, bench.live.counts.denied) == (1, 0)

    async def test_a_call_that_nothing_grants_is_a_value_and_is_not_done(self) -> None:
        one = operation("call", never, capability="tools", target=first)
        bench = await begun(one, grants=(NOTES,), others=(OTHER,))
        assert await bench.ask("other.read") == ("err", ("denied", "no grant covers it"))
        record = bench.only()
        assert (record.status, record.decided_by, record.target) == (
            "denied", "grants", "other.read",
        )  # fmt: skip
        assert (bench.live.counts.calls, bench.live.counts.denied) == (1, 1)
        (denial,) = bench.denials()
        assert (denial.holder, denial.target) == ("one", "other.read")
        assert '"other.read"' in denial.suggestion

    async def test_the_instance_lives_on_after_a_denial(self) -> None:
        one = operation("call", lambda caller, t: t, capability="tools", target=first)
        bench = await begun(one, grants=(NOTES,))
        answers = [(await bench.ask(name))[0] for name in ("other.x", "notes.x", "other.x")]
        assert answers == ["err", "ok", "err"]
        assert [record.call for record in bench.records()] == [1, 2, 3]
        assert [denial.times for denial in bench.denials()] == [2]

    async def test_the_guest_is_told_less_than_the_record(self) -> None:
        one = operation("now", never)
        bench = await begun(one, policy='deny = ["clock now"]')
        assert await bench.ask() == ("err", ("denied", "a rule forbids it"))
        assert 'policy rule "clock now"' in bench.only().reason

    async def test_what_wants_an_approval_that_nobody_gave_is_denied(self) -> None:
        bench = await begun(operation("now", never), policy='ask = ["clock now"]')
        said = "it needs an approval, and there is nobody to ask"
        assert await bench.ask() == ("err", ("denied", said))
        assert (bench.only().status, bench.only().decided_by) == ("denied", "approval nobody")

    async def test_what_is_screened_out_leaves_no_argument_in_the_log(self) -> None:
        def screen(caller: Any, args: list[Any]) -> None:
            raise CallError("invalid", "a key is in it")

        bench = await begun(operation("now", never, screen=screen, target=first))
        assert await bench.ask("sk-123") == ("err", ("invalid", "a key is in it"))
        record = bench.only()
        assert (record.decided_by, record.args, record.target) == (Decider.SCREEN, [], "")
        assert all(b"sk-123" not in each.body for each in bench.records())
        assert bench.live.counts.denied == 1

    async def test_arguments_that_were_too_large_to_be_read_are_an_error_and_in_no_record(
        self,
    ) -> None:
        bench = await begun(operation("now", never, target=never, screen=never))
        said = "the arguments of a call have at most 65,536 bytes"
        assert await bench.broker.handle(0, UNREAD) == ("err", ("invalid", said))
        record = bench.only()
        assert (record.status, record.decided_by, record.args) == ("denied", "bounds", [])

    async def test_arguments_that_name_nothing_are_decided_before_any_grant(self) -> None:
        def target(args: list[Any]) -> str:
            raise CallError("invalid", "no such place")

        bench = await begun(operation("now", never, target=target))
        assert await bench.ask("?") == ("err", ("invalid", "no such place"))
        assert (bench.only().decided_by, bench.only().args) == ("arguments", ["?"])

    @pytest.mark.parametrize(("length", "case"), [(MAX_TARGET, "ok"), (MAX_TARGET + 1, "err")])
    async def test_a_target_has_a_longest(self, length: int, case: str) -> None:
        bench = await begun(operation("now", lambda caller, t: None, target=first))
        tag, _ = await bench.ask("x" * length)
        assert tag == case
        assert len(bench.only().target) == MAX_TARGET
        assert (bench.only().decided_by == "bounds") is (case == "err")


class TestJudged:
    async def test_a_processor_sees_the_whole_call_each_time(self) -> None:
        guard = FakeSystem(judges=("clock",))
        bench = await begun(operation("now", lambda *a: 1, target=first), others=(system(guard),))
        for value in ("a", "b", "b"):
            assert await bench.ask(value) == ("ok", 1)
        assert [(c.number, c.target, c.args, c.chain) for c in guard.judged] == [
            (1, "a", ["a"], ("one",)), (2, "b", ["b"], ("one",)), (3, "b", ["b"], ("one",)),
        ]  # fmt: skip

    async def test_its_denial_is_stronger_than_a_grant(self) -> None:
        def opinion(call: HostCall) -> Opinion | None:
            return Opinion("system.guard", Verdict.DENY, "not now") if call.number == 2 else None

        guard = FakeSystem(judges=("*",), opinion=opinion)
        bench = await begun(operation("now", lambda caller: 1), others=(system(guard),))
        assert await bench.ask() == ("ok", 1)
        assert (await bench.ask())[1][0] == "denied"
        assert await bench.ask() == ("ok", 1)
        record = bench.events(CallFinished)[1]
        assert (record.decided_by, record.reason) == ("system.guard", "not now")
        assert len(record.opinions) == 1

    async def test_one_that_judges_something_else_is_not_asked(self) -> None:
        guard = FakeSystem(judges=("http",))
        bench = await begun(operation("now", lambda caller: 1), others=(system(guard),))
        assert await bench.ask() == ("ok", 1)
        assert guard.judged == []

    async def test_one_that_fails_denies_and_is_named_once(self) -> None:
        def opinion(call: HostCall) -> Opinion | None:
            raise GuestError("it raised", ending="raised")

        guard = FakeSystem(judges=("clock",), opinion=opinion)
        bench = await begun(operation("now", never), others=(system(guard),))
        for _ in range(2):
            assert (await bench.ask())[1][0] == "denied"
        (failed,) = bench.events(SystemPluginFailed)
        assert (failed.holder, failed.part) == ("guard", "judge")
        assert bench.live.counts.denied == 2


class TestCharged:
    async def test_a_budget_that_is_empty_is_a_value(self) -> None:
        bench = await begun(operation("now", lambda caller: 1), limits=Limits(calls=2))
        assert [(await bench.ask())[0] for _ in range(3)] == ["ok", "ok", "err"]
        last = bench.events(CallFinished)[-1]
        assert (last.status, last.decided_by) == ("denied", "budget")
        assert last.value[1][0] == "exhausted"
        assert last.reason == "budget calls of one: limit 2, used 2, asked 1"
        assert bench.live.counts.denied == 1

    async def test_what_is_denied_costs_nothing(self) -> None:
        one = operation("call", lambda caller, t: 1, capability="tools", target=first)
        bench = await begun(one, grants=(NOTES,), limits=Limits(calls=1))
        assert (await bench.ask("other.x"))[1][0] == "denied"
        assert await bench.ask("notes.x") == ("ok", 1)

    async def test_a_warning_stands_before_the_call_that_led_to_it(self) -> None:
        bench = await begun(operation("now", lambda caller: 1), limits=Limits(calls=5))
        for _ in range(5):
            await bench.ask()
        kinds = [type(record.event()).__name__ for record in bench.records()]
        assert kinds == ["CallFinished"] * 3 + ["BudgetWarned"] + ["CallFinished"] * 2
        assert bench.events(BudgetWarned) == [BudgetWarned("one", "calls", 5, 4)]

    async def test_the_whole_chain_of_callers_pays(self) -> None:
        one = operation("now", lambda caller: 1)
        callee = Part(name="callee", component=FakeComponent({}, [one]), operations=[one])
        bench = await begun(one, limits=Limits(calls=2), others=(callee,))
        below = build_invocation(bench.invocation, bench.live.holders["callee"], "0#1")
        broker = Broker(below)
        assert [(await broker.handle(0, []))[0] for _ in range(3)] == ["ok", "ok", "err"]
        last = bench.events(CallFinished, "0.1")[-1]
        assert last.reason.startswith("budget calls of one: ")
        assert "one" not in last.value[1][1].split(), "the callee learns of no caller"
        assert (await bench.ask())[1][0] == "exhausted", "the caller has none left either"

    @pytest.mark.parametrize(
        ("execute", "left"),
        [(lambda caller, text: None, 6), (raising(CallError("other", "")), 10)],
    )
    async def test_output_that_failed_is_given_back(self, execute: Any, left: int) -> None:
        one = operation(
            "text", execute, capability="output", event=AgentPartialOutput,
            output_bytes=lambda args: len(args[0]),
        )  # fmt: skip
        bench = await begun(one, limits=Limits(output=10))
        await bench.ask("four")
        assert isinstance(bench.only(), AgentPartialOutput)
        assert bench.live.budgets.state() == [("one", "output", 10, 10 - left)]

    async def test_output_beyond_the_budget_is_not_shown(self) -> None:
        one = operation("text", never, capability="output", output_bytes=lambda a: len(a[0]))
        bench = await begun(one, limits=Limits(output=3))
        assert (await bench.ask("four"))[1][0] == "exhausted"
        assert bench.live.budgets.state() == [("one", "output", 3, 0)]

    async def test_a_call_that_was_made_stays_counted_however_it_ends(self) -> None:
        bench = await begun(operation("now", raising(CallError("other", "x"))),
                            limits=Limits(calls=1))  # fmt: skip
        assert [(await bench.ask())[1][0] for _ in range(2)] == ["other", "exhausted"]


class TestFurtherTargets:
    """A call under way that leads elsewhere (a redirect) is decided through the same door."""

    async def decided(self, target: str) -> tuple[Bench, Decision]:
        one = operation("call", never, capability="tools", target=first)
        bench = await begun(one, grants=(NOTES,), others=(OTHER,))
        return bench, await bench.invocation.may(3, "tools", "call", target)

    async def test_it_is_durable_when_it_is_known(self) -> None:
        bench, decision = await self.decided("notes.x")
        assert decision.allowed
        (record,) = bench.records()
        assert (record.type, record.call, bench.log.durable) == ("CallRedirected", 3, 1)
        assert bench.live.counts.denied == 0

    async def test_a_denial_counts_and_has_its_line(self) -> None:
        bench, decision = await self.decided("other.x")
        assert (decision.allowed, decision.reason) == (False, "no grant covers it")
        (denial,) = bench.denials()
        assert (bench.live.counts.denied, denial.target) == (1, "other.x")
        assert '"other.x"' in denial.suggestion

    async def test_what_nobody_may_reach_is_a_denial_by_the_door_without_a_line(self) -> None:
        one = operation("start", never, capability="http", target=first)
        bench = await begun(one)
        bench.invocation.refuse(1, "http", "start", "GET http://10.0.0.1/", "a private address")
        (denial,) = bench.denials()
        assert (denial.reason, denial.suggestion) == ("a private address", "")
        assert bench.live.counts.denied == 1
