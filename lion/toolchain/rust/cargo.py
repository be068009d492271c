"""Look here if you want to know how cargo builds components.

Rule: a component names no path of the machine that built it.
Rule: workspace and target folder are cargo's own: `cargo metadata` says where they are, and the
build itself where the component came out.
Rule: cargo is asked and run in one folder, with one environment (configuration.py).
Rule: cargo's words go to stderr as they come; an error adds one line to them.
"""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lion.errors import OperatorError, OutsideError
from lion.toolchain.plain import plain_environment
from lion.toolchain.project import Project, shown
from lion.toolchain.rust.compiler import TARGET, Toolchain, std_sources
from lion.toolchain.rust.configuration import (
    cargo_home,
    placed,
    settings_digest,
    working_folder,
)

_NETWORK = (
    "failed to download",
    "failed to fetch",
    "resolve host",
    "spurious network",
    "unable to update",
)


class Crate(msgspec.Struct, frozen=True, kw_only=True):
    """A project as cargo sees it: its package, its workspace's root, the folder where cargo runs,
    the folders it makes things in, and all files and folders its source is made of.
    """

    project: Project
    package: str
    root: Path
    place: Path
    made: tuple[Path, ...]
    roots: tuple[Path, ...]

    @property
    def target(self) -> Path:
        """The target folder."""
        return self.made[0]

    @property
    def manifest(self) -> Path:
        """Its Cargo.toml, as cargo calls it."""
        return (self.project.folder / "Cargo.toml").resolve()


def find_crate(project: Project, tools: Toolchain) -> Crate:
    """Ask cargo about a project. Raises OperatorError: cargo's own words, or no cdylib."""
    manifest = project.folder / "Cargo.toml"
    options = ("--no-deps", "--format-version=1", "--manifest-path", manifest)
    command: list[str | Path] = [tools.cargo, "metadata", *options]
    environ = _read_by_us(tools)
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, env=environ)
    if done.returncode:
        raise OperatorError(
            f"cargo cannot read {str(manifest)!r}: {_last_words(done.stderr)}",
            hint=f"see all of it with: cargo metadata --manifest-path {manifest}",
        )
    known = json.loads(done.stdout)
    packages = {Path(p["manifest_path"]).resolve(): p for p in known["packages"]}
    package = packages.get(manifest.resolve())
    if package is None:
        raise OperatorError(
            f"{known['workspace_root']} is a workspace without {str(project.folder)!r}",
            hint="name it in the workspace's members",
        )
    library = next((t for t in package["targets"] if "cdylib" in t["crate_types"]), None)
    if library is None:
        raise OperatorError(
            f"the crate {project.name!r} makes no component: it is no cdylib",
            hint=f'write in {manifest}, under [lib]: crate-type = ["cdylib"]',
        )
    root = Path(known["workspace_root"])
    made = [known["target_directory"], known.get("build_directory") or known["target_directory"]]
    return Crate(
        project=project,
        package=package["name"],
        root=root,
        place=working_folder(project.folder, root),
        made=tuple(dict.fromkeys(map(Path, made))),
        roots=(*_own(project, package), *_path_roots(package, packages)),
    )


def _own(project: Project, package: dict[str, Any]) -> list[Path]:
    """The project's own source; what else lies in its folder has no part in the component unless
    the compiler read it (`read_besides`).
    """
    own = [project.folder / name for name in ("Cargo.toml", "build.rs", "src")]
    inner = [dep for dep in project.deps if project.wit not in dep.parents]
    begins = [
        Path(t["src_path"])
        for t in package["targets"]
        if {"cdylib", "custom-build"} & {*t["kind"]}
    ]
    here = project.folder.resolve()
    begins = [project.folder / p.relative_to(here) if here in p.parents else p for p in begins]
    begins = [path for path in begins if not {path, *path.parents} & {*own}]
    return [path for path in (*own, *begins, project.wit, *inner) if path.exists()]


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
    settings = settings_digest(crate.place)
    return ", ".join(filter(None, [tools.version, decides.hexdigest()[:16], settings]))


