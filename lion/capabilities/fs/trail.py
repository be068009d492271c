"""Look here if you want to know which directories lie on the way to a path, and above an open one.

Rule: a path is followed as the system would, so links count with what they lead through.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lion.capabilities.fs.usage import Identity, identity

MOST_LINKS: Final = 40


def inode(path: Path) -> Identity | None:
    """What a path leads to; None if nothing is there."""
    try:
        return identity(os.stat(path))
    except OSError:
        return None


def ancestors(folder: int) -> Iterable[Identity]:
    """An open directory and all above it. Raises OSError."""
    here = os.dup(folder)
    try:
        last = None
        while (own := identity(os.fstat(here))) != last:
            yield own
            above = os.open("..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here, last = above, own
    finally:
        os.close(here)


def trail(path: Path) -> set[Identity]:
    """Every directory that is looked into on the way to a path, itself if it is one."""
    return Walk().to(path)[0]


class Walk:
    """Follows paths as the system would. What was looked up once is not asked for again."""

    def __init__(self) -> None:
        self._seen: dict[str, Identity | str | None] = {}

    def to(self, path: Path) -> tuple[set[Identity], tuple[Identity, str] | None]:
        """The directories on the way; and, if it ends before the path does, where, with the name
        that is not there.
        """
        todo = list(reversed(os.path.join(os.getcwd(), path).split("/")))
        here, links = "/", 0
        last: Identity | None = identity(os.stat("/"))
        seen: set[Identity] = set()
        missing: tuple[Identity, str] | None = None
        while todo:
            name = todo.pop()
            if name in ("", "."):
                continue
            here = os.path.dirname(here) if name == ".." else os.path.join(here, name)
            if last is not None:
                seen.add(last)
            found = self._at(here) if last is not None or name == ".." else None
            if isinstance(found, str):
                links += 1
                if links > MOST_LINKS:
                    return seen, missing
                if found.startswith("/"):
                    here, last = "/", identity(os.stat("/"))
                else:
                    here = os.path.dirname(here)  # which is `last`
                todo += reversed(found.split("/"))
                continue
            if found is None and last is not None and missing is None:
                missing = last, name
            last = found
        return seen if last is None else {*seen, last}, missing

    def _at(self, path: str) -> Identity | str | None:
        """Which directory is there, or what the link says that is there; None for all else."""
        if path not in self._seen:
            self._seen[path] = _look(path)
        return self._seen[path]


def _look(path: str) -> Identity | str | None:
    try:
        info = os.lstat(path)
        if stat.S_ISLNK(info.st_mode):
            return os.readlink(path)
        return identity(info) if stat.S_ISDIR(info.st_mode) else None
    except OSError:
        return None
