"""Look here if you want to know what `lion build` does, whatever the language.

Rule: what did not change is not built, and a component that came out the same is not touched.
"""

from pathlib import Path

import msgspec

from lion.errors import OperatorError
from lion.toolchain.built import Built, Compile, Request, Say
from lion.toolchain.project import Project, find_projects


def build(request: Request, say: Say) -> list[Built]:
    """Build everything asked for, in its order; `say` is told what is being done.

    Raises OperatorError (nothing to build, no toolchain, does not compile), OutsideError.
    """
    projects = [_placed(project, request.out) for project in _projects(request)]
    built: dict[Path, Built] = {}
    for language in dict.fromkeys(project.language for project in projects):
        together = [project for project in projects if project.language == language]
        built |= {one.project.folder: one for one in _compiler(language)(together, request, say)}
    return [built[project.folder] for project in projects]


def _compiler(language: str) -> Compile:
    """What compiles a language; only what is used is imported."""
    match language:
        case "rust":
            from lion.toolchain.rust.build import build_rust

            return build_rust
        case "assemblyscript":
            from lion.toolchain.assemblyscript.project import build_assemblyscript_projects

            return build_assemblyscript_projects
        case "javascript" | "typescript":
            from lion.toolchain.javascript.build import build_javascript

            return build_javascript
        case "wit":
            from lion.toolchain.assemblyscript.project import build_empty

            return build_empty
        case "sandboxed-python":
            from lion.toolchain.python.sandboxed import build_sandboxed

            return build_sandboxed
        case _:
            from lion.toolchain.python.build import check_python

            return check_python


def _projects(request: Request) -> list[Project]:
    found = [project for word in request.folders for project in find_projects(word)]
    projects = list({project.folder: project for project in found}.values())
    if len(projects) > 1 and request.out is not None and not Path(request.out).is_dir():
        raise OperatorError(
            f"--out {request.out} is no folder, and there are {len(projects)} components",
            hint=f"make it: mkdir -p {request.out}",
        )
    return projects


def _placed(project: Project, out: str | None) -> Project:
    """The project with its component where `--out` says."""
    if out is None:
        return project
    path = Path(out).absolute()
    path = path / project.component.name if path.is_dir() else path
    return msgspec.structs.replace(project, component=path)
