"""Look here if you want to know what bad input gets: one clear line and its exit code."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.kit import WASM, Lion, assert_one_line

HELLO = f"""
name = "hello"

[plugins.hello]
component = "{WASM}/hello.wasm"

[[run]]
call = "hello.greet"
with = {{ name = "Ann" }}
"""

MISTAKES = [
    ("a typo in a key", HELLO.replace("component", "componnet"), "component"),
    ("not TOML", HELLO.replace('name = "hello"', "name = hello"), "manifest.toml:2"),
    ("an unknown table", HELLO.replace("[plugins.", "[plugin."), "plugins"),
    ("an unknown tool plugin", HELLO.replace('"hello.greet"', '"helo.greet"'), "hello"),
    ("an unknown capability", HELLO.replace("[[run]]", "allow.kw = {}\n[[run]]"), "kv"),
    ("a size without unit", HELLO.replace("[[run]]", "limits.memory = 5\n[[run]]"), "MiB"),
    ("the same plugin twice", HELLO + "\n[plugins.hello]\n", "twice"),
    ("one name twice", HELLO + f'[agents.hello]\ncomponent = "{WASM}/guide.wasm"\n', "duplicate"),
    ("an undeclared variable", HELLO.replace("Ann", "${who}"), "who"),
    ("nothing to run", HELLO.partition("[[run]]")[0], "[[run]]"),
    ("no name", HELLO.replace('name = "hello"\n', ""), "name"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "part"), [pytest.param(t, p, id=n) for n, t, p in MISTAKES])
def test_a_mistake_in_a_manifest(lion: Lion, text: str, part: str) -> None:
    assert_one_line(lion("run", lion.write(text)), 2, part)


def test_a_mistake_in_a_manifest_for_a_program(lion: Lion) -> None:
    result = lion("run", lion.write(MISTAKES[0][1]), "--json")
    error = json.loads(result.stdout)["error"]
    assert (result.returncode, result.stderr) == (2, "")
    assert (error["kind"], error["exit_code"]) == ("OperatorError", 2)
    assert error["message"]
    assert error["line"]


def test_a_missing_manifest_names_the_one_that_was_meant(lion: Lion) -> None:
    lion.write(HELLO)
    assert_one_line(lion("run", "manifst.toml"), 2, "there is no manifest", "manifest.toml'?")


def test_a_folder_as_manifest(lion: Lion) -> None:
    lion.write(HELLO)
    assert_one_line(lion("run", "."), 2, "is a directory", "manifest.toml")


def test_a_component_as_manifest(lion: Lion) -> None:
    assert_one_line(lion("run", WASM / "hello.wasm"), 2, "not a manifest", "lion inspect")


def test_a_manifest_that_is_not_text(lion: Lion) -> None:
    path = lion.write("")
    path.write_bytes(b'name = "\xff"')
    assert_one_line(lion("check", path), 2, "not UTF-8")


def _missing(lion: Lion) -> Path:
    return lion.folder / "nowhere.wasm"


def _text(lion: Lion) -> Path:
    return lion.write("just words", "text.wasm")


def _empty(lion: Lion) -> Path:
    return lion.write("", "empty.wasm")


def _truncated(lion: Lion) -> Path:
    path = lion.folder / "truncated.wasm"
    path.write_bytes((WASM / "hello.wasm").read_bytes()[:5000])
    return path


def _wat(name: str) -> Callable[[Lion], Path]:
    return lambda lion: lion.component(name)


COMPONENTS = [
    ("a missing file", _missing, 2, "nowhere.wasm"),
    ("a text file", _text, 2, "text.wasm"),
    ("an empty file", _empty, 2, "empty.wasm"),
    ("a truncated component", _truncated, 2, "truncated.wasm"),
    ("a core module", _wat("core-module"), 2, "core"),
    ("an unknown interface", _wat("unknown-import"), 3, "import"),
    ("an unknown function", _wat("unknown-function"), 3, "import"),
    ("a version that is not offered", _wat("unknown-version"), 3, "import"),
]


@pytest.mark.parametrize(
    ("build", "code", "part"), [pytest.param(b, c, p, id=n) for n, b, c, p in COMPONENTS]
)
def test_a_component_that_is_none(
    lion: Lion, build: Callable[[Lion], Path], code: int, part: str
) -> None:
    text = HELLO.replace(f"{WASM}/hello.wasm", str(build(lion)))
    assert_one_line(lion("run", lion.write(text)), code, part)


def test_an_agent_without_run(lion: Lion) -> None:
    agent = f'[agents.ann]\ncomponent = "{WASM}/hello.wasm"\n[[run]]\nagent = "ann"\ntask = "x"\n'
    path = lion.write(f'name = "x"\n{agent}')
    assert_one_line(lion("check", path), 3, "is no agent", "run(task)")
    assert lion("run", path).returncode == 3


def test_a_run_of_a_tool_that_is_not_there(lion: Lion) -> None:
    path = lion.write(HELLO.replace("hello.greet", "hello.gret"))
    assert_one_line(lion("check", path), 2, "no tool 'gret'", "did you mean 'greet'")
    assert lion("run", path).returncode == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_state_directory_that_cannot_be_written(lion: Lion) -> None:
    lion.state.mkdir(mode=0o500)
    assert_one_line(lion("run", lion.write(HELLO)), 2, str(lion.state), "--state")


def test_a_state_directory_that_is_a_file(lion: Lion) -> None:
    state = lion.write("", "file")
    assert_one_line(lion("run", lion.write(HELLO), "--state", state), 2, str(state), "--state")
    assert_one_line(lion("runs", "--state", state), 2, str(state))


def test_a_log_from_the_future(recorded: Lion) -> None:
    manifest = recorded.write(HELLO)
    (database,) = recorded.state.glob("*.sqlite")
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = database.read_bytes()
    for command in (["runs"], ["run", manifest], ["replay", "last"]):
        assert_one_line(recorded(*command), 5, "newer lion", "upgrade")
    assert database.read_bytes() == before


def test_a_changed_byte_in_the_log(recorded: Lion) -> None:
    (database,) = recorded.state.glob("*.sqlite")
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE segments SET data = zeroblob(length(data)) WHERE first_seq = 1")
    connection.close()
    assert_one_line(recorded("verify", "last"), 5, "does not verify at record 1")


def test_a_policy_that_is_not_there(lion: Lion) -> None:
    result = lion("run", lion.write(HELLO), "--policy", "nowhere.toml")
    assert_one_line(result, 2, "nowhere.toml")


USAGE = [
    (["rnu"], "did you mean 'run'?"),
    (["run"], "MANIFEST"),
    (["runs", "--jsno"], "--json"),
    (["run", "m.toml", "--set", "web"], "NAME=VALUE"),
    (["log", "nowhere"], "no runs"),
    (["call", str(WASM / "hello.wasm"), "hello.greet", "{name}"], "JSON"),
    (["call", str(WASM / "hello.wasm"), "hello.greet", "[1]"], "object"),
    (["call", str(WASM / "hello.wasm"), "helo.greet", "{}"], "'hello'"),
    (["inspect", "nowhere.wasm"], "nowhere.wasm"),
]


@pytest.mark.parametrize(("words", "part"), USAGE)
def test_a_mistake_on_the_command_line(lion: Lion, words: list[str], part: str) -> None:
    assert_one_line(lion(*words), 2, part)


def test_a_run_that_is_not_there_names_those_that_are(recorded: Lion) -> None:
    run = recorded.json("runs")[0]["run"]
    assert_one_line(recorded("log", "zzzz"), 2, "no run 'zzzz'", run)


@pytest.mark.parametrize("option", ["--state", "--policy"])
def test_an_option_that_is_given_twice_drops_neither(lion: Lion, option: str) -> None:
    result = lion("runs", option, "one", option, "two")
    assert_one_line(result, 2, option, "once")


def test_no_home(lion: Lion) -> None:
    result = lion("runs", HOME="", LION_STATE="", XDG_STATE_HOME="")
    assert_one_line(result, 2, "HOME", "LION_STATE")


def test_a_bug_is_one_line_and_says_how_to_report_it(recorded: Lion) -> None:
    recorded.write("raise RuntimeError('planted')", "sitepackage/sqlite3/__init__.py")
    planted = str(recorded.folder / "sitepackage")
    result = recorded.process("runs", PYTHONPATH=planted)
    assert_one_line(result, 70, "a bug in lion", "planted", "report")
    told = recorded.process("runs", "-v", PYTHONPATH=planted)
    assert told.returncode == 70
    assert "Traceback" in told.stderr
