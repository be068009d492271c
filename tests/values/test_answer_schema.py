"""Look here if you want to know that answers are held to schemas as the standard says, and that no
schema holds up the host.
"""

import contextlib
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.values.answer_checks import CHECKS, TooMuch, find_fault
from lion.values.answer_schema import ANNOTATIONS, BadSchema, check_schema

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.sampled_from([0.0, 1.5, 2.0, "", "a", "é"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
NUMBERS = st.integers(0, 4) | st.sampled_from([0.5, 1.0])


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    optional: dict[str, Any] = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "allOf": some, "anyOf": some, "oneOf": some, "not": inner,
        "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        "additionalProperties": inner,
        "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
        "prefixItems": some, "items": inner, "uniqueItems": st.booleans(),
        "minimum": NUMBERS, "maximum": NUMBERS, "exclusiveMinimum": NUMBERS,
        "exclusiveMaximum": NUMBERS, "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": st.integers(0, 2), "maxLength": st.integers(0, 2),
        "minItems": st.integers(0, 2), "maxItems": st.integers(0, 2),
        "minProperties": st.integers(0, 2), "maxProperties": st.integers(0, 2),
        "$ref": st.just("#/$defs/one"),
        "title": st.just("x"), "format": st.just("date"),
    }  # fmt: skip
    return st.dictionaries(st.sampled_from(sorted(optional)), st.none(), max_size=3).flatmap(
        lambda chosen: st.fixed_dictionaries({key: optional[key] for key in chosen})
    )


SCHEMAS = st.recursive(st.booleans() | st.just({}), _schemas, max_leaves=6)


@given(SCHEMAS, SCHEMAS.filter(lambda one: "$ref" not in str(one)), VALUES)
def test_what_follows_is_what_another_checker_says(schema: Any, one: Any, value: Any) -> None:
    if isinstance(schema, dict):
        schema = {**schema, "$defs": {"one": one}}
    if "$ref" in str(schema) and not isinstance(schema, dict):
        return
    check_schema(schema)
    theirs = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (find_fault(schema, value) is None) is theirs, (schema, value)


@pytest.mark.parametrize(
    ("schema", "value", "fault"),
    [
        ({"type": "object", "required": ["a"]}, {}, "$.a is missing"),
        ({"properties": {"a": {"items": {"type": "string"}}}}, {"a": ["x", 1]},
         "$.a[1] should be string"),
        ({"additionalProperties": False}, {"x": 1}, "$.x may not be there"),
        ({"enum": [1, "a"]}, True, "$ is none of what is listed"),
        ({"type": ["null", "integer"]}, "1", "$ should be null or integer"),
        ({"multipleOf": 0.1}, 0.35, "$ should be a multiple of 0.1"),
        ({"const": [1]}, [True], "$ is not what it has to be"),
    ],
)  # fmt: skip
def test_a_fault_says_where(schema: Any, value: Any, fault: str) -> None:
    check_schema(schema)
    assert find_fault(schema, value) == fault


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"pattern": "(a+)+$"}, "the schema.pattern is not checked"),
        ({"properties": {"a": {"patternProperties": {}}}}, "the schema.properties.a.patternP"),
        ({"anyOf": []}, "the schema.anyOf is no list of schemas"),
        ({"items": [{}]}, "the schema.items is neither a table"),
        ({"type": "text"}, "the schema.type is not as a schema has it"),
        ({"minimum": "1"}, "the schema.minimum is not"),
        ({"required": "a"}, "the schema.required is not"),
        ({"multipleOf": 0}, "the schema.multipleOf is not"),
        ({"$ref": "https://example.com/s"}, "the schema.$ref is not"),
        ({"$ref": "#/$defs/none"}, "the schema.$ref is not"),
        ({"$ref": "#/default", "default": {"pattern": "x"}}, "the schema.$ref is not"),
        ({"$defs": {"a": {"pattern": "x"}}}, "the schema.$defs.a.pattern is not checked"),
        ({"if": {}}, "the schema.if is not checked"),
    ],
)
def test_what_would_not_be_checked_is_refused(schema: Any, words: str) -> None:
    with pytest.raises(BadSchema) as caught:
        check_schema(schema)
    assert words in str(caught.value)


def test_every_keyword_is_checked_or_says_nothing() -> None:
    assert not CHECKS.keys() & ANNOTATIONS


ROUND: Any = {"$ref": "#"}
WIDE: Any = {"anyOf": [{"type": "string"}, {"items": {"$ref": "#"}}, {"items": {"$ref": "#"}},
                       {"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]}  # fmt: skip
MANY: Any = {"items": {"enum": [f"a{n}" for n in range(3_000)]}}
LONG: Any = {"items": {"required": [f"a{n}" for n in range(3_000)]}}


LISTS: Any = {"type": "array", "items": {"$ref": "#"}}
HARD: Any = {"anyOf": [{"type": "string"}, LISTS, LISTS, LISTS, LISTS]}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (ROUND, 1),
        (WIDE, nested(30)),
        (HARD, nested(30)),
        (WIDE, nested(400)),
        ({"const": 1}, nested(400)),
        (MANY, ["a1"] * 100_000),
        (LONG, [{}] * 10_000),
        ({"uniqueItems": True}, [[n] for n in range(50_000)]),
        ({"multipleOf": 1e-300}, 1e300),
    ],
)
def test_no_schema_takes_for_ever(schema: Any, value: Any) -> None:
    """Without bounds some of these take hours; that it comes to an end is what is shown."""
    check_schema(schema)
    with contextlib.suppress(TooMuch):
        find_fault(schema, value)
