"""Look here if you want to know what agents try that want more than whoever spawned them has.

Each attack succeeds where its guard is taken away.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    CallFinished,
)
from tests.agents.rig import named, ran, returned, spawn, task
from tests.endurance.kit import manifest
from tests.resume.rig import Stage, error_of
from tests.resume.web import Counting, serving

KV = 'allow.kv = { bytes = "1 KiB" }'
MODEL = '[models.fast]\nprovider = "scripted"\nscript = "{}"\n'
FOREVER = ["sleep", 10**15]


@pytest.fixture
def web() -> Iterator[Counting]:
    with serving() as counting:
        yield counting


def inner(said: Any) -> list[Any]:
    """What a child's steps gave."""
    found: list[Any] = json.loads(said)
    return found


def cases(said: list[Any]) -> list[str]:
    """How each of these steps went."""
    return [error_of(one) if isinstance(one, dict) else "ok" for one in said]


async def test_a_child_may_do_no_more_than_was_handed_on(stage: Stage, web: Counting) -> None:
    web.release.set()
    bob = named("bob", KV, f'allow.http = ["GET {web.url}/**"]')
    get, other = ["http-send", "GET", f"{web.url}/a"], ["http-send", "GET", f"{web.url}/b"]
    child = spawn("b", "bob", get, other, ["count", "x"], ["now"], allow=f"http GET {web.url}/a")
    report, said = await ran(
        stage, named("ann", 'allow.agents = ["bob"]'), bob, task(child, ["agent-wait", "b"])
    )
    assert cases(inner(said[1])) == ["ok", "denied", "denied", "ok"]
    assert web.count("GET") == 1
    denied = [e for e in stage.events(report.run, CallFinished) if e.status == "denied"]
    assert {e.decided_by for e in denied} == {"spawner"}


async def test_nothing_handed_on_is_nothing(stage: Stage) -> None:
    child = spawn("b", "bob", ["count", "x"], ["get", "x"], ["say", "hi"], allow="")
    _, said = await ran(
        stage, named("ann", 'allow.agents = ["bob"]'), named("bob", KV),
        task(child, ["agent-wait", "b"]),
    )  # fmt: skip
    assert cases(inner(said[1])) == ["denied", "denied", "ok"]


async def test_handing_on_gives_nothing_that_the_child_has_not(stage: Stage) -> None:
    child = spawn("b", "bob", ["count", "x"], allow="kv\nagents ann")
    _, said = await ran(
        stage, named("ann", 'allow.agents = ["bob"]', KV), named("bob"),
        task(child, ["agent-wait", "b"]),
    )  # fmt: skip
    assert cases(inner(said[1])) == ["denied"]


async def test_what_was_not_handed_on_is_not_reached_through_another_agent(stage: Stage) -> None:
    """A child that may spawn has nobody do for it what it may not, itself among them."""
    deep = spawn("c", "bob", ["count", "x"])
    child = spawn("b", "bob", deep, ["agent-wait", "c"], allow="agents bob")
    bob = named("bob", KV, 'allow.agents = ["bob"]')
    _, said = await ran(
        stage, named("ann", 'allow.agents = ["bob"]'), bob, task(child, ["agent-wait", "b"])
    )
    assert cases(inner(inner(said[1])[1])) == ["denied"]


async def test_files_are_handed_on_by_directory_and_to_read(stage: Stage) -> None:
    folder = stage.settings.state.parent / "d"
    folder.mkdir()
    (folder / "a").write_text("x")
    bob = named("bob", 'allow.fs = [{ path = "/d", at = "d", write = true }]')
    program = [["fs-read", "/d/a"], ["fs-write", "/d/a", "mine"], ["fs-read", "/d/b/../a"]]
    child = spawn("b", "bob", *program, allow="fs /d")
    _, said = await ran(
        stage, named("ann", 'allow.agents = ["bob"]'), bob, task(child, ["agent-wait", "b"])
    )
    assert cases(inner(said[1])) == ["ok", "denied", "ok"]
    assert (folder / "a").read_text() == "x"


async def test_a_spawn_bomb_is_answered_with_words(stage: Stage) -> None:
    """Each spawns two of its kind, and those do: no more are ever at work than one may have."""
    bomb: list[Any] = [FOREVER]
    for _ in range(3):
        bomb = [spawn("a", "ann", *bomb), spawn("b", "ann", *bomb), ["sleep", 300_000_000]]
    ann = named("ann", 'allow.agents = ["ann"]', "limits = { agents = 5 }")
    report, _ = await ran(stage, ann, task(*bomb))
    refused = [
        e.value[1][1] for e in stage.events(report.run, CallFinished)
        if e.operation == "spawn" and e.value[0] == "err"
    ]  # fmt: skip
    assert len(stage.events(report.run, AgentSpawned)) == 1 + 5
    assert refused and all("as may be" in words or "the limit" in words for words in refused)