def compile_crates(tools: Toolchain, crates: Sequence[Crate], *, locked: bool) -> dict[Path, Path]:
    """Compile crates of one workspace: where each component came out, by its Cargo.toml.

    Raises OperatorError, OutsideError after cargo's words.
    """
    first = crates[0]
    _fetch(tools, first, locked=locked)
    command: list[str | Path] = [
        tools.cargo,
        "build",
        "--release",
        f"--target={TARGET}",
        f"--target-dir={first.target}",
        # Where things come out is read on stdout; what people read goes to stderr as it comes.
        "--message-format=json-render-diagnostics",
        *_locked(locked),
    ]
    if tools.build_std:
        command.append("-Zbuild-std=std,panic_abort")
    command += [f"--package={crate.package}" for crate in crates]
    environ = _read_by_people(tools, first)
    done = subprocess.run(command, cwd=first.place, env=environ, stdout=subprocess.PIPE)
    if done.returncode:
        names = [crate.project.name for crate in crates]
        which = names[0] if len(names) == 1 else f"one or more of {', '.join(names)}"
        raise OperatorError(
            f"{which} did not compile",
            hint=f"correct what the compiler says above{_seen_from(first.root)} and try again",
        )
    return dict(artifacts(done.stdout))


def artifacts(words: bytes) -> Iterator[tuple[Path, Path]]:
    """The components that cargo says it has made, or has."""
    for line in words.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue  # what a build script prints
        if not isinstance(message, dict) or message.get("reason") != "compiler-artifact":
            continue
        for name in message["filenames"]:
            if name.endswith(".wasm"):
                yield Path(message["manifest_path"]).resolve(), Path(name)


def read_besides(crate: Crate, built: Path) -> list[Path]:
    """Files that the compiler read for a component besides the source's folders: what
    `include_str!` names, modules elsewhere. Cargo notes them beside the component.
    """
    try:
        text = built.with_suffix(".d").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    words = re.findall(r"(?:[^\s\\]|\\.)+", text.partition(": ")[2])
    paths = [Path(word.replace("\\ ", " ")) for word in words]
    known = {*crate.made, cargo_home(), *crate.roots, *(r.resolve() for r in crate.roots)}
    return sorted(p for p in paths if p.is_file() and not {p, *p.parents} & known)


def _seen_from(root: Path) -> str:
    return "" if root == Path.cwd() else f" (its paths begin in {shown(root)})"


def _fetch(tools: Toolchain, crate: Crate, *, locked: bool) -> None:
    """Have the crates' sources here: before that the registry's folder has no name to remap."""
    command: list[str | Path] = [tools.cargo, "fetch", *_locked(locked)]
    environ = _read_by_us(tools)
    quick = subprocess.run(
        [*command, "--offline", "-q"], cwd=crate.place, env=environ, capture_output=True
    )
    if quick.returncode == 0:
        return
    done = subprocess.run(
        command, cwd=crate.place, env=environ, stderr=subprocess.PIPE, text=True,
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
    return placed(plain_environment()) | _compiler(tools)


def _read_by_people(tools: Toolchain, crate: Crate) -> dict[str, str]:
    """The environment of a cargo that builds a crate; its words go on as they are, in colours if
    people's settings say so.
    """
    flags = ["-Clinker-flavor=wasm-ld", f"-Clink-arg=--wasm-ld-path={tools.wasm_ld}"]
    return {
        **placed(dict(os.environ)),
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
    home = cargo_home()
    flags = [(path, "registry") for path in sorted((home / "registry" / "src").glob("*"))]
    sources = std_sources(rustc)
    # The later one wins, so the most special comes last.
    flags = [(home, "cargo"), *flags, (sources, "rust"), (sources.resolve(), "rust")]
    flags += [(crate.root, crate.root.name), *((made, "target") for made in crate.made)]
    return [f"--remap-path-prefix={path}={name}" for path, name in flags]
