"""Look here if you want to know how AssemblyScript projects are built, and how npm comes in.

Rule: node_modules is npm's; where it is missing, npm is asked for it, by the lock file.
"""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lion.errors import OperatorError, OutsideError
from lion.toolchain.built import Built, Request, Say, current, finish, keep
from lion.toolchain.plain import plain_environment
from lion.toolchain.project import Project, read_json, shown
from lion.toolchain.rust.compiler import ask
from lion.toolchain.stamp import is_current, make_stamp

_NO_NPM: Final = (
    "Debian: apt-get install nodejs npm; macOS: brew install node; or https://nodejs.org"
)
_NETWORK: Final = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "network")


def build_assemblyscript_projects(
    projects: Sequence[Project], request: Request, say: Say
) -> list[Built]:
    """Build AssemblyScript projects. Raises OperatorError, OutsideError."""
    return [_build(project, request, say) for project in projects]


def _build(project: Project, request: Request, say: Say) -> Built:
    packages = packages_folder(project)
    if not request.is_forced and _is_current(project, packages):
        return current(project)
    node = _node()
    fetch_packages(packages, say, locked=request.locked)
    say(f"building {project.name} with {_version(packages)} and node {node}")
    made = _compile(project, say)
    return finish(project, made, _roots(project, packages), _tools(packages))


def _is_current(project: Project, packages: Path) -> bool:
    roots, tools = _roots(project, packages), _tools(packages)
    return is_current(
        project.component, make_stamp(project.component, project.folder, roots, tools)
    )


def build_empty(projects: Sequence[Project], request: Request, say: Say) -> list[Built]:
    """Make components that import all of a world and do nothing; their WIT's comments stay out.

    Raises OperatorError, OutsideError.
    """
    from lion.toolchain.assemblyscript.node_tools import run
    from lion.toolchain.assemblyscript.wit import wit_source

    built = []
    for project in projects:
        packages = packages_folder(project)
        _node()
        fetch_packages(packages, say, locked=request.locked)
        source = wit_source(project.wit, project.world, project.deps)
        job = {"packages": str(packages), "source": source.text, "world": source.world}
        made = run("empty", job, project.folder)
        verdict = keep(made, project.component)
        built.append(Built(project=project, verdict=verdict, size=len(made)))
    return built


def packages_folder(project: Project) -> Path:
    """The folder whose package.json names what this is built with: the one with a lock file, here
    or above, else the project's own.
    """
    places = [project.folder, *project.folder.parents]
    return next((p for p in places if (p / "package-lock.json").is_file()), project.folder)


def _roots(project: Project, packages: Path) -> list[Path]:
    """The source: what the author writes, the WIT, and the library it stands on."""
    own = [project.folder / name for name in ("assembly", "package.json")]
    inner = [dep for dep in project.deps if project.wit not in dep.parents]
    library = packages / "node_modules" / "lion-as"
    said = read_json(packages / "package.json").get("dependencies", {}).get("lion-as", "")
    if said.startswith("file:"):
        library = packages / said.removeprefix("file:")
    return [path for path in (*own, project.wit, *inner, library) if path.exists()]


def _tools(packages: Path) -> str:
    """What besides the source decides over the component: the locked packages."""
    lock = packages / "package-lock.json"
    decides = hashlib.sha256(lock.read_bytes() if lock.is_file() else b"").hexdigest()[:16]
    named = read_json(packages / "package.json").get("dependencies", {})
    return f"assemblyscript {named.get('assemblyscript', '?')}, {decides}"


def _node() -> str:
    version = ask("node", "--version")
    if version is None:
        raise OperatorError(
            "AssemblyScript is built with node, which is not on PATH", hint=_NO_NPM
        )
    return version


def _version(packages: Path) -> str:
    file = packages / "node_modules" / "assemblyscript" / "package.json"
    return f"assemblyscript {read_json(file)['version']}" if file.is_file() else "assemblyscript"


def fetch_packages(folder: Path, say: Say, *, locked: bool = False) -> None:
    """Have npm bring what the folder's lock file names, unless it is there as locked.

    Raises OperatorError, OutsideError.
    """
    lock, there = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""
    mark = folder / "node_modules" / ".lion-lock"
    if there.is_file() and mark.is_file() and mark.read_text("utf-8") == digest:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise OperatorError(
            f"npm, which fetches what {shown(folder)} is built with, is not on PATH", hint=_NO_NPM
        )
    if locked and not digest:
        raise OperatorError(
            f"there is no {shown(lock)}, and --locked forbids to write one",
            hint="build once without --locked, and keep the file",
        )
    say(f"npm fetches what {shown(folder)} is built with (200 MB, once)")
    # Not `npm ci`: it wants the optional packages too, of which some were never published.
    command = [npm, "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--loglevel=error", *(["--no-save"] if locked else [])]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=plain_environment()
    )
    if done.returncode:
        raise _npm_failed(done.stderr, folder)
    digest = hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""
    mark.write_text(digest, "utf-8")


def _npm_failed(words: str, folder: Path) -> OperatorError | OutsideError:
    said = [line.removeprefix("npm error").strip() for line in words.splitlines()]
    told = [x for x in said if x and not x.startswith(("A complete log", "at "))]
    what = " ".join(told)[:300]
    if any(sign in words for sign in _NETWORK):
        return OutsideError(
            f"npm could not fetch what {shown(folder)} is built with: {what}",
            hint="check the network, then type the same again",
        )
    return OperatorError(
        f"npm cannot install what {shown(folder / 'package.json')} names: {what}",
        hint=f"see all of it with: npm install --prefix {shown(folder)}",
    )


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
