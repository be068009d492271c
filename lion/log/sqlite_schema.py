"""Look here if you want to know how the log's database is laid out, opened and guarded.

Rule: a log of a newer schema is refused before a byte of it is touched.
Rule: the directory is 0700 and every file 0600 (SQLite gives -wal and -shm the mode of the
database).
Rule: errors of sqlite3 leave these files as LionErrors: what cannot be opened is the operator's,
the rest the log's.
"""

import errno
import fcntl
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from lion.errors import AuditError, OperatorError, OutsideError
from lion.log.holders import patiently, sign, wait_for
from lion.log.ownership import RUNS, try_lock
from lion.log.sqlite_layout import LAYOUT, MENDS, OLD_VERSION, SCHEMA_VERSION
from lion.log.sqlite_layout import LOG_NAME as LOG_NAME

OPENING = f"{RUNS}/.open"
"""Whose lock a process has while it opens the log."""
_APPLICATION_ID = 0x6C696F6E  # "lion"
_CREATE = f"""BEGIN IMMEDIATE; {LAYOUT} PRAGMA application_id = {_APPLICATION_ID};
              PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"""
BUSY_SECONDS = 0.1
"""SQLite's own wait, which heeds no signal; the rest is waited for in holders.py."""
_TRIM_MILLISECONDS = 100
_WAL_PAGES = 4096
WAL_BYTES = 64 * 1024 * 1024

OPENED = "the log cannot be opened"
_FULL_CODES = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_LEAST_ROOM = 64 * 1024
"""Bytes that a log needs to be opened: the index of its WAL has 32 KiB."""
_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
"""What says nothing of the file itself."""
_OPERATORS_CODES = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}


