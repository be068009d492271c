"""A service in a process of its own, and the commands that speak to it."""

import json
import os
import signal
from pathlib import Path

import pytest

from lion.cli.lazy_group import ALIASES, COMMANDS
from lion.history import open_history
from lion.settings import Settings
from tests.cli.kit import ROOT, WASM, Lion, assert_one_line
from tests.cli.serving import begin, end, served

TOUR = ROOT / "examples" / "tour" / "manifest.toml"


def waiting(lion: Lion, *, times: int = 100_000) -> Path:
    """A manifest with an agent that waits, 10 ms at a time."""
    return lion.write(f"""
name = "waiting"

[agents.waiter]
component = "{WASM}/waiter.wasm"
config = {{ times = {times}, pieces = {times}, nanos = 10_000_000 }}

[plugins.calculator]
component = "{WASM}/calculator.wasm"

[service]
slots = 1
queue = 3
grace = "50 ms"
""")


def test_commands_without_a_service_say_so(lion: Lion) -> None:
    for words in (("status",), ("task", "list"), ("plugin", "list"), ("task", "submit", "a", "b")):
        result = lion(*words)
        assert_one_line(result, 2, "no service works on", "lion serve")


def test_a_service_from_its_start_to_its_end(lion: Lion) -> None:
    with served(lion, TOUR):
        second = lion("serve")
        assert_one_line(second, 2, "a service works on", "lion serve", "--state DIR")
        status = lion.json("status")
        assert (status["state"], status["manifests"], status["slots"]) == ("ready", ["tour"], 8)
        followed = lion("task", "submit", "ann", "lions", "--follow")
        assert followed.returncode == 0
        assert "ann | calculator.add: 6" in followed.stdout
        assert "completed" in followed.stdout
        assert lion("plugin", "invoke", "calculator.add", '{"a": 2, "b": 3}').stdout == "5\n"
        failed = lion("plugin", "invoke", "calculator.divide", '{"a": 2, "b": 0}')
        assert failed.returncode == 1
        assert "division by zero" in failed.stderr
        tasks = [json.loads(line) for line in lion("task", "list", "--json").stdout.splitlines()]
        assert [task["state"] for task in tasks] == ["completed", "completed", "failed"]
        shown = lion("task", "show", tasks[0]["id"][:6]).stdout
        assert "its turn   decision 1 (priority), out of 1" in shown
        assert lion("audit", tasks[0]["run"]).returncode == 0
    (chain,) = _chains(lion)
    assert lion("verify", chain).returncode == 0
    told = lion("log", chain).stdout
    for word in ("begins", "installs", "submits", "turn", "starts", "task ends", "stops"):
        assert f" {word} " in told
    assert lion("runs").stdout.count("tour") == 3
    assert lion("export", chain, "-o", "chain.jsonl").returncode == 0
    assert lion("verify", "chain.jsonl").returncode == 0
    assert_one_line(lion("replay", chain), 5, f"lion log {chain}")
    assert_one_line(lion("audit", chain), 5, f"lion log {chain}")


def _chains(lion: Lion) -> list[str]:
    with open_history(Settings(state=lion.state, cache=lion.folder)) as reader:
        return reader.chains()


def test_a_service_goes_on_where_it_ended(lion: Lion) -> None:
    with served(lion, TOUR):
        assert lion("plugin", "disable", "calculator", "--reason", "too good").returncode == 0
    with served(lion):
        refused = lion("plugin", "invoke", "calculator.add", "{}")
        assert_one_line(refused, 2, "'calculator' gets no work", "too good", "plugin enable")
        assert lion("plugin", "enable", "calculator").returncode == 0
        assert lion("plugin", "invoke", "calculator.add", '{"a": 1, "b": 1}').stdout == "2\n"
        hello = lion("plugin", "install", WASM / "echo.wasm")
        assert "installed  echo: echo" in hello.stdout
        text = (ROOT / "examples/hello/manifest.toml").read_text("utf-8")
        text = text.replace("../../plugins-wasm", str(WASM))
        taken = lion("plugin", "install", "-", stdin=text)
        assert_one_line(taken, 2, "'hello' is taken: the manifest 'tour' has a plugin")
        assert lion("plugin", "remove", "tour").returncode == 0
        gone = lion("task", "submit", "ann", "x")
        assert_one_line(gone, 2, "nothing is installed as 'ann'")


def test_what_works_when_the_grace_is_over_goes_on_at_the_next_start(lion: Lion) -> None:
    process = begin(lion, waiting(lion))
    id = lion("task", "submit", "waiter", "x").stdout.strip()
    later = lion("task", "submit", "calculator.add", '{"a": 1, "b": 2}').stdout.strip()
    code, err = end(process)
    assert (code, err) == (130, "")
    with served(lion, waiting(lion)):
        assert lion.json("task", "show", id)["state"] == "processing"
        assert lion("log", lion.json("task", "show", id)["run"]).returncode == 0
        cut = lion("task", "cancel", id, "--reason", "enough")
        assert cut.returncode == 0, cut.stderr
        assert lion.json("task", "show", later[:8])["id"] == later
        followed = lion("task", "show", later, "--follow")
        assert (followed.returncode, "completed" in followed.stdout) == (0, True)
        again = lion("task", "retry", id)
        assert again.returncode == 0, again.stderr
        assert lion("task", "cancel", id).returncode == 0


