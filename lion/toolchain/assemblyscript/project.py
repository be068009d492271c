"""Look here if you want to know how AssemblyScript projects are built: what is stale, with what
npm fetches (packages.py), and what is noted of each.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from lion.errors import OperatorError
from lion.toolchain.assemblyscript.packages import (
    NO_NPM,
    fetch_packages,
    library_folder,
    tools_text,
    version_of,
)
from lion.toolchain.built import Built, Request, Say, current, finish, keep
from lion.toolchain.project import Project
from lion.toolchain.rust.compiler import ask
from lion.toolchain.stamp import is_current, make_stamp


def build_assemblyscript_projects(
    projects: Sequence[Project], request: Request, say: Say
) -> list[Built]:
    """Build AssemblyScript projects. Raises OperatorError, OutsideError."""
    return [_build(project, request, say) for project in projects]


def _build(project: Project, request: Request, say: Say) -> Built:
    folder = project.folder
    if not request.is_forced and _is_current(project):
        return current(project)
    node = _node()
    fetch_packages(folder, say, locked=request.locked)
    say(f"building {project.name} with assemblyscript {version_of(folder)} and node {node}")
    made = _compile(project, say)
    return finish(project, made, _roots(project), tools_text(folder))


def _is_current(project: Project) -> bool:
    roots, tools = _roots(project), tools_text(project.folder)
    return is_current(
        project.component, make_stamp(project.component, project.folder, roots, tools)
    )


def build_empty(projects: Sequence[Project], request: Request, say: Say) -> list[Built]:
    """Make components that import all of a world and do nothing; their WIT's comments stay out.

    Raises OperatorError, OutsideError.
    """
    from lion.toolchain.assemblyscript.diagnostics import wit_error
    from lion.toolchain.assemblyscript.node_tools import ToolFailed, find_packages, run
    from lion.toolchain.assemblyscript.wit import wit_source

    built = []
    for project in projects:
        _node()
        fetch_packages(project.folder, say, locked=request.locked)
        source = wit_source(project.wit, project.world, project.deps)
        packages = find_packages(project.folder)
        job = {"packages": packages, "source": source.text, "world": source.world}
        try:
            made = run("empty", job, project.folder)
        except ToolFailed as exc:
            raise wit_error(exc.words, source) from exc
        verdict = keep(made, project.component)
        built.append(Built(project=project, verdict=verdict, size=len(made)))
    return built


def _roots(project: Project) -> list[Path]:
    """The source: what the author writes, the WIT, and the library it stands on."""
    names = ("assembly", "package.json", "asconfig.json")
    own = [project.folder / name for name in names]
    inner = [dep for dep in project.deps if project.wit not in dep.parents]
    library = library_folder(project.folder)
    found = [*own, project.wit, *inner, *([library] if library else [])]
    return [path for path in found if path.exists()]


def _node() -> str:
    version = ask("node", "--version")
    if version is None:
        raise OperatorError("AssemblyScript is built with node, which is not on PATH", hint=NO_NPM)
    return version


def _compile(project: Project, say: Say) -> bytes:
    """The component, without docs. Raises OperatorError after the compiler's own words."""
    from lion.toolchain.assemblyscript.build import build_assemblyscript

    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / f"{project.world}.wasm"
        try:
            build_assemblyscript(project.folder, out)
        except OperatorError as exc:
            for line in str(exc.facts.get("diagnostics", "")).splitlines():
                say(line)
            raise
        return out.read_bytes()
