"""A fork is a new run that was another one up to a record, and goes on with something changed."""

import json
from functools import partial

import msgspec
import pytest

from lion.cli.audit_table import render_run_head
from lion.domain.approval import Answer
from lion.domain.events import (
    AgentPartialOutput,
    ApprovalAsked,
    CallFinished,
    PluginInvoked,
    RunForked,
    RunStarted,
)
from lion.domain.record import Record
from lion.errors import AuditError, OperatorError
from lion.forking import Changes
from lion.history import open_history
from lion.log.forget import forget
from lion.log.sqlite_desk import SqliteDesk
from lion.policy.policy_file import parse_policy
from lion.ports import LogReader
from lion.proof import verify_run
from lion.review.explain import explain
from lion.review.explained import Explained
from lion.review.report import RunReport
from lion.review.run import audit_recorded, plan_of, started_of
from lion.review.tighten import Needs
from tests.endurance.kit import manifest, replayed
from tests.log.planting import forge
from tests.resume.rig import Stage, error_of, said, stepper, steps

KV = 'allow.kv = { bytes = "64 KiB" }'
NOTHING = Changes()
PROGRAM = steps(["count", "a"], ["say", "one"], ["count", "a"], ["now"])


async def run_whole(stage: Stage, *parts: str) -> RunReport:
    async with stage.host() as host:
        return await host.run(manifest(*parts), folder=stage.settings.state.parent)


async def fork(stage: Stage, run: str, at: int | None, changes: Changes = NOTHING) -> RunReport:
    """Fork, verify and replay."""
    async with stage.host() as host:
        report = await host.fork(run, at, changes)
    with open_history(stage.settings) as reader:
        assert reader.verify(report.run).finished
    await replayed(stage.settings, report.run)
    return report


def at_word(stage: Stage, run: str) -> int:
    return next(r.seq for r in stage.records(run) if r.type == AgentPartialOutput.__name__)


async def test_it_goes_on_from_a_record_and_takes_nothing_back(stage: Stage) -> None:
    parent = await run_whole(stage, stepper(KV), PROGRAM)
    report = await fork(stage, parent.run, at_word(stage, parent.run))
    assert said(parent)[:3] == [1, None, 2]
    # What was kept stays: it counts on from what the parent left.
    assert said(report)[:3] == [1, None, 3]
    assert report.run != parent.run
    assert not stage.events(report.run, AgentPartialOutput)
    (event,) = stage.events(report.run, RunForked)
    with open_history(stage.settings) as reader:
        assert (event.parent, event.head) == (parent.run, reader.verify(parent.run).head)


async def test_a_fork_can_be_forked_and_cut_and_go_on(stage: Stage) -> None:
    parent = await run_whole(stage, stepper(KV), PROGRAM)
    child = await fork(stage, parent.run, at_word(stage, parent.run))
    sets = [r.seq for r in stage.records(child.run) if r.type == CallFinished.__name__]
    report = await fork(stage, child.run, sets[1])
    assert said(report)[:3] == [1, None, 3]
    assert [e.operation for e in stage.events(report.run, CallFinished)] == ["monotonic"]


async def test_a_variable_may_be_another_one(stage: Stage) -> None:
    text = manifest(
        '[vars]\nword = "first"\n', stepper(KV),
        steps(["say", "x"], ["get", "a"]), '[[run]]\ncall = "stepper.go"\n'
        "with = { program = '''[[\"say\", \"${word}\"]]''' }\n",
    )  # fmt: skip
    async with stage.host() as host:
        parent = await host.run(text)
    begun = next(r.seq for r in stage.records(parent.run) if r.type == "PluginLoaded")
    report = await fork(stage, parent.run, begun, Changes(sets={"word": "second"}))
    assert ["second\n"] in [e.args for e in stage.events(report.run, AgentPartialOutput)]
    (started,) = stage.events(report.run, RunStarted)
    assert "second" in json.dumps(started.manifest)


async def test_another_model_may_answer(stage: Stage) -> None:
    home = stage.settings.state.parent
    for name in ("one", "two"):
        (home / f"{name}.toml").write_text(f'[[answer]]\ntext = "{name}"\n')
    models = "".join(
        f'[models.{name}]\nprovider = "scripted"\nscript = "{file}.toml"\n'
        for name, file in (("fast", "one"), ("other", "two"))
    )
    program = steps(["say", "x"], ["llm-ask", "fast", "who are you"])
    parent = await run_whole(stage, models, stepper('allow.llm = ["fast"]'), program)
    at = at_word(stage, parent.run)
    report = await fork(stage, parent.run, at, Changes(models={"fast": "other"}))
    assert [said(parent)[1], said(report)[1]] == ["one", "two"]


@pytest.mark.parametrize("given", ["once", "no"])
async def test_a_question_may_have_another_answer(stage: Stage, given: str) -> None:
    table = stepper(KV, 'ask = ["kv set **"]')
    async with stage.host(desk=SqliteDesk(stage.settings.state)) as host:
        started = await host.start(manifest(table, steps(["say", "x"], ["count", "a"])))
        async for record in started:
            if record.type == ApprovalAsked.__name__:
                request = record.event().request.id
                answer = Answer(allowed=given == "no", by="ann", via="program")
                await host.answer(request, answer)
        parent = await started
    report = await fork(stage, parent.run, None, Changes(answers={request: given}))
    before, after = said(parent)[1], said(report)[1]
    told = before if given == "once" else after
    assert error_of(told) == "denied"
    assert (after if given == "once" else before) == 1
    with pytest.raises(OperatorError, match="asked nothing"):
        await fork(stage, parent.run, 3, Changes(answers={"nothing": given}))


