"""Look here if you want to know where compiled components are kept, and why a file there is
trusted.

An entry is machine code: whoever can write it can run code as the user. So the directory belongs
to the user alone,
an entry belongs to the user and is written by rename, and its bytes are hashed again before they
are loaded.

Rule: what is not exactly as lion wrote it is compiled again, never loaded.
Rule: the key is the digest of the wasm bytes just read, wasmtime's version and every engine
setting.
"""

import hashlib
import os
import secrets
import stat
from pathlib import Path

from lion.errors import OperatorError

_MAGIC = b"lion-compiled-2\n"


def _is_own(info: os.stat_result) -> bool:
    """Owned by this user and writable by nobody else."""
    return info.st_uid == os.getuid() and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class CompileCache:
    """Compiled components in one directory, made with mode 0700 if missing."""

    def __init__(self, directory: Path, engine_digest: str) -> None:
        self._directory = directory
        self._engine_digest = engine_digest

    def _path(self, digest: str) -> Path:
        key = hashlib.sha256(f"{digest} {self._engine_digest}".encode()).hexdigest()
        return self._directory / f"{key}.cwasm"

    def _prepare(self) -> None:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            info = self._directory.stat()
        except OSError as exc:
            raise OperatorError(
                f"the cache directory {str(self._directory)!r} cannot be used: {exc.strerror}",
                hint="name another with XDG_CACHE_HOME",
            ) from exc
        if not _is_own(info):
            raise OperatorError(
                f"the cache directory {str(self._directory)!r} can be written by others, "
                "who could put code there",
                hint=f"type: chmod 700 {self._directory}",
            )

    def read(self, digest: str) -> bytes | None:
        """The compiled code for a component's SHA-256 (hex), or None. Raises OperatorError if the
        directory is not safe.
        """
        self._prepare()
        try:
            fd = os.open(self._path(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(fd, "rb") as file:
            if not _is_own(os.fstat(file.fileno())):
                return None
            head = file.read(len(_MAGIC) + 32)
            code = file.read()
        if head != _MAGIC + hashlib.sha256(code).digest():
            return None
        return code

    def write(self, digest: str, code: bytes) -> None:
        """Keep compiled code. A full or read-only disk only costs the next start its time."""
        self._prepare()
        path = self._path(digest)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(code).digest() + code)
            os.replace(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)
