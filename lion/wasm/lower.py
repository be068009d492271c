"""Look here if you want to know how Python's values become a guest's: one closure per type,
compiled once.

Each closure returns the 32-byte image of a wasmtime value, whose heap parts it allocated with
wasmtime's own allocators;
containers join the images of what they hold.

Rule: whoever gets an image owns it: it is handed to wasmtime or freed with `free`.
Rule: a closure that fails has freed what it allocated, and raises LowerError naming where the
value is wrong.
"""

import ctypes
from collections.abc import Mapping, Sequence
from ctypes import addressof, memmove, string_at
from typing import Any, assert_never

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
from lion.wasm import capi
from lion.wasm.images import (
    KIND,
    PAD8,
    PAD16,
    PAD24,
    PAIR,
    POINTER,
    Lower,
    LowerError,
    box,
    char,
    enum,
    free,
    free_all,
    number,
    string,
    text,
)

_U8 = Prim("u8")

__all__ = ["Lower", "LowerError", "compile_lower", "free"]


def _flags(t: FlagsOf) -> Lower:
    allocate, kind = text(), KIND["flags"]
    known = frozenset(t.names)
    pair = ctypes.create_string_buffer(16)

    def lower(v: Any, c: int) -> bytes:
        given = frozenset(v)
        if not given <= known:
            raise LowerError(f"{', '.join(sorted(map(str, given - known)))}: no such flag")
        names = b"".join(allocate(n.encode()) for n in t.names if n in given)
        capi.flags_new(addressof(pair), len(given))
        size, where = PAIR.unpack(pair.raw)
        memmove(where, names, size * 16)
        return kind + pair.raw + PAD8

    return lower


def _bytes(v: Any, c: int) -> bytes:
    data = bytes(v)
    n = len(data)
    pair = ctypes.create_string_buffer(16)
    capi.list_new(addressof(pair), n)
    if n:
        # Two strided writes straight into the C array: kind at 0, payload at 8 of each value.
        where = PAIR.unpack(pair.raw)[1]
        array = memoryview((ctypes.c_ubyte * (n * capi.VAL)).from_address(where)).cast("B")
        array[0 :: capi.VAL] = bytes((capi.KINDS["u8"],)) * n
        array[8 :: capi.VAL] = data
    return KIND["list"] + pair.raw + PAD8


def _images(lowers: Sequence[Lower], values: Sequence[Any], c: int) -> list[bytes]:
    """Lower several values; frees them all if one fails."""
    images: list[bytes] = []
    try:
        for lower, value in zip(lowers, values, strict=True):
            images.append(lower(value, c))
    except (LowerError, ValueError, TypeError, KeyError) as exc:
        free_all(images)
        raise LowerError(str(exc)) from exc
    return images


def _array(kind: bytes, new: Any, images: list[bytes]) -> bytes:
    pair = ctypes.create_string_buffer(16)
    new(addressof(pair), len(images))
    if images:
        memmove(PAIR.unpack(pair.raw)[1], b"".join(images), capi.VAL * len(images))
    return kind + pair.raw + PAD8


def _list(element: Lower) -> Lower:
    kind = KIND["list"]

    def lower(v: Any, c: int) -> bytes:
        if not isinstance(v, (list, tuple)):
            raise LowerError(f"{v!r:.60} is no list")
        return _array(kind, capi.list_new, _images([element] * len(v), v, c))

    return lower


def _tuple(items: Sequence[Lower]) -> Lower:
    kind = KIND["tuple"]

    def lower(v: Any, c: int) -> bytes:
        if not isinstance(v, (list, tuple)) or len(v) != len(items):
            raise LowerError(f"{v!r:.60} is no tuple of {len(items)}")
        return _array(kind, capi.tuple_new, _images(items, v, c))

    return lower


