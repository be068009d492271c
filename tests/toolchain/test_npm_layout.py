"""Where npm's packages are looked for and when npm is asked: without npm. test_npm_build.py asks
it really.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lion.errors import OperatorError
from lion.toolchain.assemblyscript import packages
from lion.toolchain.assemblyscript.node_tools import PACKAGES
from lion.toolchain.assemblyscript.packages import (
    fetch_packages,
    library_folder,
    packages_folder,
    tools_text,
)
from lion.toolchain.project import find_projects

VERSIONS = {"assemblyscript": "1.2.3", "@bytecodealliance/jco-transpile": "4.5.6"}


class NpmAsked(Exception):
    """Instead of an installation."""


@pytest.fixture(autouse=True)
def _no_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(place: Path, *, locked: bool) -> None:
        raise NpmAsked(place)

    monkeypatch.setattr(packages, "_install", asked)
    monkeypatch.setattr(packages.shutil, "which", lambda name: f"/bin/{name}")


def _json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf-8")


def _plugin(folder: Path, *, lock: bool = True) -> Path:
    needs = {**VERSIONS, "lion-as": "file:./vendor/lion-as"}
    _json(folder / "package.json", {"name": folder.name, "dependencies": needs})
    _json(folder / "vendor" / "lion-as" / "package.json", {"name": "lion-as"})
    if lock:
        known = {f"node_modules/{name}": {"version": v} for name, v in VERSIONS.items()}
        _json(folder / "package-lock.json", {"packages": known})
    return folder


def _install(place: Path, plugin: Path, **changed: str) -> None:
    """The packages in a folder, as npm or another tool puts them there."""
    for name, version in (VERSIONS | changed).items():
        _json(place / "node_modules" / name / "package.json", {"version": version})
    (place / "node_modules" / "lion-as").symlink_to(plugin / "vendor" / "lion-as")


def _root(folder: Path, *, lock: bool) -> None:
    _json(folder / "package.json", {"name": "mono", "workspaces": ["plugins/*"]})
    if lock:
        known = {"node_modules/assemblyscript": {"version": "1.2.3"}, "plugins/bat": {}}
        _json(folder / "package-lock.json", {"packages": known})


def test_a_plugin_of_its_own_asks_npm_in_its_folder(tmp_path: Path) -> None:
    bat = _plugin(tmp_path / "bat")
    with pytest.raises(NpmAsked, match=str(bat)):
        fetch_packages(bat, print)


def test_packages_of_a_workspaces_root_serve_if_they_are_those_locked(tmp_path: Path) -> None:
    _root(tmp_path, lock=False)
    bat = _plugin(tmp_path / "plugins" / "bat")
    _install(tmp_path, bat)
    fetch_packages(bat, print, locked=True)
    assert tools_text(bat).startswith("assemblyscript 1.2.3, ")
    assert library_folder(bat) == bat / "vendor" / "lion-as"


@pytest.mark.parametrize("what", ["version", "library"])
def test_others_of_the_root_do_not(tmp_path: Path, what: str) -> None:
    _root(tmp_path, lock=False)
    bat, owl = (_plugin(tmp_path / "plugins" / name) for name in ("bat", "owl"))
    _install(
        tmp_path,
        owl if what == "library" else bat,
        assemblyscript="9.9.9" if what == "version" else "1.2.3",
    )
    with pytest.raises(NpmAsked, match=str(bat)):
        fetch_packages(bat, print)


def test_without_a_lock_of_its_own_the_roots_is_gone_by(tmp_path: Path) -> None:
    _root(tmp_path, lock=True)
    bat = _plugin(tmp_path / "plugins" / "bat", lock=False)
    assert packages_folder(bat) == tmp_path
    with pytest.raises(NpmAsked, match=rf"{tmp_path}$"):
        fetch_packages(bat, print)
    first = tools_text(bat)
    _json(
        tmp_path / "package-lock.json",
        {"packages": {"node_modules/assemblyscript": {"version": "2"}}},
    )
    assert tools_text(bat) != first


def test_a_lock_above_that_has_no_compiler_is_somebody_elses(tmp_path: Path) -> None:
    _json(tmp_path / "package.json", {})
    _json(
        tmp_path / "package-lock.json", {"packages": {"node_modules/left-pad": {"version": "1"}}}
    )
    bat = _plugin(tmp_path / "bat", lock=False)
    assert packages_folder(bat) == bat
    with pytest.raises(NpmAsked, match=str(bat)):
        fetch_packages(bat, print)


@pytest.mark.parametrize("hoisted", [True, False])
def test_what_another_tool_put_there_is_taken_as_it_is(tmp_path: Path, hoisted: bool) -> None:
    """pnpm and yarn have lock files of their own."""
    bat = _plugin(tmp_path / "plugins" / "bat", lock=False)
    _install(tmp_path if hoisted else bat, bat)
    fetch_packages(bat, print)
    first = tools_text(bat)
    _json(
        (tmp_path if hoisted else bat) / "node_modules" / "assemblyscript" / "package.json",
        {"version": "3"},
    )
    assert tools_text(bat) != first, "another compiler makes what is built stale"


def test_packages_apart_are_found_one_by_one(tmp_path: Path) -> None:
    from lion.toolchain.assemblyscript.node_tools import find_packages

    bat = _plugin(tmp_path / "plugins" / "bat", lock=False)
    _install(tmp_path, bat)
    _json(bat / "node_modules" / "assemblyscript" / "package.json", {"version": "1.2.4"})
    found = find_packages(bat)
    assert found["assemblyscript"] == str(bat / "node_modules" / "assemblyscript")
    assert set(found) == set(PACKAGES)
    assert found["lion-as"] == str(tmp_path / "node_modules" / "lion-as")


STRANGE = ["[]", "null", "1", '{"name": 1}', '{"name": "../up"}', '{"name": "a b"}', "[" * 100_000]
STRANGE += ['{"name": "bat", "lion": 1}', '{"name": "bat", "lion": {"wit": []}}']
STRANGE += [
    '{"name": "bat", "lion": {"world": {}}}',
    '{"name": "bat", "lion": {"wit": "\\u0000"}}',
]


@pytest.mark.parametrize("text", STRANGE, ids=lambda text: text[:40])
def test_a_strange_package_json_is_told_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "package.json").write_text(text, "utf-8")
    with pytest.raises(OperatorError):
        find_projects(str(tmp_path))


@pytest.mark.parametrize(
    "text", ['{"dependencies": []}', '{"dependencies": {"lion-as": 1}}', "{}"]
)
def test_strange_dependencies_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "package.json").write_text(text, "utf-8")
    assert library_folder(tmp_path) is None
    assert tools_text(tmp_path).startswith("assemblyscript ?")


STRANGE_TOML = [
    ("Cargo.toml", "lib = 1"), ("Cargo.toml", "[lib]\ncrate-type = 1"),
    ("Cargo.toml", "package = 1"),
    ("Cargo.toml", '[package]\nname = "a/b"'), ("Cargo.toml", f"a = {'[' * 5000}"),
    ("pyproject.toml", "project = 1"), ("pyproject.toml", '[project]\nentry-points = 1'),
    ("lion-build.toml", 'wit = "\\u0000"'), ("lion-build.toml", "empty = 1"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "text"), STRANGE_TOML)
def test_a_strange_toml_is_told_in_words(tmp_path: Path, file: str, text: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "package.json").write_text('{"name": "bat"}', "utf-8")
    (inner / file).write_text(text, "utf-8")
    for folder in (tmp_path, inner):
        try:
            find_projects(str(folder))
        except OperatorError as exc:
            assert exc.hint
