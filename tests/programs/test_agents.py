"""Agents that are programs of others, on the real host: what they ask passes the one door, and a
replay does without them.
"""

import json
from pathlib import Path

import lion
from lion.domain.call import Status
from lion.domain.events import AgentPartialOutput, CallRequested
from lion.dry.host import open_dry_host
from lion.dry.samples import Samples
from tests.programs.kit import Scene

WORKS = """
with open("started", "a") as file:
    file.write("x")
task = lion_agent.task()
lion_agent.show("I begin.\\n")
lion_agent.partial({"seen": 1})
lion_agent.log("a line", "debug")
total = lion_agent.call("calculator.add", a=17, b=25)
answer = lion_agent.ask("fast", [{"role": "user", "content": task}], max_tokens=100)
kinds = [kind for kind, _ in lion_agent.stream("fast", [{"role": "user", "content": "tool"}])]
value = {"total": total, "kinds": kinds, "stop": answer["stop"]}
lion_agent.done(answer["text"], value)
"""


async def test_tools_models_and_one_ending(scene: Scene) -> None:
    ending = await scene.run(scene.agent(WORKS))
    assert ending.ok, ending.error
    assert ending.value["text"] == "I am a model."
    kinds = ["tool-start", *["tool-arguments"] * 4, "tool-end", "usage", "stop"]
    assert json.loads(ending.value["json"]) == {"total": 42, "kinds": kinds, "stop": "end"}
    # The replay of `run` started nothing.
    assert (scene.folder / "started").read_text() == "x"
    told = [e.args for e in scene.events() if isinstance(e, AgentPartialOutput)]
    assert told == [["I begin.\n"], ['{"seen": 1}']]


async def test_what_it_may_not_is_denied_and_on_record(scene: Scene) -> None:
    script = """
    said = []
    for name in ("calculator.divide", "nobody.here"):
        try:
            lion_agent.call(name, a=1, b=1)
        except lion_agent.Refused as exc:
            said.append(exc.case)
    try:
        lion_agent.ask("other", [])
    except lion_agent.Refused as exc:
        said.append(exc.case)
    said += [one["name"] for one in lion_agent.tools()] + lion_agent.models()
    lion_agent.done(" ".join(said))
    """
    ending = await scene.run(scene.agent(script))
    assert ending.text == "denied denied denied calculator.add fast"
    denied = [e for e in scene.events() if getattr(e, "status", None) is Status.DENIED]
    assert len(denied) == 3
    assert scene.report is not None and len(scene.report.denials) == 3


async def test_budgets_are_its_own(scene: Scene) -> None:
    script = """
    try:
        while True:
            lion_agent.ask("fast", [{"role": "user", "content": "x"}])
    except lion_agent.Refused as exc:
        lion_agent.done(exc.case)
    """
    allow = {"llm": [{"model": "fast", "calls": 2}]}
    ending = await scene.run(scene.agent(script, allow=allow))
    assert ending.text == "exhausted"
    assert [e.capability for e in scene.events() if isinstance(e, CallRequested)].count("llm") == 3


async def test_its_failure_is_an_agents_own(scene: Scene) -> None:
    ending = await scene.run(scene.agent("lion_agent.failed('I do not know how')"))
    assert not ending.ok and ending.exit_code == 1 and "I do not know how" in ending.error


async def test_what_breaks_off_says_how(scene: Scene) -> None:
    ending = await scene.run(scene.agent("raise ValueError('a bug of its own')"))
    assert not ending.ok and ending.exit_code == 3
    assert "exit code 1" in ending.error and "a bug of its own" in ending.error


async def test_a_program_that_is_not_there(scene: Scene) -> None:
    agent = {"adapter": "lines", "command": ["no-such-program"]}
    ending = await scene.run(agent)
    assert "'no-such-program' cannot be started: No such file" in ending.error


async def test_threads_have_answers_of_their_own(scene: Scene) -> None:
    script = """
    from concurrent.futures import ThreadPoolExecutor
    lion_agent.task()
    with ThreadPoolExecutor(8) as pool:
        sums = list(pool.map(lambda n: lion_agent.call("calculator.add", a=n, b=n), range(16)))
    lion_agent.done(str(sums == [2 * n for n in range(16)]))
    """
    assert (await scene.run(scene.agent(script))).text == "True"


async def test_a_workflow_has_it_work(scene: Scene) -> None:
    step = {"agent": "ann", "task": "='add ' + input.what"}
    flow = {
        "allow": {"agents": ["ann"]}, "input": {"what": "string"},
        "steps": {"one": step}, "output": "=steps.one.text",
    }  # fmt: skip
    script = "lion_agent.done(lion_agent.task().upper())"
    ending = await scene.run(
        scene.agent(script), workflows={"w": flow},
        run=[{"workflow": "w", "with": {"what": "x"}}],
    )  # fmt: skip
    assert ending.value == "ADD X"


async def test_it_begins_anew(scene: Scene) -> None:
    script = """
    import os
    lion_agent.task()
    if not os.path.exists("once"):
        open("once", "w").close()
        os._exit(9)
    lion_agent.done("the second time")
    """
    ending = await scene.run(scene.agent(script, restart={"when": "failure"}))
    assert ending.text == "the second time"


async def test_an_operator_forbids_them(scene: Scene, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    for rule, words in (
        ("system outside-agent", "the agent of others 'ann' (outside-agent) is"),
        ("program", "a rule forbids it"),
    ):
        policy.write_text(f'deny = ["{rule}"]\n')
        fields = scene.host.settings
        settings = lion.Settings(state=fields.state, cache=fields.cache, policy=policy)
        async with lion.open_host(settings) as host:
            try:
                report = await host.run(scene.manifest(scene.agent(WORKS)), folder=scene.folder)
                said = report.endings[0].error
            except lion.OperatorError as exc:
                said = exc.what
        assert words in said
    assert not (scene.folder / "started").exists()


async def test_what_it_prints_is_in_the_log(scene: Scene) -> None:
    script = """
    os.write(1, b"I print this\\n")
    say(type="done")
    """
    assert (await scene.run(scene.agent(script, raw=True))).ok
    assert ["info", "I print this"] in [getattr(e, "args", None) for e in scene.events()]


async def test_a_dry_run_starts_none(scene: Scene) -> None:
    manifest = scene.manifest(scene.agent(WORKS))
    async with open_dry_host(scene.host.settings, Samples(None)) as host:
        report = await host.run(manifest, folder=scene.folder)
    assert "a dry run starts no program" in report.endings[0].error
    assert not (scene.folder / "started").exists()
