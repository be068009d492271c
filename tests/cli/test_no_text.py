"""Bytes that are no UTF-8, which a shell passes on as they are: told so by whatever wants text."""

import os

import pytest

from tests.cli.kit import ROOT, WASM, Lion, assert_one_line, tour

BYTES = os.fsdecode(b"a\xff")
REPORT = ROOT / "examples" / "wasi" / "report.wasm"
DEBATE = ROOT / "examples" / "debate" / "manifest.toml"


@pytest.mark.parametrize(
    "words",
    [
        ("run", REPORT, "--yes", "--", BYTES),
        ("run", REPORT, "--yes", "--env", f"A={BYTES}"),
        ("call", WASM / "hello.wasm", "greet", f'{{"name": "{BYTES}"}}'),
        ("call", WASM / "hello.wasm", "greet", "{}", "--config", f'greeting = "{BYTES}"'),
        ("ask", "fast", BYTES, "-m", DEBATE),
        ("run", "tour.toml", "--set", f"a={BYTES}"),
        ("run", BYTES),
        ("log", BYTES),
        ("approve", BYTES),
        ("refuse", "x", BYTES),
        ("new", BYTES, "--lang", "rust"),
        ("build", BYTES),
        ("inspect", BYTES),
        ("element", "show", BYTES),
    ],
)
def test_it_is_no_bug(lion: Lion, words: tuple[str, ...]) -> None:
    lion.write(tour(), "tour.toml")
    assert_one_line(lion(*words), 2)


def test_an_agents_task_is_text(lion: Lion) -> None:
    path = lion.write(tour(), "tour.toml")
    result = lion("agent", "spawn", "ann", BYTES, "--manifest", path)
    assert result.returncode == 2 and "'a\\udcff' is no text" in result.stderr
