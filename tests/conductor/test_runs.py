"""Workflows on the real host, with real components: each step is a call like a guest's, and a
replay goes the same way.
"""

from pathlib import Path
from typing import Any

import pytest
import trio

import lion
from lion.domain.approval import Answer
from lion.domain.events import (
    AgentSpawned,
    ApprovalAsked,
    CallFinished,
    PluginInvoked,
    PluginResult,
)
from lion.history import replay_run
from tests.embedding.kit import CALCULATOR, NOTEBOOK, WASM, recorded

ADD: dict[str, Any] = {"call": "calculator.add", "with": {"a": "=item", "b": "=item"}}


def manifest(steps: dict[str, Any], given: dict[str, Any] | None = None, **more: Any) -> Any:
    """One workflow `w`, whose steps these are, and what it may use."""
    keys = ("strategy", "input", "output", "first", "vars", "items", "at-once", "jobs", "limits")
    own = {key: more.pop(key) for key in keys if key in more}
    allow = more.pop("allow", {"tools": ["**"]})
    return {
        "name": "flow",
        "plugins": {
            "calculator": {"component": CALCULATOR},
            "notebook": {"component": NOTEBOOK, "allow": {"kv": {"bytes": "64 KiB"}}},
            **more.pop("plugins", {}),
        },
        "workflows": {"w": {"allow": allow, "steps": steps, **own}, **more.pop("workflows", {})},
        "run": [{"workflow": "w", "with": given or {}}],
        **more,
    }


async def ran(host: lion.Host, tables: Any) -> tuple[Any, lion.RunReport]:
    """What it gave, once a replay of it was identical."""
    report = await host.run(tables)
    again = await replay_run(host.settings, report.run)
    assert again.identical, again.difference
    return report.endings[0].value, report


async def test_a_fan_out_a_workflow_within_and_a_join(host: lion.Host) -> None:
    inner = {
        "input": {"list": "list"}, "output": "=steps.sums", "allow": {"tools": ["calculator.add"]},
        "steps": {"sums": {**ADD, "each": "=input.list", "at-once": 2}},
    }  # fmt: skip
    both = {"a": "=steps.twice[0]", "b": "=steps.twice[2]"}
    steps = {
        "twice": {"workflow": "inner", "with": {"list": [1, 2, 3]}},
        "total": {"call": "calculator.add", "with": both},
    }
    value, report = await ran(host, manifest(steps, workflows={"inner": inner}))
    assert value == {"total": 8} and report.exit_code == 0
    invoked = [
        e.export for e in recorded(host.settings, report.run) if isinstance(e, PluginInvoked)
    ]
    assert sorted(invoked) == ["add"] * 4 + ["run"] * 2


