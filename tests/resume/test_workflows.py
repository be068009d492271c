"""A workflow whose process ended goes on where it was, wherever that is: nothing is done twice,
nothing is left out, and a replay of the whole is identical (Stage.resume looks).
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.approval import Answer
from lion.domain.events import (
    AgentCompleted,
    AgentPartialOutput,
    AgentSpawned,
    ApprovalAsked,
    CallFinished,
    CallWaits,
    PluginInvoked,
)
from lion.forking import Changes
from lion.history import tell_steps
from lion.log.sqlite_desk import SqliteDesk
from lion.ports import Desk
from tests.endurance.kit import manifest, plugin, replayed
from tests.resume.rig import Death, Stage

NOTEBOOK = plugin("notebook", 'allow.kv = { bytes = "64 KiB" }')
SUMS = """
[workflows.w]
allow.tools = ["notebook.*", "inner.run"]
output = { counts = "=steps.many", inner = "=steps.within", last = "=steps.last" }
[workflows.w.steps.first]
call = "notebook.count"
[workflows.w.steps.many]
each = "=[1, 2, 3]"
at-once = 2
after = ["first"]
call = "notebook.write"
with = { title = "='t' + string(item)", text = "x" }
[workflows.w.steps.within]
workflow = "inner"
after = ["first"]
[workflows.w.steps.pause]
wait = "2 ms"
after = ["many"]
[workflows.w.steps.last]
call = "notebook.count"
after = ["pause", "within"]
[workflows.inner]
allow.tools = ["notebook.titles"]
output = "=steps.a.size() >= 0"
[workflows.inner.steps.a]
call = "notebook.titles"
[[run]]
workflow = "w"
"""
WANTED = {"counts": [None, None, None], "inner": True, "last": 2}


@pytest.mark.parametrize(
    ("number", "durable"),
    [(3, True), (7, False), (10, True), (13, True), (17, False), (20, True), (24, True)],
)
async def test_it_goes_on_wherever_it_is_cut(stage: Stage, number: int, durable: bool) -> None:
    run = ""
    while not run:  # Of one that is cut before anything of it is durable nothing is there.
        cut = await stage.cut(
            NOTEBOOK,
            SUMS,
            at=partial(Death.come_with, kind=CallFinished, number=number, durable=durable),
        )
        run = cut if stage.is_known(cut) else ""
        number += 3
        assert number < 35
    report = await stage.resume(run)
    assert report.endings[0].value == WANTED, report.endings
    invoked = [one.export for one in stage.events(run, PluginInvoked)]
    assert sorted(invoked) == sorted(["run", "run", "titles", *["count"] * 2, *["write"] * 3])


async def test_again_and_again(stage: Stage) -> None:
    def three_more(death: Death) -> None:
        death.come_with(CallFinished, 3)

    # Records are written in groups: on a slow machine all of them may be in the first.
    run = await stage.cut(NOTEBOOK, SUMS, at=three_more)
    while not await stage.cut_again(run, at=three_more):
        run = await stage.cut(NOTEBOOK, SUMS, at=three_more)
    assert (await stage.resume(run)).endings[0].value == WANTED


async def test_a_wait_goes_on(stage: Stage) -> None:
    # Long enough that a slow machine is not past it before it begins to wait.
    text = SUMS.replace("2 ms", "1 s")
    run = await stage.cut(NOTEBOOK, text, at=lambda d: d.come_with(CallWaits))
    assert (await stage.resume(run)).endings[0].value == WANTED


UNDONE = """
[workflows.w]
allow.tools = ["notebook.*"]
[workflows.w.steps.write]
each = "=['a', 'b']"
at-once = 1
call = "notebook.write"
with = { title = "=item", text = "x" }
undo = { call = "notebook.remove", with = { title = "=item" } }
[workflows.w.steps.fail]
call = "notebook.read"
with = { title = "nothing" }
after = ["write"]
[[run]]
workflow = "w"
"""


@pytest.mark.parametrize("number", (2, 6, 10, 13))
async def test_a_compensation_goes_on(stage: Stage, number: int) -> None:
    run = await stage.cut(NOTEBOOK, UNDONE, at=lambda d: d.come_with(CallFinished, number))
    report = await stage.resume(run)
    assert report.endings[0].value["undone"] == ["write[1]", "write[0]"]
    invoked = [one.export for one in stage.events(run, PluginInvoked)]
    assert sorted(invoked) == ["read", "remove", "remove", "run", "write", "write"]


RULES = """
[workflows.w]
allow.tools = ["notebook.count"]
strategy = "events"
vars = { n = 0 }
[workflows.w.steps.tick]
on = ["start", "note"]
call = "notebook.count"
[workflows.w.steps.note]
on = ["tick"]
value = "=event.value"
set = { n = "=result" }
then = { emit = "noted" }
[workflows.w.steps.end]
on = ["noted"]
when = "=event.value >= 4"
end = "=vars.n"
[[run]]
workflow = "w"
"""
TOPICS = """
[workflows.w]
allow.tools = ["notebook.write", "notebook.count"]
allow.agents = ["ann"]
allow.bus = { receive = ["news.*"] }
strategy = "events"
[workflows.w.steps.begin]
on = ["start"]
agent = "ann"
task = "publish news.a 1\npublish news.b 2\npublish news.a 3\npublish news.a 4"
[workflows.w.steps.write]
on = ["bus news.*"]
call = "notebook.write"
with = { title = "='n' + string(event.value)", text = "=event.topic + event.sender" }
[workflows.w.steps.count]
on = ["write"]
call = "notebook.count"
[workflows.w.steps.end]
on = ["count"]
when = "=event.value == 4"
end = "=event.value"
[agents.ann]
component = "WASM"
allow.bus = { publish = ["news.*"] }
[[run]]
workflow = "w"
""".replace("WASM", plugin("x", component="probe-bus").split('"')[1])


@pytest.mark.parametrize(
    ("operation", "number", "durable"),
    [("subscribe", 1, True), ("publish", 2, True), ("publish", 4, False),
     ("subscription.next", 1, True), ("subscription.next", 3, False),
     ("subscription.next", 4, True)],
)  # fmt: skip
async def test_messages_that_waited_are_heard_once(
    stage: Stage, operation: str, number: int, durable: bool
) -> None:
    come = partial(
        Death.come_with, kind=CallFinished, number=number, durable=durable, operation=operation
    )
    run = await stage.cut(NOTEBOOK, TOPICS, at=come)
    if not stage.is_known(run):
        return
    report = await stage.resume(run)
    assert report.endings[0].value == 4, report.endings
    written = [e.args[0] for e in stage.events(run, PluginInvoked) if e.export == "write"]
    assert sorted(written) == ["n1", "n2", "n3", "n4"]


STATES = """
[workflows.w]
allow.tools = ["notebook.count"]
strategy = "states"
vars = { n = 0 }
[workflows.w.steps.count]
call = "notebook.count"
timeout = "10 s"
set = { n = "=result" }
next = [{ to = "count", when = "=vars.n < 4" }, { to = "done" }]
[workflows.w.steps.done]
end = "=vars.n"
[[run]]
workflow = "w"
"""


@pytest.mark.parametrize("number", (4, 9, 14))
@pytest.mark.parametrize("text", [RULES, STATES], ids=["events", "states"])
async def test_rules_and_states_go_on(stage: Stage, text: str, number: int) -> None:
    run = await stage.cut(NOTEBOOK, text, at=lambda d: d.come_with(CallFinished, number))
    report = await stage.resume(run)
    assert report.endings[0].value == 4
    assert len(stage.events(run, PluginInvoked)) == 5


def streamed(folder: Path) -> str:
    lines = "".join(f'{{"title": "r{n}"}}\n' for n in range(6))
    (folder / "answers.toml").write_text(f"[[answer]]\ntext = '''\n{lines}'''\nevery = '3 ms'\n")
    wasm = plugin("x", component="researcher").split('"')[1]
    return f"""
