"""`lion workflow` as a person types it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.cli.kit import ROOT, WASM, Lion

TRIAGE = ROOT / "examples" / "workflows" / "ticket-triage" / "manifest.toml"
EVIL = """name = "evil"
[plugins.calculator]
component = "%s"
[workflows.w]
allow.tools = ["calculator.*"]
[workflows.w.steps.a]
value = "=input.x == '</text><script>\\"]; n0 --> x ``` \\u001b[31m'"
when = "=input.x != '</text><script>\\" -- \\u202e'"
[workflows.w.steps.b]
call = "calculator.add"
with = { a = "=int(steps.a)", b = 1 }
"""


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    path = tmp_path / "evil.toml"
    path.write_text(EVIL % (WASM / "calculator.wasm"))
    return path


def test_list_and_show(lion: Lion) -> None:
    assert "triage  states, 5 steps; id, text" in lion("workflow", "list", TRIAGE).stdout
    shown = lion("workflow", "show", TRIAGE).stdout
    assert "sort    agent sorter" in shown and "to bug: vars.kind == 'bug'" in shown
    graph = json.loads(lion("workflow", "show", TRIAGE, "triage", "--json").stdout)
    assert {"begin": "sort", "end": "person", "label": "timeout"} in graph["edges"]


@pytest.mark.parametrize("form", ["svg", "dot", "mermaid"])
def test_pictures_hold_whatever_stands_in_a_manifest(lion: Lion, evil: Path, form: str) -> None:
    shown = lion("workflow", "show", evil, "--format", form)
    assert shown.returncode == 0, shown.stderr
    # In DOT a text stands in quotes.
    assert form == "dot" or "<script" not in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "\u202e" not in shown.stdout
    if form == "svg":
        ET.fromstring(shown.stdout)
    if form == "mermaid":
        assert len([one for one in shown.stdout.splitlines() if "-->" in one]) == 1


def test_run_and_replay(lion: Lion) -> None:
    given = '{"id": "t-1", "text": "The gate is open."}'
    ran = lion("workflow", "run", TRIAGE, given)
    assert json.loads(ran.stdout) == {"id": "t-1", "kind": "bug"}, ran.stderr
    assert "identical" in lion("replay", "last").stdout
    again = lion("workflow", "run", TRIAGE, "triage", "-", "--json", stdin=given)
    assert json.loads(again.stdout)["endings"][0]["value"]["kind"] == "bug"


def test_explain_says_why(lion: Lion, tmp_path: Path) -> None:
    lion("workflow", "run", TRIAGE, '{"id": "t-1", "text": "The gate is open."}')
    shown = lion("workflow", "explain").stdout
    assert "sort  led to bug: completed, and vars.kind == 'bug'" in shown
    told = json.loads(lion("workflow", "explain", "last", "--json").stdout)
    assert told[0]["is_whole"] and told[0]["workflow"] == "triage"
    lion("run", ROOT / "examples" / "hello" / "manifest.toml")
    assert lion("workflow", "explain").stdout == "no workflow was begun\n"


def test_check_looks_at_tools_and_their_arguments(lion: Lion, evil: Path) -> None:
    text = evil.read_text()
    for new, said in (
        (text.replace("calculator.add", "calculator.ad"), "has no tool 'ad'; did you mean 'add'?"),
        (text.replace("b = 1", "c = 1"), "there is no parameter 'c'"),
        (text.replace(", b = 1", ""), "'b' is missing"),
        (text.replace('"=int(steps.a)"', '"x"'), "expected s64"),
        (text.replace("b = 1", "b = true"), ".with.b: it does not fit add: func(a: s64, b: s64)"),
    ):
        evil.write_text(new)
        shown = lion("check", evil)
        assert shown.returncode == 2 and "evil.toml:1" in shown.stderr, shown.stderr
        assert said in " ".join(shown.stderr.replace("\n       ", "; ").split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", TRIAGE, "tirage"], "did you mean 'triage'?"),
        (["run", TRIAGE, "{}"], '"id" is a required property'),
        (["run", TRIAGE, "{"], "the arguments"),
        (["run", TRIAGE, "triage", "{}", "more"], "too many words"),
        (["show", TRIAGE, "x"], "there is no workflow 'x'"),
        (["show", ROOT / "examples" / "hello" / "manifest.toml"], "has no workflows"),
        (["answer", "abc", "{}"], "no call that waits has an id that begins"),
        (["answer", "abc", "[]"], "not an object"),
        (["answer", "abc", json.dumps({"x": "y" * 2_000})], "write at most 1,000"),
    ],
)
def test_mistakes(lion: Lion, words: list[str | Path], said: str) -> None:
    shown = lion("workflow", *words)
    assert shown.returncode == 2 and said in shown.stderr, shown.stderr
    assert "Traceback" not in shown.stderr


def test_check_names_the_line(lion: Lion, evil: Path) -> None:
    evil.write_text(evil.read_text().replace("steps.a)", "steps.c)"))
    shown = lion("check", evil)
    assert shown.returncode == 2
    assert f"{evil}:11: workflows.w.steps.b.with" in shown.stderr
    assert "there is no 'steps.c'; did you mean" in shown.stderr