async def test_a_call_is_decided_as_a_guests(host: lion.Host, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["tool calculator.divide", "agents * ann"]\n')
    settings = lion.Settings(**{**_fields(host.settings), "policy": policy})
    ann = {"component": WASM / "guide.wasm"}
    steps = {
        "no": {"call": "calculator.divide", "with": {"a": 1, "b": 1}, "on-failure": "continue"},
        "nor": {"agent": "ann", "task": "x", "on-failure": "continue"},
        "why": {"value": ["=errors.no.case", "=errors.nor.case"], "after": ["no", "nor"]},
    }
    allow = {"tools": ["calculator.*"], "agents": ["ann"]}
    async with lion.open_host(settings) as strict:
        value, report = await ran(strict, manifest(steps, allow=allow, agents={"ann": ann}))
    assert value == {"why": ["denied", "denied"]} and report.denied == 2
    denials = {(one.capability, one.operation, one.target) for one in report.denials}
    assert denials == {("tools", "start", "calculator.divide"), ("agents", "start", "ann")}


def _fields(settings: lion.Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


async def test_what_was_done_is_compensated(host: lion.Host) -> None:
    steps = {
        "write": {
            "call": "notebook.write", "with": {"title": "=item", "text": "x"},
            "each": "=['a', 'b']", "at-once": 1,
            "undo": {"call": "notebook.remove", "with": {"title": "=item"}},
        },
        "fail": {"call": "calculator.divide", "with": {"a": 1, "b": 0}, "after": ["write"]},
    }  # fmt: skip
    value, report = await ran(host, manifest(steps))
    assert report.exit_code == 1 and value["step"] == "fail" and value["case"] == "other"
    assert value["undone"] == ["write[1]", "write[0]"]
    assert report.endings[0].error is not None
    assert report.endings[0].error.endswith("; undone: write[1], write[0]")
    titles = [e.args for e in recorded(host.settings, report.run)
              if isinstance(e, PluginInvoked) and e.export == "remove"]  # fmt: skip
    assert titles == [["b"], ["a"]]


async def test_an_agent_works_under_its_own_grants(host: lion.Host) -> None:
    add = {"name": "calculator.add", "with": {"a": 1, "b": 2}}
    ann = {
        "component": WASM / "guide.wasm", "allow": {"tools": ["calculator.add"]},
        "config": {"forbidden": "", "tools": [add]},
    }  # fmt: skip
    steps = {"ask": {"agent": "ann", "task": "='sum ' + input.what"}}
    tables = manifest(
        steps, {"what": "up"}, input={"what": "string"}, agents={"ann": ann},
        allow={"agents": ["ann"]}, output="=steps.ask.json.answers['calculator.add'].value",
    )  # fmt: skip
    value, report = await ran(host, tables)
    assert value == 3
    (spawned,) = [e for e in recorded(host.settings, report.run) if isinstance(e, AgentSpawned)]
    assert spawned.task == "sum up"


ANSWERS = """[[answer]]
text = '''{"a": 1, "b": 10}
{"a": 2, "b": 20}
{"a": 3, "b": 30}
'''
"""


async def test_records_are_used_while_the_agent_writes(host: lion.Host, tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text(ANSWERS)
    tables = manifest(
        {
            "read": {"agent": "ann", "task": "go", "records": "json-lines"},
            "add": {
                "each": "=steps.read.records", "call": "calculator.add",
                "with": {"a": "=item.a", "b": "=item.b"},
            },
        },
        allow={"agents": ["ann"], "tools": ["calculator.add"]},
        models={"fast": {"provider": "scripted", "script": str(tmp_path / "answers.toml")}},
        agents={"ann": {"component": WASM / "researcher.wasm", "allow": {"llm": ["fast"]}}},
    )  # fmt: skip
    value, report = await ran(host, tables)
    assert value == {"add": [11, 22, 33]}
    events = recorded(host.settings, report.run)
    calls = [(i, e) for i, e in enumerate(events) if isinstance(e, CallFinished)]
    started = [i for i, e in calls if (e.capability, e.operation) == ("tools", "start")]
    completed = next(i for i, e in enumerate(events) if type(e).__name__ == "AgentCompleted")
    assert started[0] < completed, "it waited until the agent had ended"


FORM = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}


async def test_a_person_fills_in_a_form_and_is_asked_again(host: lion.Host) -> None:
    steps = {"ask": {"ask": "='Publish ' + input.what + '?'", "form": FORM}}
    tables = manifest(steps, {"what": "it"}, input={"what": "string"}, output="=steps.ask.ok")
    said = ["nonsense", '{"ok": 1}', '{"ok": true}']
    value, report = await answered(said, tables)
    assert value is True
    asked = [
        e.request for e in recorded(host.settings, report.run) if isinstance(e, ApprovalAsked)
    ]
    assert len(asked) == 3 and "Publish it?" in asked[0].arguments
    assert "it is no JSON" in asked[1].note and "does not follow the form" in asked[2].note


async def test_a_persons_no_is_a_failure_of_the_step(host: lion.Host) -> None:
    tables = manifest({"ask": {"ask": "Well?", "form": FORM}})
    value, report = await answered([None], tables)
    assert report.exit_code == 1 and value["case"] == "denied"


async def test_without_anybody_to_ask_the_step_fails(host: lion.Host) -> None:
    value, _ = await ran(host, manifest({"ask": {"ask": "Well?", "form": FORM}}))
    assert value["case"] == "unavailable" and "nobody to ask" in value["text"]


async def answered(said: list[str | None], tables: Any) -> tuple[Any, lion.RunReport]:
    """What a workflow comes to whose questions are answered so, in turn."""
    with trio.fail_after(60):
        async with lion.open_host(asks=True) as host, trio.open_nursery() as nursery:
            nursery.start_soon(_answer, host, said)
            found = await ran(host, tables)
            nursery.cancel_scope.cancel()
    return found


async def _answer(host: lion.Host, words: list[str | None]) -> None:
    """Answer each question in turn; None is a no."""
    seen: set[str] = set()
    for said in words:
        # The desk is a file, which tells nobody.
        while not (new := [w for w in await host.approvals() if w.request.id not in seen]):  # noqa: ASYNC110
            await trio.sleep(0.02)
        request = new[0].request
        seen.add(request.id)
        answer = Answer(allowed=said is not None, by="ann", via="program", words=said or "no")
        await host.answer(request.id, answer)


async def test_a_deadline_cuts_a_job_and_it_is_tried_again(host: lion.Host) -> None:
    slow = {"component": WASM / "waiter.wasm", "config": {"nanos": 10**13}}
    step = {
        "agent": "ann", "task": "wait", "deadline": "50 ms",
        "retry": {"times": 1, "wait": "1 ms"},
    }  # fmt: skip
    tables = manifest({"slow": step}, agents={"ann": slow}, allow={"agents": ["ann"]})
    value, report = await ran(host, tables)
    assert value["case"] == "timeout" and "longer than 0.05 s" in value["text"]
    spawned = [e for e in recorded(host.settings, report.run) if isinstance(e, AgentSpawned)]
    assert len(spawned) == 2


async def test_states_and_events_on_the_real_host(host: lion.Host) -> None:
    states = {
        "count": {
            "call": "calculator.add", "with": {"a": "=vars.n", "b": 1}, "set": {"n": "=result"},
            "next": [{"to": "count", "when": "=vars.n < 3"}, {"to": "done"}],
        },
        "done": {"value": "=vars.n", "end": "=result"},
    }  # fmt: skip
    value, _ = await ran(host, manifest(states, strategy="states", vars={"n": 0}))
    assert value == 3
    events = {
        "tick": {"every": "1 ms", "call": "calculator.add", "with": {"a": "=vars.n", "b": 1}},
        "note": {"on": ["tick"], "value": "=event.value", "set": {"n": "=result"}},
        "end": {"on": ["note"], "when": "=vars.n >= 3", "end": "=vars.n"},
    }
    value, _ = await ran(host, manifest(events, strategy="events", vars={"n": 0}))
    assert value >= 3


async def test_one_that_calls_itself_through_a_guest_ends(host: lion.Host) -> None:
    """No manifest says this cycle: a guest calls the workflow that has it work."""
    ann = {
        "component": WASM / "guide.wasm", "allow": {"tools": ["w.run"]},
        "config": {"forbidden": "", "tools": [{"name": "w.run", "with": {}}]},
    }  # fmt: skip
    steps = {"ask": {"agent": "ann", "task": "around"}}
    tables = manifest(steps, allow={"agents": ["ann"]}, agents={"ann": ann})
    _, report = await ran(host, tables)
    invoked = [e for e in recorded(host.settings, report.run) if isinstance(e, PluginInvoked)]
    assert len(invoked) <= 8


@pytest.mark.parametrize("count", [1_001])
async def test_a_fan_out_over_a_guests_list_is_bounded(host: lion.Host, count: int) -> None:
    steps = {
        "list": {"value": "=input.list"},
        "each": {**ADD, "each": "=steps.list"},
    }
    tables = manifest(steps, {"list": list(range(count))}, input={"list": "list"})
    value, report = await ran(host, tables)
    assert "a fan-out has at most 1,000" in value["text"] and report.calls == 0


async def test_it_is_called_as_a_tool_and_its_input_is_checked(host: lion.Host) -> None:
    tables = manifest({"a": {"value": "=input.n * 2"}}, {"n": 1}, input={"n": "integer"})
    assert await host.call(tables, "w.run", {"n": 4}) == {"a": 8}
    with pytest.raises(lion.OperatorError, match="do not follow the input's schema"):
        await host.call(tables, "w.run", {"n": "four"})


async def test_its_results_count_as_its_output(host: lion.Host) -> None:
    """A value that grows is bounded by what a holder may show at all."""
    tables = manifest(
        {"a": {"value": "=['x'].map(a, a + a + a + a)"}}, limits={"output": "4 B"},
    )  # fmt: skip
    report = await host.run(tables)
    assert report.exit_code == 3 and "more than 4 bytes" in report.endings[0].error


async def test_cancelling_the_run_stops_its_jobs(host: lion.Host) -> None:
    slow = {"component": WASM / "waiter.wasm", "config": {"nanos": 10**13}}
    steps = {"slow": {"agent": "ann", "task": "wait"}}
    tables = manifest(steps, agents={"ann": slow}, allow={"agents": ["ann"]})
    run = await host.start(tables)
    async for record in run:
        if record.type == "AgentSpawned":
            break
    run.cancel()
    report = await run
    assert report.interrupted
    again = await replay_run(host.settings, report.run)
    assert again.identical
    assert not [e for e in recorded(host.settings, run.id) if isinstance(e, PluginResult)]
