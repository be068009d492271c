"""Look here if you want to know when kv is answered from memory, and when it is not.

Rule: a store counts while its lease is held (lease.py), and after that only if the tables still
have what it had.
Rule: what changes is said in the record's group, which writes rows, sizes and record in one
transaction; the writer refuses a group that began from anything but what the tables have.
Rule: a store of more than STORE_BYTES or STORE_KEYS (kept.py) stays in the tables, and so does one
for which there is no room.
"""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import trio

from lion.log.group import Group
from lion.log.holders import patiently
from lion.log.kept import STORE_BYTES, STORE_KEYS, Store, Version
from lion.log.lease import Leases
from lion.log.lease_files import CANNOT
from lion.log.sqlite_check import damaged
from lion.log.sqlite_opening import connect_reader
from lion.log.sqlite_schema import translated_opening

ALL_BYTES: Final = 64 * 1024 * 1024
"""Of keys and values of all stores in memory."""

Rows: TypeAlias = list[tuple[str, str]]
"""Keys and values."""

_USAGE: Final = "SELECT bytes, digest FROM kv_usage WHERE namespace = ?"
_ALL: Final = f"SELECT key, value FROM kv WHERE namespace = ? LIMIT {STORE_KEYS + 1}"


class Stores:
    """The stores of one log."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._leases = Leases(path.parent)
        self._stores: dict[str, Store] = {}
        self._size = 0
        """Bytes of all that are in memory."""
        self._connection: sqlite3.Connection | None = None
        self._connecting = trio.Lock()

    def in_memory(self, namespace: str, group: Group) -> Store | None:
        """A store that is answered from memory in `group`, which has its lease then."""
        store = self._stores.get(namespace)
        if store is None or store.version is None or not self.join(namespace, group):
            return None
        return store

    def join(self, namespace: str, group: Group) -> bool:
        """Let a group have the lease of a store, if that needs no waiting."""
        store = self._stores.get(namespace)
        if store is None or store.generation != store.lease.generation or store.has_outgrown:
            return False
        if store.lease in group.leases:
            return True
        if store.lease.join(group):
            group.leases.append(store.lease)
            return True
        return False

    def hand_over(self, store: Store, holder: object, group: Group) -> None:
        """Let a group have the lease that `holder` has, who keeps it too."""
        if store.lease not in group.leases:
            store.lease.add(group)
            group.leases.append(store.lease)
        if store.is_compared and store.version is not None:
            group.bases[store.namespace] = store.version
        store.is_compared = False

    def note_growth(self, store: Store, size: int) -> None:
        """A store grew by so many bytes; if that is too much, it does not stay in memory."""
        self._size += size
        if store.is_large or (size > 0 and not self._has_room(0)):
            store.is_in_tables = True

    def drop(self, store: Store) -> None:
        """Have a store in memory no longer."""
        self._size -= store.size
        store.drop()

    def is_taken(self, group: Group) -> None:
        """A group is about to be written: if others wait, none begins with its leases now."""
        if group.leases and self._leases.is_wanted():
            for lease in group.leases:
                lease.give_way()

    def is_done(self, group: Group) -> None:
        """A group was written, or never will be."""
        for namespace, version in group.versions.items():
            store = self._stores[namespace]
            if store.version is not None:
                store.version = version
        for lease in group.leases:
            lease.leave(group)

    async def open(self, namespace: str, holder: object) -> Store:
        """A store whose lease `holder` has from now on; in memory, if there is room. Raises
        AuditError.
        """
        store = self._stores.get(namespace)
        if store is None:
            store = self._stores[namespace] = Store(namespace, self._leases.of(namespace))
        with translated_opening(self._path):
            async with store.lease.turn:
                await store.lease.take(holder)
                try:
                    if store.generation != store.lease.generation:
                        await self._know(store)
                except BaseException:
                    store.lease.leave(holder)
                    raise
        return store

    def close(self) -> None:
        """Let go of everything."""
        self._leases.close()
        if self._connection is not None:
            self._connection.close()

    async def _know(self, store: Store) -> None:
        """Compare with the tables, and read what is not known."""
        if not store.is_in_tables:
            async with self._connecting:  # two stores may be opened at once
                if self._connection is None:
                    self._connection = await trio.to_thread.run_sync(connect_reader, self._path)
            version = _look(self._connection, self._path, store.namespace)
            if version is None or store.version != version:
                self.drop(store)
                read = partial(_read, self._path, store.namespace)
                self._fill(store, *await trio.to_thread.run_sync(read))
        store.generation, store.is_compared = store.lease.generation, True

    def _fill(self, store: Store, version: Version, rows: Rows) -> None:
        """Have a store in memory, if it is small enough and there is room."""
        if version[0] > STORE_BYTES or len(rows) > STORE_KEYS:
            store.is_in_tables = True
        elif self._has_room(version[0]):
            store.fill(version, rows)
            self._size += store.size

    def _has_room(self, size: int) -> bool:
        """Whether all stores and so many bytes fit into memory; those that are not in use make
        room."""
        if self._size + size > ALL_BYTES:
            for one in list(self._stores.values()):
                if not one.lease.is_held:
                    self.drop(one)
        return self._size + size <= ALL_BYTES


def _read(path: Path, namespace: str) -> tuple[Version, Rows]:
    """A store as the tables have it, of one moment; without what is in it, if it is large."""
    with closing(connect_reader(path)) as connection:
        connection.execute("BEGIN")
        version = patiently(path, CANNOT, partial(_usage, connection, path, namespace))
        if version[0] > STORE_BYTES:
            return version, []
        rows = connection.execute(_ALL, (namespace,)).fetchall()
    if not all(type(key) is type(value) is str for key, value in rows):
        raise damaged(path, "kv", f"what is kept in {namespace!r} is no text")
    return version, rows


def _usage(connection: sqlite3.Connection, path: Path, namespace: str) -> Version:
    rows = connection.execute(_USAGE, (namespace,)).fetchall()
    if not rows:
        return 0, bytes(32)
    size, digest = rows[0]
    if type(size) is not int or type(digest) is not bytes:
        raise damaged(path, "kv", f"the size of what is kept in {namespace!r} was changed")
    return size, digest


def _look(connection: sqlite3.Connection, path: Path, namespace: str) -> Version | None:
    """What the tables have, by one look at an index; None if that has to be waited for."""
    try:
        return _usage(connection, path, namespace)
    except sqlite3.OperationalError:
        return None
