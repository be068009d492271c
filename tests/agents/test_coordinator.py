"""Look here if you want to know that the shipped coordinator divides, merges, and survives."""

import json
from pathlib import Path

from lion.domain.events import AgentPartialOutput, AgentSpawned, BudgetReturned, BudgetWarned
from lion.review.report import RunReport
from tests.agents.rig import returned
from tests.resume.rig import Stage

EXAMPLE = Path(__file__).parents[2] / "examples" / "coordinator" / "manifest.toml"


def check(stage: Stage, report: RunReport) -> None:
    """Two have answered; the third is named, and nobody else has failed."""
    (ending,) = report.endings
    assert ending.ok, ending
    parts = json.loads(ending.value["json"])
    assert [part["by"] for part in parts] == ["ann", "bob", "carl"]
    assert "buffalo" in parts[0]["answer"] and "Together" in parts[1]["answer"]
    assert parts[2]["failed"] == "unavailable: the server went away"
    assert "carl gave no answer" in ending.text and report.exit_code == 0
    assert len(stage.events(report.run, AgentSpawned)) == 4


async def test_it_divides_merges_and_survives_the_failure_of_one(stage: Stage) -> None:
    async with stage.host() as host:
        report = await host.run(EXAMPLE)
    check(stage, await stage.resume(report.run))  # which tells what it came to, and replays it
    spawned = [e for e in stage.events(report.run, AgentSpawned) if e.agent != "coordinator"]
    shares = [one.budget for one in spawned]
    assert shares[0] == shares[1] == shares[2]
    assert shares[0]["llm.tokens of shaky"] == 6_000 // 3
    assert all(one.has_less and "llm fast" in one.allow for one in spawned)
    back = {agent: left for agent, _, left in returned(stage, report.run)}
    assert back["ann"]["llm.calls of fast"] == shares[0]["llm.calls of fast"] - 1
    assert not stage.events(report.run, BudgetWarned)


async def test_it_says_what_they_say_while_they_say_it(stage: Stage) -> None:
    async with stage.host() as host:
        report = await host.run(EXAMPLE)
    told = [
        (record.seq, event.args[0]) for record in stage.records(report.run)
        if record.principal == "coordinator"
        and isinstance(event := record.event(), AgentPartialOutput)
    ]  # fmt: skip
    ends = [r.seq for r in stage.records(report.run) if r.type == "AgentCompleted"]
    first = {
        name: min(seq for seq, text in told if text.startswith(name)) for name in ("ann", "bob")
    }
    assert all(seq < min(ends[-3:-1]) for seq in first.values())


async def test_it_goes_on_with_them_where_its_process_ended(stage: Stage) -> None:
    run = await stage.cut(path=EXAMPLE, at=lambda d: d.come_with(AgentPartialOutput, 3))
    check(stage, await stage.resume(run))
    assert len(stage.events(run, BudgetReturned)) == 3