@contextmanager
def translated(path: Path, verb: str) -> Iterator[None]:
    """Turn sqlite3's errors into AuditError: "the log PATH could not be VERB"."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as exc:
        if getattr(exc, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from None  # It came inside of a progress handler, and is lost.
        raise audit_error(path, verb, exc) from exc


@contextmanager
def translated_opening(path: Path) -> Iterator[None]:
    """As `translated`, and what only the operator can mend (rights, a missing directory) into
    OperatorError, a full disk into OutsideError."""
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(path) from exc
        raise _unwritable(path.parent, exc.strerror or str(exc)) from exc
    except (sqlite3.Error, UnicodeDecodeError) as exc:
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if code in _FULL_CODES and room_left(path.parent) < _LEAST_ROOM:
            raise _full(path) from exc
        if code in _OPERATORS_CODES:
            raise _unwritable(path.parent, str(exc)) from exc
        raise audit_error(path, "opened", exc) from exc


def audit_error(path: Path, verb: str, exc: Exception) -> AuditError:
    """Build the error for what SQLite said; where it says that the file is damaged, what to do."""
    if isinstance(exc, UnicodeDecodeError):  # in a message about a damaged schema
        return AuditError(f"the log {path} is damaged", hint=MENDS, path=str(path))
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return _not_ours(path)
    hint = "" if code in _PASSING else MENDS
    return AuditError(f"the log {path} could not be {verb}: {exc}", hint=hint, path=str(path))


def room_left(directory: Path) -> int:
    """Bytes that are free where a directory is; as many as one likes, if nobody can say."""
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return sys.maxsize


def _full(path: Path) -> OutsideError:
    return OutsideError(
        f"the log {path} could not be opened: its disk is full",
        hint="make room there, or choose another directory with --state DIR",
        path=str(path),
    )


def _unwritable(directory: Path, reason: str) -> OperatorError:
    return OperatorError(
        f"the state directory {directory} cannot be used: {reason}",
        hint="choose another with --state DIR, or mend its rights",
        directory=str(directory),
    )


def _not_ours(path: Path) -> AuditError:
    return AuditError(
        f"{path} is not a log of lion",
        hint=f"if it was one, {MENDS}; else choose another directory with --state DIR",
        path=str(path),
    )


def prepare_directory(directory: Path) -> Path:
    """Make the state directory and an empty log if there is none, private; return the log's path.

    A directory that exists is made private only if it is empty or holds a log: it may be
    anybody's.
    """
    path = directory / LOG_NAME
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_mode & 0o077 and (path.exists() or not any(directory.iterdir())):
        directory.chmod(0o700)
    (directory / RUNS).mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    return path


def connect_writer(directory: Path, durability: str) -> sqlite3.Connection:
    """Open the log for writing, made if need be. Raises OperatorError or AuditError."""
    path = directory / LOG_NAME
    with translated_opening(path):
        prepare_directory(directory)
        with opening_alone(directory):
            connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                _set_up(connection, path, durability)
            except BaseException:
                connection.close()
                raise
    return connection


def create_log(path: Path) -> sqlite3.Connection:
    """A new, empty log in a file that is not there yet. Raises OperatorError, AuditError."""
    with translated_opening(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.executescript(_CREATE)
        except BaseException:
            connection.close()
            raise
    return connection


def convert_log(connection: sqlite3.Connection, directory: Path | None) -> None:
    """Make a log of the schema before this one; `directory` is None for a copy of it."""
    from lion.log.sqlite_convert import convert  # seldom needed

    convert(connection, directory)


@contextmanager
def opening_alone(directory: Path) -> Iterator[None]:
    """Keep others from opening the log. (Two processes that turn WAL on at once refuse each other,
    whatever the busy timeout.)"""
    path = directory / OPENING
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        wait_for(partial(try_lock, descriptor, fcntl.LOCK_EX), path, "the log cannot be opened")
        sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def _set_up(connection: sqlite3.Connection, path: Path, durability: str) -> None:
    check = partial(check_version, connection, path, may_be_new=True)
    version = patiently(path, OPENED, check)
    patiently(path, OPENED, partial(connection.execute, "PRAGMA journal_mode = WAL"))
    connection.execute(f"PRAGMA synchronous = {'FULL' if durability == 'full' else 'NORMAL'}")
    connection.execute(f"PRAGMA fullfsync = {int(durability == 'full')}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    if not version:
        connection.executescript(_CREATE)
    elif version < SCHEMA_VERSION:
        convert_log(connection, path.parent)
    else:  # A log that can only be read is found out now, not at the first record.
        begin(connection, path)
        connection.execute("ROLLBACK")


def begin(connection: sqlite3.Connection, path: Path, **how: Any) -> None:
    """Become the log's only writer until the transaction ends; `how` one waits is as in
    holders.py. Raises AuditError if another one does not let go, sqlite3.Error.
    """
    begin_now = partial(connection.execute, "BEGIN IMMEDIATE")
    patiently(path, f"the log {path} cannot be written", begin_now, **how)


def check_version(connection: sqlite3.Connection, path: Path, *, may_be_new: bool) -> int:
    """The schema of a log lion can use, 0 if it is empty and `may_be_new`. Raises AuditError
    otherwise."""
    connection.execute("BEGIN")  # All of one moment: its first writer may be at work on it.
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        is_empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    finally:
        if connection.in_transaction:  # SQLite ends it itself after some errors.
            connection.execute("ROLLBACK")
    if is_empty and not version and not application and may_be_new:
        return 0
    if application != _APPLICATION_ID or version < 1:
        raise _not_ours(path)
    if version > SCHEMA_VERSION:
        raise AuditError(
            f"the log {path} was written by a newer lion: its schema is {version}, "
            f"this lion knows up to {SCHEMA_VERSION}",
            hint="upgrade lion, or choose another state directory with --state DIR",
            path=str(path),
            version=version,
        )
    if version < OLD_VERSION:
        raise AuditError(
            f"the log {path} was written by an older lion: its schema is {version}, "
            f"this lion reads {OLD_VERSION} and {SCHEMA_VERSION}",
            hint="move it away, or choose another state directory with --state DIR",
            path=str(path),
            version=version,
        )
    return int(version)


def trim_wal(connection: sqlite3.Connection, path: Path, threshold: int) -> int:
    """Start the WAL anew if it is longer than `threshold` bytes; return the threshold for the
    next time.

    Waits briefly for readers, who may overlap for ever otherwise; one that stays is not waited
    for again soon.
    """
    try:
        size = os.stat(f"{path}-wal").st_size
    except FileNotFoundError:
        return threshold
    if size <= threshold:
        return threshold
    connection.execute(f"PRAGMA busy_timeout = {_TRIM_MILLISECONDS}")
    (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    return size + WAL_BYTES if is_busy else WAL_BYTES
