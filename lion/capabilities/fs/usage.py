"""Look here if you want to know what a quota of files counts, and how it stays right.

Counted are the bytes of files and symlinks, each file once however many names it has, and every
name as one of `files`, directories too. What is in a directory mounted beneath is not counted, nor
are files that are still being written.

Rule: one ledger per directory and run, whoever writes there; everything that changes the directory
holds its lock from the check to the effect.
Rule: what is taken is taken before it is written, what failed is given back; what shrinks is
allowed even above the quota.
Rule: a file without a name takes its bytes until the last of its handles is closed.
"""

import fcntl
import os
import stat
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import RLock
from typing import NamedTuple

from lion.capabilities.fs.mounts import mount_of
from lion.capabilities.fs.walk import DIRECTORY
from lion.domain.call import CallError
from lion.scopes.fs_path import MOST_DEPTH, is_reserved

Identity = tuple[int, int]
"""Device and inode."""


class Entry(NamedTuple):
    """One name in a tree: its directory, what it is, and how deep it lies (1: at the top)."""

    folder: int
    name: bytes
    info: os.stat_result
    depth: int


def identity(info: os.stat_result) -> Identity:
    """What a file is, whatever its names are."""
    return info.st_dev, info.st_ino


def entries(folder: int, depth: int = 1) -> Iterator[Entry]:
    """Everything beneath an open directory, on its mount only. Raises CallError if too deep."""
    device = os.fstat(folder).st_dev
    for text in os.listdir(folder):
        if depth > MOST_DEPTH:
            raise CallError("unsupported", f"the directory is deeper than {MOST_DEPTH} names")
        name = os.fsencode(text)
        with suppress(FileNotFoundError):
            info = os.stat(name, dir_fd=folder, follow_symlinks=False)
            yield Entry(folder, name, info, depth)
            if stat.S_ISDIR(info.st_mode) and info.st_dev == device:
                yield from _inside(folder, name, depth)


def _inside(folder: int, name: bytes, depth: int) -> Iterator[Entry]:
    try:
        inner = os.open(name, DIRECTORY, dir_fd=folder)
    except PermissionError:
        return  # the host's own, such as lost+found
    try:
        if mount_of(inner) == mount_of(folder):
            yield from entries(inner, depth + 1)
    finally:
        os.close(inner)


def _fresh_entries(top: int) -> Iterator[Entry]:
    """Everything beneath `top`, read from its beginning whoever else reads it."""
    yield from _inside(top, b".", 0)


class Ledger:
    """What one directory holds. All methods but `note_closed` are for who has the lock."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.size = 0
        self.files = 0
        self._is_counted = False
        self._open: dict[Identity, int] = {}
        self._nameless: set[Identity] = set()
        self._closed: deque[tuple[Identity, int]] = deque()

    @contextmanager
    def changing(self, top: int) -> Iterator[None]:
        """Hold the lock, knowing what the directory `top` has. Raises CallError, OSError."""
        with self.lock:
            if not self._is_counted:
                self._count(top)
            with self.locked():
                yield

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock, for who has changed something before."""
        with self.lock:
            self._settle_closed()
            yield

    @contextmanager
    def taking(self, quota: Mapping[str, int], size: int, files: int) -> Iterator[None]:
        """Take so much more, before the effect if it grows, after it if it shrinks; nothing if
        it raises. Raises CallError("exhausted") over the quota.
        """
        self._check("bytes", quota["bytes"], self.size, size)
        self._check("files", quota["files"], self.files, files)
        self.size += max(size, 0)
        self.files += max(files, 0)
        try:
            yield
        except BaseException:
            self.size -= max(size, 0)
            self.files -= max(files, 0)
            raise
        self._give(max(-size, 0), max(-files, 0))

    def _check(self, what: str, quota: int, used: int, more: int) -> None:
        if more > 0 and used + more > quota:
            words = (
                f"the quota is {quota:,} {what}, {used:,} are used, {more:,} more are asked for"
            )
            raise CallError("exhausted", words)

    def freed(self, info: os.stat_result) -> int:
        """The bytes that come back when this name of a file goes."""
        is_last = info.st_nlink <= 1 and identity(info) not in self._open
        return 0 if stat.S_ISDIR(info.st_mode) or not is_last else info.st_size

    def note_gone(self, info: os.stat_result) -> None:
        """A name is gone; `info` is from before."""
        if info.st_nlink <= 1 and identity(info) in self._open:
            self._nameless.add(identity(info))

    def note_open(self, info: os.stat_result) -> None:
        """A handle of this file was given out."""
        self._open[identity(info)] = self._open.get(identity(info), 0) + 1

    def note_closed(self, info: os.stat_result) -> None:
        """A handle was closed, with this size at the end. Never waits for the lock."""
        self._closed.append((identity(info), info.st_size))

    def _settle_closed(self) -> None:
        while self._closed:
            which, size = self._closed.popleft()
            left = self._open.pop(which, 1) - 1
            if left:
                self._open[which] = left
            elif which in self._nameless:
                self._nameless.discard(which)
                self._give(size, 0)

    def _give(self, size: int, files: int) -> None:
        # What others put there meanwhile was never counted, so it gives no room when it goes.
        self.size = max(0, self.size - size)
        self.files = max(0, self.files - files)

    def _count(self, top: int) -> None:
        """Add up what is there, and remove what a killed process left half written."""
        size = files = 0
        seen: set[Identity] = set()
        for entry in _fresh_entries(top):
            if is_reserved(os.fsdecode(entry.name)):
                remove_leftover(entry)
                continue
            files += 1
            if not stat.S_ISDIR(entry.info.st_mode) and identity(entry.info) not in seen:
                size += entry.info.st_size
                if entry.info.st_nlink > 1:
                    seen.add(identity(entry.info))
        self.size, self.files, self._is_counted = size, files, True


def remove_leftover(entry: Entry) -> None:
    """Remove a file that was being written, unless somebody still holds its lock."""
    if not stat.S_ISREG(entry.info.st_mode):
        return
    with suppress(OSError):
        file = os.open(
            entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=entry.folder
        )
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(entry.name, dir_fd=entry.folder)
        finally:
            os.close(file)
