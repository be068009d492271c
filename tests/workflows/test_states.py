"""A state machine without a host."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lion.domain.workflow import Job, Move
from lion.workflows.engine import Do, Done, Fired
from tests.workflows.world import FAILS, World, call, flow, step


def triage(*more: Any, **options: Any) -> Any:
    return flow(
        step("read", call("t.read", text="=input.text"), set={"kind": "=result"},
             next=(Move(to="bug", when="vars.kind == 'bug'"), Move(to="other"))),
        step("bug", next=(Move(to="done"), Move(to="other", on="failed"))),
        step("other", next=(Move(to="done"),)),
        step("done", Job(kind="value", given="=vars.kind"), end="=result + '!'"),
        *more, strategy="states", first="read", vars={"kind": ""}, **options,
    )  # fmt: skip


def test_guards_choose_the_first_move_that_holds() -> None:
    bug = World(triage(), lambda do: "bug" if do.target == "t.read" else None)
    assert bug.run({"text": "x"}).value == "bug!"
    assert bug.targets() == ["t.read", "t.bug"]
    assert World(triage(), lambda do: "idea").run({"text": "x"}).value == "idea!"


def test_a_failure_has_moves_of_its_own() -> None:
    def answer(do: Do) -> Any:
        return {"t.read": "bug", "t.bug": FAILS}.get(do.target)

    world = World(triage(), answer)
    assert world.run({"text": "x"}).value == "bug!"
    assert world.targets() == ["t.read", "t.bug", "t.other"]


def test_without_a_move_it_fails_and_says_where() -> None:
    world = World(triage(), lambda do: FAILS)
    fault = world.run({"text": "x"}).fault
    assert fault is not None and fault.step == "read" and fault.text == "it broke"
    stuck = flow(step("a", next=(Move(to="a", when="false"),)), strategy="states")
    fault = World(stuck).run().fault
    assert fault is not None and "none of its moves applies" in fault.text


def test_a_timeout_cuts_the_state_and_leads_on() -> None:
    slow = step("slow", next=(Move(to="late", on="timeout"),), timeout_ns=10)
    late = step("late", Job(kind="value", given="late"), end="=result")
    world = World(flow(slow, late, strategy="states"))
    world.take(world.engine.start({}))
    (timer,) = world.waits
    world.take(world.engine.on(Fired(key=timer)))
    assert "slow.1" in world.cancelled
    assert world.engine.end is not None and world.engine.end.value == "late"
    assert world.engine.on(Done(key="slow.1", value=1)) == ()


def test_in_time_the_timer_is_forgotten() -> None:
    quick = step("quick", next=(Move(to="end"),), timeout_ns=10)
    world = World(flow(quick, step("end", Job(kind="value", given=1), end=1), strategy="states"))
    assert world.run().value == 1 and not world.waits


def test_a_circle_ends() -> None:
    """States may go round, and not for ever; chains of them do not recurse."""
    around = step("a", Job(kind="value", given=0), next=(Move(to="a"),))
    fault = World(flow(around, strategy="states", jobs=5_000)).run().fault
    assert fault is not None and fault.case == "exhausted"


def test_each_visit_is_a_job_of_its_own() -> None:
    count = step(
        "a", set={"n": "=vars.n + 1"}, next=(Move(to="a", when="vars.n < 3"), Move(to="b"))
    )
    world = World(
        flow(count, step("b", Job(kind="value", given="=vars.n"), end="=result"),
             strategy="states", vars={"n": 0})
    )  # fmt: skip
    assert world.run().value == 3
    assert [one.key for one in world.done] == ["a.1", "a:2.1", "a:3.1"]


@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 5), max_size=6))
def test_a_state_with_a_fan_out_is_the_same_in_any_order(
    order: random.Random, items: list[int]
) -> None:
    many = step("many", call("t.many", n="=item"), each="input.list", next=(Move(to="end"),))
    end = step("end", Job(kind="value", given="=steps.many"), end="=result")
    world = World(flow(many, end, strategy="states"), lambda do: do.given["n"], order)
    assert world.run({"list": items}).value == items


def test_compensation_goes_back_through_the_states() -> None:
    steps = (
        step("a", next=(Move(to="b"),), undo=call("u.a")),
        step("b", next=(Move(to="a"),), undo=call("u.b")),
    )
    world = World(flow(*steps, strategy="states", jobs=4))
    end = world.run()
    assert end.fault is not None and end.stuck, "jobs are used up, and said so"
    assert [one.step for one in end.stuck] == ["b:2", "a:2", "b", "a"]
