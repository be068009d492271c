"""Look here if you want to know where settings come from, and that none loosens the policy."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from lion.errors import OperatorError
from lion.settings import settings_from
from tests.cli.kit import ROOT, WASM, Lion


def test_defaults_lie_in_home() -> None:
    settings = settings_from({"HOME": "/home/ann"})
    assert settings.state == Path("/home/ann/.local/state/lion")
    assert settings.cache == Path("/home/ann/.cache/lion")
    assert settings.policy is None
    assert settings.durability == "normal"


def test_xdg_directories_are_followed_and_relative_ones_ignored() -> None:
    environ = {"HOME": "/home/ann", "XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "c"}
    settings = settings_from(environ)
    assert settings.state == Path("/s/lion")
    assert settings.cache == Path("/home/ann/.cache/lion")


def test_flag_beats_variable_beats_default() -> None:
    environ = {"HOME": "/home/ann", "LION_STATE": "/v", "LION_POLICY": "/v/p.toml"}
    assert settings_from(environ).state == Path("/v")
    assert settings_from(environ, state="/f").state == Path("/f")
    assert settings_from(environ, policy="/f/p.toml").policy == Path("/f/p.toml")
    assert settings_from(environ).policy == Path("/v/p.toml")


def test_paths_come_out_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = settings_from({"HOME": "/home/ann"}, state="x/../state")
    assert settings.state == tmp_path / "state"
    assert settings_from({"HOME": "/home/ann"}, state="~/s").state == Path("/home/ann/s")


def test_policy_in_the_configuration_is_found(tmp_path: Path) -> None:
    policy = tmp_path / "lion" / "policy.toml"
    policy.parent.mkdir()
    policy.write_text("")
    environ = {"HOME": "/home/ann", "XDG_CONFIG_HOME": str(tmp_path)}
    assert settings_from(environ).policy == policy


def test_a_dangling_policy_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "lion").mkdir()
    link = tmp_path / "lion" / "policy.toml"
    link.symlink_to(tmp_path / "nowhere")
    assert settings_from({"HOME": "/h", "XDG_CONFIG_HOME": str(tmp_path)}).policy == link


def test_a_policy_that_cannot_be_looked_for_is_an_error(tmp_path: Path) -> None:
    too_long = str(tmp_path / ("x" * 300))
    with pytest.raises(OperatorError, match="policy"):
        settings_from({"HOME": "/h", "XDG_CONFIG_HOME": too_long})


@pytest.mark.parametrize(
    ("environ", "state"),
    [
        ({}, None),
        ({"HOME": "relative"}, None),
        ({"HOME": "/h"}, ""),
        ({"HOME": "/h"}, "a\0b"),
        ({"HOME": "/h", "LION_DURABILITY": "none"}, None),
        ({"HOME": "/h", "LION_COMPILE_MEMORY": "much"}, None),
    ],
)
def test_nonsense_is_the_operators_mistake(environ: dict[str, str], state: str | None) -> None:
    with pytest.raises(OperatorError) as caught:
        settings_from(environ, state=state)
    assert caught.value.hint


def test_no_home_is_needed_if_everything_is_named() -> None:
    settings = settings_from({"LION_STATE": "/s", "LION_CACHE": "/c"})
    assert (settings.state, settings.cache, settings.policy) == (Path("/s"), Path("/c"), None)
    assert os.path.isabs(settings.state)


def test_without_a_home_the_state_is_enough() -> None:
    settings = settings_from({}, state="/srv/lion")
    assert (settings.state, settings.cache) == (Path("/srv/lion"), Path("/srv/lion/cache"))
    assert settings_from({"LION_STATE": "/srv/lion"}).cache == Path("/srv/lion/cache")
    assert settings_from({"XDG_CACHE_HOME": "/c"}, state="/s").cache == Path("/c/lion")
    assert settings_from({"LION_CACHE": "/c"}, state="/s").cache == Path("/c")
    with pytest.raises(OperatorError, match="or say --state DIR"):
        settings_from({})


def test_a_service_has_no_home(lion: Lion) -> None:
    del lion.environ["HOME"], lion.environ["LION_STATE"], lion.environ["LION_CACHE"]
    words = ("call", WASM / "hello.wasm", "greet", '{"name": "Ann"}', "--state", "kept")
    result = lion(*words)
    assert (result.returncode, result.stdout, result.stderr) == (0, '"Hello, Ann!"\n', "")
    assert list((lion.folder / "kept" / "cache" / "components").glob("*.cwasm"))


def test_a_read_only_cache_is_one_warning(lion: Lion, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refuse(path: Any, *rest: Any, **words: Any) -> int:
        if ".cwasm" in str(path):
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(path, *rest, **words)

    monkeypatch.setattr("os.open", refuse)
    result = lion("run", ROOT / "examples" / "tour" / "manifest.toml")
    assert result.returncode == 0
    (warning,) = [line for line in result.stderr.splitlines() if line.startswith("warning")]
    assert "Read-only file system; name another folder with LION_CACHE" in warning
