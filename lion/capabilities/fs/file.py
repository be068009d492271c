"""Look here if you want to know what an open file is, and why its descriptor is never closed under
somebody who uses it.

Rule: a descriptor is closed when it is let go of and nobody works with it: a number that the
system has given to another file meanwhile would be written to.
Rule: only regular files and directories are ever opened; a file that is no longer one by the time
it is open is closed again.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from errno import ELOOP, EMLINK
from threading import Lock, local
from typing import Final

from lion.capabilities.fs.usage import Ledger
from lion.domain.call import CallError

PLAIN: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
MOST_OFFSET: Final = 2**63 - 1
NOWAIT: Final = getattr(os, "RWF_NOWAIT", 0)
"""Linux reads what is in its memory and nothing else, if it is told so."""


class _Here(local):
    """Of each thread: where `read_now` reads to."""

    def __init__(self) -> None:
        self.room = bytearray(256 * 1024)


_here: Final = _Here()


class Descriptor:
    """A descriptor with its users. `at_end` is called with it just before it is closed."""

    def __init__(self, number: int, at_end: Callable[[int], object] | None = None) -> None:
        self._number = number
        self._at_end = at_end
        self._lock = Lock()
        self._users = 1

    @contextmanager
    def using(self) -> Iterator[int]:
        """The number, which stays open meanwhile. Raises CallError if it was closed."""
        with self._lock:
            if not self._users:
                raise CallError("not-found", "it was closed")
            self._users += 1
        try:
            yield self._number
        finally:
            self.close()

    def close(self) -> None:
        """Let go of it, once for whoever made it."""
        with self._lock:
            self._users -= 1
            is_last = not self._users
        if is_last:
            try:
                if self._at_end is not None:
                    self._at_end(self._number)
            finally:
                os.close(self._number)


class OpenFile:
    """An open file of a grant; implements ports.Waitable: it never has to be waited for."""

    is_ready = True
    path = ""
    """By which the guest opened it, for a person who is asked about a use of it."""

    def __init__(
        self,
        descriptor: Descriptor,
        ledger: Ledger,
        quota: Mapping[str, int],
        *,
        readable: bool,
        writable: bool,
    ) -> None:
        self.descriptor = descriptor
        self._ledger = ledger
        self._quota = quota
        self._readable = readable
        self._writable = writable

    async def wait_ready(self) -> None:
        """Return at once."""

    def read_now(self, offset: int, length: int) -> memoryview | None:
        """What `read_at` gives, if the system has it in memory; None if it would have to wait. It
        is good until the next one of this thread. Raises CallError.
        """
        _check_offset(offset, length)
        if not NOWAIT or length > len(_here.room):
            return None
        with self._using(self._readable, "reading") as number:
            try:
                return _filled_now(number, offset, memoryview(_here.room)[:length])
            except OSError:  # not in memory, or not of this file system: `read_at` says so
                return None

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes; fewer only at the end. Raises CallError, OSError."""
        _check_offset(offset, length)
        with self._using(self._readable, "reading") as number:
            return read_up_to(number, offset, length)

    def write_at(self, offset: int, data: bytes) -> None:
        """Write all of it. Raises CallError, OSError."""
        with self._using(self._writable, "writing") as number, self._ledger.locked():
            self._write(number, offset, data)

    def append(self, data: bytes) -> int:
        """Write at the end, and say where that was. Raises CallError, OSError."""
        with self._using(self._writable, "writing") as number, self._ledger.locked():
            end = os.fstat(number).st_size
            self._write(number, end, data)
            return end

    def set_size(self, size: int) -> None:
        """Cut it off, or add zeros. Raises CallError, OSError."""
        _check_offset(size, 0)
        with self._using(self._writable, "writing") as number, self._ledger.locked():
            growth = size - os.fstat(number).st_size
            with self._ledger.taking(self._quota, growth, 0):
                os.ftruncate(number, size)

    def set_times(self, accessed: int | None, modified: int | None) -> None:
        """Set both times. Raises CallError, OSError."""
        with self._using(self._writable, "writing") as number:
            os.utime(number, ns=times(os.fstat(number), accessed, modified))

    def stat(self) -> os.stat_result:
        """What it is. Raises CallError, OSError."""
        with self.descriptor.using() as number:
            return os.fstat(number)

    def sync(self) -> None:
        """Wait until it is on the disk. Raises CallError, OSError."""
        with self.descriptor.using() as number:
            flush(number)

    def _write(self, number: int, offset: int, data: bytes) -> None:
        _check_offset(offset, len(data))
        before = os.fstat(number).st_size
        growth = max(0, offset + len(data) - before) if data else 0
        try:
            with self._ledger.taking(self._quota, growth, 0):
                write_all(number, data, offset)
        except OSError:
            # Some of it may be there: a full disk, a limit of the system.
            self._ledger.size += max(0, os.fstat(number).st_size - before)
            raise

    @contextmanager
    def _using(self, is_allowed: bool, what: str) -> Iterator[int]:
        if not is_allowed:
            raise CallError("invalid", f"the file was not opened for {what}")
        with self.descriptor.using() as number:
            yield number


