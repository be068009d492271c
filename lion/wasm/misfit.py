"""Look here if you want to know what a value lacks to be of its type, in words.

The functions that write values (lower.py) only find that one does not fit; who wants to know why
asks here, and only then.
"""

import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final, assert_never

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

FORMATS: Final = {
    "bool": "?", "u8": "B", "s8": "b", "u16": "H", "s16": "h", "u32": "I", "s32": "i",
    "u64": "Q", "s64": "q", "f32": "f", "f64": "d",
}  # fmt: skip
"""How `struct` writes a number."""


class LowerError(Exception):
    """A value does not fit the type it should have: a host function or a caller gave the wrong
    thing.
    """


def misfit(t: WitType, value: Any) -> str:
    """What is wrong with a value; empty if nothing is."""
    match t:
        case Prim():
            return _primitive(t, value)
        case ListOf() | TupleOf():
            return _sequence(t, value)
        case RecordOf():
            lacking = [n for n, _ in t.fields if not isinstance(value, Mapping) or n not in value]
            if lacking:
                return f"a record lacks {lacking[0]!r}"
            return _first(misfit(f, value[n]) for n, f in t.fields)
        case OptionOf():
            return _option(t, value)
        case ResultOf():
            return _case({"ok": t.ok, "err": t.err}, value, "is no result")
        case VariantOf():
            names = [name for name, _ in t.cases]
            return _case(dict(t.cases), value, f"is none of {', '.join(names)}")
        case EnumOf():
            known = isinstance(value, str) and value in t.names
            return "" if known else f"{value!r:.60} is none of {', '.join(t.names)}"
        case FlagsOf():
            return _flags(t, value)
        case Handle():
            return "" if isinstance(value, int) else f"{value!r:.60} is no handle"
        case _:
            assert_never(t)


def _first(found: Iterable[str]) -> str:
    return next(filter(None, found), "")


def _primitive(t: Prim, value: Any) -> str:
    if t.name == "string":
        return "" if _is_text(value) else f"{value!r:.60} is no string"
    if t.name == "char":
        fits = isinstance(value, str) and len(value) == 1 and _is_text(value)
        return "" if fits else f"{value!r:.60} is no char"
    try:
        struct.pack(FORMATS[t.name], value)
    except (struct.error, OverflowError, TypeError):
        return f"{value!r:.60} is no {t.name}"
    return ""


def _is_text(value: Any) -> bool:
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _sequence(t: ListOf | TupleOf, value: Any) -> str:
    if isinstance(t, ListOf):
        if t.element == Prim("u8") and isinstance(value, bytes | bytearray | memoryview):
            return ""
        if not isinstance(value, list | tuple):
            return f"{value!r:.60} is no list"
        return _first(misfit(t.element, part) for part in value)
    if not isinstance(value, list | tuple) or len(value) != len(t.items):
        return f"{value!r:.60} is no tuple of {len(t.items)}"
    return _first(misfit(item, part) for item, part in zip(t.items, value, strict=True))


def _option(t: OptionOf, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(t.inner, OptionOf):
        return misfit(t.inner, value)
    if not isinstance(value, list | tuple) or len(value) != 2:
        return f"{value!r:.60} is no option of an option"
    return misfit(t.inner, value[1])


def _case(cases: Mapping[str, WitType | None], value: Any, words: str) -> str:
    try:
        name, payload = value
        inner = cases[name]
    except (TypeError, ValueError, KeyError):
        return f"{value!r:.60} {words}"
    return "" if inner is None else misfit(inner, payload)


def _flags(t: FlagsOf, value: Any) -> str:
    try:
        unknown = frozenset(value) - frozenset(t.names)
    except TypeError:
        return f"{value!r:.60} is no set of flags"
    return f"{', '.join(sorted(map(str, unknown)))}: no such flag" if unknown else ""
