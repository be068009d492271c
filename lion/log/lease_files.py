"""Look here if you want to know which files are the leases of a log's stores, and how they are
locked by whoever has no loop.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from lion.log.holders import sign, wait_for
from lion.log.ownership import RUNS, try_lock

FILES: Final = 64
"""Leases of a log: stores that share one take turns among processes, nothing else."""
WANTED: Final = "kv-wanted"
CANNOT: Final = "what is kept (kv) cannot be changed"


def number_of(namespace: str) -> int:
    """Which lease a namespace belongs to."""
    return sha256(namespace.encode()).digest()[0] % FILES


def open_file(directory: Path, name: str) -> int:
    """A file of leases, made if need be."""
    return os.open(directory / RUNS / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextmanager
def holding(directory: Path, numbers: Iterable[int]) -> Iterator[None]:
    """Hold leases, without a loop. Raises AuditError, OSError."""
    with ExitStack() as stack:
        for number in sorted(set(numbers)):  # Two that wait in one order do so in no circle.
            file = open_file(directory, name_of(number))
            stack.callback(os.close, file)
            lock_file(directory, name_of(number), file)
            sign(file)
        yield


def lock_file(directory: Path, name: str, file: int) -> None:
    """Lock the file of a lease, and let its holder know meanwhile."""
    wanted = open_file(directory, WANTED)
    try:
        fcntl.flock(wanted, fcntl.LOCK_SH)  # Others have it exclusively for a moment only.
        wait_for(partial(try_lock, file, fcntl.LOCK_EX), directory / RUNS / name, CANNOT)
    finally:
        os.close(wanted)


def name_of(number: int) -> str:
    """The file of a lease."""
    return f"kv-{number:02}"
