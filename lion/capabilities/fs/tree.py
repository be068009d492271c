"""Look here if you want to know what each operation on a path does, beneath one grant.

Rule: all of it blocks, so it runs in threads; nothing here knows the guest or the policy.
Rule: where a link led elsewhere, or a whole directory moves, `Asks` says for what; who calls
decides that and begins anew (with it among `decided`).
Rule: what changes the directory holds the ledger's lock from the first look to the effect.
"""

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import nsmallest
from typing import Final

from lion.capabilities.fs.access import Access, Asks
from lion.capabilities.fs.file import (
    Descriptor,
    OpenFile,
    check_regular,
    flush,
    open_plain,
    read_up_to,
    times,
)
from lion.capabilities.fs.look import (
    check_carried,
    check_subtree,
    look,
    need_name,
    shown_names,
)
from lion.capabilities.fs.mounts import check_mount, mount_of
from lion.capabilities.fs.replace import replace_file
from lion.capabilities.fs.usage import Identity, Ledger, identity
from lion.capabilities.fs.walk import DIRECTORY, Spot, check_link, spot
from lion.domain.call import CallError
from lion.domain.plan import Mount
from lion.scopes.fs_path import Claim, fs_target

MOST_READ: Final = 262_144
"""Bytes that one call may read."""


