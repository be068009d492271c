"""Look here if you want to know how a log is opened for reading, wherever it lies.

Rule: a reader needs no right to write, and no room: SQLite's shared index of a WAL needs both, so
without them a log that was closed is read as a file that does not change, and one that was not is
copied first.
Rule: while a log is read as unchanging, nobody opens it for writing.
"""

import fcntl
import os
import shutil
import sqlite3
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from lion.errors import OperatorError, OutsideError
from lion.log.holders import patiently, wait_for
from lion.log.ownership import try_lock
from lion.log.sqlite_guarded import GuardedConnection
from lion.log.sqlite_layout import SCHEMA_VERSION
from lion.log.sqlite_schema import (
    BUSY_SECONDS,
    OPENED,
    OPENING,
    check_version,
    connect_writer,
    convert_log,
    translated_opening,
)

_NO_INDEX: Final = {
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
}  # fmt: skip
"""What SQLite says where it cannot make the index of a WAL."""
_ATTEMPTS: Final = 3
_STEPS: Final = 100_000
"""Of SQLite's machine between two looks at signals: some milliseconds."""
_SPARE_BYTES: Final = 1024 * 1024


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a log for reading only. Raises OperatorError if there is none, AuditError if it is
    none of ours or damaged, OutsideError if there is no room to read it.
    """
    with translated_opening(path):
        if not path.exists():
            raise _no_directory(path.parent) if path.parent.is_file() else _no_runs(path.parent)
        connection, version = _connect_anyhow(path)
        if version < SCHEMA_VERSION:
            connection = _converted(connection, path)
    return connection


def _connect_anyhow(path: Path) -> tuple[sqlite3.Connection, int]:
    """A connection as the place allows, and the log's schema."""
    try:
        return _connect(path, "mode=ro", path)
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode & 0xFF not in _NO_INDEX or not os.access(path, os.R_OK):
            raise
    return _connect_copy(path) if _has_wal(path) else _connect_unchanging(path)


def _converted(old: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """Convert an older log where it lies, or, if it can only be read, a copy of it."""
    try:
        connect_writer(path.parent, "normal").close()
        old.close()
        return _connect_anyhow(path)[0]
    except OperatorError:  # It is on a medium that cannot be written, or an older lion is at it.
        copy = sqlite3.connect(
            "", isolation_level=None, check_same_thread=False, factory=GuardedConnection
        )
        try:
            old.backup(copy)
            _distrust(copy)
            convert_log(copy, None)
            copy.execute("PRAGMA query_only = ON")
        except BaseException:
            copy.close()
            raise
        finally:
            old.close()
        return copy
    except BaseException:
        old.close()
        raise


def _connect(path: Path, how: str, shown: Path) -> tuple[GuardedConnection, int]:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{how}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        factory=GuardedConnection,
    )
    try:
        version = _set_up_reading(connection, shown)
    except BaseException:
        connection.close()
        raise
    return connection, version


def _connect_unchanging(path: Path) -> tuple[sqlite3.Connection, int]:
    """Read the file as it is, and keep others from opening it for writing meanwhile."""
    descriptor = -1
    with suppress(FileNotFoundError, PermissionError):
        descriptor = os.open(path.parent / OPENING, os.O_RDONLY | os.O_CLOEXEC)
    let_go = partial(os.close, descriptor) if descriptor >= 0 else None
    try:
        if descriptor >= 0:
            lock = partial(try_lock, descriptor, fcntl.LOCK_SH)
            wait_for(lock, path.parent / OPENING, OPENED)
        # Somebody may have opened it for writing before we had the lock.
        connection, version = _connect(path, "mode=ro" if _has_wal(path) else "immutable=1", path)
    except BaseException:
        if let_go is not None:
            let_go()
        raise
    connection.let_go = let_go
    return connection, version


def _connect_copy(path: Path) -> tuple[sqlite3.Connection, int]:
    """Copy a log that was not closed to where its WAL can be read."""
    wal = Path(f"{path}-wal")
    folder = Path(tempfile.mkdtemp(prefix="lion-log-"))
    let_go = partial(shutil.rmtree, folder, ignore_errors=True)
    try:
        needed = path.stat().st_size + wal.stat().st_size + _SPARE_BYTES
        if shutil.disk_usage(folder).free < needed:
            raise _no_room(path, folder, needed)
        for _ in range(_ATTEMPTS):
            before = _state(path, wal)
            shutil.copyfile(path, folder / path.name)
            shutil.copyfile(wal, folder / wal.name)
            if _state(path, wal) == before:
                break
        connection, version = _connect(folder / path.name, "mode=ro", path)
    except BaseException:
        let_go()
        raise
    connection.let_go = let_go
    return connection, version


def _has_wal(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.stat(f"{path}-wal").st_size > 0
    return False


def _state(*paths: Path) -> list[tuple[int, int]]:
    return [(info.st_size, info.st_mtime_ns) for info in map(os.stat, paths)]


def _set_up_reading(connection: sqlite3.Connection, path: Path) -> int:
    """The log's schema."""
    _distrust(connection)
    check = partial(check_version, connection, path, may_be_new=True)
    version = patiently(path, OPENED, check)
    if not version:
        raise _no_runs(path.parent)
    return version


def _distrust(connection: sqlite3.Connection) -> None:
    """The file may be damaged, or come from elsewhere."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.set_progress_handler(_look_up, _STEPS)


def _look_up() -> int:
    """Python's signal handlers run here, while SQLite checks a long log: what one raises stops
    it."""
    return 0


def _no_directory(path: Path) -> OperatorError:
    return OperatorError(
        f"the state directory {str(path)!r} is a file",
        hint="choose another with --state DIR",
        directory=str(path),
    )


def _no_runs(directory: Path) -> OperatorError:
    """Build the error for a log without a run; its fact `is_empty` tells it from others."""
    return OperatorError(
        f"no runs yet in {directory}",
        hint="start one with: lion run MANIFEST",
        directory=str(directory),
        is_empty=True,
    )


def _no_room(path: Path, folder: Path, needed: int) -> OutsideError:
    facts: dict[str, Any] = {"path": str(path), "needed": needed}
    return OutsideError(
        f"the log {path} was not closed and cannot be read where it lies; to copy it, "
        f"{folder.parent} has too little room",
        hint="name a folder with more room in TMPDIR",
        **facts,
    )
