"""Look here if you want to know which JSON schemas a model's answer can be held to.

Draft 2020-12, as far as an answer needs it: types, objects, arrays, numbers, lengths,
enumerations, combinations, and references to `$defs` of the schema itself.

Rule: a schema comes from a guest: nothing of it is fetched, run or compiled.
Rule: what would not be checked is refused when it is asked, and never passed over. `pattern` is
among that: a regular expression can take for ever.
"""

from typing import Any, Final

from lion.values.answer_checks import CHECKS, find_definition, is_number

ANNOTATIONS: Final = frozenset(
    {
        "$schema", "$id", "$comment", "$defs", "definitions", "$anchor", "title", "description",
        "default", "examples", "deprecated", "readOnly", "writeOnly", "format", "contentEncoding",
        "contentMediaType",
    }
)  # fmt: skip
"""What says nothing that could be broken (`format` is one by the standard)."""

_NUMBERS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_ONE = ("not", "items", "additionalProperties")
_TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")


class BadSchema(ValueError):
    """The schema is none, or says what is not checked here; the sentence says where."""


def check_schema(schema: Any) -> None:
    """Look at a whole schema before it is used. Raises BadSchema."""
    todo: list[tuple[str, Any]] = [("the schema", schema)]
    root = schema
    while todo:
        where, one = todo.pop()
        if isinstance(one, bool):
            continue
        if not isinstance(one, dict):
            raise BadSchema(f"{where} is neither a table nor true or false")
        for key, value in one.items():
            todo += _inner(f"{where}.{key}", key, value, root)


def _inner(where: str, key: str, value: Any, root: Any) -> list[tuple[str, Any]]:
    """The schemas inside a keyword's value. Raises BadSchema."""
    if key in ("$defs", "definitions", "properties"):
        if not isinstance(value, dict):
            raise BadSchema(f"{where} is no table")
        return [(f"{where}.{name}", inner) for name, inner in value.items()]
    if key in _LISTS:
        if not isinstance(value, list) or not value:
            raise BadSchema(f"{where} is no list of schemas")
        return [(f"{where}[{place}]", inner) for place, inner in enumerate(value)]
    if key in _ONE:
        return [(where, value)]
    if not _is_sound(key, value, root):
        raise BadSchema(f"{where} is not as a schema has it")
    if key not in CHECKS and key not in ANNOTATIONS:
        raise BadSchema(f"{where} is not checked by this host; leave {key!r} out")
    return []


def _is_sound(key: str, value: Any, root: Any) -> bool:
    match key:
        case "type":
            kinds = value if isinstance(value, list) else [value]
            return bool(kinds) and all(kind in _TYPES for kind in kinds)
        case "enum":
            return isinstance(value, list)
        case "required":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case "$ref":
            return find_definition(root, value) is not None
        case "multipleOf":
            return is_number(value) and value > 0
        case "uniqueItems":
            return isinstance(value, bool)
        case _ if key in _NUMBERS:
            return is_number(value)
        case _:
            return True
