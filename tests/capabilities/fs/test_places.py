"""Look here if you want to know that nobody may write where lion, the shell or the system would
look for what they obey, whether or not it is there.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from lion.capabilities.fs.guard import Guard, guard_of
from lion.capabilities.fs.roots import check_files, open_files
from lion.domain.plan import Plan
from lion.errors import OperatorError
from lion.places import Place, places_of, said_by
from lion.settings import settings_from
from tests.capabilities.fs.rig import grant, plan_of


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without anything in it. What Python has is no matter of these tests."""
    monkeypatch.setattr("lion.capabilities.fs.guard.own_code", lambda more=(): ())
    home = tmp_path / "home"
    home.mkdir()
    return home


def environ(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), **{key: str(home.parent / path) for key, path in more.items()}}


def refusal(guard: Guard, at: Path) -> str:
    """Why nothing may be written there; empty if it may. `check` and a run say the same."""
    made = plan_of(grant("/n", at, write=True))
    try:
        check_files(made, guard)
    except OperatorError as exc:
        assert not at.is_dir() or exc.hint == "grant a directory of its own"
        return exc.what
    return ""


async def run(guard: Guard, plan: Plan) -> None:
    async with open_files(plan, guard):
        pass


EVERYWHERE = {
    "XDG_CONFIG_HOME": "xc", "XDG_STATE_HOME": "xs", "XDG_CACHE_HOME": "xk",
    "XDG_DATA_HOME": "xd", "LION_STATE": "ls", "LION_CACHE": "lk", "LION_POLICY": "lp/policy.toml",
    "ZDOTDIR": "z", "BASH_ENV": "be/env.sh", "BASH_COMPLETION_USER_DIR": "bc", "PATH": "p/bin",
    "FPATH": "fp", "XDG_DATA_DIRS": "xdd", "LD_LIBRARY_PATH": "ll", "GCONV_PATH": "gc",
    "LD_PRELOAD": "lpr/so", "LD_AUDIT": "la/so", "OPENSSL_CONF": "oc/cnf", "OPENSSL_MODULES": "om",
    "OPENSSL_ENGINES": "oe", "SSL_CERT_FILE": "cf/pem", "SSL_CERT_DIR": "cd",
}  # fmt: skip
"""Variables that lead to directories beside the home."""

WHOLE = [
    "home/.config/lion", "home/.local/state/lion", "home/.cache/lion", "xc/lion", "xs/lion",
    "xk/lion", "ls", "lk", "flag-state", "home/.config/fish", "xc/fish", "xd/fish",
    "home/.local/share/fish", "xd/bash-completion", "home/.local/share/bash-completion", "bc",
    "fp", "home/.zfunc", "z/.zfunc", "xdd/bash-completion", "xdd/zsh", "home/.bash_completion.d",
    "ll", "gc", "lpr/so", "la/so", "oc/cnf", "om", "oe", "cf/pem", "cd",
]  # fmt: skip
"""Nothing is written in these, above them or beneath them."""

HOLDING = ["home", "lp", "flag", "be", "z", "p/bin", "xc", "home/.config"]
"""Directories in which one name is looked up: what else lies beneath is anybody's."""


def full_guard(home: Path) -> Guard:
    found = settings_from(
        environ(home, **EVERYWHERE), state=str(home.parent / "flag-state"),
        policy=str(home.parent / "flag/policy.toml"),
    )  # fmt: skip
    return guard_of(found)


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("path", WHOLE)
def test_whole_places(home: Path, path: str, is_there: bool) -> None:
    """Missing, only the first of their names that is missing can be asked for."""
    guard, at = full_guard(home), home.parent / path
    if is_there:
        (at / "deep").mkdir(parents=True)
        assert "it lies in" in refusal(guard, at / "deep")
        assert "it lies in" in refusal(guard, at / "new")
        assert "it contains" in refusal(guard, at)
    else:
        at.parent.mkdir(parents=True, exist_ok=True)
        assert "it would contain" in refusal(guard, at)
    assert "it contains" in refusal(guard, at.parent)
    assert not (at / "new").exists() and at.exists() == is_there


@pytest.mark.parametrize("path", HOLDING)
def test_where_one_name_is_looked_up(home: Path, path: str) -> None:
    guard, at = full_guard(home), home.parent / path
    if at != home:
        at.parent.mkdir(exist_ok=True)
        assert "it would contain" in refusal(guard, at)
    at.mkdir(exist_ok=True)
    assert "it contains" in refusal(guard, at)
    (at / "notes").mkdir()
    assert refusal(guard, at / "notes") == refusal(guard, at / "new") == ""


