"""Look here if you want to know how a WIT value is written as JSON and read back.

Rule: the table is in docs/command-line.md; what to_json writes, from_json reads back as the same.
Rule: every mistake is a JsonMismatch that says where, what was expected and what was found.
Rule: the type leads: nothing of a hostile text is followed deeper than the type goes, and no type
deeper than 64.
"""

import base64
from collections.abc import Callable
from typing import Any, Final, assert_never

from lion.values.json_scalars import (
    EXACT,
    JsonMismatch,
    check_length,
    expect,
    listed,
    one_of,
    read_bytes,
    read_integer,
    read_prim,
    shown,
)
from lion.values.wit import (
    EnumOf,
    FlagsOf,
    Handle,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    TupleOf,
    VariantOf,
    WitType,
)

DEEPEST: Final = 64
"""Levels of types inside each other."""

BYTES: Final = ListOf(Prim("u8"))


def to_json(t: WitType, value: Any, *, path: str = "value") -> Any:
    """The JSON value of a WIT value.

    Raises JsonMismatch: a value of another type, NaN, infinity, a resource.
    """
    try:
        return _write(t, value, path, DEEPEST)
    except JsonMismatch:
        raise
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as exc:
        # The shape was not the type's; codecs never make such a value, a careless caller may.
        raise JsonMismatch(path, f"is no value of its type ({exc})") from None


def from_json(t: WitType, value: Any, *, path: str = "value") -> Any:
    """The WIT value of a JSON value (as json.loads gives it). Raises JsonMismatch."""
    return _read(t, value, path, DEEPEST)


# --- writing


def _write(t: WitType, value: Any, path: str, depth: int) -> Any:
    _check_depth(path, depth)
    match t:
        case Prim():
            return _write_prim(t.name, value, path)
        case ListOf() if t == BYTES:
            return base64.b64encode(value).decode()
        case ListOf():
            return [
                _write(t.element, item, f"{path}[{i}]", depth - 1) for i, item in enumerate(value)
            ]
        case TupleOf():
            check_length(value, len(t.items), path)
            pairs = enumerate(zip(t.items, value, strict=True))
            return [_write(item, v, f"{path}[{i}]", depth - 1) for i, (item, v) in pairs]
        case RecordOf():
            return {
                name: _write(field, value[name], f"{path}.{name}", depth - 1)
                for name, field in t.fields
            }
        case EnumOf():
            return one_of(value, t.names, "case", path)
        case FlagsOf():
            return [one_of(name, t.names, "flag", path) for name in value]
        case VariantOf():
            return _write_variant(t, value, path, depth)
        case OptionOf():
            return _write_option(t, value, path, depth)
        case ResultOf():
            case_, payload = value
            inner = t.ok if one_of(case_, ("ok", "err"), "case", path) == "ok" else t.err
            return {case_: _payload(_write, inner, payload, f"{path}.{case_}", depth)}
        case Handle():
            raise JsonMismatch(path, "a resource has no JSON")
        case _:
            assert_never(t)


def _write_prim(name: str, value: Any, path: str) -> Any:
    if name in ("s64", "u64"):
        number = read_integer(name, value, path)
        return number if -EXACT <= number <= EXACT else str(number)
    return read_prim(name, value, path)


def _write_variant(t: VariantOf, value: Any, path: str, depth: int) -> Any:
    tag, payload = value
    cases = dict(t.cases)
    inner = cases[one_of(tag, cases, "case", path)]
    if inner is None:
        return {"tag": tag}
    return {"tag": tag, "value": _write(inner, payload, f"{path}.value", depth - 1)}


def _write_option(t: OptionOf, value: Any, path: str, depth: int) -> Any:
    if value is None:
        return None
    if not isinstance(t.inner, OptionOf):
        return _write(t.inner, value, path, depth - 1)
    return {"some": _write(t.inner, value[1], f"{path}.some", depth - 1)}


# --- reading


