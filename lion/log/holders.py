"""Look here if you want to know who holds a lock that somebody waits for, and how long that waits.

Rule: whoever waits says within two seconds for whom, heeds an interrupt, and gives up at last.
Rule: a stopped process lets go of nothing: nobody waits for it longer than it takes to say so.
"""

import os
import sqlite3
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from lion.errors import AuditError, LionWarning

T = TypeVar("T")

TELL_SECONDS: Final = 1.5
"""After this long a waiter says whom it waits for."""
MOST_SECONDS: Final = 30.0
GRACE_SECONDS: Final = 0.1
"""So long a waiter goes on after a signal: what happened may still be written."""
_TICK_SECONDS: Final = 0.02
_DIGITS: Final = 20
_LOCKS: Final = Path("/proc/locks")
_PROC: Final = Path("/proc/self/stat")
_LOCKED: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_LONGEST: Final = 120
"""Characters of a command that are shown."""


class Holder(msgspec.Struct, frozen=True):
    """A process that holds a lock: what it was started as, and whether it is stopped (SIGSTOP)."""

    pid: int
    command: str
    is_stopped: bool

    def __str__(self) -> str:
        how = ", which is stopped" if self.is_stopped else ""
        return f"process {self.pid} ({self.command}){how}"


def _never() -> float:
    return -1.0


def wait_for(
    attempt: Callable[[], bool], path: Path, what: str, *, is_patient: bool = False,
    interrupted: Callable[[], float] = _never,
) -> None:  # fmt: skip
    """Try until it succeeds; `path` is the file whose lock it is, `what` what cannot be done.

    Raises AuditError after MOST_SECONDS, or at once if the lock's holder is stopped and we are not
    `is_patient`, or soon after somebody interrupted us (`interrupted`: that many seconds ago; else
    less than 0); in a thread of trio's, what cancels the caller.
    """
    began, is_told = time.monotonic(), False
    while not attempt():
        waited = time.monotonic() - began
        if min(waited, interrupted()) >= GRACE_SECONDS:
            raise _locked(path, what, holder_of(path), waited, is_interrupted=True)
        if waited >= MOST_SECONDS:
            raise _locked(path, what, holder_of(path), waited)
        if waited >= TELL_SECONDS and not is_told:
            is_told = True
            holder = holder_of(path)
            if holder is not None and holder.is_stopped and not is_patient:
                raise _locked(path, what, holder, waited)
            whom = holder or "another process"
            message = f"{what}: {path} is held by {whom}; waiting, at most {MOST_SECONDS:.0f} s"
            warnings.warn(message, LionWarning, stacklevel=2)
        _check_cancelled()
        time.sleep(_TICK_SECONDS)


def patiently(
    path: Path, what: str, operate: Callable[[], T], *, is_patient: bool = False,
    interrupted: Callable[[], float] = _never,
) -> T:  # fmt: skip
    """Do something with the database at `path`, waiting as `wait_for` while others lock it."""
    found: list[T] = []

    def attempt() -> bool:
        try:
            found.append(operate())
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF not in _LOCKED:
                raise
            return False
        return True

    wait_for(attempt, path, what, is_patient=is_patient, interrupted=interrupted)
    return found[0]


def holder_of(path: Path) -> Holder | None:
    """Who holds a lock of a file, or of a database its writer's, if that can be seen: by the
    kernel's list, or else by the number that a holder leaves in the file.
    """
    found = [_listed(Path(f"{path}-shm")), _listed(path), _written(path)]
    pid = next((pid for pid in found if pid is not None), None)
    return None if pid is None else _process(pid)


def sign(descriptor: int) -> None:
    """Leave this process's number in a lock file that it holds, for systems without a list. What
    stands behind that (owned.py) stays.
    """
    with suppress(OSError):  # on a full disk: it is no more than a word for people
        os.pwrite(descriptor, f"{os.getpid():<{_DIGITS}}\n".encode(), 0)


def _check_cancelled() -> None:
    if "trio" not in sys.modules:  # nor is it imported for this
        return
    import trio

    try:
        trio.from_thread.check_cancelled()
    except RuntimeError:  # not in a thread of trio's: there a signal's handler raises by itself
        return


def _listed(path: Path) -> int | None:
    """The process that /proc/locks names, rather one that keeps all others out: proc_locks(5)."""
    try:
        info = os.stat(path)
        lines = _LOCKS.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    place = f"{os.major(info.st_dev):02x}:{os.minor(info.st_dev):02x}:{info.st_ino}"
    held = [words for words in map(str.split, lines) if words[1] != "->" and words[5] == place]
    held.sort(key=lambda words: words[3] != "WRITE")
    pids = [int(words[4]) for words in held]
    return next((pid for pid in pids if pid > 0 and pid != os.getpid()), None)


def _written(path: Path) -> int | None:
    if _LOCKS.exists():
        return None
    try:
        with open(path, "rb") as file:
            return int(file.read(_DIGITS + 1))
    except (OSError, ValueError):
        return None


def _process(pid: int) -> Holder | None:
    """A process as /proc or else ps(1) has it; None if there is none of this number."""
    try:
        if _PROC.exists():
            state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(") ")[2]
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
            command = words.replace("\0", " ")
        else:
            asked = ("ps", "-o", "stat=,command=", "-p", str(pid))
            said = subprocess.run(asked, capture_output=True, timeout=2, check=True).stdout
            state, _, command = said.decode("utf-8", "replace").strip().partition(" ")
    except (OSError, subprocess.SubprocessError):
        return None
    return Holder(pid, command.strip()[:_LONGEST], is_stopped=state[:1] in ("T", "t"))


def _locked(
    path: Path, what: str, holder: Holder | None, waited: float, *, is_interrupted: bool = False
) -> AuditError:
    whom = str(holder or "another process")
    hint = "wait for it to end, or end it"
    if holder is not None and holder.is_stopped:
        hint = f"let it go on with: kill -CONT {holder.pid}; or end it with: kill -9 {holder.pid}"
    if is_interrupted:
        hint = "interrupted, so it was not waited for; what was not written yet is not recorded"
    return AuditError(
        f"{what}: {path} is held by {whom}; waited {waited:.1f} s",
        hint=hint,
        path=str(path),
        pid=holder.pid if holder else None,
    )
