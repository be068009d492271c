"""Look here if you want to know how a run belongs to one process, and how others see that it is
alive.

Rule: the lock is the kernel's (flock), so it ends with its process however that ends; lock files
stay, unlinking them would let two processes lock two files of one name.
"""

import fcntl
import os
import re
import time
from pathlib import Path
from typing import Final

from lion.errors import OperatorError

RUNS = "runs"
OWN: Final = "log"
"""The run of what was done to the log itself, by no run: listed nowhere, owned by nobody."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_ATTEMPTS = 20
_PAUSE_SECONDS = 0.01


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
    descriptor = os.open(lock_path(directory, run), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for _ in range(_ATTEMPTS):
        if _try_lock(descriptor, fcntl.LOCK_EX):
            return descriptor
        time.sleep(_PAUSE_SECONDS)
    os.close(descriptor)
    raise OperatorError(
        f"run {run} belongs to another process that is still alive",
        hint=f"wait for it to end, or look at it with: lion log {run}",
        run=run,
    )


def is_owned(directory: Path, run: str) -> bool:
    """True while a process, this one or another, owns the run."""
    try:
        descriptor = os.open(lock_path(directory, run), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
