"""Look here if you want to know what an agent that spawns gets of it: streams, outputs, errors,
budgets, a list of its children.
"""

import json

from lion.domain.events import AgentError, AgentSpawned, CallFinished
from tests.agents.rig import named, ran, returned, spawn, task
from tests.endurance.kit import manifest
from tests.resume.rig import Stage, error_of, stepper, steps

BOB = named("bob")
ANN = named("ann", 'allow.agents = ["bob"]', "limits = { calls = 100 }")


async def test_what_a_child_shows_streams_and_its_output_is_waited_for(stage: Stage) -> None:
    child = spawn("b", "bob", ["say", "one"], ["say", "two"], streams=True)
    next_ = ["agent-next", "b"]
    report, said = await ran(
        stage, ANN, BOB, task(child, next_, ["wait", None, "b"], next_, next_, ["agent-wait", "b"])
    )
    assert said[1:] == ["one\n", [0], "two\n", None, "[null,null]"]
    assert [e.agent for e in stage.events(report.run, AgentSpawned)] == ["ann", "bob"]


async def test_without_streams_it_is_ready_when_it_has_ended(stage: Stage) -> None:
    child = spawn("b", "bob", ["say", "one"])
    _, said = await ran(
        stage, ANN, BOB,
        task(child, ["agent-next", "b"], ["wait", None, "b"], ["agent-wait", "b"],
             ["agent-wait", "b"]),
    )  # fmt: skip
    assert [error_of(said[1]), said[2], said[3]] == ["invalid", [0], "[null]"]
    assert error_of(said[4]) == "invalid"


async def test_its_own_error_and_its_failure_are_its_spawners_to_handle(stage: Stage) -> None:
    wrong, broken = spawn("w", "bob", ["no-such-step"]), spawn("t", "bob", ["trap", "oh"])
    report, said = await ran(
        stage, ANN, BOB, task(wrong, ["agent-wait", "w"], broken, ["agent-wait", "t"])
    )
    assert [error_of(said[1]), error_of(said[3])] == ["other", "other"]
    assert "trap" in said[3]["error"] and report.exit_code == 0


async def test_one_that_is_cancelled_says_so(stage: Stage) -> None:
    child = spawn("b", "bob", ["sleep", 10**15], budget="calls 10")
    report, said = await ran(
        stage, ANN, BOB, task(child, ["agent-cancel", "b"], ["agent-wait", "b"], ["agent-list"])
    )
    assert error_of(said[2]) == "cancelled"
    assert said[3] == [["bob", "cancelled", [["calls", 10, said[3][0][2][0][2]]]]]
    assert len(returned(stage, report.run)) == 1


async def test_one_that_is_dropped_is_stopped(stage: Stage) -> None:
    child = spawn("b", "bob", ["sleep", 10**15])
    report, said = await ran(stage, ANN, BOB, task(child, ["sleep", 1], ["drop", "b"],
                                                  ["agent-list"]))  # fmt: skip
    assert said[-1] == []
    assert [e.ending for e in stage.events(report.run, AgentError)] == ["cancelled"]


async def test_what_is_set_aside_is_charged_once_and_what_is_left_comes_back(
    stage: Stage,
) -> None:
    child = spawn("b", "bob", ["now"], ["now"], ["now"], budget="calls 40\noutput 100")
    look = ["agent-budgets"]
    report, said = await ran(stage, ANN, BOB, task(look, child, look, ["agent-wait", "b"], look))
    left = [{name: left for name, _, left in said[at]}["calls"] for at in (0, 2, 4)]
    assert left == [99, 57, 100 - 5 - 3]
    given = {"calls": 40, "output": 100}
    assert returned(stage, report.run) == [("bob", given, {"calls": 37, "output": 100})]


async def test_a_child_stops_at_what_was_set_aside(stage: Stage) -> None:
    child = spawn("b", "bob", *(["now"] for _ in range(4)), budget="calls 2")
    report, said = await ran(stage, ANN, BOB, task(child, ["agent-wait", "b"]))
    inner = json.loads(said[1])
    assert [error_of(one) if isinstance(one, dict) else "ok" for one in inner] == [
        "ok", "ok", "exhausted", "exhausted"
    ]  # fmt: skip
    assert returned(stage, report.run) == [("bob", {"calls": 2}, {"calls": 0})]


async def test_without_a_share_the_chain_pays_as_it_goes(stage: Stage) -> None:
    child = spawn("b", "bob", ["now"], ["now"])
    _, said = await ran(stage, ANN, BOB, task(child, ["agent-wait", "b"], ["agent-budgets"]))
    assert {n: left for n, _, left in said[2]}["calls"] == 100 - 3 - 2


async def test_spawning_ones_own_name_gives_another_of_oneself(stage: Stage) -> None:
    ann = named("ann", 'allow.agents = ["ann"]', 'allow.kv = { bytes = "1 KiB" }',
                "limits = { calls = 50 }")  # fmt: skip
    child = spawn("a", "ann", ["count", "x"], budget="calls 10")
    report, said = await ran(stage, ann, task(child, ["agent-wait", "a"], ["agent-budgets"]))
    assert said[1] == "[1]"
    assert returned(stage, report.run) == [("ann", {"calls": 10}, {"calls": 8})]
    assert {n: left for n, _, left in said[2]}["calls"] == 50 - 3 - 2


async def test_a_tool_may_spawn_too(stage: Stage) -> None:
    text = manifest(
        stepper('allow.agents = ["bob"]'), BOB,
        steps(spawn("b", "bob", ["say", "hi"]), ["agent-wait", "b"]),
    )  # fmt: skip
    async with stage.host() as host:
        report = await host.run(text, folder=stage.settings.state.parent)
    assert json.loads(str(report.endings[0].value))[1] == "[null]"


async def test_each_misspelling_is_told_and_spawns_nothing(stage: Stage) -> None:
    wrong = [
        spawn("b", "carl"),
        spawn("b", "bob", allow="htp GET https://a.example/**"),
        spawn("b", "bob", allow="tools"),
        spawn("b", "bob", allow="kv x"),
        spawn("b", "bob", allow="fs notes"),
        spawn("b", "bob", allow="clock"),
        spawn("b", "bob", budget="calls many"),
        spawn("b", "bob", budget="calls 1\ncalls 2"),
        spawn("b", "bob", budget="llm.tokens of fast 5"),
        spawn("b", "bob", budget="calls 100"),
    ]
    report, said = await ran(stage, named("carl"), ANN, BOB, task(*wrong))
    cases = [error_of(one) for one in said]
    assert cases == ["denied", *["invalid"] * 7, "not-found", "exhausted"]
    assert len(stage.events(report.run, AgentSpawned)) == 1
    assert "did you mean 'http'" in said[1]["error"]
    spent = [e for e in stage.events(report.run, CallFinished) if e.kept]
    assert not spent
