"""Look here if you want to know how lion knows that a component is as new as its source.

Beside components lies `built.json`: for each the digest of the source it was made from, where
that source is (relative, so that a checkout may be anywhere), what compiled it, and the
component's own digest. Digests, not times: a fresh clone has no times that mean anything.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from lion.toolchain.project import source_files

FILE: Final = "built.json"


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """How one component came about: `folder` is what `lion build` was given, `roots` all files
    and folders of the source, both relative to the component's folder; digests are SHA-256 (hex).
    """

    folder: str
    roots: tuple[str, ...]
    source: str
    tools: str
    component: str


def make_stamp(component: Path, folder: Path, roots: Sequence[Path], tools: str) -> Stamp:
    """The stamp of a component as it and its source are now; an absent component has no digest."""
    beside = component.parent
    return Stamp(
        folder=_relative(folder, beside),
        roots=tuple(_relative(root, beside) for root in roots),
        source=digest_files(roots),
        tools=tools,
        component=_digest(component),
    )


def is_current(component: Path, stamp: Stamp) -> bool:
    """Whether a component is what this source and these tools made."""
    return stamp.component != "" and read_stamps(component.parent).get(component.name) == stamp


def write_stamp(component: Path, stamp: Stamp) -> None:
    """Note how a component came about. One line each, so that git can merge them."""
    file = component.parent / FILE
    stamps = {**read_stamps(component.parent), component.name: stamp}
    kept = {name: one for name, one in stamps.items() if (component.parent / name).is_file()}
    lines = [
        f"{json.dumps(n)}: {json.dumps(msgspec.to_builtins(s))}" for n, s in sorted(kept.items())
    ]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    if not file.is_file() or file.read_text("utf-8") != text:
        file.write_text(text, "utf-8")


def read_stamps(folder: Path) -> dict[str, Stamp]:
    """What is known of the components in a folder; nothing if there is no such file."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=dict[str, Stamp])
    except (OSError, msgspec.DecodeError):
        return {}


def noted_roots(component: Path) -> list[Path]:
    """What the source of a component was when it was built, as its stamp has it."""
    stamp = read_stamps(component.parent).get(component.name)
    found = () if stamp is None else stamp.roots
    return [Path(os.path.normpath(component.parent / root)) for root in found]


def newer_source(component: Path, *, by_time: bool = False) -> Path | None:
    """The folder of a component's source, if that changed since the component was built.

    None too if nothing is known: no stamp, another component than the stamp's, or no source here.
    `by_time`: and if no file of it is younger than the component, whatever it holds; for those who
    cannot wait for digests.
    """
    stamp = read_stamps(component.parent).get(component.name)
    if stamp is None:
        return None
    roots = [component.parent / root for root in stamp.roots]
    if by_time and not _has_younger(component, roots):
        return None
    if _digest(component) != stamp.component:
        return None
    folder = component.parent / stamp.folder
    if not folder.is_dir() or digest_files(roots) == stamp.source:
        return None
    return Path(os.path.normpath(folder))


def _has_younger(component: Path, roots: Sequence[Path]) -> bool:
    try:
        made = component.stat().st_mtime_ns
        return any(path.stat().st_mtime_ns > made for _, path in source_files(roots))
    except OSError:
        return False


def digest_files(roots: Sequence[Path]) -> str:
    """The digest of files, their names among it."""
    whole = hashlib.sha256()
    for name, path in source_files(roots):
        whole.update(name.encode("utf-8", "surrogateescape") + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _relative(path: Path, start: Path) -> str:
    return Path(os.path.relpath(path, start)).as_posix()