@pytest.mark.parametrize("at", [0, 10_000, None])
async def test_a_record_that_is_not_there_is_refused(stage: Stage, at: int | None) -> None:
    parent = await run_whole(stage, stepper(KV), PROGRAM)
    with pytest.raises(OperatorError, match="has the records 1 to"):
        await fork(stage, parent.run, at)


async def test_of_a_run_that_had_ended_nothing_would_go_on(stage: Stage) -> None:
    parent = await run_whole(stage, stepper(KV), PROGRAM)
    with pytest.raises(OperatorError, match="nothing would go on"):
        await fork(stage, parent.run, len(stage.records(parent.run)))


async def test_a_model_that_is_not_there_is_named(stage: Stage) -> None:
    parent = await run_whole(stage, stepper(KV), PROGRAM)
    with pytest.raises(OperatorError, match="no model 'fast'"):
        await fork(stage, parent.run, 3, Changes(models={"fast": "other"}))


async def test_a_parent_cannot_be_forgotten_alone(stage: Stage) -> None:
    parent = await run_whole(stage, stepper(KV), PROGRAM)
    child = await fork(stage, parent.run, at_word(stage, parent.run))
    with pytest.raises(OperatorError, match="is the past of"):
        forget(stage.settings.state, [parent.run], None)
    forget(stage.settings.state, [parent.run, child.run], None)


def at_tool(stage: Stage, run: str) -> int:
    """The record with which its inner guest has begun."""
    begun = [r.seq for r in stage.records(run) if r.type == PluginInvoked.__name__]
    return begun[1] + 1


CALLS = steps(["count", "a"], ["tool-call", "inner.go", [["count", "b"], ["now"]]], ["now"])
CALLER = stepper(KV, 'allow.tools = ["inner.go"]'), stepper(KV, name="inner"), CALLS


def needs_of(reader: LogReader, run: str) -> Needs:
    needs = Needs(plan_of(run, started_of(run, reader.records(run))))
    for record in (*reader.before(run), *reader.verified(run)):
        needs.add(record)
    return needs


async def test_an_audit_and_a_tightening_count_what_was_before(stage: Stage) -> None:
    parent = await run_whole(stage, *CALLER)
    child = await fork(stage, parent.run, at_tool(stage, parent.run))
    grandchild = await fork(stage, child.run, len(stage.records(child.run)) - 2)
    with open_history(stage.settings) as reader:
        whole, *forks = (
            audit_recorded(reader, run, parse_policy(""), ())
            for run in (parent.run, child.run, grandchild.run)
        )
        before, after = (needs_of(reader, run) for run in (parent.run, grandchild.run))
    for audit, above in zip(forks, (parent, child), strict=True):
        assert (audit.calls, audit.policy_known) == (whole.calls, True)
        uses = [holder.use for holder in audit.holders]
        assert [use and use.operations for use in uses] == [
            holder.use and holder.use.operations for holder in whole.holders
        ]
        assert audit.parent == above.run
        assert any(above.run[:8] in line for line in render_run_head(audit))
    assert (after.calls, after.tightened()) == (before.calls, before.tightened())


def explained(stage: Stage, run: str, seq: int) -> Explained:
    with open_history(stage.settings) as reader:
        read, budgets = partial(reader.records, run), partial(reader.budgets_at, run)
        before = partial(reader.before, run)
        return explain(run, seq, reader.verified(run), read, budgets, parse_policy(""), before)


async def test_what_led_to_a_record_is_told_though_it_was_before(stage: Stage) -> None:
    parent = await run_whole(stage, *CALLER)
    child = await fork(stage, parent.run, at_tool(stage, parent.run))
    seq = next(
        r.seq for r in stage.records(child.run)
        if r.principal == "inner" and r.type == CallFinished.__name__
    )  # fmt: skip
    found = explained(stage, child.run, seq)
    assert not found.proof.fault
    assert [one.holder for one in found.causes] == ["stepper", "inner"]
    assert {one.record.run for one in found.causes} == {parent.run}
    assert all(one.record.is_proved for one in found.causes)
    assert "tools call inner.go" in found.causes[1].by


async def test_whoever_changes_a_parent_changes_its_forks(stage: Stage) -> None:
    """Found by whatever reads one, though the fork's own chain is as it was."""
    parent = await run_whole(stage, *CALLER)
    child = await fork(stage, parent.run, at_tool(stage, parent.run))
    assert verify_run(stage.settings, child.run).parent == parent.run

    def change(records: list[Record]) -> list[Record]:
        records[-1] = msgspec.structs.replace(records[-1], time_ns=records[-1].time_ns + 1)
        return records

    forge(stage.settings.state, change, parent.run)
    with open_history(stage.settings) as reader:
        for run in (parent.run, child.run):  # Each by itself is whole.
            assert reader.verify(run).finished
        with pytest.raises(AuditError, match="not the same any more"):
            audit_recorded(reader, child.run, parse_policy(""), ())
    with pytest.raises(AuditError, match="not the same any more"):
        verify_run(stage.settings, child.run)
    with pytest.raises(AuditError, match="not the same any more"):
        await replayed(stage.settings, child.run)
    async with stage.host() as host:
        with pytest.raises(AuditError, match="not the same any more"):
            await host.fork(child.run, 9, NOTHING)
    found = explained(stage, child.run, len(stage.records(child.run)))
    assert "not the same any more" in found.proof.fault
