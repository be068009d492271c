"""Steps that depend on each other, without a host: nothing here knows what a tool is."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.workflow import Before, Job, Retry, Step, Then
from lion.workflows.engine import Do, Done, Failed, Part
from tests.workflows.world import FAILS, SLOW, World, call, flow, step

VALUE = "value"


def value(given: Any) -> Job:
    return Job(kind=VALUE, given=given)


def test_steps_are_done_when_what_they_need_is_there() -> None:
    world = World(
        flow(
            step("last", call("t.last", a="=steps.left + steps.right")),
            step("left", call("t.left", x="=steps.first")),
            step("right", call("t.right"), after=("first",)),
            step("first"),
        ),
        lambda do: do.target,
    )
    end = world.run()
    assert world.targets()[0] == "t.first" and world.targets()[-1] == "t.last"
    assert world.done[-1].given == {"a": "t.leftt.right"}
    assert end.value == {"last": "t.last"}


@st.composite
def dags(draw: Any) -> tuple[Step, ...]:
    """Steps that need some of those before them, with conditions, fan-outs and joins."""
    steps: list[Step] = []
    for index in range(draw(st.integers(1, 12))):
        needs = draw(st.sets(st.integers(0, index - 1), max_size=3)) if index else set()
        given = {f"p{n}": f"=steps.s{n}" for n in sorted(needs)}
        many = draw(st.booleans())
        job = call(f"t.s{index}", i="=item" if many else 0, **given)
        steps.append(step(
            f"s{index}", job,
            each="input.list" if many else "",
            at_once=draw(st.integers(0, 3)),
            when=draw(st.sampled_from(["", "input.yes", "!input.yes"])),
            join=draw(st.sampled_from(["all", "any", "ended"])),
            retry=Retry(times=2) if draw(st.booleans()) else None,
        ))  # fmt: skip
    return tuple(steps)


def echo(do: Do) -> Any:
    return {"target": do.target, "given": do.given}


@given(dags(), st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_order_of_outcomes_gives_the_same_end(
    steps: tuple[Step, ...], order: random.Random, at_once: int
) -> None:
    workflow = flow(*steps, at_once=at_once)
    given_ = {"list": [1, 2, 3, 4], "yes": True}
    plain = World(workflow, echo)
    mixed = World(workflow, echo, order)
    assert plain.run(given_) == mixed.run(given_)
    assert sorted(plain.keys) == sorted(mixed.keys)
    for world in (plain, mixed):
        assert len(set(world.keys)) == len(world.keys), "a key was given twice"
        assert world.most <= at_once


@given(dags(), st.randoms(use_true_random=False), st.sets(st.integers(0, 11)))
def test_any_failure_in_any_order_ends_and_compensates_what_was_done(
    steps: tuple[Step, ...], order: random.Random, broken: set[int]
) -> None:
    """Each job that was done has its compensation, the last first."""
    undone = [msgspec.structs.replace(one, undo=call("u.do", of="=args")) for one in steps]

    def answer(do: Do) -> Any:
        name = do.key.partition(".")[0].partition("[")[0]
        return FAILS if name in {f"s{n}" for n in broken} and "/" not in do.key else echo(do)

    world = World(flow(*undone), answer, order)
    end = world.run({"list": [1, 2], "yes": True})
    begun = [one.key for one in world.done if "/" not in one.key]
    failed = {
        k for k in begun if k.partition(".")[0].partition("[")[0] in {f"s{n}" for n in broken}
    }
    if end.fault is None:
        assert not failed and not end.undone
    else:
        assert end.fault.case == "other" and failed
        done = [k.rpartition(".")[0] for k in begun if k not in failed]
        assert sorted(end.undone) == sorted(done)
        assert [k.key for k in world.done if "/undo" in k.key] == [
            f"{k}/undo.1" for k in end.undone
        ]


def test_compensation_is_in_reverse_order_and_one_at_a_time() -> None:
    steps = [
        step(f"s{n}", after=(f"s{n - 1}",) if n else (), undo=call("u.undo", was="=result"))
        for n in range(4)
    ]
    world = World(
        flow(*steps, step("last", call("t.last", x="=steps.s3"))),
        lambda do: FAILS if do.target == "t.last" else do.key,
    )
    end = world.run()
    assert end.undone == ("s3", "s2", "s1", "s0")
    undos = [one for one in world.done if one.target == "u.undo"]
    assert [one.given for one in undos] == [{"was": f"s{n}.1"} for n in (3, 2, 1, 0)]


def test_a_compensation_that_fails_is_told_and_the_others_go_on() -> None:
    first = step("a", undo=call("u.a"))
    second = step("b", undo=call("u.b"), after=("a",))
    last = step("c", after=("b",))
    world = World(
        flow(first, second, last), lambda do: FAILS if do.target in ("t.c", "u.b") else 1
    )
    end = world.run()
    assert end.undone == ("a",)
    assert [(one.step, one.case) for one in end.stuck] == [("b", "other")]


def test_a_fan_out_keeps_the_order_of_its_items_and_its_bound() -> None:
    steps = (step("all", call("t.all", n="=item", at="=index"), each="input.list", at_once=3),)
    world = World(flow(*steps), lambda do: do.given["n"] * 10, random.Random(7))
    end = world.run({"list": list(range(50))})
    assert end.value == {"all": [n * 10 for n in range(50)]}
    assert world.most == 3


def test_an_endless_fan_out_is_refused() -> None:
    world = World(flow(step("all", each="input.list"), items=100))
    end = world.run({"list": list(range(101))})
    assert end.fault is not None and "101 items" in end.fault.text and not world.done


def test_retries_wait_longer_each_time_and_end() -> None:
    retry = Retry(times=3, wait_ns=1_000, factor=3.0, most_ns=5_000)
    world = World(flow(step("a", retry=retry)), lambda do: SLOW)
    end = world.run()
    assert end.fault is not None and end.fault.case == "unavailable"
    assert [one.key for one in world.done] == ["a.1", "a.2", "a.3", "a.4"]
    assert [k for k in world.keys if "again" in k] == ["a.1/again~1", "a.2/again~2", "a.3/again~3"]


@pytest.mark.parametrize(("tries", "pause"), [(1, 1_000), (2, 3_000), (3, 5_000), (900, 5_000)])
def test_pauses_grow_to_the_most(tries: int, pause: int) -> None:
    from lion.workflows.tasks import pause_of

    retry = Retry(times=999, wait_ns=1_000, factor=3.0, most_ns=5_000)
    assert pause_of(retry, tries) == pause


def test_only_named_cases_are_tried_again() -> None:
    world = World(flow(step("a", retry=Retry(times=3, on=("timeout",)))), lambda do: SLOW)
    world.run()
    assert len(world.done) == 1


def test_a_deadline_cuts_a_try_and_the_next_one_has_its_own() -> None:
    world = World(flow(step("a", deadline_ns=5, retry=Retry(times=1))), lambda do: "late")
    engine = world.engine
    world.take(engine.start({}))
    from lion.workflows.engine import Fired

    (late,) = world.waits
    world.take(engine.on(Fired(key=late)))
    assert "a.1" in world.cancelled
    world.waits.pop(late, None)
    assert engine.on(Done(key="a.1", value="too late")) == []
    (again,) = world.waits
    world.take(engine.on(Fired(key=again)))
    world.take(engine.on(Done(key="a.2", value="in time")))
    assert engine.end is not None and engine.end.value == {"a": "in time"}


def test_conditions_skip_and_joins_say_what_that_means() -> None:
    steps = (
        step("no", when="input.yes"),
        step("yes", when="!input.yes"),
        step("all", after=("no", "yes")),
        step("any", after=("no", "yes"), join="any"),
        step("ended", after=("no",), join="ended"),
        step("none", after=("no",), join="any"),
    )
    world = World(flow(*steps))
    end = world.run({"yes": False})
    assert sorted(world.targets()) == ["t.any", "t.ended", "t.yes"]
    assert end.value["all"] is None and end.value["none"] is None
    why = {note.step: note.why for note in world.engine.notes if note.what == "was skipped"}
    assert why["no"] == "its condition was false: input.yes"
    assert why["all"] == "no was skipped" and why["none"] == "none of no was completed"


def test_a_condition_that_comes_to_nothing_stops_the_workflow() -> None:
    end = World(flow(step("a", when="input.nope.x == 1"))).run()
    assert end.fault is not None and end.fault.step == "a" and "nope" in end.fault.text


def test_before_and_then() -> None:
    small = {"required": ["twice"], "properties": {"twice": {"maximum": 10}}}
    clean = call("t.clean", what="=result", how="=error")
    one = step(
        "a", call("t.a", n="=input.n"),
        before=Before(enrich={"twice": "=args.n * 2"}, check=small),
        then=Then(check={"type": "object"}, serialise="json", emit="made", clean=clean),
    )  # fmt: skip
    world = World(flow(one), lambda do: {"got": do.given})
    end = world.run({"n": 5})
    assert end.value == {"a": '{"got":{"n":5,"twice":10}}'}
    assert [(e.name, e.value) for e in world.emitted] == [("made", end.value["a"])]
    assert world.done[-1].given == {"what": end.value["a"], "how": {}}
    too_many = World(flow(one), lambda do: {})
    fault = too_many.run({"n": 6}).fault
    assert fault is not None and "does not follow its schema" in fault.text and not too_many.done


def test_what_cleans_up_is_done_also_on_failure() -> None:
    one = step("a", then=Then(clean=call("t.clean", case="=error.case")))
    world = World(flow(one), lambda do: FAILS if do.target == "t.a" else None)
    assert world.run().fault is not None
    assert world.done[-1].target == "t.clean" and world.done[-1].given == {"case": "other"}


def test_a_rate_lets_so_many_begin_and_waits() -> None:
    one = step("a", each="input.list", before=Before(count=2, period_ns=1_000))
    world = World(flow(one))
    world.take(world.engine.start({"list": [1, 2, 3, 4, 5]}))
    assert len(world.done) == 2 and list(world.waits.values()) == [1_000, 1_000]
    while world.engine.end is None:
        world.take(world.engine.on(world.next()))
    assert len(world.done) == 5


def test_records_begin_the_next_step_while_they_come() -> None:
    read = step("read", Job(kind="agent", target="ann", given="go", records="json-lines"))
    mend = step("mend", call("t.mend", x="=item"), each="steps.read.records")
    parts = [Part(key="", value=n) for n in range(3)]
    world = World(
        flow(read, mend),
        lambda do: (
            [*parts, Done(key="", value={"text": "t"})] if do.kind == "agent" else do.given["x"]
        ),
    )
    world.take(world.engine.start({}))
    world.take(world.engine.on(world.take_from("read.1")))
    assert [one.target for one in world.done] == ["ann", "t.mend"], "it waited for the end"
    while world.engine.end is None:
        world.take(world.engine.on(world.next()))
    assert world.engine.end.value == {"mend": [0, 1, 2]}


@given(st.randoms(use_true_random=False), st.integers(0, 6))
def test_records_in_any_order_with_other_outcomes_give_the_same(
    order: random.Random, count: int
) -> None:
    read = step("read", Job(kind="agent", target="ann", given="go", records="json-lines"))
    mend = step("mend", call("t.mend", x="=item"), each="steps.read.records", at_once=2)
    slow = step("late", call("t.late"), after=("other",), each="steps.read.records")
    parts = [Part(key="", value=n) for n in range(count)]
    answer = lambda do: [*parts, Done(key="", value={})] if do.kind == "agent" else do.target  # noqa: E731
    world = World(flow(read, mend, slow, step("other")), answer, order)
    assert world.run().value == {"mend": ["t.mend"] * count, "late": ["t.late"] * count}


def test_what_is_heard_is_bounded() -> None:
    read = step("read", Job(kind="agent", target="ann", given="go", records="json-lines"))
    parts = [Part(key="", value=n) for n in range(6)]
    world = World(flow(read, items=5), lambda do: [*parts, Done(key="", value={})])
    fault = world.run().fault
    assert fault is not None and "too many records" in fault.text and "read.1" in world.cancelled


def test_jobs_are_bounded_however_they_are_asked_for() -> None:
    retry = Retry(times=1_000, on=("unavailable",), wait_ns=0)
    world = World(flow(step("a", retry=retry), jobs=10), lambda do: SLOW)
    fault = world.run().fault
    assert fault is not None and fault.case == "exhausted" and len(world.done) == 10


def test_what_is_kept_is_bounded() -> None:
    world = World(flow(step("a", each="input.list"), at_once=1), lambda do: "x" * 60_000)
    fault = world.run({"list": [0] * 1_000}).fault
    assert fault is None
    world = World(
        flow(step("a", each="input.list"), at_once=1, items=2_000), lambda do: "x" * 60_000
    )
    fault = world.run({"list": [0] * 2_000}).fault
    assert fault is not None and "bytes together" in fault.text and len(world.done) < 1_200


def test_a_failure_cuts_waits_and_questions_and_lets_jobs_end() -> None:
    steps = (
        step("job"), step("bad"),
        step("pause", Job(kind="wait", given=10**12)),
        step("person", Job(kind="ask", given="well?", form={"type": "object"})),
    )  # fmt: skip
    world = World(flow(*steps))
    world.take(world.engine.start({}))
    world.take(world.engine.on(Failed(key="bad.1", case="other", text="no")))
    assert world.engine.end is None and "person.1" in world.cancelled and not world.waits
    world.take(world.engine.on(Done(key="job.1", value=1)))
    assert world.engine.end is not None and world.engine.end.fault is not None
    assert world.engine.end.fault.text == "no"


def test_a_step_that_goes_on_fails_alone() -> None:
    steps = (step("a", goes_on=True), step("b", call("t.b", e="=errors.a.case"), after=("a",)))
    world = World(flow(*steps), lambda do: FAILS if do.target == "t.a" else do.given)
    assert world.run().value == {"b": {"e": "other"}}


def test_ten_thousand_steps_in_a_row_and_side_by_side() -> None:
    """No recursion, and no time in the square of them."""
    chain = [step(f"s{n}", value(n), after=(f"s{n - 1}",) if n else ()) for n in range(3_000)]
    assert World(flow(*chain)).run().value == {"s2999": 2_999}
    skipped = [step("s0", when="false"), *chain[1:]]
    assert World(flow(*skipped)).run().value == {"s2999": None}
    wide = step("all", call("t.x", n="=item"), each="input.list")
    world = World(flow(wide, items=10_000), lambda do: do.given["n"])
    assert world.run({"list": list(range(10_000))}).value == {"all": list(range(10_000))}
