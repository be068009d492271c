"""Look here if you want to know how a guest's elements and their orders behave, and what the quota
counts.

Rule: everything is checked before anything is changed: a raised CallError leaves the tables as
they were.
Rule: they are kept in a store of their own beside the holder's kv (elements_store.py), and so are
leased, verified, moved and cleared as any store.
Rule: the quota counts elements, and bytes of UTF-8 as stored, with orders and indexes; what does
not grow is allowed above it, so that a guest whose quota was cut can get below it again.
"""

from typing import Any, Final

from lion.capabilities.bounds import check_json, check_range, check_size
from lion.capabilities.elements_store import ElementStore, Kept, created_ms
from lion.domain.call import CallError
from lion.domain.names import LONGEST_KIND, is_element_id, is_kind
from lion.ports import ELEMENTS_STORE, CallContext, Kind, Operation, Tables

MOST_LISTED: Final = 1_000
MOST_ORDERED: Final = 1_000
"""Elements of one progression."""
MOST_PROGRESSIONS: Final = 32
_ID_BYTES: Final = 36


def create(tables: Tables, caller: CallContext, kind: str, content: str) -> str:
    """Make an element; its id. Raises CallError: `invalid`, `exhausted`."""
    check_json("content", content)
    store = _store(tables, caller)
    count, quota = store.count, _quota(caller, "elements")
    if count >= quota:
        raise CallError(
            "exhausted", f"elements: the quota is {quota:,} elements, {count:,} are there"
        )
    _check_bytes(store, caller, store.growth_of_new(kind, content))
    return store.create(kind, content, caller.clock.now_ns() // 1_000_000)


def get(tables: Tables, caller: CallContext, id: str) -> dict[str, Any]:
    """An element, as WIT has it. Raises CallError("not-found")."""
    one = _existing(_store(tables, caller), id)
    return {
        "id": id, "kind": one.kind, "created-at": created_ms(id), "revision": one.revision,
        "content": one.content,
    }  # fmt: skip


def update(
    tables: Tables, caller: CallContext, id: str, content: str, expected: int | None
) -> int:
    """Give it other content; its revision. Raises CallError: `invalid`, `not-found`, `conflict`,
    `exhausted`.
    """
    check_json("content", content)
    store = _store(tables, caller)
    one = _existing(store, id)
    if expected is not None and expected != one.revision:
        raise CallError("conflict", f"{id} has revision {one.revision:,}, not {expected:,}")
    changed = one.changed(content)
    _check_bytes(store, caller, changed.size - one.size)
    store.put(id, changed)
    return changed.revision


def delete(tables: Tables, caller: CallContext, id: str) -> bool:
    """Remove it, from all progressions too; True if it was there."""
    store = _store(tables, caller)
    if (one := store.find(id)) is None:
        return False
    for name in store.progressions():
        if store.is_in(id, name):
            order = store.order(name)
            order.remove(id)
            store.put_order(name, order)
    store.remove(id, one)
    return True


def list_(
    tables: Tables, caller: CallContext, kind: str, after: str | None, limit: int
) -> list[str]:
    """Ids of a kind, oldest first. Raises CallError("invalid")."""
    if after is not None:
        _check_id(after)
    check_range("the limit of a list", limit, least=1, most=MOST_LISTED)
    return _store(tables, caller).ids(kind, after, limit)


def append(tables: Tables, caller: CallContext, progression: str, id: str) -> None:
    """Put it at the end. Raises CallError: `not-found`, `exists`, `exhausted`."""
    _insert(tables, caller, progression, id, None)


def insert(tables: Tables, caller: CallContext, progression: str, id: str, position: int) -> None:
    """Put it at a position. Raises CallError as `append`, and `invalid`."""
    _insert(tables, caller, progression, id, position)


def move(tables: Tables, caller: CallContext, progression: str, id: str, position: int) -> None:
    """Let it stand at a position. Raises CallError: `not-found`, `invalid`."""
    _check_id(id)
    store = _store(tables, caller)
    order = store.order(progression)
    if id not in order:
        raise CallError("not-found", f"{id} is not in {progression}")
    check_range("the position", position, least=0, most=len(order) - 1)
    order.remove(id)
    order.insert(position, id)
    store.put_order(progression, order)


def exclude(tables: Tables, caller: CallContext, progression: str, id: str) -> bool:
    """Take it out; True if it was in it."""
    _check_id(id)
    store = _store(tables, caller)
    order = store.order(progression)
    if id not in order:
        return False
    order.remove(id)
    store.put_order(progression, order)
    return True


def order(
    tables: Tables, caller: CallContext, progression: str, start: int, limit: int
) -> list[str]:
    """Ids in the order of a progression. Raises CallError("invalid")."""
    check_range("the limit of an order", limit, least=1, most=MOST_LISTED)
    return _store(tables, caller).order(progression)[start : start + limit]


def progressions(tables: Tables, caller: CallContext) -> list[str]:
    """Their names, sorted."""
    return _store(tables, caller).progressions()


def _insert(
    tables: Tables, caller: CallContext, progression: str, id: str, position: int | None
) -> None:
    store = _store(tables, caller)
    _check_id(id)
    _existing(store, id)
    order = store.order(progression)
    if id in order:
        raise CallError("exists", f"{id} is in {progression} already")
    at = len(order) if position is None else position
    check_range("the position", at, least=0, most=len(order))
    if len(order) >= MOST_ORDERED:
        raise CallError("exhausted", f"a progression has at most {MOST_ORDERED:,} elements")
    if not order and len(store.progressions()) >= MOST_PROGRESSIONS:
        raise CallError("exhausted", f"there are at most {MOST_PROGRESSIONS} progressions")
    _check_bytes(store, caller, store.growth_of_place(progression, order))
    order.insert(at, id)
    store.put_order(progression, order)


def _store(tables: Tables, caller: CallContext) -> ElementStore:
    return ElementStore(tables, caller.namespace + ELEMENTS_STORE)


def _existing(store: ElementStore, id: str) -> Kept:
    if (one := store.find(id)) is None:
        raise CallError("not-found", f"there is no element {id}")
    return one


def _quota(caller: CallContext, name: str) -> int:
    return 0 if caller.grant is None else caller.grant.quota.get(name, 0)


def _check_bytes(store: ElementStore, caller: CallContext, growth: int) -> None:
    if growth <= 0:
        return
    quota, used = _quota(caller, "bytes"), store.bytes
    if used + growth > quota:
        raise CallError(
            "exhausted",
            f"elements: the quota is {quota:,} bytes, {used:,} are used, {growth:,} more are "
            "asked for",
        )


def _check_id(id: str) -> None:
    check_size("an id", id, least=_ID_BYTES, most=_ID_BYTES)
    if not is_element_id(id):
        raise CallError("invalid", f"{id!r} is no id: write a UUID in lower case")


def _id(args: list[Any]) -> str:
    _check_id(args[0])
    return str(args[0])


def _named(what: str, name: str) -> str:
    check_size(what, name, least=1, most=LONGEST_KIND)
    if not is_kind(name):
        raise CallError(
            "invalid", f"{what} is words of letters, digits, - and _, with dots between"
        )
    return str(name)


def _kind(args: list[Any]) -> str:
    return _named("a kind", args[0])


def _progression(args: list[Any]) -> str:
    return _named("a progression's name", args[0])


def _operation(name: str, execute: Any, target: Any = None) -> Operation:
    return Operation("elements", name, Kind.STORED, execute, target=target, store=ELEMENTS_STORE)


OPERATIONS = (
    _operation("create", create, _kind),
    _operation("get", get, _id),
    _operation("update", update, _id),
    _operation("delete", delete, _id),
    _operation("list", list_, _kind),
    _operation("append", append, _progression),
    _operation("insert", insert, _progression),
    _operation("move", move, _progression),
    _operation("exclude", exclude, _progression),
    _operation("order", order, _progression),
    _operation("progressions", progressions),
)
