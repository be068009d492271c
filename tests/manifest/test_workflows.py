"""Workflows of a manifest: what becomes of their tables, and what is refused with which line."""

from pathlib import Path

import pytest

from lion.domain.plan import Grant, Plan
from lion.domain.workflow import Retry, decode_workflow, encode_workflow
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest

HEAD = """name = "m"
[plugins.tool]
component = "tool.wasm"
[agents.ann]
component = "ann.wasm"
"""


def parsed(text: str) -> Plan:
    return parse_manifest(HEAD + text, path=Path("/m/m.toml"))


GOOD = """
[workflows.report]
allow.tools = ["tool.*"]
allow.agents = ["ann"]
input = { topic = "string", n = "integer?" }

[workflows.report.steps.page]
call = "tool.fetch"
with = { url = "=input.topic" }
retry = { times = 3, wait = "2 s", factor = 3.0 }
deadline = "5 s"

[workflows.report.steps.well]
ask = "='Well? ' + steps.page.text"
form = { type = "object", required = ["ok"] }

[[run]]
workflow = "report"
with = { topic = "x" }
"""


def test_a_workflow_is_a_holder_with_its_code() -> None:
    plan = parsed(GOOD)
    holder = plan.holders["report"]
    workflow = holder.workflow
    assert holder.kind == "workflow" and holder.table == "workflows" and workflow is not None
    assert decode_workflow(encode_workflow(workflow)) == workflow
    page, well = workflow.steps
    assert page.retry == Retry(times=3, wait_ns=2_000_000_000, factor=3.0)
    assert page.deadline_ns == 5_000_000_000 and well.job is not None
    assert workflow.input["required"] == ["topic"]
    assert holder.grants == (
        Grant("tools", 'workflows.report.allow.tools = ["tool.*"]', patterns=("tool.*",)),
        Grant("agents", 'workflows.report.allow.agents = ["ann"]', patterns=("ann",)),
        Grant("people", "workflows.report.steps.well.ask"),
    )
    assert plan.runs[0].call == "report.run"  # type: ignore[union-attr]


def flow(steps: str, more: str = "") -> str:
    return f'[workflows.w]\nallow.tools = ["tool.*"]\nallow.agents = ["ann"]\n{more}\n{steps}'


def one(keys: str) -> str:
    return flow(f"[workflows.w.steps.a]\n{keys}")


STATES = 'strategy = "states"'
EVENTS = 'strategy = "events"'
A = "[workflows.w.steps.a]\nvalue = 1\n"