def test_what_was_under_way_at_a_kill_goes_on_where_it_was(lion: Lion) -> None:
    process = begin(lion, waiting(lion, times=150))
    id = lion("task", "submit", "waiter", "x").stdout.strip()
    while "10 of 150" not in lion("log", "last").stdout:
        pass
    end(process, signal.SIGKILL)
    with served(lion):
        followed = lion("task", "show", id, "--follow")
        assert (followed.returncode, followed.stderr) == (0, "")
        said = [line for line in followed.stdout.splitlines() if " of 150" in line]
        assert said == [f"waiter | {i} of 150" for i in range(1, 151)]
        task = lion.json("task", "show", id)
        assert (task["attempts"], task["state"]) == (1, "completed")
    assert "goes on" in lion("log", task["run"]).stdout


def test_a_full_queue_refuses_with_words(lion: Lion) -> None:
    process = begin(lion, waiting(lion))
    ids = [lion("task", "submit", "waiter", "x").stdout.strip() for _ in range(4)]
    assert_one_line(lion("task", "submit", "waiter", "x"), 2, "the queue is full: 3 tasks wait")
    same = [lion("task", "cancel", id, "--reason", "enough").returncode for id in ids]
    assert same == [0, 0, 0, 0]
    over = lion("task", "cancel", ids[0])
    assert_one_line(over, 2, "is cancelled already")
    assert end(process) == (0, "")


def test_a_second_signal_does_not_wait_for_the_grace(lion: Lion) -> None:
    path = waiting(lion)
    path.write_text(path.read_text("utf-8").replace("50 ms", "1 h"), "utf-8")
    process = begin(lion, path)
    lion("task", "submit", "waiter", "x")
    os.kill(process.pid, signal.SIGTERM)
    while lion.json("status")["state"] != "stopping":
        pass
    assert_one_line(lion("task", "submit", "waiter", "x"), 2, "is stopping and takes no new work")
    assert end(process, signal.SIGINT)[0] == 130


def test_an_update_shows_what_changes_and_waits_for_a_yes(lion: Lion) -> None:
    path = lion.write(f"""
name = "notes"
[plugins.notebook]
component = "{WASM}/notebook.wasm"
""")
    with served(lion, path):
        path.write_text(f'{path.read_text()}allow.kv = {{ bytes = "64 KiB" }}\n', "utf-8")
        shown = lion("plugin", "update", "notes")
        assert shown.returncode == 2
        assert shown.stdout == '+ plugins.notebook.allow.kv = { bytes = "64 KiB" }\n'
        word = shown.stderr.split("--accept ")[1].split()[0]
        assert lion("plugin", "update", "notes", "--accept", "0" * 12).returncode == 2
        assert lion("plugin", "update", "notes", "--accept", word).returncode == 0
        assert "grant    plugins.notebook.allow.kv" in lion("plugin", "show", "notebook").stdout
    path.write_text(path.read_text().replace("64 KiB", "32 KiB"), "utf-8")
    with served(lion, path) as process:
        told = "".join(process.told)
        assert 'updated  notes: + plugins.notebook.allow.kv = { bytes = "32 KiB" }' in told


def test_code_that_is_not_what_was_installed_gets_no_work(lion: Lion) -> None:
    component = lion.folder / "plugin.wasm"
    component.write_bytes((WASM / "hello.wasm").read_bytes())
    with served(lion, component):
        component.write_bytes((WASM / "calculator.wasm").read_bytes())
        refused = lion("plugin", "invoke", "plugin.greet", '{"name": "Ann"}')
        assert refused.returncode == 2
        assert "'plugin' has drifted" in refused.stderr
        assert "drifted" in lion("plugin", "show", "plugin").stdout
        changed = lion.json("plugin", "update", "plugin")["error"]
        assert "other code" in changed["changes"][0]
        lion("plugin", "update", "plugin", "--accept", changed["accept"])
        assert lion("plugin", "invoke", "plugin.add", '{"a": 1, "b": 1}').stdout == "2\n"


def test_what_they_were_called_first_works(lion: Lion) -> None:
    assert not ALIASES.keys() & COMMANDS.keys()
    with served(lion, TOUR):
        assert lion("list-plugins").stdout == lion("plugin", "list").stdout
        assert lion("invoke-plugin", "calculator.add", '{"a": 1, "b": 1}').stdout == "2\n"
        assert lion("spawn-agent", "ann", "x").returncode == 0
        assert lion("submit-task", "ann", "x").returncode == 0
        demo = lion("multi-agent-demo", "--json")
        assert json.loads(demo.stdout)["exit_code"] == 0
        assert lion("load-plugin", WASM / "echo.wasm").returncode == 0


