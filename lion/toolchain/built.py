"""Look here if you want to know what is asked of a language's builder, and what it gives."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lion.toolchain.project import Project
from lion.toolchain.stamp import make_stamp, write_stamp
from lion.toolchain.wit.docs import embed_docs

Say = Callable[[str], None]
"""Told what is being done, a line each time."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: `out` is a file for one project, or a folder; `locked` forbids to
    change lock files.
    """

    folders: tuple[str, ...]
    out: str | None = None
    is_forced: bool = False
    locked: bool = False


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a project: `verdict` is `new`, `same` (built, and no byte differs) or
    `current` (not built, because nothing changed). `size` is in bytes. A project in Python has no
    component but `plugins`, each described as python/probe.py does; `current` is what is
    installed from this very folder.
    """

    project: Project
    verdict: str
    size: int
    plugins: tuple[dict[str, Any], ...] = ()


Compile = Callable[[Sequence[Project], Request, Say], list[Built]]


def finish(project: Project, made: bytes, roots: Sequence[Path], tools: str) -> Built:
    """Put the docs into what was compiled, the whole into its place, and note how it came about.

    `made` is the component without docs, `roots` what its source is, `tools` what compiled it.
    """
    component = embed_docs(made, project.wit, list(project.deps), project.world)
    verdict = keep(component, project.component)
    write_stamp(project.component, make_stamp(project.component, project.folder, roots, tools))
    return Built(project=project, verdict=verdict, size=len(component))


def current(project: Project) -> Built:
    """A project whose component needs no building."""
    return Built(project=project, verdict="current", size=project.component.stat().st_size)


def keep(made: bytes, target: Path) -> str:
    """Write a component if it differs from what is there. Says which: `new` or `same`."""
    if target.exists() and target.read_bytes() == made:
        return "same"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(made)
    return "new"
