"""Worlds of every shape get bindings that compile, or are refused by file and line in words.

LION_SWEEP=200 tries so many random worlds, and all names of AssemblyScript's library; without it
there are a few.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from wasmtime import Engine
from wasmtime.component import Component

from lion.errors import OperatorError
from tests.toolchain.shapes import (
    REFUSED,
    SHAPES,
    WORDS,
    RandomShapes,
    kebab,
    world_of_words,
)
from tests.toolchain.whole import build_whole
from tests.toolchain.worlds import PACKAGES, ready_packages

pytestmark = pytest.mark.slow
SWEEP = int(os.environ.get("LION_SWEEP", "3"))


@pytest.fixture(scope="module", autouse=True)
def _ready() -> None:
    ready_packages()


@pytest.mark.parametrize("name", SHAPES)
def test_a_world_of_this_shape_is_carried(tmp_path: Path, name: str) -> None:
    made = build_whole(tmp_path, SHAPES[name])
    engine = Engine()
    found = Component(engine, made).type
    asked = [word for text in SHAPES[name].values() for word in text.split()].count("export")
    assert asked == 0 or found.exports(engine), "what it exports is there"


@pytest.mark.parametrize("name", REFUSED)
def test_a_world_of_this_shape_is_refused_in_words(tmp_path: Path, name: str) -> None:
    files, said = REFUSED[name]
    with pytest.raises(OperatorError, match=said):
        build_whole(tmp_path, files)


def _builtins() -> list[str]:
    """The names that AssemblyScript's own library has, as WIT would have them."""
    asc = (PACKAGES / "node_modules" / "assemblyscript" / "dist" / "asc.js").as_uri()
    code = f'import("{asc}").then(asc => console.log(asc.definitionFiles.assembly))'
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    kinds = r"declare (?:type|function|const|let|var|namespace|class) (\w+)"
    return [found for name in re.findall(kinds, done.stdout) if (found := kebab(name))]


@pytest.mark.parametrize("keyword", ["import", "export"])
def test_words_that_mean_something_are_names_like_others(tmp_path: Path, keyword: str) -> None:
    words, parts = [*WORDS], 2
    if "LION_SWEEP" in os.environ:
        words, parts = list(dict.fromkeys([*WORDS, *_builtins()])), 5
        assert len(words) > 200
    # A component holds at most 1,000 interfaces.
    for at in range(parts):
        build_whole(tmp_path / str(at), world_of_words(words[at::parts], keyword))


@pytest.mark.parametrize("seed", range(SWEEP))
def test_worlds_put_together_by_chance_are_carried(tmp_path: Path, seed: int) -> None:
    build_whole(tmp_path, RandomShapes(seed, WORDS).files())
