"""Look here if you want to know how a guest's key-value store behaves, and what its quota counts.

Rule: everything is checked before anything is changed: a raised CallError leaves the tables as
they were.
Rule: the quota counts bytes of UTF-8 as stored, each value with its packing mark; of several
grants the largest quota counts, because each of them alone would allow it. A grant without `bytes`
allows none.
Rule: a change that does not grow the store is allowed even above the quota, so that a guest whose
quota was cut can get below it again.
"""

from lion.capabilities.bounds import check_range, check_size, utf8_size
from lion.domain.call import CallError
from lion.ports import CallContext, Kind, Operation, Tables
from lion.values.packed import check_packed, unpack

MOST_KEY_BYTES = 1_024
MOST_LISTED = 1_000


def get(tables: Tables, caller: CallContext, key: str) -> str | None:
    """The packed value under a key, or None. Raises CallError("invalid")."""
    _check_key(key)
    return tables.kv_get(caller.namespace, key)


def set_(tables: Tables, caller: CallContext, key: str, value: str) -> None:
    """Store a packed value. Raises CallError: `invalid`, or `exhausted` over the quota."""
    _check_key(key)
    check_packed(value)
    _check_quota(tables, caller, key, value, tables.kv_get(caller.namespace, key))
    tables.kv_set(caller.namespace, key, value)


def delete(tables: Tables, caller: CallContext, key: str) -> bool:
    """Remove a key; True if it was there. Raises CallError("invalid")."""
    _check_key(key)
    return tables.kv_delete(caller.namespace, key)


def list_(
    tables: Tables, caller: CallContext, prefix: str, after: str | None, limit: int
) -> list[str]:
    """At most `limit` keys in byte order. Raises CallError("invalid")."""
    check_size("a prefix", prefix, most=MOST_KEY_BYTES)
    check_size("`after`", after or "", most=MOST_KEY_BYTES)
    check_range("the limit of a list", limit, least=1, most=MOST_LISTED)
    return tables.kv_list(caller.namespace, prefix, after, limit)


def compare_and_set(
    tables: Tables, caller: CallContext, key: str, expected: str | None, value: str | None
) -> bool:
    """Change the key if it holds the bytes `expected` (None: does not exist); True if it did.

    Raises CallError: `invalid`, or `exhausted` over the quota (asked only where the change would
    be made).
    """
    _check_key(key)
    for packed in (expected, value):
        if packed is not None:
            check_packed(packed)
    current = tables.kv_get(caller.namespace, key)
    if not _holds_same(current, expected):
        return False
    if value is not None:
        _check_quota(tables, caller, key, value, current)
        tables.kv_set(caller.namespace, key, value)
    elif current is not None:
        tables.kv_delete(caller.namespace, key)
    return True


def _check_key(key: str) -> None:
    check_size("a key", key, least=1, most=MOST_KEY_BYTES)


def _check_quota(
    tables: Tables, caller: CallContext, key: str, value: str, current: str | None
) -> None:
    growth = utf8_size(value)
    growth += utf8_size(key) if current is None else -utf8_size(current)
    if growth <= 0:
        return
    used = tables.kv_bytes(caller.namespace)
    quota = 0 if caller.grant is None else caller.grant.quota.get("bytes", 0)
    if used + growth > quota:
        words = (
            f"kv: the quota is {quota:,} bytes, {used:,} are used, {growth:,} more are asked for"
        )
        raise CallError("exhausted", words)


def _holds_same(current: str | None, expected: str | None) -> bool:
    if current is None or expected is None:
        return current is expected
    return current == expected or unpack(current) == unpack(expected)


def _key(args: list[str]) -> str:
    return args[0]


OPERATIONS = (
    Operation("kv", "get", Kind.STORED, get, target=_key),
    Operation("kv", "set", Kind.STORED, set_, target=_key),
    Operation("kv", "delete", Kind.STORED, delete, target=_key),
    Operation("kv", "list", Kind.STORED, list_, target=_key),
    Operation("kv", "compare-and-set", Kind.STORED, compare_and_set, target=_key),
)
