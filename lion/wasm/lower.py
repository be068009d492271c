"""Look here if you want to know how Python's values become a guest's: one closure per type, compiled once.

Each closure returns the 32-byte image of a wasmtime value, whose heap parts it allocated with wasmtime's own allocators;
containers join the images of what they hold.

Rule: whoever gets an image owns it: it is handed to wasmtime or freed with `free`.
Rule: a closure that fails has freed what it allocated, and raises LowerError naming where the value is wrong.
"""

import ctypes
import functools
import struct
from collections.abc import Callable, Mapping, Sequence
from ctypes import addressof, memmove, string_at
from typing import Any, assert_never

from lion.domain.wit import (
    EnumOf, FlagsOf, Handle, ListOf, OptionOf, Prim, RecordOf, ResultOf, TupleOf, VariantOf, WitType,
)  # fmt: skip
from lion.wasm import capi

Lower = Callable[[Any, int], bytes]
"""(value, store context) -> image of 32 bytes."""

_KIND = {name: struct.pack("<Q", kind) for name, kind in capi.KINDS.items()}
_PAIR = struct.Struct("<QQ")
_POINTER = struct.Struct("<Q")
_PAD8, _PAD16, _PAD24 = b"\0" * 8, b"\0" * 16, b"\0" * 24
_FORMATS = {
    "bool": "?", "u8": "B", "s8": "b", "u16": "H", "s16": "h", "u32": "I", "s32": "i",
    "u64": "Q", "s64": "q", "f32": "f", "f64": "d",
}  # fmt: skip
_U8 = Prim("u8")


class LowerError(Exception):
    """A value does not fit the type it should have: a host function or a caller gave the wrong thing."""


def free(image: bytes) -> None:
    """Free what an image holds."""
    buffer = ctypes.create_string_buffer(image, capi.VAL)
    capi.val_delete(addressof(buffer))


def _free_all(images: list[bytes]) -> None:
    for image in images:
        free(image)


def _boxed(image: bytes) -> bytes:
    """Move a value to wasmtime's heap; its address as 8 bytes."""
    buffer = ctypes.create_string_buffer(image, capi.VAL)
    return _POINTER.pack(capi.val_new(addressof(buffer)))


def _text() -> Callable[[bytes], bytes]:
    """Makes size and address of a copy of some bytes, 16 bytes in all."""
    pair = ctypes.create_string_buffer(16)
    where = addressof(pair)
    new = capi.name_new

    def allocate(data: bytes) -> bytes:
        new(where, len(data), data)
        return pair.raw

    return allocate


def _number(name: str) -> Lower:
    fmt = _FORMATS[name]
    pack = struct.Struct(f"<Q{fmt}{24 - struct.calcsize(fmt)}x").pack
    kind = capi.KINDS[name]
    if name == "bool":
        return lambda v, c: pack(kind, bool(v))

    def lower(v: Any, c: int) -> bytes:
        try:
            return pack(kind, v)
        except (struct.error, OverflowError) as exc:
            raise LowerError(f"{v!r} is no {name}") from exc

    return lower


def _char(v: Any, c: int) -> bytes:
    if not isinstance(v, str) or len(v) != 1 or 0xD800 <= ord(v) < 0xE000:
        raise LowerError(f"{v!r} is no char")
    return _KIND["char"] + struct.pack("<I20x", ord(v))


def _string() -> Lower:
    allocate, kind = _text(), _KIND["string"]

    def lower(v: Any, c: int) -> bytes:
        try:
            return kind + allocate(v.encode()) + _PAD8
        except (AttributeError, UnicodeEncodeError) as exc:
            raise LowerError(f"{v!r:.60} is no string") from exc

    return lower


def _enum(t: EnumOf) -> Lower:
    allocate, kind = _text(), _KIND["enum"]
    names = {name: name.encode() for name in t.names}

    def lower(v: Any, c: int) -> bytes:
        if v not in names:
            raise LowerError(f"{v!r:.60} is none of {', '.join(names)}")
        return kind + allocate(names[v]) + _PAD8

    return lower


def _flags(t: FlagsOf) -> Lower:
    allocate, kind = _text(), _KIND["flags"]
    known = frozenset(t.names)
    pair = ctypes.create_string_buffer(16)

    def lower(v: Any, c: int) -> bytes:
        given = frozenset(v)
        if not given <= known:
            raise LowerError(f"{', '.join(sorted(map(str, given - known)))}: no such flag")
        names = b"".join(allocate(n.encode()) for n in t.names if n in given)
        capi.flags_new(addressof(pair), len(given))
        size, where = _PAIR.unpack(pair.raw)
        memmove(where, names, size * 16)
        return kind + pair.raw + _PAD8

    return lower


def _bytes(v: Any, c: int) -> bytes:
    data = bytes(v)
    n = len(data)
    pair = ctypes.create_string_buffer(16)
    capi.list_new(addressof(pair), n)
    if n:
        # Two strided writes straight into the C array: kind at 0, payload at 8 of each value.
        where = _PAIR.unpack(pair.raw)[1]
        array = memoryview((ctypes.c_ubyte * (n * capi.VAL)).from_address(where)).cast("B")
        array[0 :: capi.VAL] = bytes((capi.KINDS["u8"],)) * n
        array[8 :: capi.VAL] = data
    return _KIND["list"] + pair.raw + _PAD8


def _images(lowers: Sequence[Lower], values: Sequence[Any], c: int) -> list[bytes]:
    """Lower several values; frees them all if one fails."""
    images: list[bytes] = []
    try:
        for lower, value in zip(lowers, values, strict=True):
            images.append(lower(value, c))
    except (LowerError, ValueError, TypeError, KeyError) as exc:
        _free_all(images)
        raise LowerError(str(exc)) from exc
    return images


