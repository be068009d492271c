"""Look here if you want to know how random values of any WIT type are made."""

import struct
from typing import Any, assert_never

from hypothesis import strategies as st

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

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def _bits(name: str) -> st.SearchStrategy[int]:
    size = int(name[1:])
    if name[0] == "u":
        return st.integers(0, 2**size - 1)
    return st.integers(-(2 ** (size - 1)), 2 ** (size - 1) - 1)


def _single(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def _prim(name: str) -> st.SearchStrategy[Any]:
    match name:
        case "bool":
            return st.booleans()
        case "f32":
            return st.floats(width=32, allow_nan=False).map(_single)
        case "f64":
            return st.floats(allow_nan=False)
        case "char":
            return st.characters(exclude_categories=["Cs"])
        case "string":
            return TEXT
        case _:
            return _bits(name)


def values(t: WitType) -> st.SearchStrategy[Any]:
    """Any value of a type, as lion writes it (values/wit.py)."""
    match t:
        case Prim():
            return _prim(t.name)
        case ListOf(element=Prim(name="u8")):
            return st.binary(max_size=40)
        case ListOf():
            return st.lists(values(t.element), max_size=6)
        case TupleOf():
            return st.tuples(*map(values, t.items))
        case RecordOf():
            names = [n for n, _ in t.fields]
            drawn = st.fixed_dictionaries({n: values(f) for n, f in t.fields})
            return drawn.map(lambda record: {n: record[n] for n in names})
        case VariantOf():
            return st.one_of([_case(n, p) for n, p in t.cases])
        case EnumOf():
            return st.sampled_from(t.names)
        case FlagsOf():
            return st.sets(st.sampled_from(t.names)).map(
                lambda chosen: tuple(n for n in t.names if n in chosen)
            )
        case OptionOf():
            inner = values(t.inner)
            if isinstance(t.inner, OptionOf):
                inner = inner.map(lambda v: ("some", v))
            return st.none() | inner
        case ResultOf():
            return _case("ok", t.ok) | _case("err", t.err)
        case Handle():
            raise AssertionError("resources have no values of their own")
        case _:
            assert_never(t)


def _case(name: str, payload: WitType | None) -> st.SearchStrategy[Any]:
    if payload is None:
        return st.just((name, None))
    return values(payload).map(lambda v: (name, v))
