"""Look here if you want to know where a service's socket is, and how long its path may be."""

import os
import socket
import struct
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


def stopped_peer(sock: socket.socket) -> int | None:
    """The process at the other end of a connection, if it is stopped (SIGSTOP) and that can be
    seen.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid: int = struct.unpack("3i", data)[0]
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return pid if state and state[0] in ("T", "t") else None
