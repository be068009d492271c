"""What the program of an agent of others can do to lion by what it says, leaves unsaid and starts:
nothing but end itself.
"""

import json
import os

import pytest
import trio

import lion
from lion.capabilities.program import running
from lion.domain.events import AgentError, CallRequested
from lion.programs.family import marked
from tests.conductor.conftest import host as host
from tests.conductor.conftest import own_home as own_home
from tests.programs.conftest import scene as scene
from tests.programs.kit import Scene

LINES = {
    "endless": ('os.write(1, b"x" * 3_000_000)', "a line of more than 1,048,576 bytes"),
    "not UTF-8": ('os.write(1, b"\\xff\\xfe\\n")', "a line that is no UTF-8"),
    "half a surrogate": (
        'os.write(1, b\'{"type":"text","text":"\\\\ud800"}\\n\')', "a line that is no message"
    ),
    "half an object": ('os.write(1, b\'{"type":\\n\')', "a line that is no message"),
    "deep": ("os.write(1, b'{\"a\":' + b'[' * 500 + b'\\n')", "nested more than 64 levels"),
    "unknown type": ('say(type="sudo")', "a line that is no message"),
    "unknown field": ('say(type="text", text="x", to="bob")', "a line that is no message"),
    "wrong kind": ('say(type="call", id=[1], tool="x")', "a line that is no message"),
    "large id": ('say(type="call", id="x" * 65, tool="x")', "an id has at most 64 characters"),
    "large number": ('say(type="call", id=2**64, tool="x")', "a line that is no message"),
    "closed output": ("os.close(1); time.sleep(600)", "closed its output before it was done"),
    "killed itself": ("os.kill(os.getpid(), 9)", "signal 9"),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
async def test_a_line_that_is_none_ends_it_alone(scene: Scene, name: str) -> None:
    script, words = LINES[name]
    call = {"call": "calculator.add", "with": {"a": 1, "b": 2}}
    agent = scene.agent(script, raw=True)
    ending = await scene.run(agent, run=[{"agent": "ann", "task": "x"}, call])
    assert scene.report is not None
    assert not ending.ok and ending.exit_code == 3 and words in ending.error
    assert scene.report.endings[1].value == 3


async def test_what_it_asks_at_once_is_bounded(scene: Scene) -> None:
    script = """
    for number in range(300):
        say(type="call", id=number, tool="calculator.add", **{"with": {"a": 1, "b": 1}})
    said = [hear() for _ in range(300)]
    say(type="done", text=" ".join(sorted({one.get("case", one["type"]) for one in said})))
    """
    ending = await scene.run(scene.agent(script, raw=True, limits={"concurrent": 4}))
    assert ending.text == "exhausted result"


async def test_what_it_asks_of_models_at_once_is_bounded(scene: Scene) -> None:
    script = """
    for number in range(20):
        think = [{"role": "user", "content": "think"}]
        say(type="ask", id=number, model="fast", messages=think)
    said = [hear() for _ in range(16)]
    say(type="done", text=" ".join(sorted({one["case"] + ": " + one["text"] for one in said})))
    """
    limits = {"concurrent": 4, "deadline": "60 s"}
    ending = await scene.run(scene.agent(script, raw=True, limits=limits))
    assert ending.text == "exhausted: 4 are under way, which is the limit"


async def test_questions_that_no_guest_could_ask_are_refused(scene: Scene) -> None:
    script = """
    calls = [
        dict(type="ask", model="fast", messages=[], **{"max-tokens": 2**40}),
        dict(type="ask", model="fast", messages=[], temperature=1e300),
        dict(type="ask", model="fast", messages="none"),
        dict(type="ask", model="fast", messages=[], tools={"a": 1}),
        dict(type="call", tool="calculator.add", **{"with": [1]}),
        dict(type="call", tool="calculator.add", **{"with": {"a": "x" * 100_000}}),
        dict(type="call", tool="x" * 100_000),
    ]
    said = []
    for number, one in enumerate(calls):
        say(id=number, **one)
        said.append(hear()["case"])
    say(type="ask", id=1, model="fast", messages=[{"role": "user", "content": "think"}])
    say(type="call", id=1, tool="calculator.add", **{"with": {"a": 1, "b": 1}})
    said.append(hear()["case"])
    say(type="done", text=" ".join(said))
    """
    ending = await scene.run(scene.agent(script, raw=True))
    assert ending.text == " ".join(["invalid"] * 8)


async def test_who_does_not_listen_is_ended(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LISTENS", 0.2)
    script = """
    import threading
    def ask():
        while True:
            say(type="tools", id=1)
    threading.Thread(target=ask, daemon=True).start()
    time.sleep(600)
    """
    ending = await scene.run(scene.agent(script, raw=True))
    assert "it took nothing of what was said to it for 0.2 s" in ending.error


async def test_a_flood_ends_at_its_limits(scene: Scene) -> None:
    script = """
    while True:
        say(type="text", text="x" * 1_000)
    """
    agent = scene.agent(script, raw=True, limits={"log": "1 MiB", "output": "64 KiB"})
    ending = await scene.run(agent)
    assert not ending.ok and "log" in (ending.ending + ending.error)


async def test_what_it_says_after_its_end_is_dropped(scene: Scene) -> None:
    script = """
    lines = [{"type": "done", "text": "1"}, {"type": "done", "text": "2"}]
    lines.append({"type": "call", "id": 1, "tool": "calculator.add", "with": {"a": 1, "b": 1}})
    os.write(1, b"".join(json.dumps(one).encode() + b"\\n" for one in lines))
    time.sleep(600)
    """
    assert (await scene.run(scene.agent(script, raw=True))).text == "1"
    calls = [getattr(e, "args", None) for e in scene.events()]
    assert ["warn", "2 lines after its end were dropped"] in calls
    assert ["calculator.add", '{"a": 1, "b": 1}'] not in calls


FAMILY = """
import subprocess
child = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
subprocess.Popen(child, start_new_session=True)
mark = os.environ["LION_PROGRAM"]
with open("mark.new", "w") as file:
    file.write(mark)
os.rename("mark.new", "mark")
"""


async def mark_of(scene: Scene) -> str:
    """The mark of the program and all that it has started, once it has."""
    path = trio.Path(scene.folder / "mark")
    while not await path.exists():
        await trio.lowlevel.checkpoint()
    return await path.read_text()


@pytest.mark.parametrize("end", ['say(type="done")', "pass", "os.kill(os.getpid(), 9)"])
async def test_it_ends_with_all_that_it_has_started(scene: Scene, end: str) -> None:
    await scene.run(scene.agent(f"{FAMILY}\n{end}", raw=True))
    await none_left(await mark_of(scene))


async def test_its_deadline_ends_all_of_it(scene: Scene) -> None:
    agent = scene.agent(f"{FAMILY}\ntime.sleep(600)", raw=True, limits={"deadline": "2 s"})
    ending = await scene.run(agent)
    assert ending.ending == "deadline"
    await none_left(await mark_of(scene))


async def none_left(mark: str) -> None:
    """Wait until the system is through with ending what was killed."""
    with trio.fail_after(60):
        while marked(mark):
            await trio.lowlevel.checkpoint()


async def test_who_is_cancelled_takes_it_along(scene: Scene) -> None:
    manifest = scene.manifest(scene.agent(f"{FAMILY}\ntime.sleep(600)", raw=True))
    run = await scene.host.start(manifest, folder=scene.folder)
    mark = await mark_of(scene)
    assert marked(mark)
    run.cancel()
    await run.wait()
    await none_left(mark)
    with lion.open_history(scene.host.settings) as reader:
        events = [record.event() for record in reader.records(run.id)]
    assert [e.ending for e in events if isinstance(e, AgentError)] == ["cancelled"]


async def test_it_has_nothing_of_lions_environment(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LION_SECRET_KEY", "example.com very-secret")
    script = """
    open(os.path.join(os.environ["HOME"], "mine"), "w").close()
    say(type="done", text=json.dumps(dict(os.environ)))
    """
    ending = await scene.run(scene.agent(script, raw=True, env={"EXTRA": "1"}))
    found = json.loads(ending.text)
    given = {"HOME", "TMPDIR", "PYTHONPATH", "LION_PROGRAM", "EXTRA"}
    assert given <= found.keys() <= given | {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ"}
    assert found["EXTRA"] == "1" and not await trio.Path(found["HOME"]).exists()
    assert found["HOME"] != os.environ["HOME"]


async def test_the_start_is_on_record_before_it(scene: Scene) -> None:
    await scene.run(scene.agent('say(type="done")', raw=True))
    begun = [e for e in scene.events() if isinstance(e, CallRequested)]
    assert [(e.capability, e.operation) for e in begun] == [("program", "start")]
