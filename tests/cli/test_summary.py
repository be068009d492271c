"""Look here if you want to know what a person and a program are told at the end."""

import json
from pathlib import Path

import pytest

from lion.cli.faults import as_lion_error, render_json, render_lines
from lion.cli.options import Common
from lion.cli.screen import Screen
from lion.cli.summary import render_ending, render_summary
from lion.errors import AuditError, GuestError, OperatorError
from lion.manifest.parse import bare_plan
from lion.review.report import Denial, Ending, RunReport

PLAIN = Screen(None)


def report(endings: tuple[Ending, ...] = (), denials: tuple[Denial, ...] = ()) -> RunReport:
    return RunReport("0123456789", 0, endings, 7, len(denials), denials, 1_500_000_000)


def summary(told: RunReport) -> list[str]:
    return list(render_summary(told, bare_plan(Path("x.wasm")), Common(), PLAIN))


def test_what_is_told_of_a_run() -> None:
    lines = summary(report())
    assert lines[0] == "run 01234567: 7 calls, 0 denied, 1.50 s"
    assert [line.split()[-2:] for line in lines[1:]] == [
        ["replay", "last"],
        ["audit", "last"],
        ["log", "last"],
        ["verify", "last"],
    ]


def test_an_answer_of_several_lines_is_one_block() -> None:
    ending = Ending("ann", "agent", ok=True, exit_code=0, text="one\ntwo\x1b[2J\n")
    assert list(render_ending(ending, 5, PLAIN)) == [
        "ok      ann    one",
        " " * 15 + "two\\x1b[2J",
    ]


def test_an_answer_without_words_is_a_line() -> None:
    ending = Ending("ann", "agent", ok=True, exit_code=0)
    assert list(render_ending(ending, 3, PLAIN)) == ["ok      ann"]


def test_a_long_answer_is_cut_and_says_so() -> None:
    ending = Ending("ann", "agent", ok=True, exit_code=0, text="line\n" * 100)
    lines = list(render_ending(ending, 3, PLAIN))
    assert len(lines) == 42
    assert lines[-1].strip() == "… 59 more lines"


def test_a_failure_tells_its_last_words() -> None:
    ending = Ending(
        "ann", "agent", ok=False, exit_code=3, error="it trapped", ending="trap", words="oh\nno"
    )
    assert [line.strip() for line in render_ending(ending, 3, PLAIN)] == [
        "failed  ann  it trapped", "oh", "no",
    ]  # fmt: skip


def test_a_guest_cannot_draw_with_a_denied_target() -> None:
    denial = Denial("ann", "kv", "set", "x\n\x1b[1mok  bob  done", "no grant covers it", times=3)
    lines = summary(report(denials=(denial,)))
    assert lines[0] == (
        "denied  ann  kv set x\\n\\x1b[1mok  bob  done   no grant covers it  (3 times)"
    )


def test_many_denials_are_not_all_told() -> None:
    denials = tuple(Denial("ann", "kv", "set", str(n), "no") for n in range(30))
    lines = [line for line in summary(report(denials=denials)) if line.startswith("denied")]
    assert len(lines) == 11
    assert lines[-1].endswith("log last")


def test_a_guest_error_for_people_and_for_programs() -> None:
    error = GuestError("it trapped", ending="trap", words="a\x07b", frames=("f",), hint="mend it")
    assert render_lines(error, PLAIN) == [
        "error: it trapped",
        "       its last words: a\\x07b",
        "       mend it",
    ]
    assert json.loads(render_json(error)) == {
        "error": {
            "kind": "GuestError", "message": "it trapped", "hint": "mend it", "exit_code": 3,
            "ending": "trap", "words": "a\x07b", "frames": ["f"],
        }
    }  # fmt: skip


def test_facts_that_are_no_json_are_told_as_text() -> None:
    error = OperatorError("no", path=Path("/x"), name="\udcff", hint="")
    told = json.loads(render_json(error))["error"]
    assert (told["path"], told["name"]) == ("/x", "\\udcff")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("x"), 70),
        (AuditError("x"), 5),
        (ExceptionGroup("g", [RuntimeError("x"), OperatorError("y")]), 2),
        (BaseExceptionGroup("g", [KeyboardInterrupt()]), 130),
    ],
)
def test_every_error_has_an_exit_code(error: BaseException, code: int) -> None:
    assert as_lion_error(error).exit_code == code
