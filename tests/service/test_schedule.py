"""Whose turn it is: order, fairness within its bound, tokens, advice; what a decision costs."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.service_terms import STRATEGIES
from lion.service.queue import Queue, Waiting
from lion.service.schedule import WINDOW, Bounds, Choice, Held, choose, free_tokens

ONE = Bounds(slots=1)


def queue_of(strategy: str, tasks: Sequence[Waiting], most: int = 1_000) -> Queue:
    queue = Queue(strategy, ageing_ns=10, most=most)
    for task in tasks:
        queue.join(task)
    return queue


def drained(queue: Queue, advice: Sequence[str] = (), bounds: Bounds = ONE) -> list[str]:
    """All, one after another, each over at once."""
    found = []
    while choice := choose(queue, (), bounds, advice):
        if not choice.id:
            return found
        queue.begin(choice.id, choice.over)
        found.append(choice.id)
    raise AssertionError


def test_first_come_first_served() -> None:
    tasks = [Waiting(id=name, priority=i, by="x") for i, name in enumerate("abc")]
    assert drained(queue_of("fifo", tasks)) == ["a", "b", "c"]


def test_everybody_has_a_turn() -> None:
    tasks = [Waiting(id=f"{by}{i}", by=by) for by in "ab" for i in range(3)]
    assert drained(queue_of("round-robin", tasks)) == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_who_comes_late_has_no_turns_of_rounds_that_are_over() -> None:
    queue = queue_of("round-robin", [Waiting(id=f"a{i}", by="a") for i in range(6)])
    for _ in range(3):
        queue.begin(choose(queue, (), ONE).id)
    for i in range(3):
        queue.join(Waiting(id=f"b{i}", by="b"))
    assert drained(queue)[:4] in (["b0", "a3", "b1", "a4"], ["a3", "b0", "a4", "b1"])


def test_the_highest_priority_and_what_waiting_adds_to_it() -> None:
    old = Waiting(id="old", priority=1, joined_ns=0)
    new = Waiting(id="new", priority=5, joined_ns=39)
    late = Waiting(id="late", priority=5, joined_ns=41)
    assert drained(queue_of("priority", [old, new])) == ["new", "old"]
    assert drained(queue_of("priority", [old, late])) == ["old", "late"]


def test_slots_are_a_bound_and_who_only_waits_takes_none() -> None:
    queue = queue_of("fifo", [Waiting(id="a")])
    assert choose(queue, [Held(id="x")], ONE) == Choice(reason="all 1 slots are taken")
    assert choose(queue, [Held(id="x", idle=True)], ONE).id == "a"


def test_tokens_are_a_bound_and_others_go_on() -> None:
    tasks = [Waiting(id="a", resources={"m": 2}), Waiting(id="b"), Waiting(id="c")]
    queue = queue_of("fifo", tasks)
    bounds = Bounds(slots=4, resources={"m": 3})
    running = [Held(id="x", resources={"m": 2})]
    choice = choose(queue, running, bounds)
    assert choice.id == "b"
    assert choice.passed == {"a": "too little is left of m"}
    assert choose(queue, [Held(id="x", resources={"m": 1})], bounds).id == "a"


def test_what_a_large_task_needs_is_kept_for_it_when_it_has_waited_for_its_bound() -> None:
    most = 5
    bounds = Bounds(slots=9, resources={"m": 2})
    queue = queue_of("fifo", [Waiting(id="large", resources={"m": 2})], most)
    running = [Held(id="x", resources={"m": 1})]
    for i in range(most):
        queue.join(Waiting(id=f"s{i}", resources={"m": 1}))
        choice = choose(queue, running, bounds)
        assert choice.id == f"s{i}"
        queue.begin(choice.id)
    queue.join(Waiting(id="small", resources={"m": 1}))
    assert choose(queue, running, bounds).id == ""
    assert choose(queue, (), bounds).id == "large"


def test_advice_is_an_order_within_the_window() -> None:
    tasks = [Waiting(id=f"t{i:02}") for i in range(40)]
    queue = queue_of("fifo", tasks)
    assert choose(queue, (), ONE, ["t03"]).id == "t03"
    assert choose(queue, (), ONE, ["t03"]).advice == "followed"
    beyond = choose(queue, (), ONE, [f"t{WINDOW + 1:02}"])
    assert beyond.id == "t00"
    assert beyond.advice.startswith("not followed")
    assert choose(queue, (), ONE, ["nobody", "t01"]).id == "t01"


def test_hostile_advice_delays_nobody_by_more_than_the_window() -> None:
    tasks = [Waiting(id=f"t{i:03}") for i in range(200)]
    order = drained(queue_of("fifo", tasks), [f"t{i:03}" for i in reversed(range(200))])
    assert sorted(order) == [task.id for task in tasks]
    for index, task in enumerate(tasks):
        assert order.index(task.id) <= index + WINDOW


def test_a_decision_says_why() -> None:
    assert choose(queue_of("fifo", []), (), ONE).reason == "nothing waits"
    assert choose(queue_of("fifo", [Waiting(id="a")]), (), ONE).reason == "it was there first"
    scarce = queue_of("fifo", [Waiting(id="a", resources={"m": 1})])
    assert "more than is left" in choose(scarce, (), ONE).reason


TASKS = st.lists(
    st.builds(
        Waiting,
        id=st.uuids().map(str),
        by=st.sampled_from("abc"),
        priority=st.integers(0, 255),
        resources=st.dictionaries(st.sampled_from("mn"), st.integers(0, 3), max_size=2),
        joined_ns=st.integers(0, 2_000),
    ),
    max_size=30,
    unique_by=lambda task: task.id,
)


@given(TASKS, st.sampled_from(STRATEGIES), st.lists(st.booleans(), max_size=80), st.data())
def test_tokens_and_slots_are_never_exceeded_and_all_begin(
    tasks: list[Waiting], strategy: str, ends: list[bool], data: st.DataObject
) -> None:
    bounds = Bounds(slots=2, resources={"m": 3, "n": 3})
    queue = queue_of(strategy, tasks)
    running: list[Held] = []
    begun: list[str] = []
    by_id = {task.id: task for task in tasks}
    while len(queue) or running:
        advice = data.draw(st.permutations(sorted(by_id))) if ends and ends[-1] else ()
        choice = choose(queue, running, bounds, advice)
        assert choice == choose(queue, running, bounds, advice)
        if choice.id:
            queue.begin(choice.id, choice.over)
            begun.append(choice.id)
            running.append(Held(id=choice.id, resources=by_id[choice.id].resources))
        if running and (not choice.id or (ends and ends.pop())):
            running.pop(0)
        assert len(running) <= bounds.slots
        assert all(count >= 0 for count in free_tokens(running, bounds).values())
    assert sorted(begun) == sorted(by_id)
    assert free_tokens(running, bounds) == bounds.resources


@given(
    st.sampled_from(STRATEGIES), st.integers(1, 12), st.integers(0, 255), st.booleans(),
    st.sampled_from("ab"),
)  # fmt: skip
def test_nobody_starves_while_a_flood_goes_before_him(
    strategy: str, most: int, priority: int, advised: bool, by: str
) -> None:
    queue = Queue(strategy, ageing_ns=1 << 60, most=most)
    queue.join(Waiting(id="poor", by="a", priority=0, joined_ns=1))
    for decision in range(2 * most + 1):
        while not queue.is_full:
            number = f"{decision}-{len(queue)}"
            queue.join(Waiting(id=number, by=by, priority=priority, joined_ns=decision))
        flood = [place.task.id for place in queue if place.task.id != "poor"]
        choice = choose(queue, (), ONE, flood if advised else ())
        queue.begin(choice.id, choice.over)
        if choice.id == "poor":
            return
    raise AssertionError("it starved")


def test_a_task_that_was_taken_back_is_gone() -> None:
    queue = queue_of("fifo", [Waiting(id="a"), Waiting(id="b")])
    queue.leave("a")
    assert "a" not in queue
    assert drained(queue) == ["b"]
    with pytest.raises(KeyError):
        queue.leave("a")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_decision_looks_at_few_of_many(strategy: str) -> None:
    """Ten times as many may not cost ten times as much."""
    costs = []
    for count in (1_000, 10_000):
        tasks = [
            Waiting(
                id=str(i), by=str(i % 7), priority=i % 256, joined_ns=i,
                resources={"m": i % 3, "n": i % 2},
            )
            for i in range(count)
        ]  # fmt: skip
        queue = queue_of(strategy, tasks, 20_000)
        bounds = Bounds(slots=8, resources={"m": 1})
        advice = [str(i) for i in range(50)]
        laps = []
        for _ in range(200):
            began = time.perf_counter_ns()
            choose(queue, (), bounds, advice)
            laps.append(time.perf_counter_ns() - began)
        costs.append(min(laps))
    assert costs[1] < 3 * costs[0]
