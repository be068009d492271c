"""Look here if you want to know how one holder's store of kv is answered from memory.

Rule: it is in memory as a whole, or not at all, and remembers how to take back a call that the log
refuses.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Final, TypeAlias

from lion.errors import InternalError
from lion.log.lease import Lease

STORE_BYTES: Final = 4 * 1024 * 1024
STORE_KEYS: Final = 20_000

Version: TypeAlias = tuple[int, bytes]
"""A store's bytes and digest (sqlite_tables.py)."""
Changes: TypeAlias = dict[str, tuple[str | None, str | None]]
"""By key: the value before, and after; None where there is none."""


class Store:
    """One namespace in memory: `Tables` for it alone. `changes` are those since somebody took
    them.
    """

    def __init__(self, namespace: str, lease: Lease) -> None:
        self.lease = lease
        self.generation = -1
        """Of the lease, when this was last compared with the tables."""
        self.version: Version | None = None
        """None: it is not in memory."""
        self.size = 0
        self.changes: Changes = {}
        self.is_in_tables = False
        """It was found too large once, and stays there."""
        self.is_compared = False
        """With the tables, and no group was told so yet."""
        self.namespace = namespace
        self._values: dict[str, str] = {}
        self._keys: list[str] = []

    @property
    def has_outgrown(self) -> bool:
        """It is in memory and should not be: its next call waits until it is in the tables."""
        return self.is_in_tables and self.version is not None

    @property
    def is_large(self) -> bool:
        """It is too large to be in memory."""
        return self.size > STORE_BYTES or len(self._keys) > STORE_KEYS

    def fill(self, version: Version, rows: Iterable[tuple[str, str]]) -> None:
        """Take what the tables have."""
        self._values = dict(rows)
        self._keys = sorted(self._values)
        self.size, self.version, self.changes = version[0], version, {}

    def drop(self) -> None:
        """It is not in memory any more."""
        self.fill((0, b""), ())
        self.version = None

    def take_back(self) -> None:
        """Undo the changes."""
        changes, self.changes = self.changes, {}
        for key, (before, _) in changes.items():
            self._put(key, before)

    def kv_get(self, namespace: str, key: str) -> str | None:
        self._check(namespace)
        return self._values.get(key)

    def kv_set(self, namespace: str, key: str, value: str) -> None:
        self._check(namespace)
        self._change(key, value)

    def kv_delete(self, namespace: str, key: str) -> bool:
        self._check(namespace)
        was_there = key in self._values
        if was_there:
            self._change(key, None)
        return was_there

    def kv_list(self, namespace: str, prefix: str, after: str | None, limit: int) -> list[str]:
        self._check(namespace)
        found: list[str] = []
        for at in range(bisect_left(self._keys, max(prefix, after or "")), len(self._keys)):
            key = self._keys[at]
            if len(found) >= limit or not key.startswith(prefix):
                break
            if after is None or key > after:
                found.append(key)
        return found

    def kv_bytes(self, namespace: str) -> int:
        self._check(namespace)
        return self.size

    def _change(self, key: str, value: str | None) -> None:
        first = self.changes.get(key, (self._values.get(key), None))[0]
        self._put(key, value)
        self.changes[key] = first, value

    def _put(self, key: str, value: str | None) -> None:
        grown = 0 if value is None else len(key.encode()) + len(value.encode())
        before = self._values.get(key)
        if before is not None:
            grown -= len(key.encode()) + len(before.encode())
        if value is None:
            if before is not None:
                del self._values[key], self._keys[bisect_left(self._keys, key)]
        else:
            if before is None:
                insort(self._keys, key)
            self._values[key] = value
        self.size += grown

    def _check(self, namespace: str) -> None:
        if namespace != self.namespace:
            raise InternalError(f"{namespace!r} is not the store that was opened")
