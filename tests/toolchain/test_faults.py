"""What a guest in AssemblyScript says when it goes wrong: its own words, with file and line."""

import re
from pathlib import Path
from typing import Any

import pytest

from lion.review.report import Ending
from tests.attack.kit import holder, open_arena
from tests.toolchain.tables import call_with
from tests.wasm.kit import ROOT

PLACE = r" \(assembly/index\.ts:\d+:\d+\)"


async def _end(directory: Path, function: str, arguments: dict[str, Any]) -> Ending:
    tables = [
        holder("faults", "faults-as", 'allow.tools = ["calculator.*"]'),
        holder("calculator", "calculator"),
    ]
    async with open_arena(directory) as arena:
        report = await arena.run(*tables, call_with(f"faults.{function}", arguments))
    [ending] = report.endings
    return ending


WORDS: list[tuple[str, dict[str, Any], str]] = [
    ("throw", {"message": "a 🦁 roars"}, "a 🦁 roars (assembly/index.ts:"),
    ("throw", {"message": "x" * 9000}, "x" * 1000),
    ("assertion", {"value": 2}, "one is expected (assembly/index.ts:"),
    ("nth", {"index": 3}, "Index out of range"),
    ("unwrap-error", {}, "invalid: "),
    ("wrong-case", {}, "this is no timeout but denied: it was only a test"),
    ("wrong-enum", {"number": 9}, "9 is no case of level"),
    ("wrong-char", {"number": 0xD800}, "55296 is no character"),
    ("wrong-char", {"number": 0x110000}, "1114112 is no character"),
    (
        "used-after-drop",
        {"tool": "calculator.add", "arguments": '{"a": 1, "b": 2}'},
        "this pending was dropped or given away",
    ),
]


@pytest.mark.parametrize("case", WORDS, ids=lambda case: f"{case[0]} {str(case[1])[:20]}")
async def test_last_words_say_what_was_wrong(
    tmp_path: Path, case: tuple[str, dict[str, Any], str]
) -> None:
    tool, arguments, words = case
    ending = await _end(tmp_path, tool, arguments)
    assert (ending.ok, ending.exit_code, ending.ending) == (False, 3, "trap")
    assert words in ending.words
    assert len(ending.words) < 5000


@pytest.mark.parametrize(
    ("tool", "arguments", "source"),
    [
        ("nth", {"index": 3}, "return numbers[index];"),
        ("throw", {"message": "x"}, "throw new Error(message);"),
        ("wrong-case", {}, "asTimeout();"),
        ("unwrap-error", {}, ".unwrap()!;"),
    ],
)
async def test_a_trap_says_the_authors_line_wherever_it_was(
    tmp_path: Path, tool: str, arguments: dict[str, Any], source: str
) -> None:
    ending = await _end(tmp_path, tool, arguments)
    place = re.search(r"trapped at assembly/index\.ts:(\d+): ", ending.error)
    assert place, ending.error
    lines = (ROOT / "plugins-src/faults-as/assembly/index.ts").read_text("utf-8").splitlines()
    assert source in lines[int(place[1]) - 1]


async def test_what_is_right_has_no_last_words(tmp_path: Path) -> None:
    assert (await _end(tmp_path, "assertion", {"value": 1})).ok
    assert (await _end(tmp_path, "nth", {"index": 2})).value == 30
    assert (await _end(tmp_path, "wrong-char", {"number": 0x1F981})).value == "🦁"


async def test_a_surrogate_without_its_partner_becomes_the_replacement(tmp_path: Path) -> None:
    assert (await _end(tmp_path, "lone-surrogate", {})).value == "lion\ufffd!"


async def test_memory_and_stack_are_told_from_other_traps(tmp_path: Path) -> None:
    assert (await _end(tmp_path / "a", "hoard", {})).ending == "memory"
    assert (await _end(tmp_path / "b", "recurse", {"depth": 1})).ending == "stack"
