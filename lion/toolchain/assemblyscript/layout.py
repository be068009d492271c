"""Look here if you want to know how the canonical ABI lays a WIT type out: in memory, and flat
as core WebAssembly values.

Source: CanonicalABI.md of the component model (alignment, elem_size, flatten_type).
"""

from collections.abc import Sequence
from typing import assert_never

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

MAX_FLAT_PARAMS, MAX_FLAT_RESULTS = 16, 1

_SIZES = {
    "bool": 1, "s8": 1, "u8": 1, "s16": 2, "u16": 2, "s32": 4, "u32": 4, "s64": 8, "u64": 8,
    "f32": 4, "f64": 8, "char": 4,
}  # fmt: skip
_FLAT = {"s64": "i64", "u64": "i64", "f32": "f32", "f64": "f64"}

Case = tuple[str, WitType | None]


def cases_of(t: VariantOf | OptionOf | ResultOf) -> tuple[Case, ...]:
    """What can be the case, with the payload; options and results are variants too."""
    match t:
        case VariantOf():
            return t.cases
        case OptionOf():
            return (("none", None), ("some", t.inner))
        case ResultOf():
            return (("ok", t.ok), ("err", t.err))
        case _:
            assert_never(t)


def fields_of(t: RecordOf | TupleOf) -> tuple[WitType, ...]:
    """The types of the parts, in order."""
    return t.items if isinstance(t, TupleOf) else tuple(f for _, f in t.fields)


def tag_size(cases: int) -> int:
    """Bytes of a discriminant for so many cases."""
    return 1 if cases <= 256 else 2 if cases <= 65536 else 4


def flags_size(count: int) -> int:
    """Bytes of so many flags."""
    return 1 if count <= 8 else 2 if count <= 16 else 4


def size_and_alignment(t: WitType) -> tuple[int, int]:
    """Bytes a value takes in memory, and what its address is a multiple of."""
    match t:
        case Prim(name="string") | ListOf():
            return 8, 4
        case Prim():
            return _SIZES[t.name], _SIZES[t.name]
        case EnumOf():
            return tag_size(len(t.names)), tag_size(len(t.names))
        case FlagsOf():
            return flags_size(len(t.names)), flags_size(len(t.names))
        case Handle():
            return 4, 4
        case RecordOf() | TupleOf():
            _, size, alignment = offsets(fields_of(t))
            return size, alignment
        case VariantOf() | OptionOf() | ResultOf():
            return _variant(t)
        case _:
            assert_never(t)


def size_of(t: WitType) -> int:
    """Bytes a value takes in memory."""
    return size_and_alignment(t)[0]


def offsets(fields: Sequence[WitType]) -> tuple[list[int], int, int]:
    """Where each part of a record begins, and size and alignment of the whole."""
    at, whole, found = 0, 1, []
    for field in fields:
        size, alignment = size_and_alignment(field)
        at = align(at, alignment)
        found.append(at)
        at, whole = at + size, max(whole, alignment)
    return found, align(at, whole), whole


def align(at: int, alignment: int) -> int:
    """The next multiple."""
    return -(-at // alignment) * alignment


def payload_offset(t: VariantOf | OptionOf | ResultOf) -> int:
    """Where a variant's payload begins."""
    cases = cases_of(t)
    alignments = [size_and_alignment(p)[1] for _, p in cases if p is not None]
    return align(tag_size(len(cases)), max(alignments, default=1))


def _variant(t: VariantOf | OptionOf | ResultOf) -> tuple[int, int]:
    cases = cases_of(t)
    payloads = [size_and_alignment(p) for _, p in cases if p is not None]
    alignment = max([tag_size(len(cases)), *(a for _, a in payloads)])
    size = payload_offset(t) + max((s for s, _ in payloads), default=0)
    return align(size, alignment), alignment


def flatten(t: WitType | None) -> tuple[str, ...]:
    """The core values (i32, i64, f32, f64) of a value that is not in memory."""
    match t:
        case None:
            return ()
        case Prim(name="string") | ListOf():
            return ("i32", "i32")
        case Prim():
            return (_FLAT.get(t.name, "i32"),)
        case EnumOf() | Handle():
            return ("i32",)
        case FlagsOf():
            return ("i32",)
        case RecordOf() | TupleOf():
            return flatten_all(fields_of(t))
        case VariantOf() | OptionOf() | ResultOf():
            joined: list[str] = []
            for _, payload in cases_of(t):
                for at, core in enumerate(flatten(payload)):
                    joined[at : at + 1] = [join(joined[at], core) if at < len(joined) else core]
            return ("i32", *joined)
        case _:
            assert_never(t)


def flatten_all(types: Sequence[WitType]) -> tuple[str, ...]:
    """The core values of several, one after the other."""
    return tuple(core for t in types for core in flatten(t))


def join(a: str, b: str) -> str:
    """The core type that holds either."""
    if a == b:
        return a
    return "i32" if {a, b} == {"i32", "f32"} else "i64"
