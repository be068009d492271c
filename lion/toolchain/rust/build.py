"""Look here if you want to know how Rust projects are built: each workspace's at once."""

from collections.abc import Sequence
from itertools import groupby

from lion.toolchain.built import Built, Request, Say, current, finish
from lion.toolchain.project import Project
from lion.toolchain.rust.cargo import Crate, compile_crates, find_crate, tools_text
from lion.toolchain.rust.compiler import TARGET, Toolchain, find_toolchain
from lion.toolchain.stamp import is_current, make_stamp


def build_rust(projects: Sequence[Project], request: Request, say: Say) -> list[Built]:
    """Build Rust projects. Raises OperatorError, OutsideError."""
    tools = find_toolchain()
    crates = [find_crate(project, tools) for project in projects]
    stale = [crate for crate in crates if request.is_forced or not _is_current(crate, tools)]
    for _, group in groupby(stale, key=lambda crate: crate.root):
        _compile(list(group), tools, request, say)
    return [
        _finish(crate, tools) if crate in stale else current(crate.project) for crate in crates
    ]


def _compile(crates: list[Crate], tools: Toolchain, request: Request, say: Say) -> None:
    names = ", ".join(crate.project.name for crate in crates)
    say(f"building {names} with {tools.says}")
    if tools.build_std and not (crates[0].target / TARGET).is_dir():
        say("the first time this takes some minutes: the standard library is built too")
    compile_crates(tools, crates, locked=request.locked)


def _is_current(crate: Crate, tools: Toolchain) -> bool:
    project = crate.project
    stamp = make_stamp(project.component, project.folder, crate.roots, tools_text(crate, tools))
    return is_current(project.component, stamp)


def _finish(crate: Crate, tools: Toolchain) -> Built:
    return finish(crate.project, crate.built.read_bytes(), crate.roots, tools_text(crate, tools))
