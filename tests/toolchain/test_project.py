"""Look here if you want to know what `lion build` makes of a folder."""

from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.toolchain.project import find_projects

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "plugins-src"


def _crate(folder: Path, name: str, kind: str = "cdylib") -> Path:
    (folder / "wit").mkdir(parents=True)
    text = f'[package]\nname = "{name}"\n[lib]\ncrate-type = ["{kind}"]\n'
    (folder / "Cargo.toml").write_text(text, "utf-8")
    return folder


def test_a_folder_of_ones_own_has_its_component_in_it(tmp_path: Path) -> None:
    _crate(tmp_path / "fox", "fox")
    (tmp_path / "fox" / "wit" / "deps" / "lion-host").mkdir(parents=True)
    [project] = find_projects(str(tmp_path / "fox"))
    assert (project.name, project.language) == ("fox", "rust")
    assert project.component == tmp_path / "fox" / "fox.wasm"
    assert project.wit == tmp_path / "fox" / "wit"
    assert project.deps == (tmp_path / "fox" / "wit" / "deps" / "lion-host",)
    assert not project.is_foreign


def test_settings_of_the_folder_above_hold_unless_its_own_say_otherwise(tmp_path: Path) -> None:
    folder = _crate(tmp_path / "fox", "fox")
    (tmp_path / "lion-build.toml").write_text('out = "built"\nhost = "host"\n', "utf-8")
    (folder / "lion-build.toml").write_text('out = "mine"\nforeign = true\n', "utf-8")
    [project] = find_projects(str(folder))
    assert project.component == folder / "mine" / "fox.wasm"
    assert project.deps == (tmp_path / "host",)
    assert project.is_foreign


def test_this_repositorys_guests_are_found_and_nothing_else() -> None:
    found = find_projects(str(SOURCES))
    crates = {path.parent.name for path in SOURCES.glob("*/Cargo.toml")}
    assert {p.name for p in found if p.language == "rust"} == crates - {"lion-guest"}
    assert {project.component.parent for project in found} == {ROOT / "plugins-wasm"}


def test_a_library_among_guests_is_passed_over(tmp_path: Path) -> None:
    _crate(tmp_path / "fox", "fox")
    _crate(tmp_path / "shared", "shared", "lib")
    assert [project.name for project in find_projects(str(tmp_path))] == ["fox"]


@pytest.mark.parametrize(
    ("word", "what", "hint"),
    [
        ("nothing-like-it", "there is no folder", "lion new nothing-like-it --lang rust"),
        ("foxx", "there is no folder", "did you mean 'fox'?"),
        ("fox/Cargo.toml", "is a file, not a folder", "lion build fox"),
        ("fox/wit", "holds no plugin: there is none of Cargo.toml", "lion new"),
    ],
)
def test_what_is_no_project_is_told_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, what: str, hint: str
) -> None:
    _crate(tmp_path / "fox", "fox")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OperatorError, match=what) as caught:
        find_projects(word)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("file", "text", "what"),
    [
        ("lion-build.toml", 'oot = "x"', "unknown key 'oot'"),
        ("lion-build.toml", "out = 1", "'out' in .* is 1"),
        ("lion-build.toml", "out = \nx", "cannot be read: .*line 1"),
        ("Cargo.toml", "[package]\nname = 1", "has no name"),
        ("Cargo.toml", "[package\nx", "cannot be read: .*line 1"),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path: Path, file: str, text: str, what: str) -> None:
    folder = _crate(tmp_path / "fox", "fox")
    (folder / file).write_text(text, "utf-8")
    with pytest.raises(OperatorError, match=what):
        find_projects(str(folder))
