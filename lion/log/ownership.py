"""Look here if you want to know how a run belongs to one process, and how others see that it is
alive.

Rule: the lock is the kernel's (flock), so it ends with its process however that ends.
Rule: a lock file is unlinked by who holds its lock, and whoever got a lock looks whether its file
still has the name: so no two processes lock two files of one name.
"""

import fcntl
import os
import re
import time
from pathlib import Path
from typing import Final

from lion.errors import OperatorError
from lion.log.holders import holder_of, sign

RUNS = "runs"
OWN: Final = "log"
"""The run of what was done to the log itself, by no run: listed nowhere, owned by nobody."""
CHAINS: Final = "service-"
"""How the ids of services' own chains begin: they are no runs, and have no quota."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_ATTEMPTS = 20
_PAUSE_SECONDS = 0.01


def is_run(name: str) -> bool:
    """Whether a chain of the log is a run's, and listed as such."""
    return name != OWN and not name.startswith(CHAINS)


def lock_path(directory: Path, run: str) -> Path:
    """Where a run's lock is. Raises OperatorError for an id that cannot be a file name."""
    if not _NAME.fullmatch(run) or run == OWN:
        raise OperatorError(
            f"{run!r} is no run id: letters, digits, '.', '_' and '-', at most 128; not {OWN!r}",
            hint="see the ids with: lion runs",
            run=run,
        )
    return directory / RUNS / f"{run}.lock"


def take_lock(directory: Path, run: str) -> int:
    """Own a run until the descriptor returned is closed. Waits up to 0.2 s, for readers who test
    the lock.

    Raises OperatorError if another process owns it.
    """
    path = lock_path(directory, run)
    for _ in range(_ATTEMPTS):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if try_lock(descriptor, fcntl.LOCK_EX) and _is_there(path, descriptor):
            sign(descriptor)
            return descriptor
        os.close(descriptor)
        time.sleep(_PAUSE_SECONDS)
    raise OperatorError(
        f"run {run} belongs to {holder_of(path) or 'another process'}, still alive",
        hint=f"wait for it to end, or look at it with: lion log {run}",
        run=run,
    )


def release(directory: Path, run: str, descriptor: int, *, for_ever: bool) -> None:
    """Own a run no longer; `for_ever`: nobody will, it has ended."""
    try:
        if for_ever:
            lock_path(directory, run).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _is_there(path: Path, descriptor: int) -> bool:
    """Whether a file still has its name: its last owner may have unlinked it before we locked."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def is_owned(directory: Path, run: str) -> bool:
    """True while a process, this one or another, owns the run."""
    try:
        descriptor = os.open(lock_path(directory, run), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, kind: int) -> bool:
    """Take a lock of an open file (fcntl.LOCK_EX or LOCK_SH) if nobody is in the way."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
