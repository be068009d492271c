"""Look here if you want to know how thousands of random values of a WIT type are made quickly:
with Python's generator instead of hypothesis, and the edges of every type far more often than
chance.
"""

import random
import struct
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
)  # fmt: skip

_EDGES = [0, 1, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFEFF, 0xFFFD, 0xFFFF, 0x10000]
_CHARS = [*_EDGES, 0x1F981, 0x10FFFF, *range(32, 127)]
_FLOATS = [0.0, -0.0, 1.0, -1.5, float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308]
_LENGTHS = [0, 0, 1, 2, 3, 5]


class Values:
    """Random values, the same ones for the same seed. Without NaN and infinities if `for_json`."""

    def __init__(self, seed: int, *, for_json: bool = False) -> None:
        self._random = random.Random(seed)
        self._for_json = for_json

    def of(self, t: WitType) -> Any:
        """One value of a type, as lion writes it (values/wit.py)."""
        pick = self._random
        match t:
            case Prim():
                return self._prim(t.name)
            case ListOf(element=Prim(name="u8")):
                return pick.randbytes(pick.choice([*_LENGTHS, 40]))
            case ListOf():
                return [self.of(t.element) for _ in range(pick.choice(_LENGTHS))]
            case TupleOf():
                return tuple(self.of(x) for x in t.items)
            case RecordOf():
                return {n: self.of(f) for n, f in t.fields}
            case VariantOf():
                return self._case(*pick.choice(t.cases))
            case EnumOf():
                return pick.choice(t.names)
            case FlagsOf():
                return tuple(n for n in t.names if pick.random() < 0.5)
            case OptionOf():
                return self._option(t)
            case ResultOf():
                return self._case(*pick.choice([("ok", t.ok), ("err", t.err)]))
            case Handle():
                raise AssertionError("resources have no values of their own")
            case _:
                assert_never(t)

    def _case(self, name: str, payload: WitType | None) -> Any:
        return name, None if payload is None else self.of(payload)

    def _option(self, t: OptionOf) -> Any:
        if self._random.random() < 0.4:
            return None
        value = self.of(t.inner)
        return ("some", value) if isinstance(t.inner, OptionOf) else value

    def _prim(self, name: str) -> Any:
        pick = self._random
        match name:
            case "bool":
                return pick.random() < 0.5
            case "char":
                return self._char()
            case "string":
                return "".join(self._char() for _ in range(pick.choice([*_LENGTHS, 12])))
            case "f32" | "f64":
                return self._float(name)
            case _:
                size, low = int(name[1:]), 0 if name[0] == "u" else -(2 ** (int(name[1:]) - 1))
                high = low + 2**size - 1
                return pick.choice([low, high, 0, 1, high // 2, pick.randint(low, high)])

    def _char(self) -> str:
        if self._random.random() < 0.7:
            return chr(self._random.choice(_CHARS))
        number = self._random.randrange(0x110000 - 0x800)
        return chr(number if number < 0xD800 else number + 0x800)

    def _float(self, name: str) -> float:
        whole = self._random.choice([*_FLOATS, self._random.uniform(-1e9, 1e9)])
        if name == "f64":
            value = whole
        else:
            bits = self._random.randbytes(4)
            single = struct.unpack("<f", bits)[0]
            value = single if abs(whole) > 1e300 or single == single else 1.0
        if value != value or (self._for_json and abs(value) == float("inf")):
            return 0.5
        return float(value)