class Tree:
    """The directory of one grant, open. `guarded` are files that are never written in place;
    `is_durable`: what changes a directory is on the disk before it is done.
    """

    def __init__(
        self, mount: Mount, top: int, ledger: Ledger, quota: Mapping[str, int],
        guarded: Collection[Identity] = (), is_durable: bool = False,
    ) -> None:  # fmt: skip
        self.mount = mount
        self._top = Descriptor(top)
        self._ledger = ledger
        self._quota = quota
        self._guarded = guarded
        self._is_durable = is_durable

    def close(self) -> None:
        """Close the directory once nobody works in it."""
        self._top.close()

    def read(self, names: Sequence[str], access: Access) -> bytes:
        """A whole file. Raises CallError, OSError, Asks."""
        with self._spot(names, access) as at:
            number = open_plain(at.folder, at.name or b".", os.O_RDONLY)
            try:
                data = read_up_to(number, 0, MOST_READ + 1)
            finally:
                os.close(number)
        if len(data) > MOST_READ:
            words = f"the file has more than {MOST_READ:,} bytes; open it and read parts"
            raise CallError("exhausted", words)
        return data

    def write(self, names: Sequence[str], access: Access, data: bytes) -> None:
        """Replace a whole file. Raises CallError, OSError, Asks."""
        with self._changing(names, access) as at:
            old = look(at)
            if old is not None:
                check_regular(old)
            growth = len(data) - (0 if old is None else self._ledger.freed(old))
            with self._ledger.taking(self._quota, growth, 1 if old is None else 0):
                replace_file(at.folder, at.name, data, old, is_durable=self._is_durable)
            if old is not None:
                self._ledger.note_gone(old)

    def open_directory(self, names: Sequence[str], access: Access) -> OpenFile:
        """A directory to ask and to sync. Raises CallError, OSError, Asks."""
        with self._spot(names, access) as at:
            number = os.open(at.name or b".", DIRECTORY, dir_fd=at.folder)
            try:
                check_mount(mount_of(at.folder), number)
            except BaseException:
                os.close(number)
                raise
        return OpenFile(
            Descriptor(number), self._ledger, self._quota, readable=True, writable=False
        )

    def open(
        self, names: Sequence[str], access: Access, *, create: bool, exclusive: bool,
        truncate: bool,
    ) -> OpenFile:  # fmt: skip
        """An open file. Raises CallError, OSError, Asks."""
        walk = self._changing if access.write else self._spot
        with walk(names, access, follow=not exclusive) as at:
            if look(at) is None and create:
                with self._ledger.taking(self._quota, 0, 1):
                    self._create(at)
            elif exclusive:
                raise CallError("exists", "it exists already")
            number = open_plain(at.folder, at.name or b".", access.flags)
            try:
                self._check_guarded(number, access)
                if truncate:
                    self._truncate(number)
                return self._opened(number, access)
            except BaseException:
                os.close(number)
                raise

    def stat(self, names: Sequence[str], access: Access, *, follow: bool) -> os.stat_result:
        """What a path is. Raises CallError, OSError, Asks."""
        with self._spot(names, access, follow=follow) as at:
            return os.stat(at.name or b".", dir_fd=at.folder, follow_symlinks=False)

    def set_times(
        self, names: Sequence[str], access: Access, accessed: int | None, modified: int | None
    ) -> None:
        """Set both times. Raises CallError, OSError, Asks."""
        with self._changing(names, access) as at:
            name = at.name or b"."
            before = os.stat(name, dir_fd=at.folder, follow_symlinks=False)
            both = times(before, accessed, modified)
            os.utime(name, ns=both, dir_fd=at.folder, follow_symlinks=False)

    def list(
        self, names: Sequence[str], access: Access, after: str | None, limit: int
    ) -> list[str]:
        """Names of a directory in byte order. Raises CallError, OSError, Asks."""
        with self._spot(names, access) as at:
            number = os.open(at.name or b".", DIRECTORY, dir_fd=at.folder)
            try:
                check_mount(mount_of(at.folder), number)
                # UTF-8 and code points have the same order.
                return nsmallest(limit, shown_names(os.listdir(number), after))
            finally:
                os.close(number)

    def make_dir(self, names: Sequence[str], access: Access) -> None:
        """Make a directory. Raises CallError, OSError, Asks."""
        with self._changing(names, access, follow=False) as at:
            name = need_name(at)
            with self._ledger.taking(self._quota, 0, 1):
                os.mkdir(name, 0o700, dir_fd=at.folder)

    def remove_dir(self, names: Sequence[str], access: Access) -> None:
        """Remove an empty directory. Raises CallError, OSError, Asks."""
        with self._changing(names, access, follow=False) as at:
            name = need_name(at)
            with self._ledger.taking(self._quota, 0, -1):
                os.rmdir(name, dir_fd=at.folder)

    def unlink(self, names: Sequence[str], access: Access) -> None:
        """Remove a name of what is no directory. Raises CallError, OSError, Asks."""
        with self._changing(names, access, follow=False) as at:
            name = need_name(at)
            old = os.stat(name, dir_fd=at.folder, follow_symlinks=False)
            if stat.S_ISDIR(old.st_mode):
                raise CallError("is-directory", "it is a directory")
            with self._ledger.taking(self._quota, -self._ledger.freed(old), -1):
                os.unlink(name, dir_fd=at.folder)
            self._ledger.note_gone(old)

    def rename(
        self, names: Sequence[str], access: Access, to: Sequence[str], to_access: Access
    ) -> None:
        """Give another name. Raises CallError, OSError, Asks."""
        with (
            self._changing(names, access, follow=False) as at,
            self._changing(to, to_access, follow=False) as there,
        ):
            source = os.stat(need_name(at), dir_fd=at.folder, follow_symlinks=False)
            self._check_moved(at, source, access, there, to_access)
            old = look(there)
            if old is not None and identity(old) == identity(source):
                return  # two names of one file: the system does nothing either
            gone = 0 if old is None else 1
            freed = 0 if old is None else self._ledger.freed(old)
            with self._ledger.taking(self._quota, -freed, -gone):
                os.rename(at.name, need_name(there), src_dir_fd=at.folder, dst_dir_fd=there.folder)
            if old is not None:
                self._ledger.note_gone(old)

    def link(
        self, names: Sequence[str], access: Access, to: Sequence[str], to_access: Access
    ) -> None:
        """Give a regular file another name. Raises CallError, OSError, Asks."""
        with (
            self._changing(names, access, follow=False) as at,
            self._changing(to, to_access, follow=False) as there,
        ):
            source = os.stat(need_name(at), dir_fd=at.folder, follow_symlinks=False)
            if not stat.S_ISREG(source.st_mode):
                raise CallError("unsupported", "only regular files can have two names")
            with self._ledger.taking(self._quota, 0, 1):
                os.link(
                    at.name, need_name(there), src_dir_fd=at.folder, dst_dir_fd=there.folder,
                    follow_symlinks=False,
                )  # fmt: skip

    def symlink(self, target: str, names: Sequence[str], access: Access) -> None:
        """Make a symlink. Raises CallError, OSError, Asks."""
        with self._changing(names, access, follow=False) as at:
            name, text = need_name(at), target.encode()
            check_link(text, at.names[:-1])
            with self._ledger.taking(self._quota, len(text), 1):
                os.symlink(text, name, dir_fd=at.folder)

    def readlink(self, names: Sequence[str], access: Access) -> str:
        """What a symlink says. Raises CallError, OSError, Asks."""
        with self._spot(names, access, follow=False) as at:
            target = os.readlink(need_name(at), dir_fd=at.folder)
        try:
            return target.decode()
        except UnicodeDecodeError:
            raise CallError("unsupported", "the symlink says what is no Unicode text") from None

    @contextmanager
    def _spot(
        self, names: Sequence[str], access: Access, *, follow: bool = True
    ) -> Iterator[Spot]:
        with self._top.using() as top, spot(top, names, follow=follow) as at:
            if at.is_sent:
                self._need(at.names, access)
            yield at

    @contextmanager
    def _changing(
        self, names: Sequence[str], access: Access, *, follow: bool = True
    ) -> Iterator[Spot]:
        if not self.mount.write:
            raise CallError("read-only", "the grant is for reading")
        with (
            self._top.using() as top,
            self._ledger.changing(top),
            self._spot(names, access, follow=follow) as at,
        ):
            yield at
            if self._is_durable:
                flush(at.folder)

    def _need(self, names: Sequence[str], access: Access, *, is_tree: bool = False) -> None:
        """Raise Asks unless this has been decided."""
        path = "/".join((self.mount.path.rstrip("/"), *names)) or "/"
        target = fs_target(Claim(path, access.read, access.write, is_tree))
        if target not in access.decided:
            raise Asks(target)

    def _check_moved(
        self, at: Spot, source: os.stat_result, access: Access, there: Spot, to_access: Access
    ) -> None:
        """Raise for a directory whose contents may not move, grow too deep or would lead out."""
        folder = there.names[:-1]
        if stat.S_ISLNK(source.st_mode):
            check_carried(at.name, at.folder, folder)
        if not stat.S_ISDIR(source.st_mode):
            return
        self._need(at.names, access, is_tree=True)
        self._need(there.names, to_access, is_tree=True)
        check_subtree(at, there.names)

    def _create(self, at: Spot) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        os.close(os.open(need_name(at), flags, 0o600, dir_fd=at.folder))

    def _check_guarded(self, number: int, access: Access) -> None:
        if access.write and identity(os.fstat(number)) in self._guarded:
            raise CallError("denied", "this file is the host's own")

    def _truncate(self, number: int) -> None:
        size = os.fstat(number).st_size
        with self._ledger.taking(self._quota, -size, 0):
            os.ftruncate(number, 0)

    def _opened(self, number: int, access: Access) -> OpenFile:
        ledger = self._ledger
        with ledger.lock:
            ledger.note_open(os.fstat(number))
        descriptor = Descriptor(number, lambda last: ledger.note_closed(os.fstat(last)))
        return OpenFile(
            descriptor, ledger, self._quota, readable=access.read, writable=access.write
        )
