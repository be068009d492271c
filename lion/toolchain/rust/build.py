"""Look here if you want to know how Rust projects are built: each workspace's at once."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from lion.errors import OperatorError
from lion.toolchain.built import Built, Request, Say, current, finish
from lion.toolchain.project import Project
from lion.toolchain.rust.cargo import (
    Crate,
    compile_crates,
    find_crate,
    read_besides,
    tools_text,
)
from lion.toolchain.rust.compiler import TARGET, Toolchain, chosen_compiler, find_toolchain
from lion.toolchain.stamp import is_current, make_stamp, noted_roots


def build_rust(projects: Sequence[Project], request: Request, say: Say) -> list[Built]:
    """Build Rust projects. Raises OperatorError, OutsideError."""
    found = _toolchains(projects)
    crates = [(find_crate(project, tools), tools) for project, tools in found]
    together: dict[tuple[Path, Path, Path], list[Crate]] = defaultdict(list)
    for crate, tools in crates:
        if request.is_forced or not _is_current(crate, tools):
            together[crate.root, crate.place, tools.rustc].append(crate)
    built: dict[Path, Path] = {}
    for (_, _, rustc), group in together.items():
        tools = next(t for _, t in found if t.rustc == rustc)
        built |= _compile(group, tools, request, say)
    stale = {crate.project.folder for group in together.values() for crate in group}
    return [
        _finish(crate, tools, built) if crate.project.folder in stale else current(crate.project)
        for crate, tools in crates
    ]


def _toolchains(projects: Sequence[Project]) -> list[tuple[Project, Toolchain]]:
    """Each with the toolchain of its folder, which may choose one (rust-toolchain.toml)."""
    known: dict[object, Toolchain] = {}
    found = []
    for project in projects:
        chosen = chosen_compiler(project.folder)
        if chosen not in known:
            known[chosen] = find_toolchain(project.folder)
        found.append((project, known[chosen]))
    return found


def _compile(
    crates: list[Crate], tools: Toolchain, request: Request, say: Say
) -> dict[Path, Path]:
    names = ", ".join(crate.project.name for crate in crates)
    say(f"building {names} with {tools.says}")
    if tools.build_std and not (crates[0].target / TARGET).is_dir():
        say("the first time this takes some minutes: the standard library is built too")
    return compile_crates(tools, crates, locked=request.locked)


def _is_current(crate: Crate, tools: Toolchain) -> bool:
    project = crate.project
    known = {path.resolve() for path in crate.roots}
    besides = [p for p in noted_roots(project.component) if p.resolve() not in known]
    roots = [*crate.roots, *besides]
    stamp = make_stamp(project.component, project.folder, roots, tools_text(crate, tools))
    return is_current(project.component, stamp)


def _finish(crate: Crate, tools: Toolchain, built: dict[Path, Path]) -> Built:
    made = built.get(crate.manifest)
    if made is None or not made.is_file():
        raise OperatorError(
            f"cargo made no component of {crate.project.name!r}",
            hint=f"see what it makes with: cargo build --release --target {TARGET}",
        )
    roots = [*crate.roots, *read_besides(crate, made)]
    return finish(crate.project, made.read_bytes(), roots, tools_text(crate, tools))
