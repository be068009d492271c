"""Look here if you want to know where a dry run writes: in copies of the directories that are
granted, which are gone when it ends.

Rule: what is granted is looked at as a real run does, and refused like there; then it is copied,
and only the copy is opened.
Rule: a copy is bounded in bytes and files before it costs more; devices, pipes and sockets are
left out, and a link stays a link.
Rule: beside them every holder has an empty directory for paths that nobody granted it.
"""

import os
import shutil
import stat
from pathlib import Path
from typing import Final

import msgspec

from lion.domain.plan import MIB, Grant, Holder, Mount, Plan
from lion.errors import OperatorError

MOST_BYTES: Final = 256 * MIB
MOST_FILES: Final = 20_000
ROOT: Final = "/"

_QUOTA: Final = {"bytes": MOST_BYTES, "files": MOST_FILES}


class _Copier:
    """Copies trees until the bounds are reached."""

    def __init__(self, folder: Path) -> None:
        self.bytes = self.files = 0
        self._folder = folder.stat().st_ino, folder.stat().st_dev

    def copy(self, source: Path, target: Path) -> None:
        """Copy what is in a directory. Raises OperatorError beyond the bounds, OSError."""
        # Not its parents: when they are gone, the run is over and nobody waits for the copy.
        target.mkdir(exist_ok=True)
        with os.scandir(source) as entries:
            for entry in entries:
                self._copy_entry(entry, source, target / entry.name)

    def _copy_entry(self, entry: os.DirEntry[str], source: Path, place: Path) -> None:
        info = entry.stat(follow_symlinks=False)
        if (info.st_ino, info.st_dev) == self._folder:
            return  # the copies themselves
        self._count(info, source)
        if entry.is_symlink():
            place.symlink_to(os.readlink(entry.path))
        elif entry.is_dir(follow_symlinks=False):
            self.copy(Path(entry.path), place)
        elif entry.is_file(follow_symlinks=False):
            shutil.copyfile(entry.path, place, follow_symlinks=False)

    def _count(self, info: os.stat_result, source: Path) -> None:
        self.files += 1
        self.bytes += info.st_size if stat.S_ISREG(info.st_mode) else 0
        if self.files > MOST_FILES or self.bytes > MOST_BYTES:
            raise OperatorError(
                f"{str(source)!r} and what else is granted has more than "
                f"{MOST_FILES:,} files or {MOST_BYTES // MIB} MiB, which a dry run copies",
                hint="grant a smaller directory for the dry run",
            )


def with_scratch(plan: Plan, folder: Path, files: Path | None) -> Plan:
    """The plan whose directories are copies in `folder`, all of which may be written, with one
    more at the root of each holder, filled from `files`. Raises OperatorError.
    """
    copier = _Copier(folder)
    copies: dict[str, Path] = {}
    holders = {}
    for name, holder in plan.holders.items():
        grants = []
        for grant in holder.grants:
            if grant.mount is not None:
                at = _copied(copier, copies, grant.mount, folder)
                mount = msgspec.structs.replace(grant.mount, at=at, write=True, follow=True)
                quota = grant.quota or _QUOTA
                grant = msgspec.structs.replace(grant, mount=mount, quota=quota)
            grants.append(grant)
        whole = msgspec.structs.replace(holder, grants=tuple(grants))
        holders[name] = _with_root(whole, copier, folder, files)
    return msgspec.structs.replace(plan, holders=holders, folder=folder, path=None)


def _copied(copier: _Copier, copies: dict[str, Path], mount: Mount, folder: Path) -> Path:
    """Where the copy of a directory is; two grants of one directory have one."""
    real = os.path.realpath(mount.at)
    if real not in copies:
        target = folder / f"copy-{len(copies)}"
        try:
            if os.path.isdir(real):
                copier.copy(Path(real), target)
            target.mkdir(exist_ok=True)
        except OSError as exc:
            raise OperatorError(
                f"the directory {real!r} cannot be copied: {exc.strerror}",
                hint="a dry run works on a copy; see that it can be read",
            ) from exc
        copies[real] = target
    return copies[real]


def _with_root(holder: Holder, copier: _Copier, folder: Path, files: Path | None) -> Holder:
    if not holder.is_sandboxed or any(g.mount and g.mount.path == ROOT for g in holder.grants):
        return holder
    at = folder / f"root-{holder.name}"
    at.mkdir()
    if files is not None:
        copier.copy(files, at)
    grant = Grant("fs", "", quota=_QUOTA, mount=Mount(ROOT, str(at), at, write=True))
    return msgspec.structs.replace(holder, grants=(*holder.grants, grant))
