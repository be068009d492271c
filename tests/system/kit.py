"""Look here if you want to know how tests have system plugins installed: as a package of its own,
in another folder, with the metadata that pip would write.
"""

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lion.domain.events import Event
from lion.testing.system import SystemBench, open_system

PACKAGE = Path(__file__).parent / "packages" / "acme_shelf"
__all__ = ["PACKAGE", "SystemBench", "acme", "install", "of_type", "open_system", "system"]


def acme() -> dict[str, str]:
    """The entry points of the tests' package."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]
    points: dict[str, str] = project["entry-points"]["lion.system"]
    return points


def install(
    site: Path, points: Mapping[str, str], *, name: str = "acme-shelf", version: str = "1.2.3"
) -> Path:
    """A distribution in `site` that has the tests' module and these entry points."""
    site.mkdir(exist_ok=True)
    for module in PACKAGE.glob("*.py"):
        shutil.copy2(module, site)
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = "".join(f"{key} = {value}\n" for key, value in points.items())
    (info / "entry_points.txt").write_text(f"[lion.system]\n{lines}")
    return site


def system(name: str, use: str, *lines: str) -> str:
    """One table of a manifest."""
    return "\n".join([f"[system.{name}]", f'use = "{use}"', *lines, ""])


def of_type(events: list[Event], kind: type[Any]) -> list[Any]:
    """Those of one kind."""
    return [event for event in events if isinstance(event, kind)]