def _read(t: WitType, value: Any, path: str, depth: int) -> Any:
    _check_depth(path, depth)
    match t:
        case Prim():
            return read_prim(t.name, value, path)
        case ListOf() if t == BYTES:
            return read_bytes(value, path)
        case ListOf():
            items = expect(value, list, "an array", path)
            return [_read(t.element, v, f"{path}[{i}]", depth - 1) for i, v in enumerate(items)]
        case TupleOf():
            items = expect(value, list, f"an array of {len(t.items)}", path)
            check_length(items, len(t.items), path)
            pairs = enumerate(zip(t.items, items, strict=True))
            return tuple(_read(item, v, f"{path}[{i}]", depth - 1) for i, (item, v) in pairs)
        case RecordOf():
            return read_fields(t.fields, value, path, depth)
        case EnumOf():
            return one_of(value, t.names, "case", path)
        case FlagsOf():
            return _read_flags(t, value, path)
        case VariantOf():
            return _read_variant(t, value, path, depth)
        case OptionOf():
            return _read_option(t, value, path, depth)
        case ResultOf():
            return _read_result(t, value, path, depth)
        case Handle():
            raise JsonMismatch(path, "a resource has no JSON")
        case _:
            assert_never(t)


def read_fields(
    fields: tuple[tuple[str, WitType], ...], value: Any, path: str, depth: int = DEEPEST
) -> dict[str, Any]:
    """Members by name, in declared order; a missing option is null. Raises JsonMismatch."""
    members = expect(value, dict, "an object", path)
    known = {name for name, _ in fields}
    for name in members:
        if name not in known:
            raise JsonMismatch(path, f"unknown name {shown(name)}; known: {listed(known)}")
    missing = [n for n, t in fields if n not in members and not isinstance(t, OptionOf)]
    if missing:
        raise JsonMismatch(path, f"missing: {listed(missing)}")
    return {
        name: _read(field, members.get(name), f"{path}.{name}", depth - 1)
        for name, field in fields
    }


def _read_flags(t: FlagsOf, value: Any, path: str) -> tuple[str, ...]:
    names = expect(value, list, "an array of names", path)
    given = [one_of(name, t.names, "flag", f"{path}[{i}]") for i, name in enumerate(names)]
    if len(set(given)) != len(given):
        raise JsonMismatch(path, "a flag is named twice")
    return tuple(name for name in t.names if name in given)


def _read_variant(t: VariantOf, value: Any, path: str, depth: int) -> tuple[str, Any]:
    members = expect(value, dict, 'an object {"tag": ...}', path)
    if "tag" not in members:
        raise JsonMismatch(path, 'expected {"tag": "case"} or {"tag": "case", "value": ...}')
    cases = dict(t.cases)
    tag = one_of(members["tag"], cases, "case", f"{path}.tag")
    inner = cases[tag]
    expected = {"tag"} if inner is None else {"tag", "value"}
    if set(members) != expected:
        raise JsonMismatch(path, f"the case {tag!r} has exactly: {listed(expected)}")
    if inner is None:
        return tag, None
    return tag, _read(inner, members["value"], f"{path}.value", depth - 1)


def _read_option(t: OptionOf, value: Any, path: str, depth: int) -> Any:
    if value is None:
        return None
    if not isinstance(t.inner, OptionOf):
        return _read(t.inner, value, path, depth - 1)
    members = expect(value, dict, 'null or {"some": ...}', path)
    if set(members) != {"some"}:
        raise JsonMismatch(path, 'expected null or {"some": ...}')
    return "some", _read(t.inner, members["some"], f"{path}.some", depth - 1)


def _read_result(t: ResultOf, value: Any, path: str, depth: int) -> tuple[str, Any]:
    members = expect(value, dict, '{"ok": ...} or {"err": ...}', path)
    if set(members) not in ({"ok"}, {"err"}):
        raise JsonMismatch(path, 'expected {"ok": ...} or {"err": ...}')
    ((name, payload),) = members.items()
    inner = t.ok if name == "ok" else t.err
    return name, _payload(_read, inner, payload, f"{path}.{name}", depth)


# --- both ways


def _payload(
    step: Callable[[WitType, Any, str, int], Any],
    t: WitType | None,
    value: Any,
    path: str,
    depth: int,
) -> Any:
    if t is not None:
        return step(t, value, path, depth - 1)
    if value is not None:
        raise JsonMismatch(path, f"expected null, got {shown(value)}")
    return None


def _check_depth(path: str, depth: int) -> None:
    if depth <= 0:
        raise JsonMismatch(path, f"its type is nested more than {DEEPEST} levels deep")
