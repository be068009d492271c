"""Look here if you want to know how npm's packages come to be where AssemblyScript is built.

Rule: node_modules is npm's; where it is missing, npm is asked for it, by the lock file.
Rule: a plugin with a lock file of its own is built by that, also inside a workspace; one without
is built with what the workspace's root has, or another tool than npm has put there.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from lion.errors import OperatorError, OutsideError
from lion.toolchain.assemblyscript.node_tools import PACKAGES, nearest_package
from lion.toolchain.built import Say
from lion.toolchain.plain import plain_environment
from lion.toolchain.project import read_object, shown, table

LOCK: Final = "package-lock.json"
NO_NPM: Final = (
    "Debian: apt-get install nodejs npm; macOS: brew install node; or https://nodejs.org"
)
_NETWORK: Final = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "network")
_COMPILER: Final = PACKAGES[0]


def packages_folder(folder: Path) -> Path:
    """The folder whose lock file says what this one is built with: itself, or the first above
    whose lock has the compiler; itself too if there is none.
    """
    if (folder / LOCK).is_file():
        return folder
    return next((place for place in folder.parents if _locked(place, _COMPILER)), folder)


def _locked(place: Path, name: str) -> str:
    """The version of a package in a folder's lock file; empty if it has none."""
    if not (place / LOCK).is_file():
        return ""
    known = table(read_object(place / LOCK), "packages")
    one = known.get(f"node_modules/{name}")
    return str(one.get("version", "")) if isinstance(one, dict) else ""


def dependencies(folder: Path) -> tuple[Path, dict[str, Any]]:
    """What the nearest package.json that names the compiler depends on, and its folder."""
    for place in (folder, *folder.parents):
        if (place / "package.json").is_file():
            said = read_object(place / "package.json")
            found = table(said, "devDependencies") | table(said, "dependencies")
            if _COMPILER in found or place == packages_folder(folder):
                return place, found
    return folder, {}


def library_folder(folder: Path) -> Path | None:
    """The source of the library that a guest stands on, where it is known."""
    place, needs = dependencies(folder)
    said = needs.get("lion-as")
    if isinstance(said, str) and said.startswith("file:"):
        return Path(os.path.normpath(place / said.removeprefix("file:")))
    return nearest_package(folder, "lion-as")


def version_of(folder: Path) -> str:
    """The compiler's version that is here for a guest; `?` if none is."""
    found = nearest_package(folder, _COMPILER)
    return "?" if found is None else str(read_object(found / "package.json").get("version", "?"))


def tools_text(folder: Path) -> str:
    """What besides the source decides over the component: the locked packages, or if nothing
    locks them those that are here.
    """
    place, (_, needs) = packages_folder(folder), dependencies(folder)
    lock = place / LOCK
    decides = hashlib.sha256(lock.read_bytes() if lock.is_file() else b"").hexdigest()[:16]
    asked = needs.get(_COMPILER) if lock.is_file() else version_of(folder)
    return f"assemblyscript {asked or '?'}, {decides}"


def fetch_packages(folder: Path, say: Say, *, locked: bool = False) -> None:
    """Have npm bring what a guest's folder is built with, unless it is there.

    Raises OperatorError, OutsideError.
    """
    place = packages_folder(folder)
    lock, mark = place / LOCK, place / "node_modules" / ".lion-lock"
    is_there = (place / "node_modules" / ".package-lock.json").is_file()
    if is_there and _text(mark) == _digest(lock) != "":
        return
    if _is_resolved(folder, place):
        return
    if shutil.which("npm") is None:
        raise OperatorError(
            f"npm, which fetches what {shown(place)} is built with, is not on PATH", hint=NO_NPM
        )
    if locked and not lock.is_file():
        raise OperatorError(
            f"there is no {shown(lock)}, and --locked forbids to write one",
            hint="build once without --locked, and keep the file",
        )
    say(f"npm fetches what {shown(place)} is built with (200 MB, once)")
    _install(place, locked=locked)
    if mark.parent.is_dir():
        mark.write_text(_digest(lock), "utf-8")


def _is_resolved(folder: Path, place: Path) -> bool:
    """Whether every package is found as Node would find it, and is the one that the guest's own
    lock file names if it has one: a workspace keeps them in its root.
    """
    found = {name: nearest_package(folder, name) for name in PACKAGES}
    if not (place / LOCK).is_file():
        return all(found.values())
    if place != folder or any((folder / "node_modules" / name).exists() for name in PACKAGES):
        return False
    library = library_folder(folder)
    for name, path in found.items():
        if path is None:
            return False
        if name == "lion-as" and library is not None:
            if path.resolve() != library.resolve():
                return False
        elif read_object(path / "package.json").get("version") != _locked(place, name):
            return False
    return True


def _install(place: Path, *, locked: bool) -> None:
    # Not `npm ci`: it wants the optional packages too, of which some were never published.
    command = ["npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--loglevel=error", *(["--no-save"] if locked else [])]
    if (place / LOCK).is_file() and "workspaces" not in read_object(place / "package.json"):
        # Inside a workspace npm would go by the root's lock file, and leave this one alone.
        command.append("--workspaces=false")
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, env=plain_environment()
    )
    if done.returncode:
        raise npm_failed(done.stderr, place)


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.is_file() else ""


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""


def npm_failed(words: str, folder: Path) -> OperatorError | OutsideError:
    """What npm said when it could not install a folder's packages."""
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
