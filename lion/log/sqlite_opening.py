"""Look here if you want to know how a log is opened for reading, wherever it lies and whatever
became of it.

Rule: a reader writes nothing and needs no right to: where no process can write, the file is read
as one that never changes.
"""

import sqlite3
from functools import partial
from pathlib import Path
from urllib.parse import quote

from lion.errors import OperatorError
from lion.log.holders import patiently
from lion.log.sqlite_schema import check_version, translated_opening


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a log for reading only. Raises OperatorError if there is none, AuditError if it is
    none of ours."""
    with translated_opening(path):
        if not path.exists():
            raise _no_directory(path.parent) if path.parent.is_file() else _no_runs(path.parent)
        connection = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=ro",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _set_up_reading(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _set_up_reading(connection: sqlite3.Connection, path: Path) -> None:
    """Distrust the file: it may be damaged, or come from elsewhere."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    if not patiently(path, _OPENED, partial(check_version, connection, path, may_be_new=True)):
        raise _no_runs(path.parent)


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
