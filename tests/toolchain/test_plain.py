"""Look here if you want to know that the words of tools are taken apart rightly also where colours
are asked for: by a person's settings, or by a CI, in which some tools write them unasked.
"""

import os
import shutil
from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.toolchain.assemblyscript.build import build_assemblyscript
from lion.toolchain.assemblyscript.packages import fetch_packages
from lion.toolchain.built import Request
from lion.toolchain.plain import plain_environment
from lion.toolchain.project import find_projects
from lion.toolchain.python.build import check_python
from lion.toolchain.rust.cargo import find_crate
from lion.toolchain.rust.compiler import find_toolchain
from tests.toolchain.worlds import PACKAGES, ready_packages

COLOURS = {
    "CI": "true", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "PYTHON_COLORS": "1",
    "CARGO_TERM_COLOR": "always", "npm_config_color": "always",
}  # fmt: skip
CRATE = """\
[package]
name = "fox"
version = "1.0.0"
edition = "1515"
"""
PLUGIN = '[project]\nname = "owl"\n[project.entry-points."lion.system"]\nowl = "owl_file:Owl"\n'
WIT = "package test:fox;\n\nworld fox {\n    export greet: func() -> string;\n}\n"


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COLOURS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def test_the_rest_of_the_environment_stays_and_is_not_changed() -> None:
    plain = plain_environment()
    assert plain["PATH"] == os.environ["PATH"]
    assert plain["CI"] == "true"
    assert plain["CARGO_TERM_COLOR"] == "never"
    assert "FORCE_COLOR" not in plain
    assert os.environ["FORCE_COLOR"] == "1"


def test_a_system_plugin_that_ends_its_process(tmp_path: Path) -> None:
    ends = "import sys\nsys.stdout.close()\n"
    projects = find_projects(
        str(_write(tmp_path, {"pyproject.toml": PLUGIN, "owl_file.py": ends}))
    )
    with pytest.raises(OperatorError, match="ended its process: ValueError: I/O") as caught:
        check_python(projects, Request(folders=()), print)
    assert "\x1b" not in str(caught.value)


def test_cargo(tmp_path: Path) -> None:
    try:
        tools = find_toolchain()
    except OperatorError as exc:
        pytest.skip(str(exc))
    files = {"Cargo.toml": CRATE, "src/lib.rs": "", "wit/world.wit": WIT}
    [project] = find_projects(str(_write(tmp_path, files)))
    with pytest.raises(OperatorError, match=r"cannot read '.*Cargo.toml': failed to") as caught:
        find_crate(project, tools)
    assert "\x1b" not in str(caught.value)


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
def test_npm(tmp_path: Path) -> None:
    _write(tmp_path, {"package.json": '{"dependencies": {"a": "not a version!"}}'})
    with pytest.raises(OperatorError, match=r"cannot install what .* names: code E") as caught:
        fetch_packages(tmp_path, print)
    assert "\x1b" not in str(caught.value)


@pytest.mark.slow
def test_asc(tmp_path: Path) -> None:
    ready_packages()
    index = 'export function greet(): string {\n  return nam + "!";\n}\n'
    _write(tmp_path, {"wit/world.wit": WIT, "assembly/index.ts": index})
    (tmp_path / "node_modules").symlink_to(PACKAGES / "node_modules")
    with pytest.raises(OperatorError) as caught:
        build_assemblyscript(tmp_path, tmp_path / "fox.wasm")
    assert caught.value.what == "assembly/index.ts:2:10: Cannot find name 'nam'."
    assert caught.value.facts["diagnostics"].startswith("ERROR TS2304: ")
    assert "\x1b" not in caught.value.facts["diagnostics"]