@pytest.mark.parametrize("name", [".config", ".local", ".cache", ".CONFIG", ".Local"])
def test_nobody_makes_what_they_would_lie_in(home: Path, name: str) -> None:
    """Also by another spelling: a file system may take it for the same."""
    assert "it would contain" in refusal(full_guard(home), home / name)
    assert os.listdir(home) == []


def test_the_places_not_in_use_are_guarded_too(home: Path) -> None:
    """A run with everything named elsewhere must not prepare the next one, which has not."""
    named = environ(home, XDG_CONFIG_HOME="xc", LION_STATE="ls", LION_CACHE="lk")
    guard = guard_of(settings_from(named, state=str(home.parent / "flag-state")))
    for path in ("home/.config/lion", "home/.local/state/lion", "home/.cache/lion", "ls", "lk"):
        (home.parent / path).mkdir(parents=True)
        assert refusal(guard, home.parent / path), path


def test_ordinary_directories_are_granted(home: Path) -> None:
    guard = full_guard(home)
    (home / "work/project").mkdir(parents=True)
    (home / ".config/other").mkdir(parents=True)
    (home.parent / "elsewhere").mkdir()
    for path in (
        "home/work", "home/work/project", "home/work/new", "home/.config/other",
        "home/.config/lion-desk", "home/new", "elsewhere", "elsewhere/lion",
    ):  # fmt: skip
        assert refusal(guard, home.parent / path) == "", path


def test_links_to_places_and_from_them_are_seen_through(home: Path) -> None:
    (home / ".config").mkdir()
    (home.parent / "dotfiles/lion").mkdir(parents=True)
    (home / ".config/lion").symlink_to("../../dotfiles/lion")
    (home / ".bashrc").symlink_to("../shared/bashrc")
    guard = full_guard(home)
    assert "it contains" in refusal(guard, home.parent / "dotfiles/lion")
    assert "it contains" in refusal(guard, home.parent / "dotfiles")
    assert "it would contain" in refusal(guard, home.parent / "shared")
    assert "it lies in" in refusal(guard, home.parent / "dotfiles/lion/new")


def test_a_command_that_is_a_link_leads_to_more(home: Path) -> None:
    (home.parent / "p/bin").mkdir(parents=True)
    (home.parent / "venv/bin").mkdir(parents=True)
    (home.parent / "p/bin/lion").symlink_to("../../venv/bin/lion")
    assert "it contains" in refusal(full_guard(home), home.parent / "venv/bin")
    assert "it contains" in refusal(full_guard(home), home.parent / "venv")


async def test_what_is_refused_says_why(home: Path) -> None:
    (home / ".config").mkdir()
    with pytest.raises(OperatorError) as caught:
        await run(full_guard(home), plan_of(grant("/n", home / ".config/lion", write=True)))
    assert "would contain" in caught.value.what
    assert f"'{home}/.config/lion', where lion looks for the operator's policy" in (
        caught.value.what
    )


def test_every_name_is_guarded_as_the_account_has_it_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without HOME, or with another, a next run begins from the account's home."""

    class Entry:
        pw_dir = str(home)

    monkeypatch.setattr("pwd.getpwuid", lambda number: Entry)
    for variables in ({}, {"HOME": "/elsewhere"}, {"HOME": "relative"}):
        paths = {place.path for place in places_of(variables)}
        assert {home / ".config/lion", home / ".bashrc", home / ".cache/lion"} <= paths


def test_an_account_without_an_entry_has_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(number: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert Path("/h/.config/lion") in {place.path for place in places_of({"HOME": "/h"})}
    assert paths_of({}) == paths_of({"HOME": "relative", "LION_STATE": "a\0b"})


def paths_of(variables: dict[str, str]) -> set[Path]:
    return {place.path for place in places_of(variables)}


def test_words_that_are_no_paths_are_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    found = paths_of({"HOME": "/h", "XDG_CONFIG_HOME": "relative", "LION_POLICY": "~/p.toml"})
    assert Path("/h/p.toml") in found and Path("relative/lion") not in found
    assert Path("/") in paths_of({"PATH": ":/bin"}), "an empty one is the working directory"


def test_secrets_are_no_part_of_what_is_kept_of_the_environment() -> None:
    kept = said_by({"HOME": "/h", "LION_SECRET_A": "a.example value", "OTHER": "x", "PATH": ""})
    assert kept == {"HOME": "/h"}
    assert "value" not in repr(settings_from({"HOME": "/h", "LION_SECRET_A": "a.example value"}))


def test_whoever_names_no_environment_has_that_of_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from lion.settings import Settings

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    settings = Settings(state=tmp_path / "state", cache=tmp_path / "cache")
    assert tmp_path / "lion" in {place.path for place in guard_of(settings).places}


def test_each_is_named_once() -> None:
    found: Iterable[Place] = places_of({"HOME": "/root", "PATH": "/bin:/bin"})
    assert len(list(found)) == len(set(found))
