#!/usr/bin/env python3
"""Look here if you want to know how plugins-src becomes plugins-wasm (`make plugins`).

Usage: build.py [--out FOLDER] [NAME...]

Rule: a component names no path of the machine that built it.
Rule: a component that did not change is not touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
WIT = HERE.parent / "wit"
BUILT = HERE / "target" / "wasm32-unknown-unknown" / "release"
TARGET = "wasm32-unknown-unknown"
# Debian's packages rustc-web, cargo-web and rust-web-src put these here.
SYSTEM_RUSTC, SYSTEM_CARGO = Path("/usr/bin/rustc"), Path("/usr/bin/cargo")
# Where WIT is that is not in the crate's own folder: mirror shares echo's types.
WIT_OF = {"mirror": HERE / "echo" / "wit"}
# Without it (LION_UNLOCKED=1) cargo may add a new crate to Cargo.lock.
LOCKED = [] if os.environ.get("LION_UNLOCKED") else ["--locked"]
NOT_GUESTS = ("lion-guest", "embed-docs")

NO_TOOLCHAIN = """\
error: no Rust that can build for {target}. One of these gets it:
    rustup target add {target}
    apt-get install rustc-web cargo-web rust-web-src lld-22    (Debian; slower the first time)
The components in plugins-wasm need no compiler: `make run` and `make test` work without one."""

NO_LINKER = """\
error: {rustc} has no {tool} beside it, and none is on PATH. One of these gets it:
{ways}"""

LINKER_WAYS = {
    "wasm-component-ld": "    cargo install wasm-component-ld",
    "wasm-ld": "    rustup toolchain install stable\n    apt-get install lld-22    (Debian)",
}


class Toolchain(NamedTuple):
    """Which compiler, how the standard library comes about, and the two linkers."""

    says: str
    rustc: Path
    cargo: Path
    build_std: bool
    component_ld: Path
    wasm_ld: Path


def ask(*command: str | Path) -> str | None:
    """The output of a command, or None if it cannot be run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def has_target(rustc: Path | str) -> bool:
    """Whether this compiler has a standard library for the target."""
    where = ask(rustc, "--print", "target-libdir", "--target", TARGET)
    return where is not None and any(Path(where).glob("libstd-*.rlib"))


def std_sources(rustc: Path) -> Path:
    """Where the standard library's sources are, if this compiler has them."""
    sysroot = ask(rustc, "--print", "sysroot")
    return Path(sysroot or os.devnull) / "lib" / "rustlib" / "src" / "rust"


def tool_folders(rustc: Path | str) -> list[Path]:
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


def find_tool(tool: str, rustc: Path | str) -> Path:
    """The linker of this name beside the compiler or on PATH; ends the program without one."""
    for folder in tool_folders(rustc):
        for path in (folder / tool, folder / "gcc-ld" / tool):
            if path.exists():
                return path
    # Debian's has the version of LLVM in its name.
    names = [tool, *(f"{tool}-{version}" for version in range(30, 18, -1))]
    on_path = next(filter(None, map(shutil.which, names)), None)
    if on_path is None:
        raise SystemExit(NO_LINKER.format(rustc=rustc, tool=tool, ways=LINKER_WAYS[tool]))
    return Path(on_path)


def find_toolchain() -> Toolchain:
    """Which of the two ways this machine has; ends the program if it has neither."""
    rustc, cargo = shutil.which("rustc"), shutil.which("cargo")
    if rustc and cargo and has_target(rustc):
        return toolchain(
            "the installed target " + TARGET, Path(rustc), Path(cargo), build_std=False
        )
    if SYSTEM_CARGO.exists() and (std_sources(SYSTEM_RUSTC) / "library").exists():
        says = f"{SYSTEM_RUSTC}, the standard library from its sources"
        return toolchain(says, SYSTEM_RUSTC, SYSTEM_CARGO, build_std=True)
    raise SystemExit(NO_TOOLCHAIN.format(target=TARGET))


def toolchain(says: str, rustc: Path, cargo: Path, *, build_std: bool) -> Toolchain:
    """A toolchain with its linkers."""
    component_ld, wasm_ld = find_tool("wasm-component-ld", rustc), find_tool("wasm-ld", rustc)
    return Toolchain(says, rustc, cargo, build_std, component_ld, wasm_ld)


