"""Look here if you want to know how the key-value tables live in the log's database.

Rule: the size of a namespace is kept, not counted, so a quota costs the same however much is
stored.
"""

import sqlite3
from itertools import takewhile

_SET = """INSERT INTO kv (namespace, key, value) VALUES (?, ?, ?)
          ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value"""
_GROW = """INSERT INTO kv_usage (namespace, bytes) VALUES (?, ?)
           ON CONFLICT (namespace) DO UPDATE SET bytes = bytes + excluded.bytes"""
_LIST = "SELECT key FROM kv WHERE namespace = ? AND key >= ? AND key > ? ORDER BY key LIMIT ?"
_LIST_ALL = "SELECT key FROM kv WHERE namespace = ? AND key >= ? ORDER BY key LIMIT ?"


class SqliteTables:
    """`Tables` inside the transaction under way. Raises UnicodeEncodeError for what is no text."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def kv_get(self, namespace: str, key: str) -> str | None:
        row = self._connection.execute(
            "SELECT value FROM kv WHERE namespace = ? AND key = ?", (namespace, key)
        ).fetchone()
        return None if row is None else str(row[0])

    def kv_set(self, namespace: str, key: str, value: str) -> None:
        grown = len(key.encode()) + len(value.encode()) - self._size(namespace, key)
        self._connection.execute(_SET, (namespace, key, value))
        self._connection.execute(_GROW, (namespace, grown))

    def kv_delete(self, namespace: str, key: str) -> bool:
        size = self._size(namespace, key)
        cursor = self._connection.execute(
            "DELETE FROM kv WHERE namespace = ? AND key = ?", (namespace, key)
        )
        self._connection.execute(_GROW, (namespace, -size))
        return cursor.rowcount == 1

    def kv_list(self, namespace: str, prefix: str, after: str | None, limit: int) -> list[str]:
        rows = (
            self._connection.execute(_LIST_ALL, (namespace, prefix, limit))
            if after is None
            else self._connection.execute(_LIST, (namespace, prefix, after, limit))
        )
        return [key for (key,) in takewhile(lambda row: row[0].startswith(prefix), rows)]

    def kv_bytes(self, namespace: str) -> int:
        row = self._connection.execute(
            "SELECT bytes FROM kv_usage WHERE namespace = ?", (namespace,)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def _size(self, namespace: str, key: str) -> int:
        value = self.kv_get(namespace, key)
        return 0 if value is None else len(key.encode()) + len(value.encode())
