"""Where cargo is asked and run, what of its configuration decides, and which files a component is
made of: without cargo. tests/toolchain/test_rust_build.py does it with cargo.
"""

import json
from pathlib import Path

import pytest

from lion.toolchain.project import find_projects
from lion.toolchain.rust import configuration
from lion.toolchain.rust.cargo import Crate, artifacts, read_besides
from lion.toolchain.rust.configuration import placed, settings_digest, working_folder


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "home"))
    for name in ("CARGO_PROFILE_RELEASE_LTO", "CARGO_TARGET_DIR"):
        monkeypatch.delenv(name, raising=False)


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ((), "ws"),
        (("ws/.cargo/config.toml",), "ws"),
        ((".cargo/config.toml",), "ws"),
        (("ws/a/b/.cargo/config.toml",), "ws/a/b"),
        (("ws/a/b/.cargo/config",), "ws/a/b"),
        (("ws/a/.cargo/config.toml",), "ws/a/b"),
    ],
)
def test_cargo_runs_where_all_configuration_of_a_member_is_seen(
    tmp_path: Path, config: tuple[str, ...], where: str
) -> None:
    (tmp_path / "ws" / "a" / "b").mkdir(parents=True)
    _write(tmp_path, dict.fromkeys(config, ""))
    found = working_folder(tmp_path / "ws" / "a" / "b", tmp_path / "ws")
    assert found == (tmp_path / where).resolve()


def test_a_workspace_elsewhere_is_not_where_a_members_configuration_is(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "fox").mkdir()
    assert working_folder(tmp_path / "fox", tmp_path / "ws") == (tmp_path / "fox").resolve()


DECIDES = [
    "[profile.release]\nopt-level = 3\n",
    '[env]\nNAME = "x"\n',
    '[build]\nrustc-wrapper = "x"\n',
    '[patch.crates-io]\nserde = { path = "x" }\n',
    "no TOML at all [",
]
DOES_NOT = [
    '[build]\ntarget-dir = "../elsewhere"\njobs = 1\n',
    '[net]\noffline = true\n[term]\ncolor = "never"\n[registries.x]\nindex = "y"\n',
    "",
]


@pytest.mark.parametrize("place", ["ws/.cargo/config.toml", ".cargo/config", "home/config.toml"])
@pytest.mark.parametrize("text", DECIDES)
def test_configuration_that_decides_makes_a_component_stale(
    tmp_path: Path, place: str, text: str
) -> None:
    (tmp_path / "ws").mkdir()
    assert settings_digest(tmp_path / "ws") == ""
    _write(tmp_path, {place: text})
    first = settings_digest(tmp_path / "ws")
    assert first
    _write(tmp_path, {place: text.replace("x", "z").replace("3", "1") + " "})
    assert settings_digest(tmp_path / "ws") != first


@pytest.mark.parametrize("text", DOES_NOT)
def test_configuration_that_says_where_and_how_does_not(tmp_path: Path, text: str) -> None:
    _write(tmp_path, {".cargo/config.toml": text})
    assert settings_digest(tmp_path) == ""


def test_a_file_that_is_included_decides_too(tmp_path: Path) -> None:
    files = {"config.toml": 'include = ["more.toml", { path = "none.toml" }]\n', "more.toml": ""}
    _write(tmp_path / ".cargo", files)
    first = settings_digest(tmp_path)
    _write(tmp_path / ".cargo", {"more.toml": DECIDES[0]})
    assert settings_digest(tmp_path) != first


def test_a_file_that_includes_itself_is_read_once(tmp_path: Path) -> None:
    _write(
        tmp_path / ".cargo",
        {"config.toml": 'include = "b.toml"', "b.toml": 'include = "config.toml"'},
    )
    assert settings_digest(tmp_path)


def test_a_profile_in_the_environment_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARGO_PROFILE_RELEASE_LTO", "off")
    assert settings_digest(tmp_path)


def test_folders_in_the_environment_are_meant_from_where_lion_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = placed({"CARGO_TARGET_DIR": "made", "CARGO_HOME": "/x", "OTHER": "made"})
    assert found == {
        "CARGO_TARGET_DIR": str(tmp_path / "made"), "CARGO_HOME": "/x", "OTHER": "made",
    }  # fmt: skip
    assert configuration.cargo_home() == tmp_path / "home"


def _crate(folder: Path) -> Crate:
    text = '[package]\nname = "fox"\n[lib]\ncrate-type = ["cdylib"]\n'
    _write(folder, {"Cargo.toml": text, "src/lib.rs": "", "wit/world.wit": ""})
    [project] = find_projects(str(folder))
    return Crate(
        project=project, package="fox", root=folder, place=folder, made=(folder / "target",),
        roots=(folder / "Cargo.toml", folder / "src", folder / "wit"),
    )  # fmt: skip


def test_where_a_component_came_out_is_what_cargo_said(tmp_path: Path) -> None:
    crate = _crate(tmp_path)
    message = {
        "reason": "compiler-artifact", "manifest_path": str(crate.manifest),
        "filenames": ["/elsewhere/fox.wasm", "/elsewhere/fox.d"],
    }  # fmt: skip
    said = [
        "printed by a build script",
        '{"reason": "build-finished"}',
        "[1]",
        json.dumps(message),
    ]
    assert dict(artifacts("\n".join(said).encode())) == {
        crate.manifest: Path("/elsewhere/fox.wasm")
    }


def test_files_besides_the_source_are_those_the_compiler_read(tmp_path: Path) -> None:
    crate = _crate(tmp_path / "fox")
    files = ["assets/a b.txt", "src/lib.rs", "target/made.rs", "../shared/words.txt"]
    _write(tmp_path / "fox", dict.fromkeys(files, ""))
    paths = [str((tmp_path / "fox" / name).resolve()).replace(" ", "\\ ") for name in files]
    built = tmp_path / "fox" / "target" / "fox.wasm"
    built.with_suffix(".d").write_text(f"{built}: {' '.join(paths)} /gone\n", "utf-8")
    found = {
        path.relative_to(tmp_path.resolve()).as_posix() for path in read_besides(crate, built)
    }
    assert found == {"fox/assets/a b.txt", "shared/words.txt"}
    assert read_besides(crate, tmp_path / "nothing.wasm") == []
