"""Look here if you want to know how the key-value tables live in the log's database.

Rule: the size of a namespace is kept, not counted, so a quota costs the same however much is
stored; and so is its digest, by which whoever verifies the log finds that a value was changed.
Rule: the digest is the sum, modulo 2^256, of the SHA-256 of each key with its value: a change
costs the same however much is stored.
"""

import sqlite3
from collections.abc import Mapping
from hashlib import sha256
from itertools import takewhile

import msgspec

_SET = """INSERT INTO kv (namespace, key, value) VALUES (?, ?, ?)
          ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value"""
_DELETE = "DELETE FROM kv WHERE namespace = ? AND key = ?"
_USE = """INSERT INTO kv_usage (namespace, bytes, digest) VALUES (?, ?, ?)
          ON CONFLICT (namespace) DO UPDATE SET bytes = excluded.bytes, digest = excluded.digest"""
_LIST = "SELECT key FROM kv WHERE namespace = ? AND key >= ? AND key > ? ORDER BY key LIMIT ?"
_LIST_ALL = "SELECT key FROM kv WHERE namespace = ? AND key >= ? ORDER BY key LIMIT ?"

_MODULUS = 1 << 256
_encode = msgspec.msgpack.Encoder().encode


def entry_number(namespace: str, key: str, value: str) -> int:
    """What one key with its value adds to the digest of its namespace."""
    return int.from_bytes(sha256(_encode((namespace, key, value))).digest(), "big")


def digest_of_sum(numbers: int) -> bytes:
    """The digest, 32 bytes, of what its entries add up to."""
    return (numbers % _MODULUS).to_bytes(32, "big")


class SqliteTables:
    """`Tables` inside the transaction under way. Raises UnicodeEncodeError for what is no text.

    `changed` are the namespaces that were changed since somebody emptied it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._usage: dict[str, tuple[int, bytes]] = {}
        self.changed: set[str] = set()

    def begin(self) -> None:
        """A transaction begins, or was taken back in part: others may have changed everything."""
        self._usage.clear()

    def kv_get(self, namespace: str, key: str) -> str | None:
        row = self._connection.execute(
            "SELECT value FROM kv WHERE namespace = ? AND key = ?", (namespace, key)
        ).fetchone()
        return None if row is None else str(row[0])

    def kv_set(self, namespace: str, key: str, value: str) -> None:
        before = self.kv_get(namespace, key)
        self._connection.execute(_SET, (namespace, key, value))
        self._account(namespace, key, before, value)

    def kv_delete(self, namespace: str, key: str) -> bool:
        before = self.kv_get(namespace, key)
        if before is None:
            return False
        self._connection.execute(_DELETE, (namespace, key))
        self._account(namespace, key, before, None)
        return True

    def kv_list(self, namespace: str, prefix: str, after: str | None, limit: int) -> list[str]:
        rows = (
            self._connection.execute(_LIST_ALL, (namespace, prefix, limit))
            if after is None
            else self._connection.execute(_LIST, (namespace, prefix, after, limit))
        )
        return [key for (key,) in takewhile(lambda row: row[0].startswith(prefix), rows)]

    def kv_bytes(self, namespace: str) -> int:
        return self.usage(namespace)[0]

    def usage(self, namespace: str) -> tuple[int, bytes]:
        """Bytes and digest of a namespace."""
        known = self._usage.get(namespace)
        if known is None:
            known = self._usage[namespace] = self._read_usage(namespace)
        return known

    def _read_usage(self, namespace: str) -> tuple[int, bytes]:
        row = self._connection.execute(
            "SELECT bytes, digest FROM kv_usage WHERE namespace = ?", (namespace,)
        ).fetchone()
        return (0, bytes(32)) if row is None else (int(row[0]), bytes(row[1]))

    def change(self, namespace: str, changes: Mapping[str, tuple[str | None, str | None]]) -> None:
        """Write what changed: by key the value before (as it is there) and after."""
        size, digest = self.usage(namespace)
        numbers = int.from_bytes(digest, "big")
        gone, there = [], []
        for key, (before, after) in changes.items():
            if before == after:
                continue
            for value, sign in ((before, -1), (after, 1)):
                if value is not None:
                    size += sign * (len(key.encode()) + len(value.encode()))
                    numbers += sign * entry_number(namespace, key, value)
            if after is None:
                gone.append((namespace, key))
            else:
                there.append((namespace, key, after))
        self._connection.executemany(_DELETE, gone)
        self._connection.executemany(_SET, there)
        if gone or there:
            self._use(namespace, size, numbers)

    def count(self, namespace: str) -> None:
        """Take bytes and digest from what is stored, whatever was kept of them."""
        rows = self._connection.execute(
            "SELECT key, value FROM kv WHERE namespace = ?", (namespace,)
        ).fetchall()
        size = sum(len(key.encode()) + len(value.encode()) for key, value in rows)
        numbers = sum(entry_number(namespace, key, value) for key, value in rows)
        self._use(namespace, size, numbers)

    def _use(self, namespace: str, size: int, numbers: int) -> None:
        digest = digest_of_sum(numbers)
        self._connection.execute(_USE, (namespace, size, digest))
        self._usage[namespace] = size, digest
        self.changed.add(namespace)

    def _account(self, namespace: str, key: str, before: str | None, after: str | None) -> None:
        size, digest = self.usage(namespace)
        numbers = int.from_bytes(digest, "big")
        for value, sign in ((before, -1), (after, 1)):
            if value is not None:
                size += sign * (len(key.encode()) + len(value.encode()))
                numbers += sign * entry_number(namespace, key, value)
        self._use(namespace, size, numbers)
