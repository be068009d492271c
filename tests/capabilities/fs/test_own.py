"""Look here if you want to know that no guest may write where this Python, or the next one, finds
code: what is put there runs outside of the sandbox.
"""

import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

import lion
from lion.capabilities.fs import own as fs_own
from lion.capabilities.fs.guard import Guard
from lion.capabilities.fs.own import known_modules, own_code
from lion.capabilities.fs.roots import check_files
from lion.errors import OperatorError
from tests.capabilities.fs.rig import grant, plan_of


def refusal(at: str | Path) -> str:
    """Why a guest may not write there; empty if it may."""
    try:
        check_files(plan_of(grant("/n", Path(at), write=True)), Guard(places=own_code()))
    except OperatorError as exc:
        assert not exc.what.endswith("cannot be opened"), exc.what
        return exc.what
    return ""


def own() -> Iterator[str]:
    yield from (sys.prefix, sys.base_prefix, os.path.dirname(sys.executable))
    paths = sysconfig.get_paths()
    yield from (paths[name] for name in ("stdlib", "purelib", "platlib", "scripts"))
    yield from (entry for entry in sys.path if os.path.isdir(entry))
    yield str(Path(lion.__file__).parent)
    yield str(Path(lion.__file__).parents[1])
    yield str(Path(os.path.realpath(sys.executable)).parent)
    yield str(Path(os.__file__).parent / "json")


@pytest.mark.parametrize("folder", sorted(set(own())))
def test_no_guest_writes_the_code_of_this_process(folder: str) -> None:
    assert "may not be written by a guest" in refusal(folder)


@pytest.mark.parametrize("name", ["purelib", "stdlib", "scripts"])
def test_nor_beneath_it(name: str) -> None:
    folder = Path(sysconfig.get_paths()[name])
    assert "it lies in" in refusal(folder / "new-and-not-made")
    assert not (folder / "new-and-not-made").exists()


def test_packages_that_the_user_has_for_all_projects_are_guarded_while_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "USER_BASE", str(tmp_path / "base"))
    monkeypatch.setattr(site, "USER_SITE", str(tmp_path / "base/lib/python3.11/site-packages"))
    assert "it would contain" in refusal(tmp_path / "base")
    (tmp_path / "base/lib").mkdir(parents=True)
    assert "it contains" in refusal(tmp_path / "base/lib")
    assert "it " in refusal(tmp_path / "base/lib/python3.11")
    assert "it lies in" in refusal(tmp_path / "base/lib/python3.99"), "another Python's"
    assert refusal(tmp_path / "base/share") == ""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that lies on Python's path, as with PYTHONPATH or `python -m lion`."""
    folder = tmp_path / "project"
    (folder / "tool").mkdir(parents=True)
    (folder / "tool/__init__.py").touch()
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder), ""])
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize("name", ["email", "trio", "lion", "sitecustomize", "usercustomize"])
def test_a_folder_on_pythons_path_that_would_be_taken_for_a_module(
    checkout: Path, name: str
) -> None:
    assert "where Python looks for modules" in refusal(checkout / name)
    assert "where Python looks for modules" in refusal(checkout / name.upper())
    (checkout / name / "deep").mkdir(parents=True)
    assert "where Python looks for modules" in refusal(checkout / name)
    assert "it lies in" in refusal(checkout / name / "deep")


def test_packages_of_a_project_are_code_and_its_other_folders_are_not(checkout: Path) -> None:
    assert "it contains" in refusal(checkout)
    assert "it contains" in refusal(checkout.parent), "the working directory is '' on the path"
    assert "it contains" in refusal(checkout / "tool")
    assert "it lies in" in refusal(checkout / "tool/new")
    for name in ("notes", "desk-notes"):
        assert refusal(checkout / name) == ""
        (checkout / name).mkdir()
        assert refusal(checkout / name) == refusal(checkout / name / "new") == ""


def test_a_package_that_was_imported_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those installed by a link to their source: no entry of Python's path says where."""
    (tmp_path / "source/far").mkdir(parents=True)
    (tmp_path / "source/far/__init__.py").touch()
    assert refusal(tmp_path / "source") == ""
    monkeypatch.setattr(sys, "path", [str(tmp_path / "source"), *sys.path])
    import far  # type: ignore[import-not-found]

    monkeypatch.setattr(sys, "path", sys.path[1:])
    try:
        assert far.__name__ == "far"
        assert "it contains" in refusal(tmp_path / "source/far")
        assert "it contains" in refusal(tmp_path / "source")
        assert refusal(tmp_path / "source/beside") == ""
    finally:
        del sys.modules["far"]


def test_the_programs_that_run_lion_are_guarded_through_their_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("bin", "far", "tools"):
        (tmp_path / folder).mkdir()
    (tmp_path / "far/python3").touch()
    (tmp_path / "bin/python").symlink_to("../far/python3")
    (tmp_path / "tools/lion").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    monkeypatch.setattr(sys, "argv", ["tools/lion"])
    monkeypatch.chdir(tmp_path)
    for folder in ("bin", "far", "tools"):
        assert "which is the program that runs lion" in refusal(tmp_path / folder)
    assert refusal(tmp_path / "beside") == ""


@pytest.mark.parametrize("prefix", ["shared", "own"])
def test_a_prefix_that_is_everybodys_is_guarded_in_parts(
    tmp_path: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container has its Python in /usr and its work in /usr/src."""
    monkeypatch.setattr(fs_own, "SHARED", (str(tmp_path / "shared"),))
    for name in ("prefix", "base_prefix", "exec_prefix", "base_exec_prefix"):
        monkeypatch.setattr(sys, name, str(tmp_path / prefix))
    (tmp_path / prefix / "src/app").mkdir(parents=True)
    assert "it contains" in refusal(tmp_path / prefix)
    assert "it would contain" in refusal(tmp_path / prefix / "lib") or prefix == "own"
    assert (refusal(tmp_path / prefix / "src/app") == "") == (prefix == "shared")


def test_a_project_with_its_environment_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = tmp_path / "project/.venv"
    (venv / "bin").mkdir(parents=True)
    (tmp_path / "project/notes").mkdir()
    (tmp_path / "other/notes").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(venv))
    assert "it contains" in refusal(tmp_path / "project")
    for path in (venv, venv / "bin", venv / "share", venv / "lib"):
        assert "may not be written by a guest" in refusal(path)
    for path in ("project/notes", "project/new", "project/.venv-notes", "other", "other/notes"):
        assert refusal(tmp_path / path) == "", path


def test_modules_are_known_by_their_first_names() -> None:
    known = known_modules()
    assert {"json", "trio", "lion", "pytest", "sitecustomize"} <= known
    assert not any("." in name for name in known)