# ruff: noqa: E501 - a manifest and what is said of it belong on one line
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (one('call = "tool.x"\nwhne = "=true"'), "m.toml:12: workflows.w.steps.a.whne: unknown key 'whne'"),
        (one('call = "tol.x"'), "m.toml:11: workflows.w.steps.a.call: there is no plugin 'tol'"),
        (one('agent = "bob"\ntask = "x"'), "m.toml:11: workflows.w.steps.a.agent: there is no agent 'bob'"),
        (one('agent = "ann"'), "m.toml:10: workflows.w.steps.a: 'task' is missing"),
        (one('workflow = "x"'), "there is no workflow 'x'"),
        (one('workflow = "w"'), "no grant covers 'w.run'"),
        (one('call = "ann.x"'), "no grant covers 'ann.x'"),
        (one('value = "=steps.b"'), "m.toml:11: workflows.w.steps.a.value: column 6: there is no 'steps.b'"),
        (one('value = "=input.x + 1"').replace("\n\n", '\ninput = { x = "string" }\n'), "no matching overload for '_+_' applied to '(string, int)'"),
        (one('value = "=item"'), "there is no 'item' here"),
        (one('value = 1\nwhen = "true"'), "is no expression"),
        (one('value = 1\nwhen = "=1"'), "it gives a value of type integer, and should give true or false"),
        (one('value = 1\neach = "=\'x\'"'), "it gives a text, and should give a list"),
        (one('agent = "ann"\ntask = "=1"'), "should give a text; string(...) makes a text"),
        (one('value = 1\nwait = "1 s"'), "it has value and wait"),
        (one('after = ["b"]'), "m.toml:10: workflows.w.steps.a: it does nothing"),
        (one('value = 1\nafter = ["b"]'), "there is no step 'b'"),
        (one('value = "=steps.b"') + '\n[workflows.w.steps.b]\nvalue = "=steps.a"', "a cycle: a needs b needs a"),
        (one('value = 1\nnext = [{ to = "a" }]'), "the strategy 'dag' has no 'next'"),
        (one('value = 1\njoin = "some"'), "join: 'some' is not known"),
        (one('value = 1\nretry = { times = 1, factor = 0.5 }'), "it is from 1 to 1000"),
        (one('value = 1\nretry = { times = 2_000_000 }'), "retry.times: it is from 1 to 1,000,000, not 2,000,000"),
        (one('agent = "ann"\ntask = "x"\nrecords = "jsonl"'), "'jsonl' is no format; write one of json, json-lines"),
        (flow(A + 'end = 1\nset = { m = 1 }', 'strategy = "states"\nvars = { n = 0 }'), "steps.a.set.m: nothing reads the variable 'm', and 'vars' does not have it; known here: n"),
        (one('value = 1\nretry = { times = 1, on = ["oops"] }'), "is no case of an error"),
        (one('value = 1\nat-once = 100_000'), "it is from 1 to 512"),
        (one('value = 1\nbefore = { check = { type = "nope" } }'), "workflows.w.steps.a.before.check: the schema.type: it is no type: array, boolean"),
        (one('value = 1\nthen = { serialise = "yaml" }'), "'yaml' is no form"),
        (one('value = 1\nundo = { task = "x" }'), "needs one of call, agent, workflow"),
        (one('value = 1').replace(".a]", ".a-b]"), "'a-b' is no name of a step"),
        (flow(A, 'strategy = "dagg"'), "there is no strategy 'dagg'; did you mean 'dag'?"),
        (flow(A, 'input = { x = "strnig" }'), "'strnig' is no type"),
        (flow(A, 'output = "=steps.b"'), "workflows.w.output: column 6: there is no 'steps.b'"),
        (flow(A, "items = 1_000_000_000"), "it is from 1 to 100,000"),
        (flow(A + 'on = ["bus news.*"]', EVENTS), "m.toml:12: workflows.w.steps.a.on: no grant covers topic 'news.*'; under [workflows.w] write allow.bus = { receive = [\"news.*\"] }"),
        (flow(A + 'on = ["bus news.**"]', EVENTS + '\nallow.bus = { receive = ["news.*"] }'), "no grant covers topic 'news.**'"),
        (flow(A + 'on = ["bus  news"]', EVENTS), "' news' is no pattern of topics"),
        (flow(A + 'on = ["bus"]', EVENTS), "there is no event 'bus'"),
        (flow(A + 'on = [' + ", ".join(f'"bus t{n}"' for n in range(33)) + ']', EVENTS), "it hears 33 patterns of topics, and at most 32"),
        (flow(A + 'on = ["bus x"]\nallow = 1', EVENTS), "unknown key 'allow'"),
        (flow(A, STATES), "workflows.w.steps.a: it leads nowhere"),
        (flow(A + 'next = [{ to = "b" }]', STATES), "there is no state 'b'"),
        (flow(A + 'next = [{ to = "a" }]', STATES), "no state is an end"),
        (flow(A + 'next = [{ to = "a", on = "never" }]\nend = 1', STATES), "'never' is no ending"),
        (flow(A + 'end = 1\n[workflows.w.steps.b]\nvalue = 1\nend = 2', STATES), "no way leads from 'a' to it"),
        (flow(A + "end = 1", f'{STATES}\nfirst = "z"'), "there is no state 'z'"),
        (flow(A, EVENTS), "nothing begins it"),
        (flow(A + 'on = ["never"]', EVENTS), "there is no event 'never'"),
        (flow(A + 'on = ["a"]', EVENTS), "no event that can happen begins it"),
        (flow(A + 'every = "1 us"', EVENTS), 'it is at least "1 ms"'),
        ("[workflows.w]\nsteps = {}", "it has no steps"),
        ("[workflows.w]\nstrategy = 'dag'", "'steps' is missing"),
        ("[workflows.tool]\n[workflows.tool.steps.a]\nvalue = 1", "'tool' is a plugin and a workflow"),
        (flow(A).replace('"ann"', '"bob"'), "workflows.w.allow.agents: there is no agent 'bob'"),
        ('[[run]]\nworkflow = "x"', "run[0].workflow: there is no workflow 'x'"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(OperatorError) as caught:
        parsed(text)
    assert words in str(caught.value)
    assert ".toml:" in str(caught.value)


def test_workflows_that_lead_back_to_themselves_are_refused() -> None:
    text = "".join(
        f'[workflows.{a}]\nallow.tools = ["*.run"]\n[workflows.{a}.steps.s]\nworkflow = "{b}"\n'
        for a, b in (("x", "y"), ("y", "z"), ("z", "x"))
    )
    with pytest.raises(OperatorError, match="a cycle: x begins y begins z begins x"):
        parsed(text)


def test_a_thousand_steps_are_checked_soon() -> None:
    """Expressions are compiled once each; nothing is done in the square of the steps. The figure
    itself is the bench's.
    """
    steps = "".join(
        f'[workflows.w.steps.s{n}]\ncall = "tool.x"\nwith = {{ a = "=steps.s{n - 1}" }}\n'
        if n
        else '[workflows.w.steps.s0]\ncall = "tool.x"\n'
        for n in range(1_000)
    )
    plan = parsed(flow(steps))
    workflow = plan.holders["w"].workflow
    assert workflow is not None and len(workflow.steps) == 1_000
