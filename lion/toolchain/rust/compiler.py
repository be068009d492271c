"""Look here if you want to know which Rust builds components here, and what is missing if none.

Two ways: a compiler with its own standard library for the target (rustup), or Debian's, which
builds that library from its sources.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from lion.errors import OperatorError
from lion.toolchain.plain import plain_environment

TARGET: Final = "wasm32-unknown-unknown"
SYSTEM_RUSTC, SYSTEM_CARGO = Path("/usr/bin/rustc"), Path("/usr/bin/cargo")
"""Where Debian's packages rustc-web, cargo-web and rust-web-src put these."""

_LINKER_WAYS: Final = {
    "wasm-component-ld": "rustup toolchain install stable, or: cargo install wasm-component-ld",
    "wasm-ld": "rustup toolchain install stable, or on Debian: apt-get install lld-22",
}


class Toolchain(msgspec.Struct, frozen=True, kw_only=True):
    """Which compiler (`says`: in words), whether it builds the standard library first, and the
    two linkers.
    """

    says: str
    version: str
    rustc: Path
    cargo: Path
    build_std: bool
    component_ld: Path
    wasm_ld: Path


def find_toolchain(folder: Path | None = None) -> Toolchain:
    """Which of the two ways this machine has for a folder, which may choose a toolchain of its own
    (rust-toolchain.toml). Raises OperatorError if it has neither.
    """
    chosen = chosen_compiler(folder)
    if chosen is not None and has_target(chosen[0]):
        return _toolchain(f"with its target {TARGET}", *chosen, build_std=False)
    if SYSTEM_CARGO.exists() and (std_sources(SYSTEM_RUSTC) / "library").exists():
        says = "with the standard library from its sources"
        return _toolchain(says, SYSTEM_RUSTC, SYSTEM_CARGO, build_std=True)
    raise _no_toolchain(shutil.which("rustc"))


def chosen_compiler(folder: Path | None) -> tuple[Path, Path] | None:
    """The rustc and the cargo that a folder has: the programs themselves, because what rustup puts
    on PATH chooses anew by the folder it is run in. None if there are none on PATH.
    """
    rustc, cargo = shutil.which("rustc"), shutil.which("cargo")
    if rustc is None or cargo is None:
        return None
    sysroot = ask(rustc, "--print", "sysroot", folder=folder)
    inner = [Path(sysroot) / "bin" / name for name in ("rustc", "cargo")] if sysroot else []
    if inner and all(path.is_file() for path in inner):
        return inner[0], inner[1]
    return Path(rustc), Path(cargo)


def _no_toolchain(rustc: str | None) -> OperatorError:
    debian = "on Debian: apt-get install rustc-web cargo-web rust-web-src lld-22"
    if rustc is None:
        return OperatorError(
            "there is no Rust compiler on PATH",
            hint=f"get one from https://rustup.rs, then: rustup target add {TARGET}; or {debian}",
        )
    return OperatorError(
        f"{rustc} cannot build for {TARGET}", hint=f"type: rustup target add {TARGET}; or {debian}"
    )


def _toolchain(says: str, rustc: Path, cargo: Path, *, build_std: bool) -> Toolchain:
    version = (ask(rustc, "-V") or "rustc").strip()
    return Toolchain(
        says=f"{version}, {says}",
        version=version,
        rustc=rustc,
        cargo=cargo,
        build_std=build_std,
        component_ld=find_linker("wasm-component-ld", rustc),
        wasm_ld=find_linker("wasm-ld", rustc),
    )


def ask(*command: str | Path, folder: Path | None = None) -> str | None:
    """The output of a command, or None if it cannot be run or fails."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=True,
            env=plain_environment(),
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def has_target(rustc: Path) -> bool:
    """Whether this compiler has a standard library for the target."""
    where = ask(rustc, "--print", "target-libdir", "--target", TARGET)
    return where is not None and any(Path(where).glob("libstd-*.rlib"))


def std_sources(rustc: Path) -> Path:
    """Where the standard library's sources are, if this compiler has them."""
    sysroot = ask(rustc, "--print", "sysroot")
    return Path(sysroot or os.devnull) / "lib" / "rustlib" / "src" / "rust"


def _tool_folders(rustc: Path) -> list[Path]:
    """Where a compiler, and rustup's if there is one, keep the linkers."""
    folders = []
    for compiler in (rustc, shutil.which("rustc")):
        if compiler is None:
            continue
        sysroot = ask(compiler, "--print", "sysroot")
        version = ask(compiler, "-vV") or ""
        host = next((x[6:] for x in version.splitlines() if x.startswith("host: ")), None)
        if sysroot and host:
            folders.append(Path(sysroot) / "lib" / "rustlib" / host / "bin")
    return folders


def find_linker(tool: str, rustc: Path) -> Path:
    """The linker of this name beside the compiler or on PATH. Raises OperatorError."""
    for folder in _tool_folders(rustc):
        for path in (folder / tool, folder / "gcc-ld" / tool):
            if path.exists():
                return path
    # Debian's has the version of LLVM in its name.
    names = [tool, *(f"{tool}-{version}" for version in range(30, 18, -1))]
    on_path = next(filter(None, map(shutil.which, names)), None)
    if on_path is None:
        raise OperatorError(
            f"{rustc} has no {tool} beside it, and none is on PATH",
            hint=f"type: {_LINKER_WAYS[tool]}",
        )
    return Path(on_path)
