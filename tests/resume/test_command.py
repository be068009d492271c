"""`lion resume` and what other commands say of runs that can be gone on with."""

import json
from pathlib import Path

import pytest
import trio

from lion.cli.main import run_command
from lion.domain.events import CallWaits
from lion.log.ownership import release, take_lock
from tests.endurance.kit import manifest
from tests.resume.rig import Stage, stepper, steps

KV = 'allow.kv = { bytes = "64 KiB" }'
PROGRAM = steps(
    ["say", "one"], ["sleep", 25_000_000], ["count", "a"], ["say", "two"], ["count", "a"]
)


@pytest.fixture
def cut(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run of `manifest.toml` in the working directory that was cut after its first word."""
    home = stage.settings.state.parent
    monkeypatch.chdir(home)
    monkeypatch.setenv("LION_STATE", str(stage.settings.state))
    monkeypatch.setenv("LION_CACHE", str(stage.settings.cache))
    path = home / "manifest.toml"
    path.write_text(manifest(stepper(KV), PROGRAM))
    return trio.run(_cut, stage, path)


async def _cut(stage: Stage, path: Path) -> str:
    return await stage.cut(at=lambda d: d.come_with(CallWaits), path=path)


def test_it_goes_on_and_says_the_rest(cut: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["resume", cut[:8]]) == 0
    out = capfd.readouterr().out
    assert "stepper | two" in out
    assert "stepper | one" not in out
    assert run_command(["resume", "last", "--json"]) == 0
    ending = json.loads(capfd.readouterr().out)["endings"][0]
    assert json.loads(ending["value"]) == [None, None, 1, None, 2]


def test_a_new_run_of_the_manifest_says_that_one_can_go_on(
    cut: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run", "manifest.toml"]) == 0
    assert f"resume {cut[:8]}" in capfd.readouterr().err
    assert run_command(["run", "manifest.toml"]) == 0
    assert "was interrupted" not in capfd.readouterr().err


def test_the_list_says_so(cut: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["runs"]) == 0
    assert "interrupted" in capfd.readouterr().out


def test_one_that_goes_on_by_itself_is_refused(
    cut: str, stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    lock = take_lock(stage.settings.state, cut)
    assert run_command(["resume", cut]) == 2
    assert "its process is alive" in capfd.readouterr().err
    release(stage.settings.state, cut, lock, for_ever=False)


def test_an_unknown_run_is_named(cut: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["resume", "nothing"]) == 2
    assert "nothing" in capfd.readouterr().err


def test_audit_and_log_tell_of_it(cut: str, capfd: pytest.CaptureFixture[str]) -> None:
    run_command(["resume", cut])
    capfd.readouterr()
    assert run_command(["log", cut]) == 0
    assert "goes on" in capfd.readouterr().out
    for command in ("audit", "verify", "replay", "tighten"):
        assert run_command([command, cut]) == 0, command


def test_a_fork_says_what_is_not_taken_back_unless_there_is_none(
    cut: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["fork", cut[:8], "--at", "99"]) == 2
    assert "not as they were then" not in capfd.readouterr().err
    assert run_command(["fork", cut[:8], "--at", "4"]) == 0
    assert "not as they were then" in capfd.readouterr().err
