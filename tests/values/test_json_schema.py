"""Look here if you want to know whether another reader of JSON schemas agrees with ours."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from lion.values.json_scalars import JsonMismatch
from lion.values.json_schema import input_schema, output_schema, type_schema
from lion.values.json_values import from_json, to_json
from lion.values.wit import Function, Handle, ListOf, OptionOf, Prim, ResultOf, TupleOf, WitType

from .wit_values import typed_values

Validator = jsonschema.Draft202012Validator


@given(typed_values)
def test_what_is_written_is_valid(pair: tuple[WitType, Any]) -> None:
    t, value = pair
    schema = type_schema(t)
    Validator.check_schema(schema)
    Validator(schema).validate(json.loads(json.dumps(to_json(t, value))))


@given(typed_values, typed_values)
def test_values_of_other_types_are_judged_alike(
    pair: tuple[WitType, Any], other: tuple[WitType, Any]
) -> None:
    written = to_json(*other)
    try:
        from_json(pair[0], written)
    except JsonMismatch:
        return
    Validator(type_schema(pair[0])).validate(written)


FIND = Function(
    (("text", Prim("string")), ("limit", OptionOf(Prim("u8")))),
    ResultOf(ListOf(Prim("string")), Prim("string")),
)


def test_the_schema_of_arguments() -> None:
    assert input_schema(FIND) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "limit": {
                "anyOf": [{"type": "integer", "minimum": 0, "maximum": 255}, {"type": "null"}]
            },
        },
        "required": ["text"],
        "additionalProperties": False,
    }
    validator = Validator(input_schema(FIND))
    assert validator.is_valid({"text": "a"})
    assert not validator.is_valid({"text": "a", "limit": 256})
    assert not validator.is_valid({"limit": 3})
    assert not validator.is_valid({"text": "a", "other": 1})


def test_the_schema_of_a_result_is_that_of_its_ok() -> None:
    assert output_schema(FIND)["type"] == "array"
    assert output_schema(Function((), None))["type"] == "null"
    assert output_schema(Function((), ResultOf(None, None)))["type"] == "null"


def test_a_tuple_has_exactly_its_items() -> None:
    validator = Validator(type_schema(TupleOf((Prim("u8"), Prim("bool")))))
    assert validator.is_valid([1, True])
    assert not validator.is_valid([1])
    assert not validator.is_valid([1, True, 2])


def test_what_has_no_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="has no JSON"):
        input_schema(Function((("file", Handle("own", "file")),), None))
    t: WitType = Prim("u8")
    for _ in range(70):
        t = ListOf(t)
    with pytest.raises(ValueError, match="levels deep"):
        output_schema(Function((), t))
