"""Look here if you want to know what fits into a number or a text of WIT's."""

import struct
from collections.abc import Callable
from typing import Any, Final


class NoFit(Exception):
    """A value that is not what its annotation says; `where` is its place within the whole."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.where = where
        self.what = what


def _whole(name: str, least: int, most: int) -> Callable[[Any], int]:
    def write(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise NoFit("", f"{value!r:.60} is no {name}")
        return value

    return write


def _double(value: Any) -> float:
    try:
        given = float(value) if type(value) in (int, float) else None
    except OverflowError:
        given = None
    if given is None or (type(value) is int and int(given) != value):
        raise NoFit("", f"{value!r:.60} is no f64")
    return given


def _single(value: Any) -> float:
    """The nearest number of 32 bits: that is what the annotation asks for."""
    try:
        (given,) = struct.unpack("<f", struct.pack("<f", _double(value)))
    except OverflowError:
        raise NoFit("", f"{value!r:.60} is no f32") from None
    return float(given)


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise NoFit("", f"{value!r:.60} is no bool")
    return value


def _text(value: Any) -> str:
    # A subclass could be made to look like anything.
    if type(value) is not str:
        raise NoFit("", f"{value!r:.60} is no str")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NoFit("", "half of a surrogate pair is no text") from None
    return value


_WHOLE: Final = {
    f"{sign}{bits}": _whole(
        f"{sign}{bits}",
        0 if sign == "u" else -(2 ** (bits - 1)),
        2**bits - 1 if sign == "u" else 2 ** (bits - 1) - 1,
    )
    for sign in "us"
    for bits in (8, 16, 32, 64)
}
SCALARS: Final[dict[Any, tuple[str, Callable[[Any], Any]]]] = {
    bool: ("bool", _bool),
    str: ("string", _text),
    int: ("s64", _WHOLE["s64"]),
    float: ("f64", _double),
    "f32": ("f32", _single),
    "f64": ("f64", _double),
    **{name: (name, write) for name, write in _WHOLE.items()},
}
"""WIT's name, and how a value is checked, by annotation or by that name."""
