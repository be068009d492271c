"""Rules that follow events, without a host."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lion.domain.workflow import Job, Then
from lion.workflows.engine import Do, Done, Failed, Fired, Heard
from tests.workflows.world import FAILS, World, call, flow, step

NOTHING = Job(kind="value", given="=event.value")


def watcher(**more: Any) -> Any:
    look = step("look", call("t.look"), on=("start",), every_ns=1_000)
    new = step(
        "new", NOTHING, on=("look",), when="event.value != vars.last",
        set={"last": "=event.value", "n": "=vars.n + 1"}, then=Then(emit="changed"),
    )  # fmt: skip
    tell = step("tell", call("t.tell", what="=event.value"), on=("changed",))
    enough = step("enough", NOTHING, on=("tell",), when="vars.n >= 2", end="=vars.n")
    return flow(look, new, tell, enough, strategy="events", vars={"last": "", "n": 0}, **more)


def test_a_watcher_tells_of_changes_only_and_ends() -> None:
    pages = iter(["a", "a", "a", "b"])
    told: list[Any] = []

    def answer(do: Do) -> Any:
        if do.target == "t.look":
            return next(pages)
        told.append(do.given["what"])
        return None

    world = World(watcher(), answer)
    assert world.run().value == 2
    assert told == ["a", "b"] and not world.waits
    assert [one.name for one in world.emitted] == ["changed", "changed"]


def test_ticks_do_not_pile_up() -> None:
    world = World(flow(step("look", every_ns=10), strategy="events"))
    world.take(world.engine.start({}))
    for _ in range(5):
        (timer,) = world.waits
        del world.waits[timer]
        world.take(world.engine.on(Fired(key=timer)))
    assert [one.key for one in world.done] == ["look.1"]
    world.take(world.engine.on(Done(key="look.1", value=1)))
    (timer,) = world.waits
    world.take(world.engine.on(Fired(key=timer)))
    assert [one.key for one in world.done] == ["look.1", "look:2.1"]


def test_events_that_cause_each_other_end() -> None:
    ping = step("ping", NOTHING, on=("start", "pong"))
    pong = step("pong", NOTHING, on=("ping",))
    fault = World(flow(ping, pong, strategy="events", jobs=3_000)).run().fault
    assert fault is not None and fault.case == "exhausted"


def test_events_that_double_are_bounded() -> None:
    rules = [
        step(f"r{n}", NOTHING, on=("start", "again"), then=Then(emit="again")) for n in range(2)
    ]
    fault = World(flow(*rules, strategy="events", jobs=5_000)).run().fault
    assert fault is not None and fault.case == "exhausted"


def test_a_failure_is_an_event_where_somebody_listens() -> None:
    bad = step("bad", on=("start",))
    heard = step("heard", NOTHING, on=("bad.failed",), end="=event.value.text")
    assert World(flow(bad, heard, strategy="events"), lambda do: FAILS).run().value == "it broke"
    fault = World(flow(bad, strategy="events"), lambda do: FAILS).run().fault
    assert fault is not None and fault.step == "bad"


def test_it_is_over_when_nothing_can_happen() -> None:
    world = World(flow(step("a", on=("start",)), strategy="events", vars={"x": 1}))
    assert world.run().value == {"x": 1}
    assert World(flow(step("a", on=("never",)), strategy="events")).run().value == {}


def test_variables_are_bounded() -> None:
    grow = step(
        "grow", NOTHING, on=("start", "grow"), set={"text": "=vars.text + vars.text + 'x'"}
    )
    fault = World(flow(grow, strategy="events", vars={"text": ""}, jobs=100)).run().fault
    assert fault is not None and "variables have more than" in fault.text


@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_rules_of_one_event_in_any_order_of_outcomes(order: random.Random, count: int) -> None:
    rules = [step(f"r{n}", on=("start",), set={f"v{n}": "=result"}) for n in range(count)]
    start = {f"v{n}": None for n in range(count)}
    world = World(flow(*rules, strategy="events", vars=start), lambda do: do.target, order)
    assert world.run().value == {f"v{n}": f"t.r{n}" for n in range(count)}
    assert len(set(world.keys)) == len(world.keys)


def heard(letters: list[tuple[str, Any]], *rules: Any, **more: Any) -> World:
    world = World(flow(*rules, strategy="events", **more))
    world.letters = letters
    return world


def test_a_message_on_a_topic_begins_a_rule() -> None:
    order = step(
        "order", call("t.take", n="=event.value.n", from_="=event.sender + event.topic"),
        on=("bus orders.*",), when="event.value.n > 0", set={"n": "=vars.n + 1"},
    )  # fmt: skip
    last = step("last", NOTHING, on=("bus over", "bus orders.over"), end="=vars.n")
    letters = [("orders.a", {"n": 1}), ("orders.b", {"n": 0}), ("orders.c", {"n": 2}), ("over", 0)]
    world = heard(letters, order, last, vars={"n": 0})
    assert world.run().value == 2
    assert [one.given["from_"] for one in world.done] == ["annorders.a", "annorders.c"]
    assert len(set(world.keys)) == len(world.keys) and not world.hears


def test_no_message_is_taken_while_there_is_no_room_for_its_work() -> None:
    world = heard([], step("work", on=("bus x",)), at_once=2)
    world.take(world.engine.start({}))
    for n in range(2):
        (key,) = world.hears
        del world.hears[key]
        world.take(world.engine.on(Heard(key=key, topic="x", sender="ann", value=n)))
    assert len(world.done) == 2 and not world.hears
    world.take(world.engine.on(Done(key="work.1", value=1)))
    assert list(world.hears.values()) == ["x"]


def test_a_topic_that_cannot_be_heard_fails_it_and_lost_messages_are_told() -> None:
    world = heard([], step("work", on=("bus x",)))
    world.take(world.engine.start({}))
    (key,) = world.hears
    world.take(world.engine.on(Heard(key=key, topic="x", sender="a", value=1, missed=3)))
    assert [n.why for n in world.engine.notes if n.what == "missed messages on bus x"] == [
        "3 before it were not heard in time"
    ]
    world.hears.pop(key)
    (key,) = world.hears
    world.take(world.engine.on(Failed(key=key, case="denied", text="no grant covers it")))
    assert world.engine.end is None  # what is under way comes to its end first
    world.take(world.engine.on(Done(key="work.1", value=1)))
    assert world.engine.end is not None and world.engine.end.fault is not None
    assert world.engine.end.fault.case == "denied" and world.engine.end.fault.step == "work"


def test_what_is_heard_after_its_end_begins_nothing() -> None:
    rules = [step("over", NOTHING, on=("bus x",), end=1), step("more", on=("bus **",))]
    world = heard([("x", 1)], *rules)
    assert world.run().value == 1 and not world.done and not world.hears
