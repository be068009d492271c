"""Look here if you want to know how sandboxed Python becomes a component: componentize-py runs the
author's modules once, within CPython for WebAssembly, and keeps what they made of its memory.

Rule: what is built with is pinned and the author's own: no package of this interpreter gets in.
Rule: it works in a folder of its own, into which the bindings, WIT and the entry are put.
"""

import importlib.metadata
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lion.errors import OperatorError
from lion.toolchain.built import Built, Request, Say, current, finish
from lion.toolchain.plain import plain_environment
from lion.toolchain.project import LANGUAGES, SANDBOXED, Project, shown
from lion.toolchain.python.words import failed
from lion.toolchain.stamp import is_current, make_stamp

PINNED: Final = "0.25.1"
"""Of componentize-py: the library reads what it writes into bindings."""
LIBRARY: Final = Path(__file__).parents[1] / "resources" / "lion-guest-py"
SOURCE: Final = "src"
"""Where the author's modules are, `app` among them."""
_ENTRY: Final = "lion_component"
_APP: Final = "app"
_BEGIN: Final = f"""import {_APP}
from lion_guest.entry import world

globals().update(world({_APP}))
"""
_SECONDS: Final = 900


def build_sandboxed(projects: Sequence[Project], request: Request, say: Say) -> list[Built]:
    """Build sandboxed Python. Raises OperatorError."""
    return [_build(project, request, say) for project in projects]


def _build(project: Project, request: Request, say: Say) -> Built:
    if not request.is_forced and _is_current(project):
        return current(project)
    command = find_builder()
    app = project.folder / SOURCE / f"{_APP}.py"
    if not app.is_file():
        raise OperatorError(
            f"{shown(project.folder)} has no {SOURCE}/{_APP}.py, where its functions are",
            hint="see how one begins: lion new DIR --lang python --sandboxed",
        )
    say(f"building {project.name} with componentize-py {PINNED}, which takes half a minute")
    with _workshop(project) as place:
        made = _componentize(project, command, place)
        _keep_bindings(project, command, place)
    return finish(project, made, _roots(project), _tools())


def find_builder() -> list[str]:
    """What runs componentize-py. Raises OperatorError that says how to get it."""
    python = shlex.quote(sys.executable)
    install = f"type: {python} -m pip install componentize-py=={PINNED}"
    try:
        there = importlib.metadata.version("componentize-py")
    except importlib.metadata.PackageNotFoundError:
        raise OperatorError(
            "sandboxed Python is built with componentize-py, which is not installed", hint=install
        ) from None
    if there != PINNED:
        raise OperatorError(
            f"componentize-py {there} is installed, and lion's library for guests is for {PINNED}",
            hint=install,
        )
    return [sys.executable, "-c", "from componentize_py import script; script()"]


def _tools() -> str:
    return f"componentize-py {PINNED}"


def _is_current(project: Project) -> bool:
    stamp = make_stamp(project.component, project.folder, _roots(project), _tools())
    return is_current(project.component, stamp)


def library_of(project: Project) -> Path:
    """The folder `lion_guest` is in: the author's copy, else lion's own."""
    own = project.folder / "vendor"
    return own if (own / "lion_guest").is_dir() else LIBRARY


def _roots(project: Project) -> list[Path]:
    names = (SOURCE, "packages", LANGUAGES[SANDBOXED])
    inner = [dep for dep in project.deps if project.wit not in dep.parents]
    found = [*(project.folder / n for n in names), project.wit, *inner, library_of(project)]
    return [path for path in found if path.exists()]


@contextmanager
def _workshop(project: Project) -> Iterator[Path]:
    """A folder with the world, its WIT, and the entry."""
    with tempfile.TemporaryDirectory(prefix="lion-python-") as name:
        place = Path(name)
        shutil.copytree(project.wit, place / "wit", ignore=shutil.ignore_patterns("deps"))
        for at, dep in enumerate(project.deps):
            shutil.copytree(dep, place / "wit" / "deps" / f"{at}-{dep.name}")
        (place / f"{_ENTRY}.py").write_text(_BEGIN, "utf-8")
        # Else the packages of this interpreter, or of an active environment, were on its path.
        site = place / "none" / "lib" / "python3" / "site-packages"
        site.mkdir(parents=True)
        yield place


def _componentize(project: Project, command: Sequence[str], place: Path) -> bytes:
    """The component. Raises OperatorError in the author's terms."""
    out = place / "made.wasm"
    folders = [place, project.folder / SOURCE, project.folder / "packages", library_of(project)]
    path = [word for folder in folders if folder.is_dir() for word in ("-p", str(folder))]
    done = _run(
        project, [*command, *_world(project), "componentize", _ENTRY, *path, "-o", str(out)], place
    )
    if done.returncode != 0 or not out.is_file():
        raise failed(project, done.stderr + done.stdout)
    return out.read_bytes()


def _keep_bindings(project: Project, command: Sequence[str], place: Path) -> None:
    """The bindings beside the source, where editors and type checkers find them."""
    made = place / "bindings"
    done = _run(project, [*command, *_world(project), "bindings", str(made)], place)
    if done.returncode != 0:
        raise failed(project, done.stderr + done.stdout)
    target = project.folder / "bindings"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(made, target)


def _world(project: Project) -> list[str]:
    return ["-d", "wit", "-w", project.world]


def _run(
    project: Project, command: Sequence[str], place: Path
) -> subprocess.CompletedProcess[str]:
    none = str(place / "none")
    environment = plain_environment() | {"VIRTUAL_ENV": none, "RUST_BACKTRACE": "0"}
    environment["PATH"] = os.defpath
    try:
        return subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True,
            errors="replace", timeout=_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise OperatorError(
            f"{project.name} was not built within {_SECONDS} s",
            hint="what a module does when it is imported is done while it is built: see there",
        ) from None
