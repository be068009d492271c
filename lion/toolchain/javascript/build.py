"""Look here if you want to know how a guest in JavaScript or TypeScript becomes a component: its
modules become one, and componentize-js puts that into an engine for WebAssembly.

Rule: npm's packages are in the folder itself, by its lock file; they are fetched where they miss.
Rule: what the source never names (`fetch`) the component does not import.
"""

import hashlib
import json
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.toolchain.assemblyscript.packages import LOCK, NO_NPM, npm_failed
from lion.toolchain.assemblyscript.wit import WitSource, wit_source
from lion.toolchain.built import Built, Request, Say, current, finish
from lion.toolchain.plain import plain_environment
from lion.toolchain.project import Project, shown
from lion.toolchain.rust.compiler import ask
from lion.toolchain.stamp import is_current, make_stamp

SCRIPT: Final = Path(__file__).parent / "node" / "build.mjs"
LIBRARY: Final = Path(__file__).parents[1] / "resources" / "lion-js" / "lion-guest"
ENTRIES: Final = {"javascript": "index.js", "typescript": "index.ts"}
BUILDER: Final = "@bytecodealliance/componentize-js"
_OUTERMOST: Final = "package lion:outermost;\n"
_RAISED: Final = re.compile(r"\w*Error\b.*: ")
_SECONDS: Final = 900
_LIMIT: Final = 400


def build_javascript(projects: Sequence[Project], request: Request, say: Say) -> list[Built]:
    """Build guests in JavaScript or TypeScript. Raises OperatorError, OutsideError."""
    return [_build(project, request, say) for project in projects]


def _build(project: Project, request: Request, say: Say) -> Built:
    if not request.is_forced and _is_current(project):
        return current(project)
    entry = project.folder / "src" / ENTRIES[project.language]
    if not entry.is_file():
        raise OperatorError(
            f"{shown(project.folder)} has no src/{entry.name}, where its functions are",
            hint=f"see how one begins: lion new DIR --lang {project.language}",
        )
    node = ask("node", "--version")
    if node is None:
        raise OperatorError("JavaScript is built with node, which is not on PATH", hint=NO_NPM)
    _fetch(project, say, locked=request.locked)
    source = wit_source(project.wit, project.world, project.deps)
    say(f"building {project.name} with {_tools(project)} and node {node}")
    return finish(project, _made(project, entry, source), _roots(project), _tools(project))


def _is_current(project: Project) -> bool:
    stamp = make_stamp(project.component, project.folder, _roots(project), _tools(project))
    return is_current(project.component, stamp)


def _tools(project: Project) -> str:
    """What builds it: the locked packages."""
    lock = project.folder / LOCK
    digest = hashlib.sha256(lock.read_bytes() if lock.is_file() else b"").hexdigest()[:16]
    return f"componentize-js, {digest}"


def library_of(project: Project) -> Path:
    """The folder of `lion-guest`: the author's copy, else lion's own."""
    own = project.folder / "vendor" / "lion-guest"
    return own if own.is_dir() else LIBRARY


def _roots(project: Project) -> list[Path]:
    inner = [dep for dep in project.deps if project.wit not in dep.parents]
    own = [project.folder / "src", project.folder / "package.json"]
    found = [*own, project.wit, *inner, library_of(project)]
    return [path for path in found if path.exists()]


def _fetch(project: Project, say: Say, *, locked: bool) -> None:
    """Have npm bring what the folder is built with, unless it is there by this lock file."""
    folder = project.folder
    lock, mark = folder / LOCK, folder / "node_modules" / ".lion-lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""
    if mark.is_file() and digest and mark.read_text("utf-8") == digest:
        return
    if shutil.which("npm") is None:
        raise OperatorError(
            f"npm, which fetches what {shown(folder)} is built with, is not on PATH", hint=NO_NPM
        )
    if locked and not digest:
        raise OperatorError(
            f"there is no {shown(lock)}, and --locked forbids to write one",
            hint="build once without --locked, and keep the file",
        )
    say(f"npm fetches what {shown(folder)} is built with (400 MB, once)")
    # The platform's own parts of packages are optional ones.
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command += ["--workspaces=false", *(["--no-save"] if locked else [])]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=plain_environment(), check=False
    )
    if done.returncode:
        raise npm_failed(done.stderr, folder)
    if lock.is_file() and mark.parent.is_dir():
        mark.write_text(hashlib.sha256(lock.read_bytes()).hexdigest(), "utf-8")


def _made(project: Project, entry: Path, source: WitSource) -> bytes:
    """The component, without docs. Raises OperatorError in the author's terms."""
    types = project.folder / "bindings"
    shutil.rmtree(types, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="lion-javascript-") as scratch:
        out = Path(scratch) / "made.wasm"
        job = {
            "packages": str(project.folder / "node_modules"), "entry": str(entry),
            "library": str(library_of(project)), "wit": _OUTERMOST + source.text,
            "world": source.world, "types": str(types), "out": str(out),
        }  # fmt: skip
        try:
            done = subprocess.run(
                ["node", str(SCRIPT)], input=json.dumps(job), capture_output=True, text=True,
                cwd=project.folder, env=plain_environment(), timeout=_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise OperatorError(
                f"{project.name} was not built within {_SECONDS} s",
                hint="what a module does at its top level is done while it is built: see there",
            ) from None
        if done.returncode != 0 or not out.is_file():
            raise _failed(project, done.returncode, done.stderr)
        return out.read_bytes()


def _failed(project: Project, code: int, said: str) -> OperatorError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    own = [line for line in lines if not line.startswith(("at ", "node:", "(node:"))]
    raised = [line for line in own if _RAISED.match(line)]
    told = show_line(next(iter([*raised, *own]), "node said nothing"))[:_LIMIT]
    if code == 4:
        return OperatorError(
            f"the WIT of {project.name}: {told}",
            hint=f"see {shown(project.wit)}",
            diagnostics=said,
        )
    again = f"npm install --prefix {shlex.quote(shown(project.folder))}"
    hint = f"see {shown(project.folder / 'src')}" if code == 3 else f"try: {again}"
    return OperatorError(f"{project.name} was not built: {told}", hint=hint, diagnostics=said)
