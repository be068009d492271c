"""Look here if you want to know how a file is read that anybody may have written.

Rule: only a regular file is read, and no more of it than is allowed: a pipe would keep the reader
waiting, /dev/zero never ends, and a sparse file is as long as somebody says.
Rule: on a loop it is read beside it and given up when cancelled: a network's file system may hang.
Rule: what is given up shares nothing with who gave it up: a connection that is closed while it
reads would take the process with it.
"""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from lion.errors import OperatorError

MIB: Final = 1024 * 1024
COMPONENT_SIZE: Final = 64 * MIB
"""Bytes of the largest component; one that brings a whole Python along has 18 MiB."""
TEXT_SIZE: Final = MIB
"""Bytes of the largest manifest, policy, script or table of secrets: more than anybody writes."""

_HINTS: Final = {
    COMPONENT_SIZE: "build it smaller: without debug information, optimized for size",
    TEXT_SIZE: "make it smaller",
}
_KINDS: Final = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

T = TypeVar("T")


def too_large(name: str, most: int = COMPONENT_SIZE) -> OperatorError:
    """The error for what is longer than `most` bytes."""
    size = f"{most // MIB} MiB" if most >= MIB else f"{most:,} bytes"
    return OperatorError(
        f"{name!r} is larger than {size}, which is more than lion reads",
        hint=_HINTS.get(most, "make it smaller"),
    )


def _check(path: Path, info: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(info.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    for is_kind, words in _KINDS:
        if is_kind(info.st_mode):
            raise OperatorError(
                f"{str(path)!r} is {words}, not a file", hint="name a regular file", path=str(path)
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
    if data is None:  # of the kernel's, which has nothing to say now
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))
    if len(data) > most:
        raise too_large(str(path), most)
    return data


def read_text(
    path: Path,
    what: str,
    *,
    hint: str = "check the path and its permissions",
    most: int = TEXT_SIZE,
) -> str:
    """The UTF-8 text of a regular file; `what` names it in sentences: `the policy`.

    Raises OperatorError.
    """
    try:
        return read_regular(path, most).decode("utf-8")
    except (OSError, ValueError) as exc:
        raise OperatorError(
            f"{what} {str(path)!r} cannot be read: {reason_of(exc)}", hint=hint, path=str(path)
        ) from exc


def reason_of(exc: OSError | ValueError) -> str:
    """Why a file could not be read, in a few words that have none of its text in them."""
    match exc:
        case OSError():
            return exc.strerror or type(exc).__name__
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case _:
            return str(exc)


async def beside(read: Callable[[], T]) -> T:
    """What `read` gives, without holding up the loop; given up at once when cancelled: then it
    goes on, unheard, so it opens and closes itself whatever it uses, and changes nothing of the
    loop's.
    """
    import trio

    return await trio.to_thread.run_sync(read, abandon_on_cancel=True)
