"""Look here if you want to know what `make plugins` says on a machine that cannot build guests."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from .built import SOURCES


@pytest.fixture
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lion_plugins_build", SOURCES / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bare(build: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(build, "SYSTEM_RUSTC", tmp_path / "rustc")
    monkeypatch.setattr(build, "SYSTEM_CARGO", tmp_path / "cargo")
    return monkeypatch


def _compiler(folder: Path, libdir: Path) -> None:
    """A rustc that knows where its standard library for the target would be, and no more."""
    script = f'#!/bin/sh\ncase "$*" in *target-libdir*) echo "{libdir}";; *) exit 1;; esac\n'
    for name in ("rustc", "cargo"):
        (folder / name).write_text(script, "utf-8")
        (folder / name).chmod(0o755)


def test_without_rust_it_says_what_to_type(build: ModuleType, bare: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="rustup target add wasm32-unknown-unknown\n"):
        build.find_toolchain()


def test_without_the_target_it_says_what_to_type(
    build: ModuleType, bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _compiler(tmp_path, tmp_path / "nothing")
    with pytest.raises(SystemExit, match="apt-get install rustc-web"):
        build.find_toolchain()


def test_without_the_linker_it_says_what_to_type(
    build: ModuleType, bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "libstd-0.rlib").touch()
    _compiler(tmp_path, tmp_path)
    with pytest.raises(SystemExit, match="cargo install wasm-component-ld"):
        build.find_toolchain()


def test_a_component_that_did_not_change_is_not_touched(build: ModuleType, tmp_path: Path) -> None:
    made, kept = tmp_path / "made", tmp_path / "out" / "kept"
    made.write_bytes(b"one")
    assert [build.keep(made, kept), build.keep(made, kept)] == ["new", "same"]
    before = kept.stat().st_mtime_ns
    build.keep(made, kept)
    assert kept.stat().st_mtime_ns == before
    made.write_bytes(b"two")
    assert build.keep(made, kept) == "new"
    assert kept.read_bytes() == b"two"


def test_every_guest_is_found_and_nothing_else(build: ModuleType) -> None:
    assert {"hello", "guide"} <= set(build.guests())
    assert not {"lion-guest", "embed-docs", "wat", "target"} & set(build.guests())
