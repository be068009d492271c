"""Look here if you want to know what `lion build` does with a system plugin: nothing is compiled,
but each plugin that pyproject.toml names is loaded, and described or refused with its line.

Rule: the author's code runs in a process of its own, as a host of this lion would load it.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from lion.errors import OperatorError
from lion.toolchain.built import Built, Request, Say
from lion.toolchain.plain import plain_environment
from lion.toolchain.project import LANGUAGES, Project, read_toml, shown

GROUP: Final = "lion.system"
"""Entry points of this group are system plugins."""
_SECONDS: Final = 60


def check_python(projects: Sequence[Project], request: Request, say: Say) -> list[Built]:
    """Load the system plugins of each project. Raises OperatorError for the first it cannot."""
    return [_check(project, say) for project in projects]


def _check(project: Project, say: Say) -> Built:
    file = project.folder / LANGUAGES["python"]
    said = read_toml(file).get("project", {})
    points = said.get("entry-points", {}).get(GROUP, {})
    if not points:
        raise OperatorError(
            f"{shown(file)} names no system plugin",
            hint=f'write there: [project.entry-points."{GROUP}"] and name = "module:Class"',
        )
    say(f"loading {', '.join(points)} with Python {sys.version.split()[0]}")
    version = str(said.get("version", "0"))
    plugins = tuple(_probe(project, name, value, version) for name, value in points.items())
    verdict = "current" if _is_installed(project) else "new"
    return Built(project=project, verdict=verdict, size=0, plugins=plugins)


def _probe(project: Project, name: str, value: str, version: str) -> dict[str, Any]:
    """One plugin as a process of its own describes it. Raises OperatorError."""
    asked = {
        "name": name, "value": value, "distribution": project.name, "version": version,
        "folders": [str(p) for p in (project.folder / "src", project.folder) if p.is_dir()],
    }  # fmt: skip
    command = [sys.executable, "-m", "lion.toolchain.python.probe"]
    try:
        done = subprocess.run(
            command, input=json.dumps(asked), capture_output=True, text=True, timeout=_SECONDS,
            env=plain_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise OperatorError(
            f"the system plugin {name!r} does not load within {_SECONDS} s",
            hint="importing its module must not wait for anything",
        ) from None
    try:
        told = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise OperatorError(
            f"the system plugin {name!r} ended its process: {last}", hint="see its module"
        ) from None
    if "error" in told:
        raise OperatorError(told["error"], hint=told["hint"] or f"it is {value}, see there")
    described: dict[str, Any] = told
    return described


def _is_installed(project: Project) -> bool:
    """Whether this very folder is what Python has under the project's name."""
    try:
        found = distribution(project.name).read_text("direct_url.json")
    except PackageNotFoundError:
        return False
    url = json.loads(found or "{}").get("url", "")
    return url.startswith("file://") and Path(url.removeprefix("file://")) == project.folder
