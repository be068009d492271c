"""Look here if you want to know how numbers, text and bytes are read from JSON.

Rule: every mistake is a JsonMismatch that says where, what was expected and what was found.
"""

import base64
import binascii
import math
import re
import struct
from typing import Any, Final

from lion.domain.text import show_line

EXACT: Final = 2**53
"""Beyond this, up or down, an integer is written as text: many readers have floats only."""

INTEGERS: Final = {
    **{f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    **{f"s{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
}
"""Least and greatest value by type."""

LARGEST_F32: Final[float] = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]

_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,19}")


class JsonMismatch(ValueError):
    """A value that does not fit its type.

    `path` says where (`arguments.items[2].name`), `what` is the mistake.
    """

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path
        self.what = what


def read_prim(name: str, value: Any, path: str) -> Any:
    """A value of a primitive type by its name; NaN and infinities are refused."""
    match name:
        case "bool":
            return expect(value, bool, "true or false", path)
        case "string":
            return _text(value, "text", path)
        case "char":
            text = _text(value, "one character", path)
            if len(text) != 1:
                raise JsonMismatch(path, f"expected one character, got {shown(value)}")
            return text
        case "f32" | "f64":
            return _float(name, value, path)
        case _:
            return read_integer(name, value, path)


def read_integer(name: str, value: Any, path: str) -> int:
    """An integer of this type: a number, a whole float, or (64 bits) decimal text."""
    number = value
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        number = int(value)
    if isinstance(value, str) and name in ("s64", "u64") and _DECIMAL.fullmatch(value):
        number = int(value)
    least, greatest = INTEGERS[name]
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= greatest:
        raise JsonMismatch(path, f"expected {name}, got {shown(value)}")
    return number


def _float(name: str, value: Any, path: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise JsonMismatch(path, f"expected {name}, got {shown(value)}")
    try:
        number = float(value)
        if name == "f32" and math.isfinite(number):
            number = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        raise JsonMismatch(path, f"{shown(value)} is out of the range of {name}") from None
    if not math.isfinite(number):
        raise JsonMismatch(path, f"expected {name}, got {number}, which JSON does not have")
    return number


def read_bytes(value: Any, path: str) -> bytes:
    """The bytes of canonical base64 (RFC 4648, section 4, padded)."""
    text = expect(value, str, "base64 text", path)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or base64.b64encode(data) != text.encode("utf-8", "replace"):
        raise JsonMismatch(path, f"expected base64 with padding, got {shown(value)}")
    return data


def expect(value: Any, kind: type, words: str, path: str) -> Any:
    """The value if it is of this kind (`words` says which)."""
    if not isinstance(value, kind):
        raise JsonMismatch(path, f"expected {words}, got {shown(value)}")
    return value


def check_length(value: Any, length: int, path: str) -> None:
    """Refuse another number of items."""
    if len(value) != length:
        raise JsonMismatch(path, f"expected {length} items, got {len(value)}")


def _text(value: Any, words: str, path: str) -> str:
    text: str = expect(value, str, words, path)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise JsonMismatch(path, "half a surrogate pair is no character") from None
    return text


def one_of(value: Any, names: Any, kind: str, path: str) -> str:
    """The value if it is one of these names."""
    if not isinstance(value, str) or value not in names:
        raise JsonMismatch(path, f"no {kind} {shown(value)}; known: {listed(names)}")
    return value


def shown(value: Any) -> str:
    """A found value in a message, short and on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list() | tuple():
            return "an array"
        case str():
            return f'"{show_line(value, longest=40)}"'
        case _:
            return show_line(repr(value), longest=40)


def listed(names: Any) -> str:
    """Names in a message: in their order, sets sorted."""
    return ", ".join(names if isinstance(names, tuple | list) else sorted(names)) or "none"
