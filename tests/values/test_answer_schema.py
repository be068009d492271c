"""Look here if you want to know that values are held to schemas as the standard says, and that no
schema holds up the host.
"""

import contextlib
import copy
import json
import lzma
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.values.answer_schema import BadSchema, TooMuch, check_schema, find_fault, hold_to
from lion.values.answer_steps import MOST_STEPS, Steps
from lion.values.subschemas import Subschemas

SUITE = json.loads(lzma.decompress((Path(__file__).parent / "schema_suite.json.xz").read_bytes()))
"""JSON-Schema-Test-Suite (MIT), draft 2020-12, with its licence."""

UNSUPPORTED = {
    "refRemote": "what is fetched from elsewhere: a schema is whole, or refused",
    "dynamicRef": "five groups fetch schemas from elsewhere",
    "vocabulary": "dialects of their own, which are refused",
    "optional/cross-draft": "one fetches a schema of an older draft",
    "optional/format-assertion": "dialects of their own; `format` says and checks nothing",
    "optional/refOfUnknownKeyword": "references to what the standard does not call a schema",
}
"""Files of the suite of which some groups are refused when the schema is given, and why."""
REFUSED = {
    "refRemote": 31, "dynamicRef": 13, "vocabulary": 5, "optional/cross-draft": 1,
    "optional/format-assertion": 4, "optional/refOfUnknownKeyword": 6,
}  # fmt: skip


def run_suite(name: str) -> tuple[int, int, list[str]]:
    """How many cases of a file are right and refused, and which are wrong."""
    right, refused, wrong = 0, 0, []
    for group in SUITE["files"][name]:
        try:
            held = hold_to(group["s"])
        except BadSchema:
            refused += len(group["t"])
            continue
        for words, value, is_valid in group["t"]:
            if (held.find_fault(value) is None) is is_valid:
                right += 1
            else:
                wrong.append(f"{name}: {group['d']}: {words}")
    return right, refused, wrong


def test_the_standards_own_suite() -> None:
    total, required = 0, 0
    for name in SUITE["files"]:
        right, refused, wrong = run_suite(name)
        assert wrong == []
        assert refused == REFUSED.get(name, 0), name
        total += right
        required += 0 if name.startswith("optional/") else right
    assert (required, total) == (1_208, 1_355)
    assert REFUSED.keys() == UNSUPPORTED.keys()


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
    named = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    optional: dict[str, Any] = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3), "const": VALUES,
        "allOf": some, "anyOf": some, "oneOf": some, "not": inner,
        "if": inner, "then": inner, "else": inner, "contains": inner, "propertyNames": inner,
        "properties": named, "dependentSchemas": named, "additionalProperties": inner,
        "unevaluatedProperties": inner, "unevaluatedItems": inner,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$"]), inner, max_size=2),
        "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
        "prefixItems": some, "items": inner, "uniqueItems": st.booleans(),
        "minimum": NUMBERS, "maximum": NUMBERS, "exclusiveMinimum": NUMBERS,
        "multipleOf": st.sampled_from([1, 2, 0.5]), "pattern": st.sampled_from(["^a", "[bé]"]),
        "minLength": st.integers(0, 2), "maxItems": st.integers(0, 2),
        "maxProperties": st.integers(0, 2), "$ref": st.just("#/$defs/one"),
    }  # fmt: skip
    return st.dictionaries(st.sampled_from(sorted(optional)), st.none(), max_size=3).flatmap(
        lambda chosen: st.fixed_dictionaries({key: optional[key] for key in chosen})
    )


SCHEMAS = st.recursive(st.booleans() | st.just({}), _schemas, max_leaves=6)


@given(SCHEMAS, SCHEMAS.filter(lambda one: "$ref" not in str(one)), VALUES)
def test_what_follows_is_what_another_checker_says(schema: Any, one: Any, value: Any) -> None:
    if isinstance(schema, dict):
        schema = {**schema, "$defs": {"one": one}}
    theirs = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (find_fault(schema, value) is None) is theirs, (schema, value)


@pytest.mark.parametrize(
    ("schema", "value", "fault"),
    [
        ({"type": "object", "required": ["a"]}, {}, '$: "a" is a required property'),
        ({"properties": {"a": {"items": {"type": "string"}}}}, {"a": ["x", 1]},
         '$.a[1]: it is not of type "string"'),
        ({"enum": [1, "a"]}, True, '$: it is not one of 1 or "a"'),
        ({"properties": {"n": {"maximum": 9}}}, {"n": 12},
         "$.n: it is greater than the maximum of 9"),
        ({"type": "string"}, "\ud800", "$: it is no JSON: "),
    ],
)  # fmt: skip
def test_a_fault_says_where_and_never_what(schema: Any, value: Any, fault: str) -> None:
    assert (find_fault(schema, value) or "").startswith(fault)


