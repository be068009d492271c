"""Look here if you want to know how an operator sees, moves and clears what guests keep.

Rule: owners never share: what belongs to one goes to another only by an operator's word, and only
where that one has nothing.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lion.errors import OperatorError
from lion.log.lease_files import FILES, holding, number_of
from lion.log.sqlite_check import damaged
from lion.log.sqlite_opening import connect_reader
from lion.log.sqlite_own import note_stores
from lion.log.sqlite_schema import LOG_NAME, begin, connect_writer, translated
from lion.log.sqlite_tables import SqliteTables
from lion.ports import KeptStore

_ALL = """SELECT kv.namespace, count(*), coalesce(kv_usage.bytes, 0)
          FROM kv LEFT JOIN kv_usage USING (namespace) GROUP BY kv.namespace ORDER BY 1"""


def list_stores(directory: Path) -> list[KeptStore]:
    """Every store that is kept, by owner and holder. Raises OperatorError, AuditError."""
    with _reading(directory) as connection:
        return [_store(directory / LOG_NAME, *row) for row in connection.execute(_ALL)]


def get_value(directory: Path, owner: str, holder: str, key: str) -> str | None:
    """The packed value under a key. Raises OperatorError, AuditError."""
    with _reading(directory) as connection:
        row = connection.execute(
            "SELECT value FROM kv WHERE namespace = ? AND key = ?", (f"{owner}/{holder}", key)
        ).fetchone()
    return None if row is None else str(row[0])


def list_keys(directory: Path, owner: str, holder: str) -> list[str]:
    """The keys of one store, in byte order. Raises OperatorError, AuditError."""
    with _reading(directory) as connection:
        rows = connection.execute(
            "SELECT key FROM kv WHERE namespace = ? ORDER BY key", (f"{owner}/{holder}",)
        )
        return [str(key) for (key,) in rows]


@contextmanager
def reading_tables(directory: Path) -> Iterator[SqliteTables]:
    """The stores as they are at one moment. Raises OperatorError, AuditError."""
    with _reading(directory) as connection:
        connection.execute("BEGIN")
        yield SqliteTables(connection)


def adopt_stores(directory: Path, owner: str, to: str) -> list[KeptStore]:
    """Give everything of one owner to another, at once or not at all; what was moved.

    Raises OperatorError if there is nothing, or if the other has something of the same holder's.
    """
    with _writing(directory, range(FILES)) as connection:
        every = [_store(directory / LOG_NAME, *row) for row in connection.execute(_ALL)]
        own = [one for one in every if one.owner == owner]
        if not own:
            raise OperatorError(f"{owner!r} has kept nothing", hint="see: lion kv list")
        taken = {one.holder for one in every if one.owner == to}
        for one in own:
            if one.holder in taken:
                raise OperatorError(
                    f"{to!r} has a store of {one.holder!r} already, and owners never share",
                    hint=f"clear it first: lion kv clear {to} {one.holder}",
                )
            _move(connection, f"{owner}/{one.holder}", f"{to}/{one.holder}")
        moved = [f"{who}/{one.holder}" for one in own for who in (owner, to)]
        note_stores(connection, "adopted", moved)
    return [msgspec.structs.replace(one, owner=to) for one in own]


def clear_store(directory: Path, owner: str, holder: str) -> int:
    """Forget everything of one store; how many keys it had. Raises OperatorError, AuditError."""
    namespace = (f"{owner}/{holder}",)
    with _writing(directory, [number_of(*namespace)]) as connection:
        gone = connection.execute("DELETE FROM kv WHERE namespace = ?", namespace).rowcount
        note_stores(connection, "cleared", namespace)
    return gone


def _move(connection: sqlite3.Connection, old: str, new: str) -> None:
    connection.execute("UPDATE kv SET namespace = ? WHERE namespace = ?", (new, old))


def _store(path: Path, namespace: object, keys: int, size: object) -> KeptStore:
    if not isinstance(namespace, str) or not isinstance(size, int):
        raise damaged(path, "kv", "the table of what guests keep was changed")
    owner, _, holder = namespace.rpartition("/")
    return KeptStore(owner=owner, holder=holder, keys=keys, bytes=size)


@contextmanager
def _reading(directory: Path) -> Iterator[sqlite3.Connection]:
    path = directory / LOG_NAME
    connection = connect_reader(path)
    try:
        with translated(path, "read"):
            yield connection
    finally:
        connection.close()


@contextmanager
def _writing(directory: Path, leases: Iterable[int]) -> Iterator[sqlite3.Connection]:
    """One transaction: all of it, or nothing. A run that has such stores in memory ends what it
    does with them first, and reads them anew."""
    path = directory / LOG_NAME
    connect_reader(path).close()  # a state directory is not made by clearing it
    connection = connect_writer(directory, "normal")
    try:
        with holding(directory, leases), translated(path, "written"):
            begin(connection, path)
            yield connection
            connection.execute("COMMIT")
    finally:
        connection.close()