async def test_they_are_no_deeper_than_the_first_one_may_have_them(stage: Stage) -> None:
    program: list[Any] = [["now"]]
    for _ in range(4):
        program = [spawn("a", "ann", *program), ["agent-wait", "a"]]
    ann = named("ann", 'allow.agents = ["ann"]', "limits = { depth = 2 }")
    report, said = await ran(stage, ann, task(*program))
    assert len(stage.events(report.run, AgentSpawned)) == 1 + 2
    (refused,) = [
        e.value[1][1] for e in stage.events(report.run, CallFinished)
        if e.operation == "spawn" and e.value[0] == "err"
    ]  # fmt: skip
    assert "deeper" in refused and len(said) == 2


async def test_one_that_may_have_none_spawns_none(stage: Stage) -> None:
    for limits in ("agents = 0", "depth = 0"):
        ann = named("ann", 'allow.agents = ["ann"]', f"limits = {{ {limits} }}")
        report, said = await ran(stage, ann, task(spawn("a", "ann", ["now"])))
        assert error_of(said[0]) == "exhausted"
        assert len(stage.events(report.run, AgentSpawned)) == 1


async def test_no_child_outlives_its_parent(stage: Stage) -> None:
    """The parent ends while its child, and that one's, would wait for ever."""
    child = spawn("b", "bob", spawn("c", "bob", FOREVER), FOREVER, budget="calls 20")
    report, _ = await ran(
        stage, named("ann", 'allow.agents = ["bob"]', "limits = { calls = 50 }"),
        named("bob", 'allow.agents = ["bob"]'), task(child, ["sleep", 30_000_000]),
    )  # fmt: skip
    records = stage.records(report.run)
    ends = {r.invocation: r.seq for r in records if r.type in ("AgentError", "AgentCompleted")}
    assert [e.ending for e in stage.events(report.run, AgentError)] == ["cancelled"] * 2
    assert len(stage.events(report.run, AgentCompleted)) == 1
    assert ends["0.1.1"] < ends["0.1"] < ends["0"]
    (back,) = returned(stage, report.run)
    assert back[2]["calls"] >= 20 - 3


async def test_no_budget_is_spent_twice(stage: Stage) -> None:
    """Shares of more than there is, a share of a share, and what one has left after all."""
    greedy = [spawn("x", "bob", ["now"], budget="calls 30"), ["now"]]
    ann = named("ann", 'allow.agents = ["bob"]', "limits = { calls = 60 }")
    report, said = await ran(
        stage, ann, named("bob", 'allow.agents = ["bob"]'),
        task(
            spawn("a", "bob", *greedy, budget="calls 20"), spawn("b", "bob", budget="calls 30"),
            spawn("c", "bob", budget="calls 20"), ["agent-wait", "a"], ["agent-wait", "b"],
            *(["now"] for _ in range(60)),
        ),
    )  # fmt: skip
    assert cases(said[:3]) == ["ok", "ok", "exhausted"]
    assert cases(inner(said[3]))[0] == "exhausted"
    made = len(stage.events(report.run, CallFinished))
    charged = [e for e in stage.events(report.run, CallFinished) if e.charged.get("calls")]
    assert len(charged) == 60 and made > 60


async def test_tokens_of_a_model_are_set_aside_and_no_more_is_asked(stage: Stage) -> None:
    """A child whose own grant counts nothing is held to its spawner's share all the same."""
    script = stage.settings.state.parent / "answers.toml"
    script.write_text('[[answer]]\ntext = "one two three"\nusage = { input = 10, output = 30 }\n')
    ask = ["llm-ask", "fast", "hello"]
    ann = named("ann", 'allow.agents = ["bob"]',
                'allow.llm = [{ model = "fast", tokens = 2_000, calls = 9 }]')  # fmt: skip
    budget = "llm.calls of fast 2\nllm.tokens of fast 1500"
    child = spawn("b", "bob", ask, ask, ask, budget=budget)
    report, said = await ran(
        stage, MODEL.format(script), ann, named("bob", 'allow.llm = ["fast"]'),
        task(child, ["agent-wait", "b"], ["agent-budgets"]),
    )  # fmt: skip
    assert cases(inner(said[1])) == ["ok", "ok", "exhausted"]
    left = {name: at for name, _, at in said[2]}
    assert (left["llm.calls of fast"], left["llm.tokens of fast"]) == (7, 2_000 - 80)
    (back,) = returned(stage, report.run)
    assert back[2] == {"llm.calls of fast": 0, "llm.tokens of fast": 1_420}


async def test_revoking_a_spawner_stops_its_children(stage: Stage, web: Counting) -> None:
    get = ["http-send", "GET", f"{web.url}/a"]
    child = spawn("b", "bob", get, ["count", "x"], budget="calls 9")
    bob = named("bob", KV, f'allow.http = ["GET {web.url}/**"]')
    ann = named("ann", 'allow.agents = ["bob"]')
    text = manifest(ann, bob, task(child, ["agent-wait", "b"]))
    async with stage.host() as host:
        run = await host.start(text, folder=stage.settings.state.parent)
        async for record in run:
            if record.type == AgentSpawned.__name__ and record.principal == "bob":
                run.revoke("ann", "it was disabled")
                web.release.set()
        await run.wait()
    counted = [e for e in stage.events(run.id, CallFinished) if e.capability == "kv"]
    assert [e.decided_by for e in counted] == ["revoked"]
