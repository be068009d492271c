"""Look here if you want to know what `lion build` says on a machine that cannot build Rust."""

from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.toolchain.rust import compiler as rust


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without a compiler; its only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(rust, "SYSTEM_RUSTC", tmp_path / "system" / "rustc")
    monkeypatch.setattr(rust, "SYSTEM_CARGO", tmp_path / "system" / "cargo")
    return tmp_path


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


def _compiler(folder: Path, *, libraries: Path, sysroot: Path) -> None:
    """A rustc that knows where its libraries would be, and a cargo."""
    script = f"""case "$*" in
*target-libdir*) echo "{libraries}";; *sysroot*) echo "{sysroot}";;
-V) echo "rustc 1.2.3";; -vV) echo "host: here";; *) exit 1;; esac"""
    for name in ("rustc", "cargo"):
        _program(folder / name, script)


def test_without_rust_it_says_what_to_type(bare: Path) -> None:
    with pytest.raises(OperatorError, match="no Rust compiler on PATH") as caught:
        rust.find_toolchain()
    assert "rustup target add wasm32-unknown-unknown" in caught.value.hint
    assert "apt-get install rustc-web" in caught.value.hint


def test_without_the_target_it_says_what_to_type(bare: Path) -> None:
    _compiler(bare, libraries=bare / "nothing", sysroot=bare)
    with pytest.raises(OperatorError, match="cannot build for wasm32") as caught:
        rust.find_toolchain()
    assert "rustup target add wasm32-unknown-unknown" in caught.value.hint


@pytest.mark.parametrize(
    ("there", "missing", "typed"),
    [
        ((), "wasm-component-ld", "cargo install wasm-component-ld"),
        (("wasm-component-ld",), "wasm-ld", "apt-get install lld-22"),
    ],
)
def test_without_a_linker_it_says_what_to_type(
    bare: Path, there: tuple[str, ...], missing: str, typed: str
) -> None:
    (bare / "libstd-0.rlib").touch()
    _compiler(bare, libraries=bare, sysroot=bare / "nothing")
    for name in there:
        _program(bare / name, "")
    with pytest.raises(OperatorError, match=f"no {missing} beside it") as caught:
        rust.find_toolchain()
    assert typed in caught.value.hint


def test_an_installed_target_is_taken_with_the_linkers_beside_it(bare: Path) -> None:
    (bare / "libstd-0.rlib").touch()
    _compiler(bare, libraries=bare, sysroot=bare)
    beside = bare / "lib" / "rustlib" / "here" / "bin"
    component_ld = _program(beside / "wasm-component-ld", "")
    wasm_ld = _program(beside / "gcc-ld" / "wasm-ld", "")
    tools = rust.find_toolchain()
    assert not tools.build_std
    assert (tools.component_ld, tools.wasm_ld) == (component_ld, wasm_ld)
    assert tools.says == "rustc 1.2.3, with its target wasm32-unknown-unknown"


def test_else_the_systems_compiler_builds_the_standard_library(bare: Path) -> None:
    _compiler(bare / "system", libraries=bare / "nothing", sysroot=bare)
    (bare / "lib" / "rustlib" / "src" / "rust" / "library").mkdir(parents=True)
    _program(bare / "wasm-component-ld", "")
    _program(bare / "wasm-ld-22", "")
    tools = rust.find_toolchain()
    assert tools.build_std
    assert tools.rustc == bare / "system" / "rustc"
    assert tools.wasm_ld == bare / "wasm-ld-22"
