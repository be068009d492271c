"""What is wrong in an AssemblyScript project is said with file, line, and what to do."""

from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.toolchain.assemblyscript.build import build_assemblyscript
from lion.toolchain.assemblyscript.node_tools import find_packages
from lion.toolchain.assemblyscript.wit import wit_source
from tests.toolchain.worlds import PACKAGES, ready_packages

WIT = """\
package test:greeter;

world greeter {
    include lion:host/plugin@0.1.0;

    /// Greets.
    export greet: func(name: string) -> result<string, string>;
}
"""
INDEX = """\
import { Result } from "lion-as";

export function greet(name: string): Result<string, string> {
  return Result.ok<string, string>("Hello, " + name);
}
"""


def _project(folder: Path, wit: str = WIT, index: str = INDEX) -> Path:
    (folder / "wit").mkdir()
    (folder / "assembly").mkdir()
    (folder / "wit" / "world.wit").write_text(wit, "utf-8")
    (folder / "assembly" / "index.ts").write_text(index, "utf-8")
    return folder


def _error(folder: Path) -> OperatorError:
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    with pytest.raises(OperatorError) as caught:
        build_assemblyscript(folder, folder / "greeter.wasm")
    assert not (folder / "greeter.wasm").exists()
    return caught.value


@pytest.fixture(scope="module")
def packages() -> None:
    ready_packages()


BAD_SOURCE = [
    (INDEX.replace("name);", "nam);"), "assembly/index.ts:4:48: Cannot find name 'nam'.", ""),
    (INDEX.replace("return", "retrun"), "assembly/index.ts:4:", ""),
    (
        INDEX.replace("greet(", "great("),
        "assembly/index.ts does not have the export its world asks for",
        "export function greet(name: string): Result<string, string> { ... }",
    ),
    (
        "export function greet(name: string): string {\n  return name;\n}\n",
        "assembly/index.ts does not have the export its world asks for: Type",
        "export function greet(name: string): Result<string, string> { ... }",
    ),
    (
        INDEX.replace("name: string)", "name: string, more: i32)"),
        "assembly/index.ts does not have the export its world asks for: Expected",
        "export function greet(name: string): Result<string, string> { ... }",
    ),
    (
        'import { x } from "./bindings/nothing";\n' + INDEX,
        "assembly/index.ts:1:19: File 'assembly/bindings/nothing.ts' not found.",
        "",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", BAD_SOURCE, ids=range(len(BAD_SOURCE)))
def test_a_mistake_in_the_source(
    packages: None, tmp_path: Path, case: tuple[str, str, str]
) -> None:
    index, what, hint = case
    error = _error(_project(tmp_path, index=index))
    assert what in error.what
    assert hint in error.hint
    assert "ERROR" in error.facts["diagnostics"]


BAD_WIT = [
    (WIT.replace("name: string", "name: strin"), "world.wit:7: ", "`strin`"),
    (WIT.replace("host/plugin", "host/plugins"), "world.wit:4: ", "plugins"),
    (WIT.replace("lion:host/", "lion:guest/"), "world.wit:4: ", "lion:guest"),
    (WIT.replace("-> result", "result"), "world.wit:7: ", "expected"),
    (WIT.replace("func(", "async func("), "world.wit:7: ", "async"),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", BAD_WIT, ids=range(len(BAD_WIT)))
def test_a_mistake_in_the_wit(packages: None, tmp_path: Path, case: tuple[str, str, str]) -> None:
    wit, where, what = case
    error = _error(_project(tmp_path, wit=wit))
    assert where in error.what and what in error.what, error.what


@pytest.mark.slow
def test_without_a_mistake_it_is_built(packages: None, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(PACKAGES / "node_modules")
    made = build_assemblyscript(_project(tmp_path), tmp_path / "greeter.wasm")
    assert made.path.read_bytes()[:4] == b"\0asm"
    before = made.path.stat().st_mtime_ns
    assert build_assemblyscript(tmp_path, tmp_path / "greeter.wasm").size == made.size
    assert made.path.stat().st_mtime_ns == before


def test_a_folder_without_a_source_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"has no assembly/index\.ts"):
        build_assemblyscript(tmp_path, tmp_path / "x.wasm")


def test_without_node_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OperatorError, match="there is no 'node' here") as caught:
        find_packages(tmp_path)
    assert "nodejs" in caught.value.hint


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with something called node."""
    path = tmp_path / "bin" / "node"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n", "utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent))


def test_without_packages_it_says_what_to_type(node: None, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    with pytest.raises(OperatorError, match=r"has no package\.json"):
        find_packages(inner)
    (tmp_path / "package.json").write_text("{}", "utf-8")
    with pytest.raises(OperatorError, match="lacks assemblyscript, @byte") as caught:
        find_packages(inner)
    assert caught.value.hint == f"type: npm install --omit=optional --prefix {tmp_path}"


BAD_FOLDERS = [
    ({}, "there is no WIT in"),
    ({"a.wit": "world w {}"}, "says which package it is"),
    ({"a.wit": "package a:b;"}, "there is no world in"),
    ({"a.wit": "package a:b;\nworld v {}\nworld w {}"}, "several worlds"),
]


@pytest.mark.parametrize("case", BAD_FOLDERS, ids=lambda case: case[1])
def test_a_folder_of_wit_that_is_none(tmp_path: Path, case: tuple[dict[str, str], str]) -> None:
    files, what = case
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(OperatorError, match=what):
        wit_source(tmp_path, "greeter")


def test_packages_are_nested_whatever_folders_they_are_in(tmp_path: Path) -> None:
    texts = {
        "world.wit": "package a:own@1.0.0;\n/// not } this\nworld w {}\n",
        "more.wit": "interface i {}\npackage a:inner { interface j {} }\n",
        "deps/one/a.wit": "package a:one;\ninterface a {}",
        "deps/one/b.wit": "interface b {}",
        "deps/two.wit": "package a:two;",
        "deps/one/deps/three/c.wit": "package a:three;",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    source = wit_source(tmp_path, "w")
    assert source.world == "a:own/w@1.0.0"
    names = [line.split()[1] for line in source.text.splitlines() if line.startswith("package ")]
    assert set(names) == {
        "a:own@1.0.0", "a:inner", "a:one", "a:two", "a:three", "lion:host@0.1.0",
    }  # fmt: skip
    assert len(names) == 6