def _record(t: RecordOf, lowers: Sequence[Lower]) -> Lower:
    """Names are copied from a template in one call of C instead of one per field."""
    n = len(lowers)
    keys = [name for name, _ in t.fields]
    template = _Template(tuple(keys))
    copy = ctypes.create_string_buffer(capi.VAL)

    def lower(v: Any, c: int) -> bytes:
        try:
            values = [v[k] for k in keys]
        except (KeyError, TypeError) as exc:
            raise LowerError(f"a record lacks {exc}") from exc
        images = _images(lowers, values, c)
        capi.val_clone(template.address, addressof(copy))
        image = copy.raw
        where = PAIR.unpack_from(image, 8)[1]
        names = string_at(where, capi.ENTRY * n)
        entries = [part for i, x in enumerate(images) for part in (names[48 * i : 48 * i + 16], x)]
        memmove(where, b"".join(entries), capi.ENTRY * n)
        return image

    return lower


class _Template:
    """A record value with these names and bools as values, at `address`; freed with this."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        pair = ctypes.create_string_buffer(16)
        capi.record_new(addressof(pair), len(keys))
        where = PAIR.unpack(pair.raw)[1]
        allocate = text()
        empty = KIND["bool"] + PAD24
        entries = b"".join(allocate(k.encode()) + empty for k in keys)
        memmove(where, entries, len(entries))
        self._image = ctypes.create_string_buffer(KIND["record"] + pair.raw + PAD8, capi.VAL)
        self.address = addressof(self._image)
        self._delete = capi.val_delete

    def __del__(self) -> None:
        self._delete(self.address)


def _option(inner: Lower, is_nested: bool) -> Lower:
    none = KIND["option"] + PAD24
    kind, move = KIND["option"], box()

    def lower(v: Any, c: int) -> bytes:
        if v is None:
            return none
        if is_nested:
            if not isinstance(v, (list, tuple)) or len(v) != 2:
                raise LowerError(f"{v!r:.60} is no option of an option")
            v = v[1]
        return kind + move(inner(v, c)) + PAD16

    return lower


def _result(ok: Lower | None, err: Lower | None) -> Lower:
    kind, move = KIND["result"], box()
    cases = {"ok": (POINTER.pack(1), ok), "err": (POINTER.pack(0), err)}

    def lower(v: Any, c: int) -> bytes:
        try:
            tag, payload = v
            flag, inner = cases[tag]
        except (TypeError, ValueError, KeyError) as exc:
            raise LowerError(f"{v!r:.60} is no result") from exc
        return kind + flag + (PAD8 if inner is None else move(inner(payload, c))) + PAD8

    return lower


def _variant(cases: Mapping[str, Lower | None]) -> Lower:
    allocate, move, kind = text(), box(), KIND["variant"]
    names = {name: name.encode() for name in cases}

    def lower(v: Any, c: int) -> bytes:
        try:
            name, payload = v
            inner = cases[name]
        except (TypeError, ValueError, KeyError) as exc:
            raise LowerError(f"{v!r:.60} is none of {', '.join(names)}") from exc
        payload_image = PAD8 if inner is None else move(inner(payload, c))
        return kind + allocate(names[name]) + payload_image

    return lower


def _handle(t: Handle, type_ids: Mapping[str, int]) -> Lower:
    kind, type_id = KIND["resource"], type_ids[t.resource]
    return lambda v, c: kind + POINTER.pack(capi.give_resource(c, v, type_id)) + PAD16


def compile_lower(t: WitType, type_ids: Mapping[str, int]) -> Lower:
    """Compile the function that makes the image of a value of this type."""

    def inner(x: WitType | None) -> Lower | None:
        return None if x is None else compile_lower(x, type_ids)

    match t:
        case Prim(name="string"):
            return string()
        case Prim(name="char"):
            return char
        case Prim():
            return number(t.name)
        case ListOf():
            return _bytes if t.element == _U8 else _list(compile_lower(t.element, type_ids))
        case TupleOf():
            return _tuple([compile_lower(x, type_ids) for x in t.items])
        case RecordOf():
            return _record(t, [compile_lower(f, type_ids) for _, f in t.fields])
        case VariantOf():
            return _variant({name: inner(p) for name, p in t.cases})
        case EnumOf():
            return enum(t)
        case FlagsOf():
            return _flags(t)
        case OptionOf():
            return _option(compile_lower(t.inner, type_ids), isinstance(t.inner, OptionOf))
        case ResultOf():
            return _result(inner(t.ok), inner(t.err))
        case Handle():
            return _handle(t, type_ids)
        case _:
            assert_never(t)