def _array(kind: bytes, new: Any, images: list[bytes]) -> bytes:
    pair = ctypes.create_string_buffer(16)
    new(addressof(pair), len(images))
    if images:
        memmove(_PAIR.unpack(pair.raw)[1], b"".join(images), capi.VAL * len(images))
    return kind + pair.raw + _PAD8


def _list(element: Lower) -> Lower:
    kind = _KIND["list"]

    def lower(v: Any, c: int) -> bytes:
        if not isinstance(v, (list, tuple)):
            raise LowerError(f"{v!r:.60} is no list")
        return _array(kind, capi.list_new, _images([element] * len(v), v, c))

    return lower


def _tuple(items: Sequence[Lower]) -> Lower:
    kind = _KIND["tuple"]

    def lower(v: Any, c: int) -> bytes:
        if not isinstance(v, (list, tuple)) or len(v) != len(items):
            raise LowerError(f"{v!r:.60} is no tuple of {len(items)}")
        return _array(kind, capi.tuple_new, _images(items, v, c))

    return lower


def _record(t: RecordOf, lowers: Sequence[Lower]) -> Lower:
    """Names are copied from a template in one call of C instead of one per field."""
    n = len(lowers)
    keys = [name for name, _ in t.fields]
    template = _record_template(tuple(keys))
    copy = ctypes.create_string_buffer(capi.VAL)

    def lower(v: Any, c: int) -> bytes:
        try:
            values = [v[k] for k in keys]
        except (KeyError, TypeError) as exc:
            raise LowerError(f"a record lacks {exc}") from exc
        images = _images(lowers, values, c)
        capi.val_clone(template, addressof(copy))
        image = copy.raw
        where = _PAIR.unpack_from(image, 8)[1]
        names = string_at(where, capi.ENTRY * n)
        entries = [part for i, x in enumerate(images) for part in (names[48 * i : 48 * i + 16], x)]
        memmove(where, b"".join(entries), capi.ENTRY * n)
        return image

    return lower


@functools.cache
def _record_template(keys: tuple[str, ...]) -> int:
    """The address of a record value with these names and bools as values. Lives as long as the process."""
    pair = ctypes.create_string_buffer(16)
    capi.record_new(addressof(pair), len(keys))
    where = _PAIR.unpack(pair.raw)[1]
    allocate = _text()
    empty = _KIND["bool"] + _PAD24
    entries = b"".join(allocate(k.encode()) + empty for k in keys)
    memmove(where, entries, len(entries))
    image = ctypes.create_string_buffer(_KIND["record"] + pair.raw + _PAD8, capi.VAL)
    address: int = capi.val_new(addressof(image))
    return address


def _option(inner: Lower, is_nested: bool) -> Lower:
    none = _KIND["option"] + _PAD24
    kind = _KIND["option"]

    def lower(v: Any, c: int) -> bytes:
        if v is None:
            return none
        if is_nested:
            if not isinstance(v, (list, tuple)) or len(v) != 2:
                raise LowerError(f"{v!r:.60} is no option of an option")
            v = v[1]
        return kind + _boxed(inner(v, c)) + _PAD16

    return lower


def _result(ok: Lower | None, err: Lower | None) -> Lower:
    kind = _KIND["result"]
    cases = {"ok": (_POINTER.pack(1), ok), "err": (_POINTER.pack(0), err)}

    def lower(v: Any, c: int) -> bytes:
        try:
            tag, payload = v
            flag, inner = cases[tag]
        except (TypeError, ValueError, KeyError) as exc:
            raise LowerError(f"{v!r:.60} is no result") from exc
        return kind + flag + (_PAD8 if inner is None else _boxed(inner(payload, c))) + _PAD8

    return lower


def _variant(cases: Mapping[str, Lower | None]) -> Lower:
    allocate, kind = _text(), _KIND["variant"]
    names = {name: name.encode() for name in cases}

    def lower(v: Any, c: int) -> bytes:
        try:
            name, payload = v
            inner = cases[name]
        except (TypeError, ValueError, KeyError) as exc:
            raise LowerError(f"{v!r:.60} is none of {', '.join(names)}") from exc
        boxed = _PAD8 if inner is None else _boxed(inner(payload, c))
        return kind + allocate(names[name]) + boxed

    return lower


def _handle(t: Handle, type_ids: Mapping[str, int]) -> Lower:
    kind, type_id = _KIND["resource"], type_ids[t.resource]
    return lambda v, c: kind + _POINTER.pack(capi.give_resource(c, v, type_id)) + _PAD16


def compile_lower(t: WitType, type_ids: Mapping[str, int]) -> Lower:
    """Compile the function that makes the image of a value of this type."""

    def inner(x: WitType | None) -> Lower | None:
        return None if x is None else compile_lower(x, type_ids)

    match t:
        case Prim(name="string"):
            return _string()
        case Prim(name="char"):
            return _char
        case Prim():
            return _number(t.name)
        case ListOf():
            return _bytes if t.element == _U8 else _list(compile_lower(t.element, type_ids))
        case TupleOf():
            return _tuple([compile_lower(x, type_ids) for x in t.items])
        case RecordOf():
            return _record(t, [compile_lower(f, type_ids) for _, f in t.fields])
        case VariantOf():
            return _variant({name: inner(p) for name, p in t.cases})
        case EnumOf():
            return _enum(t)
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
