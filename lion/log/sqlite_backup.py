"""Look here if you want to know how a log is copied while it is written.

Rule: a copy is of one moment and whole, or there is none: it gets its name when it is on the disk,
and takes nobody else's.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from lion.errors import OperatorError, OutsideError
from lion.log.sqlite_opening import connect_reader
from lion.log.sqlite_schema import LOG_NAME, translated

_PAGES = 1024
"""Pages copied between two moments at which an interrupt is heeded."""


def backup(directory: Path, to: Path) -> int:
    """Copy the log of a state directory into a new file; its size in bytes.

    Raises OperatorError if the file is there already or cannot be made, AuditError if the log
    cannot be read, OutsideError if the disk is full.
    """
    if os.path.lexists(to):
        raise OperatorError(f"{str(to)!r} is there already", hint="name a new file")
    part = to.with_name(f"{to.name}.{os.getpid()}.part")
    with closing(connect_reader(directory / LOG_NAME)) as source:
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as exc:
            what = f"{str(to)!r} cannot be written: {exc.strerror}"
            raise OperatorError(what, hint="choose another folder") from exc
        try:
            _copy(source, part, directory / LOG_NAME)
            os.link(part, to)
            return to.stat().st_size
        except FileExistsError as exc:
            raise OperatorError(f"{str(to)!r} is there already", hint="name a new file") from exc
        except OSError as exc:
            raise OutsideError(f"{str(to)!r} cannot be written: {exc.strerror}") from exc
        finally:
            with suppress(FileNotFoundError):
                part.unlink()


def _copy(source: sqlite3.Connection, part: Path, log: Path) -> None:
    def between(status: int, left: int, pages: int) -> None:
        """Here a signal's handler may raise."""

    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        with translated(log, "read"):  # One snapshot, however long it takes.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        try:
            source.backup(copy, pages=_PAGES, progress=between, sleep=0)
            copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as exc:
            if exc.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                raise OutsideError(f"{str(part.parent)!r} has no room: {exc}") from exc
            with translated(log, "copied"):
                raise
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
