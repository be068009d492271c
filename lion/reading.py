"""Look here if you want to know how a file is read that anybody may have written.

Rule: only a regular file is read, and no more of it than is allowed: a pipe would keep the reader
waiting, /dev/zero never ends, and a sparse file is as long as somebody says.
"""

import errno
import os
import stat
from pathlib import Path
from typing import Final

from lion.errors import OperatorError

MIB: Final = 1024 * 1024
COMPONENT_SIZE: Final = 64 * MIB
"""Bytes of the largest component; one that brings a whole Python along has 18 MiB."""

_KINDS: Final = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def too_large(name: str, most: int = COMPONENT_SIZE) -> OperatorError:
    """The error for what is longer than `most` bytes."""
    return OperatorError(
        f"{name!r} is larger than {most // MIB} MiB, which is more than lion reads",
        hint="build it smaller: without debug information, optimized for size",
    )


def _check(path: Path, info: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(info.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    for is_kind, words in _KINDS:
        if is_kind(info.st_mode):
            raise OperatorError(
                f"{str(path)!r} is {words}, not a file", hint="name a regular file"
            )
    if info.st_size > most:
        raise too_large(str(path), most)


def read_regular(path: Path, most: int = COMPONENT_SIZE) -> bytes:
    """All bytes of a regular file. Raises OSError if it cannot be read, OperatorError if it is
    something else or longer than `most` bytes.
    """
    # Looked at before it is opened, since opening a device may do something already.
    _check(path, path.stat(), most)
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        _check(path, os.fstat(fd), most)
        data = file.read(most + 1)
    if len(data) > most:
        raise too_large(str(path), most)
    return data
