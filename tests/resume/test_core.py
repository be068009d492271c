"""A run whose process ended goes on from where its records end, and does nothing twice."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from lion.domain.events import (
    AgentPartialOutput,
    CallFinished,
    CallWaits,
    PluginError,
    PluginInvoked,
    RunFinished,
    RunResumed,
    RunStarted,
)
from lion.domain.record import Record
from lion.errors import AuditError, OperatorError
from lion.history import open_history
from lion.policy.policy_file import parse_policy
from lion.ports import RunState
from lion.review.run import audit_recorded
from tests.resume.rig import Death, Stage, said, stepper, steps

KV = 'allow.kv = { bytes = "64 KiB" }'
TOOLS = 'allow.tools = ["inner.go"]'
SECOND = 1_000_000_000
PAUSE = ["sleep", 25_000_000]
"""Where the process ends, so that nothing else is on its way to the log."""


async def test_kv_counts_on_and_no_line_is_said_twice(stage: Stage) -> None:
    program = steps(["count", "a"], ["say", "one"], ["count", "a"], ["say", "two"], ["count", "a"])
    run = await stage.cut(stepper(KV), program, at=lambda d: d.come_with(AgentPartialOutput))
    heard: list[Record] = []
    watched: list[Record] = []
    report = await stage.resume(run, hear=heard.append, watch=watched.append)
    assert said(report) == [1, None, 2, None, 3]
    assert report.exit_code == 0
    assert [e.args for e in stage.events(run, AgentPartialOutput)] == [["one\n"], ["two\n"]]
    assert [r.seq for r in (*heard, *watched)] == [r.seq for r in stage.records(run)]


@pytest.mark.parametrize("durable", [False, True])
async def test_each_line_is_said_once_wherever_it_is_cut(stage: Stage, durable: bool) -> None:
    """What was on its way to the log was not said, and is said then."""
    program = steps(["say", "one"], PAUSE, ["say", "two"], ["say", "three"])
    run = await stage.cut(
        stepper(), program, at=lambda d: d.come_with(AgentPartialOutput, 2, durable=durable)
    )
    before = [e.args[0] for e in stage.events(run, AgentPartialOutput)]
    assert before[:1] == ["one\n"]
    assert ("two\n" in before) is durable
    heard: list[str] = []

    def watch(record: Record) -> None:
        if record.type == AgentPartialOutput.__name__:
            heard.extend(record.event().args)  # type: ignore[attr-defined]

    said(await stage.resume(run, watch=watch))
    assert before + heard == ["one\n", "two\n", "three\n"]


@pytest.mark.parametrize("number", range(1, 13, 2))
async def test_it_ends_as_if_undisturbed_wherever_it_is_cut(stage: Stage, number: int) -> None:
    program = steps(
        ["count", "a"],
        ["tool-start", "t", "inner.go", [["count", "b"], ["say", "x"], ["count", "b"]]],
        ["count", "a"], ["tool-call", "inner.go", [["count", "c"]]], ["tool-take", "t"],
        ["count", "a"],
    )  # fmt: skip
    run = await stage.cut(
        stepper(KV, TOOLS), stepper(KV, name="inner"), program,
        at=lambda d: d.come_with(CallFinished, number),
    )  # fmt: skip
    found = said(await stage.resume(run))
    assert found[:1] + found[2:] == [1, 2, json.dumps("[1]"), json.dumps("[1,null,2]"), 3]
    assert len(stage.events(run, PluginInvoked)) == 3


async def test_a_child_under_way_goes_on_with_its_caller(stage: Stage) -> None:
    inner = [["count", "b"], ["sleep", 30_000_000], ["count", "b"]]
    program = steps(["tool-start", "t", "inner.go", inner], ["say", "x"], ["tool-take", "t"])
    run = await stage.cut(
        stepper(KV, TOOLS), stepper(KV, name="inner"), program,
        at=lambda d: d.come_with(CallWaits),
    )  # fmt: skip
    assert said(await stage.resume(run))[2] == json.dumps("[1,null,2]")
    assert len(stage.events(run, PluginInvoked)) == 2


async def test_one_that_was_dropped_is_cancelled_and_not_revived(stage: Stage) -> None:
    inner = [["say", "begun"], ["sleep", SECOND], ["count", "never"]]
    program = steps(
        ["tool-start", "t", "inner.go", inner], ["sleep", 1], ["drop", "t"], ["count", "a"]
    )
    real, is_asleep = stage.operations["clock", "sleep"], trio.Event()

    async def execute(caller: Any, *_: Any) -> None:
        """The caller sleeps until the other one does, which does for ever."""
        if caller.holder == "inner":
            is_asleep.set()
            await trio.sleep_forever()
        await is_asleep.wait()

    stage.operations["clock", "sleep"] = msgspec.structs.replace(real, execute=execute)
    # It ends just after the sleep: the drop that follows is on no record.
    run = await stage.cut(
        stepper(KV, TOOLS), stepper(KV, name="inner"), program,
        at=lambda d: d.come_with(CallFinished, operation="sleep"),
    )  # fmt: skip
    assert said(await stage.resume(run))[-1] == 1
    (ended,) = stage.events(run, PluginError)
    assert ended.ending == "cancelled"
    done = [e for e in stage.events(run, CallFinished) if e.status == "completed"]
    assert sum(e.operation == "sleep" for e in done) == 1


async def test_it_can_be_cut_and_go_on_again_and_again(stage: Stage) -> None:
    program = steps(*([["count", "a"], PAUSE] * 6))
    one: Callable[[Death], None] = lambda d: d.come_with(CallWaits)  # noqa: E731
    run = await stage.cut(stepper(KV), program, at=one)
    for _ in range(3):
        assert await stage.cut_again(run, at=one)
    assert said(await stage.resume(run))[::2] == [1, 2, 3, 4, 5, 6]
    assert [e.attempt for e in stage.events(run, RunResumed)] == [1, 1, 1, 1]


async def test_one_that_comes_no_further_is_quarantined(stage: Stage) -> None:
    run = await stage.cut(
        stepper(KV),
        steps(["count", "a"], PAUSE, ["count", "a"]),
        at=lambda d: d.come_with(CallWaits),
    )
    for _ in range(3):
        assert await stage.cut_again(run, at=lambda d: d.come_with(RunResumed))
    with pytest.raises(OperatorError, match="quarantined"):
        await stage.resume(run)
    assert said(await stage.resume(run, is_forced=True)) == [1, None, 2]
    assert [(e.attempt, e.forced) for e in stage.events(run, RunResumed)] == [
        (1, False), (2, False), (3, False), (4, True),
    ]  # fmt: skip


async def test_one_that_ended_shows_how_again(stage: Stage) -> None:
    run = await stage.cut(
        stepper(KV), steps(["count", "a"]), at=lambda d: d.come_with(RunFinished)
    )
    async with stage.host() as host:
        report = await host.resume(run)
    assert report.exit_code == 0
    assert said(report) == [1]
    assert not stage.events(run, RunResumed)


async def test_one_that_was_cut_before_anything_began_begins(stage: Stage) -> None:
    run = await stage.cut(stepper(KV), steps(["count", "a"]), at=lambda d: d.come_with(RunStarted))
    assert said(await stage.resume(run)) == [1]


async def test_its_components_are_those_of_the_log(stage: Stage) -> None:
    program = steps(["count", "a"], PAUSE, ["count", "a"])
    own = stage.settings.state.parent / "own.wasm"
    table = stepper(KV)
    path = table.split('"')[1]
    shutil.copy(path, own)
    run = await stage.cut(
        table.replace(path, str(own)), program, at=lambda d: d.come_with(CallWaits)
    )
    own.write_bytes(b"something else")
    assert said(await stage.resume(run)) == [1, None, 2]


async def test_a_guest_that_does_something_else_stops_it_before_anything_is_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await stage.cut(
        stepper(KV),
        steps(["count", "a"], PAUSE, ["count", "a"]),
        at=lambda d: d.come_with(CallWaits),
    )
    before = len(stage.records(run))
    monkeypatch.setattr(
        "lion.kernel.rehearsal.is_same", lambda asked, *_: asked.operation != "get"
    )
    with pytest.raises(AuditError, match="nothing was done"):
        await stage.resume(run)
    assert [r.type for r in stage.records(run)[before:]] == ["RunResumed"]
    monkeypatch.undo()
    # Nobody holds it: it goes on.
    assert said(await stage.resume(run)) == [1, None, 2]


async def test_an_audit_goes_by_the_policy_that_was_in_force(stage: Stage, tmp_path: Path) -> None:
    run = await stage.cut(
        stepper(KV),
        steps(["count", "a"], PAUSE, ["count", "a"]),
        at=lambda d: d.come_with(CallWaits),
    )
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["kv get b"]\n')
    stage.settings = msgspec.structs.replace(stage.settings, policy=policy)
    await stage.resume(run)
    with open_history(stage.settings) as reader:
        for rules in ("", policy.read_text()):
            audit = audit_recorded(reader, run, parse_policy(rules), ())
            assert not audit.policy_known
            assert audit.again is not None


async def test_two_processes_cannot_go_on_with_one_run(stage: Stage) -> None:
    run = await stage.cut(
        stepper(KV),
        steps(["count", "a"], PAUSE, ["count", "a"]),
        at=lambda d: d.come_with(CallWaits),
    )
    async with stage.host() as one, stage.host() as other:
        await one._log.start_run(run, "endurance")
        with pytest.raises(OperatorError, match="its process is alive"):
            await other.resume(run)


async def test_the_list_of_runs_says_so(stage: Stage) -> None:
    run = await stage.cut(
        stepper(KV),
        steps(["count", "a"], PAUSE, ["count", "a"]),
        at=lambda d: d.come_with(CallWaits),
    )
    with open_history(stage.settings) as reader:
        assert [one.state for one in reader.runs()] == [RunState.INTERRUPTED]
    for _ in range(3):
        assert await stage.cut_again(run, at=lambda d: d.come_with(RunResumed))
    with open_history(stage.settings) as reader:
        assert [one.state for one in reader.runs()] == [RunState.QUARANTINED]
