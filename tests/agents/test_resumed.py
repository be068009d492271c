"""Look here if you want to know what becomes of children when the process of their run ends: each
row of docs/resume.md about spawned agents.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentPartialOutput,
    AgentSpawned,
    BudgetReturned,
    CallFinished,
    CallWaits,
    Event,
)
from tests.agents.rig import named, returned, spawn, task, told
from tests.resume.rig import Death, Stage

ANN = named("ann", 'allow.agents = ["bob"]', "limits = { calls = 100 }")
BOB = named("bob", 'allow.kv = { bytes = "1 KiB" }', "limits = { calls = 60 }")
SLEEP = ["sleep", 25_000_000]
"""Where the process ends."""
BUDGETS = ["agent-budgets"]


def at(kind: type[Event], number: int = 1, **fields: Any) -> Callable[[Death], None]:
    return lambda death: death.come_with(kind, number, **fields)


def calls_left(said: Any) -> int:
    """Of calls, in an answer of `budgets`."""
    return int({name: left for name, _, left in said}["calls"])


async def test_one_that_had_ended_is_told_from_the_records(stage: Stage) -> None:
    child = spawn("b", "bob", ["count", "x"], ["say", "hi"], budget="calls 20", streams=True)
    program = task(child, ["wait", None, "b"], ["sleep", 60_000_000], ["agent-next", "b"],
                   ["agent-next", "b"], ["agent-wait", "b"], BUDGETS)  # fmt: skip
    run = await stage.cut(ANN, BOB, program, at=at(BudgetReturned))
    said = told((await stage.resume(run)).endings[0])
    assert said[3:6] == ["hi\n", None, "[1,null]"]
    assert len(stage.events(run, AgentSpawned)) == 2
    assert returned(stage, run) == [("bob", {"calls": 20}, {"calls": 17})]
    assert calls_left(said[6]) == 100 - 7 - 3


@pytest.mark.parametrize(
    ("kind", "number"),
    [(AgentSpawned, 2), (CallFinished, 2), (CallFinished, 3), (AgentPartialOutput, 1),
     (CallWaits, 1)],
)  # fmt: skip
async def test_one_at_work_goes_on_with_what_is_left_of_its_budget(
    stage: Stage, kind: type[Event], number: int
) -> None:
    child = spawn("b", "bob", ["count", "x"], SLEEP, ["say", "hi"], ["count", "x"],
                  budget="calls 20", streams=True)  # fmt: skip
    program = task(child, ["agent-next", "b"], ["agent-wait", "b"], BUDGETS)
    run = await stage.cut(ANN, BOB, program, at=at(kind, number))
    said = told((await stage.resume(run)).endings[0])
    assert said[1] == "hi\n" and json.loads(said[2]) == [1, None, None, 2]
    assert len(stage.events(run, AgentSpawned)) == 2
    assert returned(stage, run) == [("bob", {"calls": 20}, {"calls": 20 - 6})]
    assert calls_left(said[3]) == 100 - 4 - 6


async def test_what_is_left_comes_back_once_wherever_the_process_ends(stage: Stage) -> None:
    """It ends between the child's ending and what says that its budget went back."""
    child = spawn("b", "bob", ["count", "x"], budget="calls 20")
    program = task(child, ["agent-wait", "b"], BUDGETS)
    run = ""
    while not run or not stage.is_known(run):  # it may be cut before anything is durable
        run = await stage.cut(
            ANN, BOB, program, at=lambda d: d.come_with(BudgetReturned, durable=False)
        )
    said = told((await stage.resume(run)).endings[0])
    assert said[1] == "[1]" and calls_left(said[2]) == 100 - 3 - 2
    assert returned(stage, run) == [("bob", {"calls": 20}, {"calls": 18})]


async def test_one_that_was_dropped_or_cancelled_stays_so(stage: Stage) -> None:
    """Its spawner had let go of it; the process ended before the child was stopped."""
    for end in (["agent-cancel", "b"], ["drop", "b"]):
        child = spawn("b", "bob", ["sleep", 10**15], ["count", "x"], budget="calls 20")
        program = task(child, ["sleep", 2_000_000], end, SLEEP, BUDGETS)
        run = await stage.cut(ANN, BOB, program, at=at(CallWaits, 3))
        said = told((await stage.resume(run)).endings[0])
        assert [e.ending for e in stage.events(run, AgentError)] == ["cancelled"]
        assert len(returned(stage, run)) == 1
        assert 100 - 5 - 1 <= calls_left(said[-1]) <= 100 - 4


async def test_a_child_of_a_child_goes_on_under_what_was_handed_on(stage: Stage) -> None:
    deep = spawn("c", "carl", SLEEP, ["count", "x"], ["say", "no"], budget="calls 5")
    child = spawn("b", "bob", deep, ["agent-wait", "c"], allow="agents carl", budget="calls 20")
    bob = named("bob", 'allow.agents = ["carl"]')
    carl = named("carl", 'allow.kv = { bytes = "1 KiB" }')
    program = task(child, ["agent-wait", "b"], BUDGETS)
    run = await stage.cut(ANN, bob, carl, program, at=at(CallWaits))
    said = told((await stage.resume(run)).endings[0])
    inner = json.loads(json.loads(said[1])[1])
    assert inner[1]["error"].startswith("denied") and inner[0] is None
    back = [(agent, left) for agent, _, left in returned(stage, run)]
    assert back == [("carl", {"calls": 5 - 2}), ("bob", {"calls": 20 - 2 - 2})]
    assert calls_left(said[2]) == 100 - 3 - 4
    assert len(stage.events(run, AgentCompleted)) == 3


async def test_one_that_is_not_granted_today_is_denied(stage: Stage, tmp_path: Path) -> None:
    child = spawn("b", "bob", ["count", "x"], budget="calls 9")
    program = task(SLEEP, child, BUDGETS)
    run = await stage.cut(ANN, BOB, program, at=at(CallWaits))
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["agents spawn bob"]\n')
    stage.settings = msgspec.structs.replace(stage.settings, policy=policy)
    said = told((await stage.resume(run)).endings[0])
    assert said[1]["error"].startswith("denied")
    assert len(stage.events(run, AgentSpawned)) == 1


async def test_it_goes_on_after_every_one_of_its_records(stage: Stage) -> None:
    """Killed at each call in turn, again and again, the whole is as if nothing had been."""
    child = spawn("b", "bob", ["count", "x"], ["say", "hi"], budget="calls 9", streams=True)
    steps = (child, ["agent-next", "b"], ["agent-list"], ["agent-wait", "b"])
    program = task(*(one for step in steps for one in (step, SLEEP)), BUDGETS)
    slept = at(CallWaits, operation="sleep")
    run = await stage.cut(ANN, BOB, program, at=slept)
    for _ in steps[1:]:
        assert await stage.cut_again(run, slept)
    said = told((await stage.resume(run)).endings[0])
    assert said[2] == "hi\n" and said[6] == "[1,null]"
    assert calls_left(said[8]) == 100 - 9 - 3
    assert len(returned(stage, run)) == 1
