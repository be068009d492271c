"""Look here if you want to know how Node and npm packages are found, and how they are asked."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from lion.errors import OperatorError
from lion.toolchain.plain import plain_environment

SCRIPT = Path(__file__).parent / "node" / "compile.mjs"
PACKAGES = ("assemblyscript", "@bytecodealliance/jco-transpile", "lion-as")
OLDEST = 20


class ToolFailed(Exception):
    """What a tool said: asc's diagnostics, or what is wrong with the WIT."""

    def __init__(self, words: str, *, is_wit: bool) -> None:
        super().__init__(words)
        self.words, self.is_wit = words, is_wit


def nearest_package(folder: Path, name: str) -> Path | None:
    """A package as Node finds it: in the node_modules of this folder, or of the first above."""
    places = (p / "node_modules" / name for p in (folder, *folder.parents))
    return next((place for place in places if (place / "package.json").is_file()), None)


def find_packages(folder: Path) -> dict[str, str]:
    """Where each package is that a build needs, by name. Raises OperatorError with the command to
    type.
    """
    if shutil.which("node") is None:
        raise OperatorError(
            "AssemblyScript is built with Node, and there is no 'node' here",
            hint=f"install Node {OLDEST} or newer (https://nodejs.org, or Debian: apt-get install "
            "nodejs npm)",
        )
    found = {name: nearest_package(folder, name) for name in PACKAGES}
    if all(found.values()):
        return {name: str(path) for name, path in found.items()}
    with_lock = (p for p in [folder, *folder.parents] if (p / "package-lock.json").exists())
    named = (p for p in [folder, *folder.parents] if (p / "package.json").exists())
    where = next(with_lock, None) or next(named, None)
    if where is None:
        raise OperatorError(
            f"{str(folder)!r} has no package.json, which names what AssemblyScript is built with",
            hint="make a folder that has one: lion new DIR --lang assemblyscript",
        )
    missing = [name for name, path in found.items() if path is None]
    clean = "ci" if (where / "package-lock.json").exists() else "install"
    raise OperatorError(
        f"{str(where)!r} lacks {', '.join(missing)} in its node_modules",
        hint=f"type: npm {clean} --omit=optional --prefix {where}",
    )


def run(task: str, job: dict[str, Any], folder: Path) -> bytes:
    """What the script makes of a job, run in `folder`. Raises ToolFailed, OperatorError."""
    node = shutil.which("node")
    assert node is not None, "find_packages was asked before"
    # Not --no-warnings: what Node says is not on stdout, and only read if it fails.
    done = subprocess.run(
        [node, str(SCRIPT), task], input=json.dumps(job).encode(), capture_output=True, cwd=folder,
        env=plain_environment(),
    )  # fmt: skip
    words = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode in (3, 4):
        raise ToolFailed(words, is_wit=done.returncode == 4)
    if done.returncode != 0 or not done.stdout:
        last = words.splitlines()[-1] if words else f"exit code {done.returncode}"
        raise OperatorError(
            f"Node failed: {last}", hint=f"try: node {SCRIPT} (Node {OLDEST} or newer is needed)"
        )
    return done.stdout
