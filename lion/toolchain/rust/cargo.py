"""Look here if you want to know how cargo builds components.

Rule: a component names no path of the machine that built it.
Rule: workspace and target folder are cargo's own: `cargo metadata` says where they are.
Rule: cargo's words go to stderr as they come; an error adds one line to them.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from lion.errors import OperatorError, OutsideError
from lion.toolchain.plain import plain_environment
from lion.toolchain.project import Project, shown
from lion.toolchain.rust.compiler import TARGET, Toolchain, std_sources

_NETWORK = (
    "failed to download",
    "failed to fetch",
    "resolve host",
    "spurious network",
    "unable to update",
)


class Crate(msgspec.Struct, frozen=True, kw_only=True):
    """A project as cargo sees it: its package, its workspace's root, where the component comes
    out, and all files and folders its source is made of.
    """

    project: Project
    package: str
    root: Path
    target: Path
    built: Path
    roots: tuple[Path, ...]


def find_crate(project: Project, tools: Toolchain) -> Crate:
    """Ask cargo about a project. Raises OperatorError: cargo's own words, or no cdylib."""
    manifest = project.folder / "Cargo.toml"
    command: list[str | Path] = [
        tools.cargo,
        "metadata",
        "--no-deps",
        "--format-version=1",
        "--manifest-path",
        manifest,
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=_read_by_us(tools))
    if done.returncode:
        raise OperatorError(
            f"cargo cannot read {str(manifest)!r}: {_last_words(done.stderr)}",
            hint=f"see all of it with: cargo metadata --manifest-path {manifest}",
        )
    known = json.loads(done.stdout)
    packages = {Path(p["manifest_path"]).resolve(): p for p in known["packages"]}
    package = packages[manifest.resolve()]
    library = next((t for t in package["targets"] if "cdylib" in t["crate_types"]), None)
    if library is None:
        raise OperatorError(
            f"the crate {project.name!r} makes no component: it is no cdylib",
            hint=f'write in {manifest}, under [lib]: crate-type = ["cdylib"]',
        )
    target = Path(known["target_directory"])
    return Crate(
        project=project,
        package=package["name"],
        root=Path(known["workspace_root"]),
        target=target,
        built=target / TARGET / "release" / f"{library['name'].replace('-', '_')}.wasm",
        roots=(*_own(project), *_path_roots(package, packages)),
    )


def _own(project: Project) -> list[Path]:
    """The project's own source; what else lies in its folder has no part in the component."""
    own = [project.folder / name for name in ("Cargo.toml", "build.rs", "src")]
    inner = [dep for dep in project.deps if project.wit not in dep.parents]
    return [path for path in (*own, project.wit, *inner) if path.exists()]


def _path_roots(package: dict[str, Any], packages: dict[Path, Any]) -> list[Path]:
    """Folders of the crates a package has by path, theirs among them."""
    found: list[Path] = []
    waiting = [package]
    while waiting:
        for dependency in waiting.pop()["dependencies"]:
            folder = Path(dependency["path"]) if dependency.get("path") else None
            if folder is not None and folder not in found:
                found.append(folder)
                inner = packages.get((folder / "Cargo.toml").resolve())
                waiting += [inner] if inner else []
    return found


def tools_text(crate: Crate, tools: Toolchain) -> str:
    """What besides the source decides over the component: compiler, versions, profile."""
    decides = hashlib.sha256()
    for name in ("Cargo.lock", "Cargo.toml"):
        path = crate.root / name
        decides.update(path.read_bytes() if path.is_file() else b"")
    return f"{tools.version}, {decides.hexdigest()[:16]}"


def compile_crates(tools: Toolchain, crates: Sequence[Crate], *, locked: bool) -> None:
    """Compile crates of one workspace. Raises OperatorError, OutsideError after cargo's words."""
    first = crates[0]
    _fetch(tools, first, locked=locked)
    command: list[str | Path] = [
        tools.cargo,
        "build",
        "--release",
        f"--target={TARGET}",
        *_locked(locked),
    ]
    if tools.build_std:
        command.append("-Zbuild-std=std,panic_abort")
    command += [f"--package={crate.package}" for crate in crates]
    environ = _read_by_people(tools, first)
    done = subprocess.run(command, cwd=first.root, env=environ, stdout=subprocess.DEVNULL)
    if done.returncode:
        names = [crate.project.name for crate in crates]
        which = names[0] if len(names) == 1 else f"one or more of {', '.join(names)}"
        raise OperatorError(
            f"{which} did not compile",
            hint=f"correct what the compiler says above{_seen_from(first.root)} and try again",
        )


def _seen_from(root: Path) -> str:
    return "" if root == Path.cwd() else f" (its paths begin in {shown(root)})"


def _fetch(tools: Toolchain, crate: Crate, *, locked: bool) -> None:
    """Have the crates' sources here: before that the registry's folder has no name to remap."""
    command: list[str | Path] = [tools.cargo, "fetch", *_locked(locked)]
    environ = _read_by_us(tools)
    quick = subprocess.run(
        [*command, "--offline", "-q"], cwd=crate.root, env=environ, capture_output=True
    )
    if quick.returncode == 0:
        return
    done = subprocess.run(
        command, cwd=crate.root, env=environ, stderr=subprocess.PIPE, text=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode == 0:
        return
    words = _last_words(done.stderr)
    if any(sign in done.stderr.lower() for sign in _NETWORK):
        raise OutsideError(
            f"the crates that {crate.project.name} needs cannot be fetched: {words}",
            hint="check the network, then type the same again",
        )
    raise OperatorError(
        f"cargo cannot find what {crate.project.name} needs: {words}",
        hint=f"correct the dependencies in {crate.project.folder / 'Cargo.toml'}",
    )


def _locked(locked: bool) -> list[str]:
    return ["--locked"] if locked else []


def _last_words(text: str) -> str:
    """Cargo's error on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    begin = next((i for i, line in enumerate(lines) if line.startswith("error")), 0)
    return " ".join(lines[begin:]).removeprefix("error: ")[:600]


def _read_by_us(tools: Toolchain) -> dict[str, str]:
    """The environment of a cargo whose words are read here."""
    return plain_environment() | _compiler(tools)


def _read_by_people(tools: Toolchain, crate: Crate) -> dict[str, str]:
    """The environment of a cargo that builds a crate; its words go on as they are, in colours if
    people's settings say so.
    """
    flags = ["-Clinker-flavor=wasm-ld", f"-Clink-arg=--wasm-ld-path={tools.wasm_ld}"]
    return {
        **os.environ,
        **_compiler(tools),
        # \x1f is what cargo splits at, so paths may have spaces.
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join([*flags, *_remaps(tools.rustc, crate)]),
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER": str(tools.component_ld),
    }


def _compiler(tools: Toolchain) -> dict[str, str]:
    chosen = {"RUSTC": str(tools.rustc)}
    return chosen | {"RUSTC_BOOTSTRAP": "1"} if tools.build_std else chosen


def _remaps(rustc: Path, crate: Crate) -> list[str]:
    """Compiler flags that replace this machine's paths by names."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    flags = [(path, "registry") for path in sorted((home / "registry" / "src").glob("*"))]
    sources = std_sources(rustc)
    # The later one wins, so the most special comes last.
    flags = [(home, "cargo"), *flags, (sources, "rust"), (sources.resolve(), "rust")]
    flags += [(crate.root, crate.root.name), (crate.target, "target")]
    return [f"--remap-path-prefix={path}={name}" for path, name in flags]
