"""Look here if you want to know how random WIT types, and values of them, are made for tests."""

import string
from typing import Any, assert_never

from hypothesis import strategies as st

from lion.values.json_scalars import INTEGERS
from lion.values.wit import (
    PRIMITIVES,
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

names = st.lists(
    st.text(string.ascii_lowercase, min_size=1, max_size=4), min_size=1, max_size=4, unique=True
).map(tuple)


def _with_names(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return names.flatmap(
        lambda found: st.tuples(*(inner for _ in found)).map(
            lambda types: tuple(zip(found, types, strict=True))
        )
    )


def _larger(inner: st.SearchStrategy[WitType]) -> st.SearchStrategy[WitType]:
    maybe = st.none() | inner
    return st.one_of(
        inner.map(ListOf),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: TupleOf(tuple(items))),
        _with_names(inner).map(RecordOf),
        _with_names(maybe).map(VariantOf),
        inner.map(OptionOf),
        inner.map(OptionOf).map(OptionOf),
        st.builds(ResultOf, maybe, maybe),
    )


types: st.SearchStrategy[WitType] = st.recursive(
    st.sampled_from(PRIMITIVES).map(Prim) | names.map(EnumOf) | names.map(FlagsOf),
    _larger,
    max_leaves=6,
)

_characters = st.characters(exclude_categories=["Cs"])
_finite = st.floats(allow_nan=False, allow_infinity=False)


def _prims(name: str) -> st.SearchStrategy[Any]:
    match name:
        case "bool":
            return st.booleans()
        case "string":
            return st.text(_characters, max_size=8)
        case "char":
            return _characters
        case "f32":
            return st.floats(allow_nan=False, allow_infinity=False, width=32)
        case "f64":
            return _finite
        case _:
            return st.integers(*INTEGERS[name])


def values(t: WitType | None) -> st.SearchStrategy[Any]:
    """Values of a type, as values/wit.py writes them."""
    match t:
        case None:
            return st.none()
        case Prim():
            return _prims(t.name)
        case ListOf() if t.element == Prim("u8"):
            return st.binary(max_size=8)
        case ListOf():
            return st.lists(values(t.element), max_size=3)
        case TupleOf():
            return st.tuples(*map(values, t.items))
        case RecordOf():
            return st.fixed_dictionaries({name: values(field) for name, field in t.fields})
        case EnumOf():
            return st.sampled_from(t.names)
        case FlagsOf():
            return st.sets(st.sampled_from(t.names)).map(
                lambda given: tuple(name for name in t.names if name in given)
            )
        case VariantOf():
            return st.one_of(*(st.tuples(st.just(name), values(inner)) for name, inner in t.cases))
        case OptionOf():
            some = values(t.inner)
            if isinstance(t.inner, OptionOf):
                some = st.tuples(st.just("some"), some)
            return st.none() | some
        case ResultOf():
            return st.tuples(st.just("ok"), values(t.ok)) | st.tuples(
                st.just("err"), values(t.err)
            )
        case Handle():
            raise AssertionError("no test makes a resource of nothing")
        case _:
            assert_never(t)


typed_values = types.flatmap(lambda t: st.tuples(st.just(t), values(t)))