def test_a_fault_is_short_whatever_the_answer_holds() -> None:
    schema = {"additionalProperties": False}
    assert len(find_fault(schema, {"x" * 100_000: 1}) or "") <= 300
    assert "\x1b" not in (find_fault(schema, {"\x1b[2J": 1}) or "")


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("text", "the schema is neither a table nor true or false"),
        ({"pattern": "(?=a)b"}, "the schema.pattern: it is no pattern that is matched in linear"),
        ({"patternProperties": {r"(a)\1": {}}}, "is matched in linear time"),
        ({"pattern": "(a{1000}){1000}"}, "is matched in linear time"),
        ({"anyOf": []}, "the schema.anyOf: it has less than 1 item"),
        ({"items": [{}]}, "the schema.items: it is not of types"),
        ({"type": "text"}, "the schema.type: it is no type: array, boolean, integer"),
        ({"minimum": "1"}, "the schema.minimum: it is not of type"),
        ({"multipleOf": 0}, "the schema.multipleOf: it is less than or equal"),
        ({"$ref": "https://example.com/s"}, "is not part of it; write it under $defs"),
        ({"$ref": "file:///etc/passwd"}, "is not part of it; write it under $defs"),
        ({"$ref": "#/$defs/none"}, "'/$defs/none' does not exist"),
        ({"$ref": "#/default", "default": {}}, "'#/default' leads to no schema of it"),
        ({"$id": "http://[bad"}, "Invalid URI reference"),
        ({"$schema": "https://example.com/dialect"}, "names a dialect that is not checked"),
        ({"title": "\ud800"}, "the schema is none"),
        ({"allOf": [{}] * 10_001}, "consists of more than 10,000 schemas"),
    ],
)
def test_what_would_not_be_checked_is_refused(schema: Any, words: str) -> None:
    with pytest.raises(BadSchema) as caught:
        check_schema(schema)
    assert words in str(caught.value)


def test_a_deep_schema_is_refused() -> None:
    schema: Any = {}
    for _ in range(5_000):
        schema = {"items": schema}
    with pytest.raises(BadSchema, match="more than 128 levels"):
        check_schema(schema)


LISTS: Any = {"type": "array", "items": {"$ref": "#"}}
HARD: Any = {"anyOf": [{"type": "string"}, LISTS, LISTS, LISTS, LISTS]}


def doubling(levels: int) -> Any:
    """Twice the work with every definition."""
    defs: dict[str, Any] = {
        f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(levels)
    }
    return {"$ref": "#/$defs/a0", "$defs": {**defs, f"a{levels}": {"type": "integer"}}}


def unevaluated(levels: int) -> Any:
    """Five times the work with every level."""
    if not levels:
        return {"properties": {"a": True}}
    return {"unevaluatedProperties": False, "allOf": [unevaluated(levels - 1)] * 2}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


SLOW_PATTERN: Any = {"items": {"pattern": "(a|b)*a[ab]{500}c"}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (doubling(40), 1),
        (HARD, nested(30)),
        (unevaluated(12), {"a": 1}),
        (SLOW_PATTERN, ["ab" * 50_000] * 50),
        ({"items": {"enum": [[f"a{n}"] for n in range(3_000)]}}, [["b"]] * 100_000),
        ({"items": {"required": [f"a{n}" for n in range(3_000)]}}, [{}] * 10_000),
        (LISTS, nested(5_000)),
    ],
)
def test_what_would_take_too_long_is_not_begun(schema: Any, value: Any) -> None:
    """The first takes days without the count, the second minutes."""
    held = hold_to(schema)
    with pytest.raises(TooMuch):
        held.find_fault(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [({"$ref": "#"}, 1), ({"$dynamicRef": "#a", "$dynamicAnchor": "a"}, [1]),
     ({"multipleOf": 1e-300}, 1e300), ({"type": "integer"}, 10**4_000)],
)  # fmt: skip
def test_what_leads_round_comes_to_an_end(schema: Any, value: Any) -> None:
    with contextlib.suppress(TooMuch):
        find_fault(schema, value)


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ({"allOf": [{"properties": {"a": {"minimum": n}}} for n in range(200)]}, {"a": 1}),
        ({"allOf": [True] * 10_000}, "a"),
        ({"anyOf": [{"minProperties": n} for n in range(200)]}, {str(n): n for n in range(200)}),
    ],
)
def test_counting_takes_no_more_than_it_allows(inner: Any, value: Any) -> None:
    """Hundreds of schemas that apply to ten thousand values: not all pairs are looked at."""
    steps = Steps(Subschemas({"items": inner}))
    with pytest.raises(TooMuch):
        steps.check([copy.deepcopy(value) for _ in range(10_000)])
    assert steps.work <= MOST_STEPS + 3_000