def remaps(rustc: Path) -> list[str]:
    """Compiler flags that replace this machine's paths by names."""
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    flags = [(path, "registry") for path in (home / "registry" / "src").glob("*")]
    sources = std_sources(rustc)
    # The later one wins, so the most special comes last.
    flags = [(home, "cargo"), *flags, (sources, "rust"), (sources.resolve(), "rust")]
    flags.append((HERE, "plugins-src"))
    return [f"--remap-path-prefix={path}={name}" for path, name in flags]


def environment(tools: Toolchain, *, for_guests: bool) -> dict[str, str]:
    """The environment of a cargo that builds guests, or what runs on this machine."""
    variables = {**os.environ, "RUSTC": str(tools.rustc), "CARGO_TARGET_DIR": str(HERE / "target")}
    if for_guests:
        flags = ["-Clinker-flavor=wasm-ld", f"-Clink-arg=--wasm-ld-path={tools.wasm_ld}"]
        # \x1f is what cargo splits at, so paths may have spaces.
        variables["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join([*flags, *remaps(tools.rustc)])
        variables["CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER"] = str(tools.component_ld)
    if tools.build_std:
        variables["RUSTC_BOOTSTRAP"] = "1"
    return variables


def cargo(tools: Toolchain, *arguments: str, for_guests: bool) -> None:
    """Run cargo; ends the program with its exit code if it fails."""
    command = [str(tools.cargo), "build", *LOCKED, *arguments]
    done = subprocess.run(command, cwd=HERE, env=environment(tools, for_guests=for_guests))
    if done.returncode:
        raise SystemExit(done.returncode)


def build_guests(tools: Toolchain, names: list[str]) -> None:
    """Compile the named guests."""
    arguments = ["--release", "--target", TARGET]
    if tools.build_std:
        arguments.append("-Zbuild-std=std,panic_abort")
    arguments += [f"--package={name}" for name in names]
    # Without its sources unpacked the registry's folder has no name yet to remap.
    subprocess.run([str(tools.cargo), "fetch", *LOCKED, "-q"], cwd=HERE, check=True)
    cargo(tools, *arguments, for_guests=True)


def keep(made: Path, target: Path) -> str:
    """Copy a file if it differs. Says which."""
    if target.exists() and target.read_bytes() == made.read_bytes():
        return "same"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made, target)
    return "new"


def finish(name: str, out: Path, scratch: Path) -> None:
    """Put the docs into a guest that was compiled, and the whole into its place."""
    made = scratch / f"{name}.wasm"
    wit = WIT_OF.get(name, HERE / name / "wit")
    embed = HERE / "target" / "debug" / "embed-docs"
    built = BUILT / f"{name.replace('-', '_')}.wasm"
    subprocess.run([embed, "docs", built, made, name, WIT, wit], check=True)
    report(name, made, out)


def report(name: str, made: Path, out: Path) -> None:
    """Keep one component and print a line about it."""
    verdict = keep(made, out / f"{name}.wasm")
    print(f"{name:16} {made.stat().st_size:8,} bytes  {verdict}")


def guests() -> list[str]:
    """The names of all guest crates."""
    return sorted(
        p.parent.name for p in HERE.glob("*/Cargo.toml") if p.parent.name not in NOT_GUESTS
    )


def main(arguments: list[str]) -> None:
    """Build the named guests, or all of them and the empty component of all the host lends."""
    out = HERE.parent / "plugins-wasm"
    if arguments[:1] == ["--out"]:
        out, arguments = Path(arguments[1]), arguments[2:]
    names = arguments or guests()
    tools = find_toolchain()
    print(f"building with {tools.says}", flush=True)
    build_guests(tools, names)
    cargo(tools, "--package=embed-docs", for_guests=False)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            finish(name, out, Path(folder))
        if not arguments:
            made = Path(folder) / "imports.wasm"
            embed = HERE / "target" / "debug" / "embed-docs"
            subprocess.run([embed, "empty", made, "imports", WIT], check=True)
            report("imports", made, out)


if __name__ == "__main__":
    main(sys.argv[1:])
