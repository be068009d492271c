"""Look here if you want to know what the image of a value is, and how the simple ones are made.

An image is the 32 bytes of a wasmtime value; its heap parts were allocated by wasmtime itself.

Rule: whoever gets an image owns it: it is handed to wasmtime or freed with `free`.
"""

import ctypes
import struct
from collections.abc import Callable
from ctypes import addressof
from typing import Any

from lion.values.wit import EnumOf
from lion.wasm import capi

Lower = Callable[[Any, int], bytes]
"""(value, store context) -> image of 32 bytes."""

KIND = {name: struct.pack("<Q", kind) for name, kind in capi.KINDS.items()}
PAIR = struct.Struct("<QQ")
POINTER = struct.Struct("<Q")
PAD8, PAD16, PAD24 = b"\0" * 8, b"\0" * 16, b"\0" * 24
_FORMATS = {
    "bool": "?", "u8": "B", "s8": "b", "u16": "H", "s16": "h", "u32": "I", "s32": "i",
    "u64": "Q", "s64": "q", "f32": "f", "f64": "d",
}  # fmt: skip


class LowerError(Exception):
    """A value does not fit the type it should have: a host function or a caller gave the wrong
    thing.
    """


def free(image: bytes) -> None:
    """Free what an image holds."""
    buffer = ctypes.create_string_buffer(image, capi.VAL)
    capi.val_delete(addressof(buffer))


def free_all(images: list[bytes]) -> None:
    for image in images:
        free(image)


def box() -> Callable[[bytes], bytes]:
    """Makes the address, as 8 bytes, of a value that it moves to wasmtime's heap."""
    buffer = ctypes.create_string_buffer(capi.VAL)
    where, new, pack = addressof(buffer), capi.val_new, POINTER.pack

    def move(image: bytes) -> bytes:
        buffer.raw = image
        return pack(new(where))

    return move


def text() -> Callable[[bytes], bytes]:
    """Makes size and address of a copy of some bytes, 16 bytes in all."""
    pair = ctypes.create_string_buffer(16)
    where = addressof(pair)
    new = capi.name_new

    def allocate(data: bytes) -> bytes:
        new(where, len(data), data)
        return pair.raw

    return allocate


def number(name: str) -> Lower:
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


def char(v: Any, c: int) -> bytes:
    if not isinstance(v, str) or len(v) != 1 or 0xD800 <= ord(v) < 0xE000:
        raise LowerError(f"{v!r} is no char")
    return KIND["char"] + struct.pack("<I20x", ord(v))


def string() -> Lower:
    allocate, kind = text(), KIND["string"]

    def lower(v: Any, c: int) -> bytes:
        try:
            return kind + allocate(v.encode()) + PAD8
        except (AttributeError, UnicodeEncodeError) as exc:
            raise LowerError(f"{v!r:.60} is no string") from exc

    return lower


def enum(t: EnumOf) -> Lower:
    allocate, kind = text(), KIND["enum"]
    names = {name: name.encode() for name in t.names}

    def lower(v: Any, c: int) -> bytes:
        if v not in names:
            raise LowerError(f"{v!r:.60} is none of {', '.join(names)}")
        return kind + allocate(names[v]) + PAD8

    return lower
