"""Look here if you want to know where a dry run keeps what guests store (kv): above the tables,
which it reads and never changes.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from lion.capabilities.bounds import utf8_size
from lion.ports import CallContext, Operation, Tables


class Overlay:
    """`Tables` that read through and write into memory; bounded as the quota of each store is."""

    def __init__(self, below: Tables, changed: dict[tuple[str, str], str | None]) -> None:
        self._below = below
        self._changed = changed

    def kv_get(self, namespace: str, key: str) -> str | None:
        if (namespace, key) in self._changed:
            return self._changed[namespace, key]
        return self._below.kv_get(namespace, key)

    def kv_set(self, namespace: str, key: str, value: str) -> None:
        self._changed[namespace, key] = value

    def kv_delete(self, namespace: str, key: str) -> bool:
        was_there = self.kv_get(namespace, key) is not None
        if was_there:
            self._changed[namespace, key] = None
        return was_there

    def kv_list(self, namespace: str, prefix: str, after: str | None, limit: int) -> list[str]:
        own = {k: v for (n, k), v in self._changed.items() if n == namespace}
        below = self._below.kv_list(namespace, prefix, after, limit + len(own))
        kept = {key for key in below if own.get(key, "") is not None}
        added = {
            key for key, value in own.items()
            if value is not None and key.startswith(prefix)
            and (after is None or key.encode() > after.encode())
        }  # fmt: skip
        return sorted(kept | added, key=str.encode)[:limit]

    def kv_bytes(self, namespace: str) -> int:
        total = self._below.kv_bytes(namespace)
        for (name, key), value in self._changed.items():
            if name == namespace:
                before = self._below.kv_get(namespace, key)
                total -= 0 if before is None else utf8_size(key) + utf8_size(before)
                total += 0 if value is None else utf8_size(key) + utf8_size(value)
        return total


def overlaid(operations: Mapping[tuple[str, str], Operation]) -> dict[tuple[str, str], Operation]:
    """The operations with those on tables above a memory of their own."""
    changed: dict[tuple[str, str], str | None] = {}

    def above(operation: Operation) -> Operation:
        def execute(tables: Tables, caller: CallContext, *args: Any) -> Any:
            return operation.execute(Overlay(tables, changed), caller, *args)

        return msgspec.structs.replace(operation, execute=execute)

    return {
        key: above(one) if one.kind.value == "stored" else one for key, one in operations.items()
    }
