"""Look here if you want to know which laws the JSON of WIT values keeps."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.values.json_scalars import JsonMismatch
from lion.values.json_values import from_json, to_json
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

from .wit_values import typed_values, types

U8, U64, S64, TEXT = Prim("u8"), Prim("u64"), Prim("s64"), Prim("string")
VARIANT = VariantOf((("none", None), ("some", U8)))


@given(typed_values)
def test_what_is_written_is_read_back(pair: tuple[WitType, Any]) -> None:
    t, value = pair
    text = json.dumps(to_json(t, value), allow_nan=False)
    assert from_json(t, json.loads(text)) == value


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["tag", "value", "ok", "some", "a"]), inner)
    ),
    max_leaves=8,
)


@given(types, _json)
def test_any_json_is_a_value_or_a_mismatch(t: WitType, value: Any) -> None:
    try:
        read = from_json(t, value)
    except JsonMismatch as exc:
        assert exc.path.startswith("value")
    else:
        assert from_json(t, to_json(t, read)) == read


@pytest.mark.parametrize(
    ("t", "value", "written"),
    [
        (Prim("bool"), True, True),
        (Prim("char"), "\U0001f981", "\U0001f981"),
        (U64, 2**53, 2**53),
        (U64, 2**53 + 1, "9007199254740993"),
        (S64, -(2**63), "-9223372036854775808"),
        (Prim("f64"), 1.5, 1.5),
        (ListOf(U8), b"\x00\xff", "AP8="),
        (ListOf(Prim("u16")), [1, 2], [1, 2]),
        (TupleOf((U8, TEXT)), (1, "a"), [1, "a"]),
        (RecordOf((("a-b", U8),)), {"a-b": 1}, {"a-b": 1}),
        (VARIANT, ("none", None), {"tag": "none"}),
        (VARIANT, ("some", 3), {"tag": "some", "value": 3}),
        (EnumOf(("red", "green")), "red", "red"),
        (FlagsOf(("r", "w")), ("r", "w"), ["r", "w"]),
        (OptionOf(U8), None, None),
        (OptionOf(U8), 0, 0),
        (OptionOf(OptionOf(U8)), None, None),
        (OptionOf(OptionOf(U8)), ("some", None), {"some": None}),
        (OptionOf(OptionOf(U8)), ("some", 5), {"some": 5}),
        (ResultOf(U8, None), ("ok", 1), {"ok": 1}),
        (ResultOf(U8, None), ("err", None), {"err": None}),
    ],
)
def test_the_table_of_the_manifest(t: WitType, value: Any, written: Any) -> None:
    assert to_json(t, value) == written
    assert from_json(t, written) == value


@pytest.mark.parametrize(
    ("t", "found", "message"),
    [
        (U8, 300, "expected u8, got 300"),
        (U8, -1, "expected u8, got -1"),
        (U8, True, "expected u8, got true"),
        (U8, "1", 'expected u8, got "1"'),
        (U8, 1.5, "expected u8, got 1.5"),
        (U8, None, "expected u8, got null"),
        (U64, str(2**64), 'expected u64, got "18446744073709551616"'),
        (U64, "01", 'expected u64, got "01"'),
        (U64, "١", 'expected u64, got "١"'),
        (Prim("f32"), 1e39, "1e+39 is out of the range of f32"),
        (Prim("f64"), float("nan"), "expected f64, got nan, which JSON does not have"),
        (Prim("f64"), 10**400, "out of the range of f64"),
        (Prim("char"), "ab", 'expected one character, got "ab"'),
        (Prim("char"), "", 'expected one character, got ""'),
        (Prim("char"), "\ud800", "half a surrogate pair"),
        (TEXT, "a\udfff", "half a surrogate pair"),
        (TEXT, [], "expected text, got an array"),
        (ListOf(U8), "AP8", "expected base64 with padding"),
        (ListOf(U8), "AP9=", "expected base64 with padding"),
        (ListOf(U8), "A P8=", "expected base64 with padding"),
        (ListOf(U8), "\ud800", "expected base64 with padding"),
        (ListOf(U8), [0, 255], "expected base64 text, got an array"),
        (TupleOf((U8, U8)), [1], "expected 2 items, got 1"),
        (RecordOf((("a", U8),)), {}, "missing: a"),
        (RecordOf((("a", U8),)), {"a": 1, "b\x1b": 2}, 'unknown name "b\\x1b"; known: a'),
        (VARIANT, {"tag": "none", "value": None}, "the case 'none' has exactly: tag"),
        (VARIANT, {"tag": "some"}, "the case 'some' has exactly: tag, value"),
        (VARIANT, {"tag": "many"}, 'no case "many"; known: none, some'),
        (VARIANT, "none", 'expected an object {"tag": ...}'),
        (EnumOf(("a",)), "b", 'no case "b"; known: a'),
        (EnumOf(("a",)), ["a"], "no case an array; known: a"),
        (FlagsOf(("r",)), ["r", "r"], "a flag is named twice"),
        (FlagsOf(("r",)), ["x"], 'no flag "x"; known: r'),
        (OptionOf(OptionOf(U8)), 5, 'expected null or {"some": ...}'),
        (ResultOf(U8, U8), {"ok": 1, "err": 1}, 'expected {"ok": ...} or {"err": ...}'),
        (ResultOf(None, None), {"ok": 0}, "expected null, got 0"),
        (Handle("own", "file"), 1, "a resource has no JSON"),
    ],
)
def test_each_mistake_is_named(t: WitType, found: Any, message: str) -> None:
    with pytest.raises(JsonMismatch) as caught:
        from_json(t, found)
    assert message in str(caught.value)


def test_the_path_leads_to_the_mistake() -> None:
    t = RecordOf((("items", ListOf(RecordOf((("name", U8),)))),))
    with pytest.raises(JsonMismatch) as caught:
        from_json(t, {"items": [{"name": 1}, {"name": 2}, {"name": 300}]}, path="arguments")
    assert str(caught.value) == "arguments.items[2].name: expected u8, got 300"
    assert caught.value.path == "arguments.items[2].name"


@pytest.mark.parametrize("name", ["f32", "f64"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cannot_say_is_not_written(name: str, value: float) -> None:
    with pytest.raises(JsonMismatch, match="which JSON does not have"):
        to_json(Prim(name), value)


def test_a_record_may_leave_out_options() -> None:
    t = RecordOf((("a", U8), ("b", OptionOf(TEXT))))
    assert from_json(t, {"a": 1}) == {"a": 1, "b": None}


def test_fields_come_in_declared_order() -> None:
    t = RecordOf((("b", U8), ("a", U8)))
    assert list(from_json(t, {"a": 1, "b": 2})) == ["b", "a"]
    assert from_json(FlagsOf(("b", "a")), ["a", "b"]) == ("b", "a")


def test_whole_floats_are_integers() -> None:
    assert from_json(U8, 7.0) == 7
    assert isinstance(from_json(U8, 7.0), int)
    with pytest.raises(JsonMismatch):
        from_json(U64, 2.0**60)


def test_a_type_nested_too_deeply_is_refused_both_ways() -> None:
    t: WitType = U8
    value: Any = 1
    for _ in range(70):
        t, value = TupleOf((t,)), [value]
    with pytest.raises(JsonMismatch, match="levels deep"):
        from_json(t, value)
    with pytest.raises(JsonMismatch, match="levels deep"):
        to_json(t, value)


def test_a_wrong_python_value_is_a_mismatch() -> None:
    for t, value in [(ListOf(TEXT), 5), (VARIANT, 5), (RecordOf((("a", U8),)), {}), (VARIANT, ())]:
        with pytest.raises(JsonMismatch, match="is no value of its type"):
            to_json(t, value)