def test_agents_are_started_seen_and_stopped(lion: Lion) -> None:
    path = waiting(lion)
    here = lion("agent", "spawn", "waitor", "x", "--manifest", path)
    assert_one_line(here, 2, "has no agent 'waitor'", "did you mean 'waiter'?")
    alone = lion("agent", "spawn", "waiter", "x", "--manifest", waiting(lion, times=1))
    assert alone.returncode == 0
    assert "1 of 1" in alone.stdout
    assert "it runs in this process" in alone.stderr
    with served(lion, waiting(lion)):
        id = lion("agent", "spawn", "waiter", "x", "--detach").stdout.strip()
        while id not in (listed := lion("agent", "list").stdout):
            pass
        assert listed.startswith("waiter            waiting           ready")
        assert "agent waiter: x" in lion("agent", "show", id).stdout
        assert "cancelled  " in lion("agent", "cancel", id).stdout


def test_an_agent_that_failed_begins_anew_within_its_task(lion: Lion) -> None:
    path = lion.write(f"""
name = "again"
[agents.ann]
component = "{WASM}/stepper.wasm"
restart = {{ when = "failure", times = 2, within = "10 min" }}
""")
    with served(lion, path):
        done = lion("agent", "spawn", "ann", '[["trap", "oh"]]')
        assert done.returncode == 3
        (task,) = [json.loads(line) for line in lion("task", "list", "--json").stdout.splitlines()]
        assert task["state"] == "failed"
    log = lion("log", task["run"]).stdout
    assert log.count("for the ") == 2 and log.count("not again (at most 2 times in 10 min)") == 1


def test_children_are_listed_beneath_their_spawner_and_cancelled_with_its_task(
    lion: Lion,
) -> None:
    """Of a task that is cancelled the whole tree ends, the deepest first."""
    forever = ["sleep", 10**15]
    bob = ["agent-spawn", "c", "carl", [forever], None, "calls 5"]
    ann = ["agent-spawn", "b", "bob", [bob, forever], None, "calls 40"]
    steppers = "".join(
        f'[agents.{name}]\ncomponent = "{WASM}/stepper.wasm"\nallow.agents = ["{whom}"]\n'
        for name, whom in (("ann", "bob"), ("bob", "carl"), ("carl", "carl"))
    )
    path = lion.write(f'name = "family"\n{steppers}')
    with served(lion, path):
        task = json.dumps([ann, forever])
        id = lion("agent", "spawn", "ann", task, "--detach").stdout.strip()
        while "carl  calls" not in (listed := lion("agent", "list").stdout):
            pass
        lines = [line.strip() for line in listed.splitlines() if line.startswith("        ")]
        assert lines[0].startswith("0.1  bob  calls ") and lines[0].endswith("left of 40")
        assert lines[1].startswith("0.1.1  carl  calls ") and lines[1].endswith("left of 5")
        run = lion.json("task", "show", id)["run"]
        assert "cancelled  " in lion("task", "cancel", id).stdout
        while lion.json("task", "show", id)["state"] != "cancelled":
            pass
    records = [json.loads(line) for line in lion("log", run, "--json").stdout.splitlines()]
    ends = [one["invocation"] for one in records if one["type"] == "AgentError"]
    assert ends == ["0.1.1", "0.1", "0"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("ann",), "'ann' is no agent but a plugin"),
        (("calculator.",), "names no tool"),
        (("calculator.add", "[1]"), "not an object"),
        (("calculator.add", "--resource", "gold=1"), "there is no resource 'gold'"),
        (("calculator.add", "--resource", "gold"), "'gold' is not NAME=COUNT"),
        (("calculator.add", "--parent", "abc"), "there is no task 'abc'"),
        (("calculator.add", "--deadline", "soon"), "'soon' is no time"),
        (("calculator.add", "--deadline", "0 s"), "a deadline lies ahead"),
        (("calculator.add", "--retry-factor", "nan"), "nan is no factor"),
        (("calculater.add",), "did you mean 'calculator'?"),
    ],
)
def test_orders_that_make_no_sense_are_refused_with_words(
    asked: Lion, words: tuple[str, ...], part: str
) -> None:
    assert_one_line(asked("task", "submit", *words), 2, part)


@pytest.mark.parametrize("id", ["", "/", "..", "zz", "%2e", "\u20ac"])
def test_an_id_that_is_none_is_refused_with_words(asked: Lion, id: str) -> None:
    for command in ("show", "cancel", "retry"):
        assert_one_line(asked("task", command, id), 2, f"there is no task {id!r}")
    assert_one_line(asked("plugin", "show", id), 2, f"nothing is installed as {id!r}")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    lion = Lion(tmp_path_factory.mktemp("asked"))
    path = lion.write(f"""
name = "asked"
[plugins.calculator]
component = "{WASM}/calculator.wasm"
[plugins.ann]
component = "{WASM}/hello.wasm"
""")
    with served(lion, path):
        yield lion


def test_as_soon_as_it_is_ready_it_can_be_stopped(lion: Lion) -> None:
    for _ in range(2):
        assert end(begin(lion)) == (0, "")