def open_plain(folder: int, name: bytes, flags: int) -> int:
    """Open a regular file, which no symlink, device or pipe can be taken for.

    Raises CallError, OSError.
    """
    # Asked before it is opened, too: opening alone makes some devices do things.
    check_regular(os.stat(name, dir_fd=folder, follow_symlinks=False))
    try:
        number = os.open(name, flags | PLAIN, 0o600, dir_fd=folder)
    except OSError as exc:
        if exc.errno in (ELOOP, EMLINK):
            raise CallError("busy", "it became a symlink meanwhile") from exc
        raise
    try:
        check_regular(os.fstat(number))
    except BaseException:
        os.close(number)
        raise
    return number


def check_regular(info: os.stat_result) -> None:
    """Raise CallError for what is no regular file."""
    if stat.S_ISDIR(info.st_mode):
        raise CallError("is-directory", "it is a directory")
    if stat.S_ISLNK(info.st_mode):
        raise CallError("busy", "it became a symlink meanwhile")
    if not stat.S_ISREG(info.st_mode):
        raise CallError("unsupported", "it is a device, a socket or a pipe")


def read_up_to(number: int, offset: int, length: int) -> bytes:
    """The bytes from `offset`, as many as there are. Raises OSError."""
    pieces = []
    while length and (piece := os.pread(number, length, offset)):
        pieces.append(piece)
        offset += len(piece)
        length -= len(piece)
    return b"".join(pieces)


def _filled_now(number: int, offset: int, room: memoryview) -> memoryview:
    """As much of the room as there is, without waiting. Raises OSError."""
    have = 0
    while have < len(room) and (got := os.preadv(number, [room[have:]], offset + have, NOWAIT)):
        have += got
    return room[:have]


def write_all(number: int, data: bytes, offset: int) -> None:
    """Write every byte. Raises OSError."""
    left = memoryview(data)
    while left:
        written = os.pwrite(number, left, offset)
        left, offset = left[written:], offset + written


def flush(number: int) -> None:
    """Wait until a file or directory would survive that the power fails. Raises OSError."""
    command = getattr(fcntl, "F_FULLFSYNC", None)  # macOS, whose fsync stops at the disk's cache
    if command is None:
        os.fsync(number)
    else:
        fcntl.fcntl(number, command)


def times(info: os.stat_result, accessed: int | None, modified: int | None) -> tuple[int, int]:
    """Both times for os.utime; None leaves one as it is. Raises CallError("invalid")."""
    for time in (accessed, modified):
        if time is not None and time > MOST_OFFSET:
            raise CallError("invalid", f"a time is at most {MOST_OFFSET:,} ns after 1970")
    return (
        info.st_atime_ns if accessed is None else accessed,
        info.st_mtime_ns if modified is None else modified,
    )


def _check_offset(offset: int, length: int) -> None:
    if offset + length > MOST_OFFSET:
        raise CallError("invalid", f"a file has at most {MOST_OFFSET:,} bytes")
