"""Look here if you want to know how a grant of files is written, and what it comes to.

    allow.fs = [{ path = "/notes", at = "desk-notes", write = true, bytes = "1 MiB", files = 100 }]

Rule: `path` is the guest's and absolute, `at` a directory of the host's beside the manifest.
Rule: a link that leads `at` out of the manifest's folder is followed only where the line says
`follow = true`: whoever reads the line would be told of another directory.
Rule: what only a writer uses up (`bytes`, `files`) is refused where nothing may be written: a
number that is not enforced is no limit.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, Final

import msgspec

from lion.domain.call import CallError
from lion.domain.plan import MIB, Grant, Mount
from lion.domain.surroundings import Surroundings
from lion.domain.units import render_size
from lion.scopes.fs_path import Claim, is_below, parse_path

DEFAULT_BYTES: Final = 64 * MIB
DEFAULT_FILES: Final = 1_000
"""Quotas of a write grant that names none; `files` counts directories and symlinks, too."""

HOMES: Final = (PurePath("/home"), PurePath("/Users"))
"""What is right in these is a person's home."""


def check_guest_path(value: str) -> str:
    """A guest's path as it was written. Raises ValueError if it is not in normal form."""
    try:
        path = parse_path(value)
    except CallError as exc:
        raise ValueError(f"{value!r}: {exc.text}; write for instance /notes") from None
    if path != value:
        raise ValueError(f"{value!r} is written in a roundabout way; write {path!r}")
    return value


def check_once(paths: Sequence[str]) -> None:
    """Raise ValueError if a guest's path is granted twice."""
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            raise ValueError(f"{path!r} is granted twice; one path is one directory")
        seen.add(path)


def build_fs_grant(
    where: str, folder: Path, *, path: str, at: str, write: bool, size: int | None,
    files: int | None, follow: bool = False, on_unknown: str = "",
) -> Grant:  # fmt: skip
    """A grant of the directory `folder / at` under the guest's `path`; `where` it is written."""
    quota = {
        "bytes": DEFAULT_BYTES if size is None else size,
        "files": DEFAULT_FILES if files is None else files,
    }
    mount = Mount(path, at, folder / at, write, follow)
    grant = Grant("fs", "", quota=quota if write else {}, mount=mount, on_unknown=on_unknown)
    return msgspec.structs.replace(grant, line=f"{where}.fs = [{written_line(grant)}]")


def written_entry(grant: Grant) -> dict[str, Any]:
    """How a grant is written: the keys of its table, defaults left out."""
    mount, quota = grant.mount, grant.quota
    assert mount is not None
    entry: dict[str, Any] = {"path": mount.path, "at": mount.written}
    if mount.write:
        entry["write"] = True
        if quota.get("bytes", DEFAULT_BYTES) != DEFAULT_BYTES:
            entry["bytes"] = render_size(quota["bytes"])
        if quota.get("files", DEFAULT_FILES) != DEFAULT_FILES:
            entry["files"] = quota["files"]
    if mount.follow:
        entry["follow"] = True
    if grant.on_unknown:
        entry["on-unknown"] = grant.on_unknown
    return entry


def written_line(grant: Grant, **more: Any) -> str:
    """The same as TOML: `{ path = "/notes", at = "notes" }`, with `more` keys."""
    entry = {**written_entry(grant), **more}
    return f"{{ {', '.join(f'{key} = {_toml(value)}' for key, value in entry.items())} }}"


def suggested_entries(
    operation: str, claims: Sequence[Claim], granted: Sequence[Grant]
) -> list[Any] | None:
    """The entries that would allow a call: those there are, one of them widened or one more.

    None if nothing fits: two paths of different directories.
    """
    wants_write = any(claim.write for claim in claims)
    entries = [written_entry(grant) for grant in granted]
    # What lies under a mount is that mount's, so the innermost one is widened.
    for entry in sorted(entries, key=lambda entry: -len(entry["path"])):
        if all(is_below(claim.path, entry["path"]) for claim in claims):
            return [{**e, "write": True} if e is entry and wants_write else e for e in entries]
    folders = {_folder(operation, claim.path) for claim in claims}
    if len(folders) != 1:
        return None
    path = folders.pop()
    entry = {"path": path, "at": path.rpartition("/")[2] or "files"}
    return [*entries, {**entry, "write": True} if wants_write else entry]


def _folder(operation: str, path: str) -> str:
    """The directory that a grant would be of: a listed one itself, else the one around it."""
    return path if operation == "list" else path.rpartition("/")[0] or "/"


def _toml(value: Any) -> str:
    import json

    # For these three kinds of values JSON's spelling is TOML's.
    return json.dumps(value, ensure_ascii=False)


def common_mount(a: Mount, b: Mount) -> Mount | None:
    """What two grants of one guest's files give together, in directories of the first."""
    write = a.write and b.write
    if is_below(a.path, b.path):
        return Mount(a.path, a.written, a.at, write, a.follow)
    if not is_below(b.path, a.path):
        return None
    inner = b.path.removeprefix(a.path).lstrip("/")
    return Mount(b.path, f"{a.written}/{inner}", a.at / inner, write, a.follow)


def warn_of_directories(
    grants: Sequence[Grant], holder: str, around: Surroundings
) -> Iterator[str]:
    """What will surprise: directories that would be refused, or hold a person's home and may be
    written.
    """
    found = around.directories.get(holder, ())
    yield from (one.problem for one in found if one.problem)
    directories = {one.path: one.real for one in found}
    for mount in (grant.mount for grant in grants):
        if mount is not None and mount.write:
            directory = directories.get(mount.path, "")
            if directory and _holds_home(directory, around.homes):
                path = mount.path
                yield f"fs {path} may write all of a home directory: it is {directory}"


def _holds_home(directory: str, homes: Sequence[str]) -> bool:
    path = PurePath(directory)
    is_home = path.parent in HOMES or path in HOMES
    return is_home or any(PurePath(home).is_relative_to(path) for home in homes)


def quota_of(grant: Grant) -> Mapping[str, int]:
    """Bytes and files of a grant: nothing may be written where it says nothing."""
    return {"bytes": 0, "files": 0, **grant.quota}