[models.fast]
provider = "scripted"
script = "{folder / "answers.toml"}"
[agents.ann]
component = "{wasm}"
allow.llm = ["fast"]
[workflows.w]
allow.agents = ["ann"]
allow.tools = ["notebook.write"]
output = "=steps.write.size()"
[workflows.w.steps.read]
agent = "ann"
task = "go"
records = "json-lines"
[workflows.w.steps.write]
each = "=steps.read.records"
call = "notebook.write"
with = {{ title = "=item.title", text = "x" }}
[[run]]
workflow = "w"
"""


@pytest.mark.parametrize(
    ("kind", "number"),
    [(AgentPartialOutput, 4), (AgentCompleted, 1), (AgentSpawned, 1), (CallFinished, 20),
     (PluginInvoked, 4)],
)  # fmt: skip
async def test_records_of_an_agent_go_on(
    stage: Stage, tmp_path: Path, kind: type[Any], number: int
) -> None:
    text = streamed(tmp_path)
    run = await stage.cut(NOTEBOOK, text, at=lambda d: d.come_with(kind, number))
    report = await stage.resume(run)
    assert report.endings[0].value == 6, report.endings
    written = [e.args[0] for e in stage.events(run, PluginInvoked) if e.export == "write"]
    assert sorted(written) == [f"r{n}" for n in range(6)]
    assert len(stage.events(run, AgentSpawned)) == 1


BRANCHES = """
[models.fast]
provider = "scripted"
script = "{fast}"
[models.other]
provider = "scripted"
script = "{other}"
[agents.ann]
component = "{wasm}"
allow.llm = ["fast"]
[workflows.w]
strategy = "states"
allow.agents = ["ann"]
allow.tools = ["notebook.*"]
[workflows.w.steps.ask]
agent = "ann"
task = "bug or wish?"
next = [{{ to = "bug", when = "=result.json.answer == 'bug'" }}, {{ to = "wish" }}]
[workflows.w.steps.bug]
call = "notebook.count"
next = [{{ to = "done" }}]
[workflows.w.steps.wish]
call = "notebook.titles"
next = [{{ to = "done" }}]
[workflows.w.steps.done]
end = "=ended.bug"
[[run]]
workflow = "w"
"""


async def test_a_fork_takes_another_branch(stage: Stage, tmp_path: Path) -> None:
    for name, word in (("fast", "bug"), ("other", "wish")):
        (tmp_path / f"{name}.toml").write_text(f'[[answer]]\ntext = "{word}"\n')
    text = BRANCHES.format(
        fast=tmp_path / "fast.toml", other=tmp_path / "other.toml",
        wasm=plugin("x", component="researcher").split('"')[1],
    )  # fmt: skip
    async with stage.host() as host:
        parent = await host.run(manifest(NOTEBOOK, text), folder=tmp_path)
        asked = next(r.seq for r in stage.records(parent.run) if r.type == "AgentSpawned")
        forked = await host.fork(parent.run, asked, Changes(models={"fast": "other"}))
    names = [[e.export for e in stage.events(one.run, PluginInvoked)] for one in (parent, forked)]
    assert names == [["run", "count"], ["titles"]]
    (told,) = await tell_steps(stage.settings, forked.run)
    led = [note.why for note in told.notes if note.what == "led to wish"]
    assert told.is_whole and led == ["completed"]
    await replayed(stage.settings, forked.run)


ASKING = """
[workflows.w]
allow.tools = ["notebook.count"]
output = "=steps.last"
[workflows.w.steps.person]
ask = "Well?"
form = { type = "object", required = ["ok"] }
[workflows.w.steps.last]
call = "notebook.count"
when = "=steps.person.ok"
[[run]]
workflow = "w"
"""


@pytest.mark.parametrize("kind", [ApprovalAsked, CallFinished])
async def test_a_question_is_asked_again_and_once(stage: Stage, kind: type[Any]) -> None:
    desk: Desk = SqliteDesk(stage.settings.state)
    run = await stage.cut(NOTEBOOK, ASKING, at=lambda d: d.come_with(kind), desk=desk)
    with trio.fail_after(60):
        async with stage.host(desk=desk) as host, trio.open_nursery() as nursery:
            nursery.start_soon(_answer, host)
            report = await host.resume(run)
    assert report.endings[0].value == 1, report.endings


async def _answer(host: Any) -> None:
    while not (waiting := await host.approvals()):  # noqa: ASYNC110 - the desk is a file
        await trio.sleep(0.02)
    assert len(waiting) == 1
    said = Answer(allowed=True, by="ann", via="program", words='{"ok": true}')
    await host.answer(waiting[0].request.id, said)
