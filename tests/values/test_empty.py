"""Look here if you want to know that the emptiest value of a type is of that type."""

from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lion.values.empty import empty_json, empty_value
from lion.values.json_schema import output_schema, type_schema
from lion.values.json_values import to_json
from lion.values.wit import (
    PRIMITIVES,
    EnumOf,
    FlagsOf,
    Function,
    Handle,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    TupleOf,
    VariantOf,
)

TYPES = st.recursive(
    st.one_of(
        st.sampled_from(PRIMITIVES).map(Prim), st.just(EnumOf(("a", "b"))),
        st.just(FlagsOf(("a", "b"))),
    ),
    lambda inner: st.one_of(
        inner.map(ListOf), inner.map(OptionOf),
        st.lists(inner, min_size=1, max_size=3).map(lambda many: TupleOf(tuple(many))),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda many: RecordOf(tuple((f"f{i}", one) for i, one in enumerate(many)))
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda many: VariantOf(tuple((f"c{i}", one) for i, one in enumerate(many)))
        ),
        st.tuples(inner, inner).map(lambda pair: ResultOf(*pair)),
    ),
    max_leaves=6,
)  # fmt: skip


@given(TYPES)
def test_it_is_of_its_type(t: Any) -> None:
    value = to_json(t, empty_value(t))
    jsonschema.validate(value, type_schema(t))


@example(Prim("char"))
@given(TYPES)
def test_json_of_a_schema_is_of_it(t: Any) -> None:
    schema = output_schema(Function((), t), {})
    jsonschema.validate(empty_json(schema), schema)


def test_a_resource_has_none() -> None:
    with pytest.raises(TypeError):
        empty_value(Handle("own", "file"))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, None),
        ({"type": "string"}, ""),
        ({"type": "string", "minLength": 1}, " "),
        ({"type": "string", "minLength": 10**9}, " " * 64),
        ({"type": ["integer", "null"]}, 0),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, ""),
        ({"const": 7}, 7),
        ({"enum": ["a", "b"]}, "a"),
        (
            {"type": "object", "properties": {"a": {"type": "array"}, "b": {}}, "required": ["a"]},
            {"a": []},
        ),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "boolean"}}}, False),
    ],
)
def test_a_schema(schema: dict[str, Any], value: Any) -> None:
    assert empty_json(schema) == value


def test_a_schema_that_contains_itself_ends() -> None:
    inner = {"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}, "required": ["x"]}
    assert "x" in empty_json({"$ref": "#/$defs/x", "$defs": {"x": inner}})
