"""Look here if you want to know where compiled components are kept, and why a file there is
trusted.

An entry is machine code: whoever can write it can run code as the user. So the directory belongs
to the user alone,
an entry belongs to the user and is written by rename, and its bytes are hashed again before they
are loaded.

Rule: what is not exactly as lion wrote it is compiled again, never loaded.
Rule: the key is the digest of the wasm bytes just read, wasmtime's version, every engine
setting and what the processor can do.
Rule: where nothing can be kept it is compiled each time, and said once.
"""

import errno
import hashlib
import os
import secrets
import stat
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Final

from lion.errors import LionWarning, OperatorError

_MAGIC = b"lion-compiled-3\n"
_UNWRITABLE: Final = frozenset(
    (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.ENOENT,
     errno.EOPNOTSUPP)
)  # fmt: skip
"""What a disk says that is read-only, another's or full, or makes no directories (/proc: ENOENT);
the rest is a path that is wrong.
"""


def _is_own(info: os.stat_result) -> bool:
    """Owned by this user and writable by nobody else."""
    return info.st_uid == os.getuid() and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class CompileCache:
    """Compiled components in one directory, made with mode 0700 if missing."""

    def __init__(self, directory: Path, made_by: str) -> None:
        """`made_by` is all that the code depends on besides the component."""
        self._directory = directory
        self._made_by = made_by
        self._is_told = False

    def _path(self, digest: str) -> Path:
        key = hashlib.sha256(f"{digest} {self._made_by}".encode()).hexdigest()
        return self._directory / f"{key}.cwasm"

    def _head(self, digest: str, code: bytes) -> bytes:
        """What an entry begins with: it is the code of this component, by its name too."""
        named = hashlib.sha256(f"{digest} {self._made_by} ".encode())
        named.update(code)
        return _MAGIC + named.digest()

    def _prepare(self) -> bool:
        """Whether the directory is there. Raises OperatorError if it is not safe, or no place for
        one.
        """
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            info = self._directory.stat()
        except OSError as exc:
            if exc.errno in _UNWRITABLE:
                self._tell(exc)
                return False
            raise OperatorError(
                f"the cache directory {str(self._directory)!r} cannot be used: {exc.strerror}",
                hint="name another with LION_CACHE",
            ) from exc
        if not _is_own(info):
            raise OperatorError(
                f"the cache directory {str(self._directory)!r} can be written by others, "
                "who could put code there",
                hint=f"type: chmod 700 {self._directory}",
            )
        return True

    def _tell(self, error: OSError) -> None:
        if not self._is_told:
            self._is_told = True
            said = (
                "compiled code is not kept, so each start compiles anew: "
                f"{str(self._directory)!r} cannot be written: {error.strerror}; "
                "name another folder with LION_CACHE (a run with --harden only reads it: type "
                "`lion check MANIFEST` once before)"
            )
            warnings.warn(said, LionWarning, stacklevel=2)

    def read(self, digest: str) -> bytes | None:
        """The compiled code for a component's SHA-256 (hex), or None. Raises OperatorError if the
        directory is not safe.
        """
        if not self._prepare():
            return None
        try:
            fd = os.open(self._path(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(fd, "rb") as file:
            if not _is_own(os.fstat(file.fileno())):
                return None
            head = file.read(len(_MAGIC) + 32)
            code = file.read()
        if head != self._head(digest, code):
            return None
        return code

    def write(self, digest: str, code: bytes) -> None:
        """Keep compiled code. A full or read-only disk only costs the next start its time, and a
        LionWarning. Raises OperatorError as `read`.
        """
        if not self._prepare():
            return
        path = self._path(digest)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(self._head(digest, code) + code)
            os.replace(temporary, path)
        except OSError as exc:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            self._tell(exc)
