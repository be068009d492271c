"""Look here if you want to know how the key-value tables behave with nothing beneath them."""


class MemoryTables:
    """`Tables` in a dictionary. `restore` takes back everything since `snapshot`."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, str]] = {}

    def snapshot(self) -> dict[str, dict[str, str]]:
        return {namespace: dict(values) for namespace, values in self._values.items()}

    def restore(self, snapshot: dict[str, dict[str, str]]) -> None:
        self._values = snapshot

    def kv_get(self, namespace: str, key: str) -> str | None:
        return self._values.get(namespace, {}).get(key)

    def kv_set(self, namespace: str, key: str, value: str) -> None:
        key.encode(), value.encode()  # What is no text is refused, as SQLite refuses it.
        self._values.setdefault(namespace, {})[key] = value

    def kv_delete(self, namespace: str, key: str) -> bool:
        return self._values.get(namespace, {}).pop(key, None) is not None

    def kv_list(self, namespace: str, prefix: str, after: str | None, limit: int) -> list[str]:
        keys = sorted(self._values.get(namespace, {}))
        found = [k for k in keys if k.startswith(prefix) and (after is None or k > after)]
        return found[:limit]

    def kv_bytes(self, namespace: str) -> int:
        values = self._values.get(namespace, {})
        return sum(len(k.encode()) + len(v.encode()) for k, v in values.items())
