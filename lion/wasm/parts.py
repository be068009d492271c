"""Look here if you want to know where the parts of a value lie, and what generated functions
(lower.py) call for some: a list's bytes, a set of flags, a character.

Rule: what does not fit raises an error of Python's own; the words are found by who called.
"""

import struct
from collections.abc import Mapping
from ctypes import addressof, c_char
from typing import Any, NamedTuple

from lion.values.wit import FlagsOf, OptionOf, RecordOf, ResultOf, TupleOf, VariantOf, WitType
from lion.wasm import capi


class Place(NamedTuple):
    """Where a value lies: `offset` bytes after what the variable `after` says, which is empty in
    memory that does not move."""

    after: str
    offset: int

    def at(self, more: int) -> str:
        """As an expression: an offset in the buffer."""
        number = str(self.offset + more)
        return f"{self.after}+{number}" if self.after else number


def extra(t: WitType | None) -> int:
    """Bytes that a value of this type points at, beside lists and texts."""
    match t:
        case TupleOf():
            return sum(capi.VAL + extra(item) for item in t.items)
        case RecordOf():
            return sum(capi.ENTRY + extra(field) for _, field in t.fields)
        case OptionOf():
            return capi.VAL + extra(t.inner)
        case ResultOf():
            return _payloads((t.ok, t.err))
        case VariantOf():
            return _payloads(tuple(payload for _, payload in t.cases))
        case FlagsOf():
            return 16 * len(t.names)
        case _:
            return 0


def _payloads(types: tuple[WitType | None, ...]) -> int:
    return sum(capi.VAL + extra(payload) for payload in types if payload is not None)


def address_of(parts: bytearray) -> int:
    """Where its bytes are, as long as it is not resized."""
    return addressof(c_char.from_buffer(parts))


def code(value: str) -> int:
    """A character's number."""
    value.encode()  # There are no surrogates in WIT.
    return ord(value)


def several(value: Any) -> Any:
    """A list or a tuple, as it is."""
    if not isinstance(value, list | tuple):
        raise TypeError
    return value


def flags(b: Any, at: int, value: Any, known: Mapping[str, tuple[int, int]]) -> int:
    """Write the names of flags in an array, and give their number. `known` has each one's size
    and address.
    """
    given = frozenset(value)
    if not given <= known.keys():
        raise ValueError
    words = [word for name, words in known.items() if name in given for word in words]
    struct.pack_into(f"<{len(words)}Q", b, at, *words)
    return len(given)


def octets(value: Any, c: int, keep: list[Any]) -> tuple[int, int]:
    """Number and address of the parts of a list<u8>, which `keep` keeps."""
    data = bytes(value)
    count = len(data)
    if not count:
        return 0, 0
    # Two strided writes: kind at 0, payload at 8 of each value.
    parts = bytearray(capi.VAL * count)
    parts[0 :: capi.VAL] = bytes((capi.KINDS["u8"],)) * count
    parts[8 :: capi.VAL] = data
    keep.append(parts)
    return count, address_of(parts)
