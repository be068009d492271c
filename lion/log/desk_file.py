"""Look here if you want to know how the file of the approvals' desk is opened, for whom one waits
then, and what is said of one that is damaged.

Rule: it is no log: nothing in it proves anything, and who moves it away only has those calls asked
again.
Rule: whoever waits for it says for whom, heeds an interrupt, and gives up at last (holders.py).
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from lion.errors import AuditError
from lion.log.holders import patiently
from lion.log.sqlite_schema import prepare_directory

T = TypeVar("T")

DESK_NAME: Final = "approvals.sqlite"
_VERSION: Final = 1
_SCHEMA = """
CREATE TABLE requests (
    id TEXT PRIMARY KEY, run TEXT NOT NULL, asked_ns INTEGER NOT NULL, body BLOB NOT NULL,
    answer BLOB
) WITHOUT ROWID;
CREATE TABLE standing (
    basis TEXT NOT NULL, run TEXT NOT NULL, since_ns INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (basis, run)
) WITHOUT ROWID;
"""
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def open_desk(directory: Path, *, is_patient: bool = False) -> Iterator[sqlite3.Connection]:
    """One transaction on the desk, made if need be. `is_patient` also for a process that is
    stopped. Raises AuditError.
    """
    path = directory / DESK_NAME
    try:
        _prepare(directory, path)
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            step = partial(_step, connection, path, is_patient)
            step("BEGIN IMMEDIATE")
            _set_up(connection, path)
            yield connection
            step("COMMIT")
    except OSError as exc:
        raise _unusable(path, exc.strerror or str(exc)) from exc
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise _damaged(path, str(exc)) from exc
    except sqlite3.Error as exc:
        # A table that is another one is an error without a code of its own.
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        is_damaged = code in _DAMAGED or code == sqlite3.SQLITE_ERROR
        raise (_damaged if is_damaged else _unusable)(path, str(exc)) from exc


def decoded(body: object, kind: type[T]) -> T:
    """What a row has. Raises msgspec.MsgspecError."""
    if type(body) is not bytes:
        raise msgspec.DecodeError("a row has no bytes where they belong")
    return msgspec.msgpack.decode(body, type=kind)


def _step(connection: sqlite3.Connection, path: Path, is_patient: bool, statement: str) -> None:
    what, operate = "approvals cannot be read or answered", partial(connection.execute, statement)
    patiently(path, what, operate, is_patient=is_patient)


def _prepare(directory: Path, path: Path) -> None:
    if not path.exists():
        prepare_directory(directory)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise AuditError(f"{path} was written by a newer lion", hint="upgrade lion")
    if not version:
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")


def _damaged(path: Path, what: str) -> AuditError:
    return AuditError(
        f"the approvals in {path} are damaged: {what}",
        hint="move the file away: only what waits, and what was answered for always, is in it",
        path=str(path),
    )


def _unusable(path: Path, what: str) -> AuditError:
    return AuditError(
        f"the approvals in {path} cannot be read or answered: {what}", path=str(path)
    )
