"""Look here if you want to know where a service's socket is, and how long its path may be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lion.errors import OperatorError

SOCKET: Final = "service.sock"
LONGEST: Final = 100
"""Bytes of a socket's path that every system takes: sockaddr_un has 104 or 108."""
_DESCRIPTORS: Final = Path("/proc/self/fd")


def socket_path(state: Path) -> Path:
    """Where the service of a state directory listens."""
    return state / SOCKET


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """A name for a socket's path that is short enough, while this lasts: through an open folder
    where the path is not. Raises OperatorError where that cannot be.
    """
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    if not _DESCRIPTORS.exists():
        raise OperatorError(
            f"the path {str(path)!r} is too long for a socket: {LONGEST} bytes",
            hint="choose a shorter state directory with --state DIR",
        )
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield str(_DESCRIPTORS / str(folder) / path.name)
    finally:
        os.close(folder)
