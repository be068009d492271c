"""`lion ask` and `lion models`: runs like any other, judged, paid for and recorded."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.kit import WASM, Lion, assert_one_line

MANIFEST = """
name = "desk"
[models.fast]
provider = "scripted"
script = "answers.toml"
prices = { input = 1, output = 2 }
[models.slow]
provider = "scripted"
script = "other.toml"
[agents.ann]
component = "not-there.wasm"
allow.llm = ["fast"]
"""
ANSWERS = """
[[answer]]
when = { result = "42" }
text = "It is 42."
[[answer]]
when = { offers = "add" }
calls = [{ name = "add", with = { a = 17, b = 25 } }]
[[answer]]
when = { user = "animal" }
text = '{"animal": "lion", "legs": 4}'
[[answer]]
when = { user = "escape" }
text = "\\u001b[2Jdone"
[[answer]]
thinking = "Hm."
text = "pong and pong"
"""
OTHER = """
[[answer]]
when = { user = "pong" }
text = "pong"
"""


@pytest.fixture
def desk(lion: Lion) -> Lion:
    lion.write(MANIFEST)
    lion.write(ANSWERS, "answers.toml")
    lion.write(OTHER, "other.toml")
    return lion


def test_an_answer_is_all_that_stdout_gets(desk: Lion) -> None:
    asked = desk("ask", "fast", "hello")
    assert (asked.returncode, asked.stdout) == (0, "pong and pong\n")
    assert "tokens in" in asked.stderr and "by the manifest's prices" in asked.stderr
    assert "Hm." not in asked.stderr
    assert "Hm.\n" in desk("ask", "fast", "hello", "--thinking").stderr


def test_it_is_a_run_recorded_and_replayed(desk: Lion) -> None:
    asked = desk.json("ask", "fast", "hello")
    assert asked["text"] == "pong and pong" and asked["stop"] == "end"
    record = desk("log", asked["run"], "--json").stdout
    assert '"capability":"llm","operation":"start"' in record.replace(" ", "")
    assert desk("replay", asked["run"]).returncode == 0


def test_no_component_is_loaded_and_stdin_is_read(desk: Lion) -> None:
    asked = desk("ask", "fast", "-", "--system", "Be short.", stdin="hello")
    assert asked.stdout == "pong and pong\n"


def test_the_policy_judges_it(desk: Lion) -> None:
    policy = desk.write('deny = ["llm start fast"]\n', "policy.toml")
    asked = desk("ask", "fast", "hello", "--policy", policy)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "policy line 1" in asked.stderr
    tried = desk("models", "manifest.toml", "fast", "--policy", policy)
    assert tried.returncode == 2 and "a rule forbids it" in tried.stdout


def test_a_budget_holds_it(desk: Lion) -> None:
    asked = desk("ask", "fast", "hello", "--tokens", "3")
    assert asked.returncode == 2 and "exhausted" in asked.stderr
    cut = desk("ask", "fast", "hello", "--max-tokens", "2")
    assert cut.returncode == 0 and "stop: length" in cut.stderr


def test_what_could_steer_a_terminal_is_escaped(desk: Lion) -> None:
    assert desk("ask", "fast", "escape").stdout == "\\x1b[2Jdone\n"


def test_each_model_is_tried(desk: Lion) -> None:
    tried = desk("models", "manifest.toml")
    assert tried.returncode == 4, tried.stderr
    lines = tried.stdout.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("  word")] == ["yes", "yes"]
    assert [line.split()[1] for line in lines if line.startswith("  tool")] == ["yes", "no"]
    assert 'add({"a": 17, "b": 25}), then: It is 42.' in tried.stdout
    assert "the script has no answer" in tried.stdout
    found = desk.json("models", "manifest.toml", "fast")["models"]
    assert [one["case"] for one in found[0]["trials"]] == ["", "", ""]


def test_check_says_where_models_are(desk: Lion) -> None:
    text = MANIFEST.replace("not-there.wasm", str(WASM / "researcher.wasm"))
    text += '[models.far]\nprovider = "anthropic"\nmodel = "m"\nkey = "far"\n'
    desk.write(text.replace('["fast"]', '["fast", "far"]'))
    checked = desk("check", "manifest.toml")
    assert "llm      far goes to https://api.anthropic.com/v1\n" in checked.stdout
    assert "llm      fast\n" in checked.stdout
    assert "model far has no key: secret far is not bound" in checked.stdout


def test_a_list_asks_nothing(desk: Lion) -> None:
    listed = desk("models", "manifest.toml", "--list")
    assert listed.returncode == 0 and listed.stdout.splitlines()[0].startswith("fast  scripted")
    assert json.loads(desk("runs", "--json").stdout) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ask", "fasst", "hi"), "did you mean 'fast'?"),
        (("models", "manifest.toml", "fasst"), "did you mean 'fast'?"),
        (("ask", "fast", " "), "the question is empty"),
        (("ask", "fast", "hi", "-m", "nothing.toml"), "there is no manifest"),
        (("ask", "fast", "hi", "--money", "much"), "no amount of money"),
    ],
)
def test_mistakes_are_told(desk: Lion, words: tuple[str, ...], said: str) -> None:
    assert_one_line(desk(*words), 2, said)


def test_a_holder_of_its_name_is_told(desk: Lion) -> None:
    desk.write(MANIFEST + '[system.terminal]\nuse = "console"\n')
    wrong = desk("ask", "fast", "hi")
    assert wrong.returncode == 2 and "rename it" in wrong.stderr


def test_guards_of_the_manifest_judge_it(desk: Lion) -> None:
    # Open on one day a week, and that is not now, wherever midnight is.
    day = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    settings = f'settings = {{ zone = "UTC", days = ["{day}"], capabilities = ["llm"] }}'
    desk.write(MANIFEST + f'[system.hours]\nuse = "office-hours"\n{settings}\n')
    asked = desk("ask", "fast", "hi")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "denied  terminal  llm start fast" in asked.stderr
