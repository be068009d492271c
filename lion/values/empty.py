"""Look here if you want to know what the emptiest value of a type is, for whoever has to answer
and has nothing to say.

Rule: it is of the type: no text, no element, zero, nothing, the first of several cases.
"""

from collections.abc import Mapping
from typing import Any, Final, assert_never

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

LONGEST: Final = 64
"""Characters of a text that a schema wants to have some."""
DEEPEST: Final = 16
"""Levels of a schema that are filled in: one may contain itself."""

_PLAIN: Final[Mapping[str, Any]] = {
    "string": "", "number": 0, "integer": 0, "boolean": False, "array": [], "null": None,
}  # fmt: skip


def empty_value(t: WitType | None) -> Any:
    """Of a WIT type, as values/wit.py has them. Raises TypeError for a resource."""
    match t:
        case None | OptionOf():
            return None
        case Prim(name):
            return {"bool": False, "char": " ", "string": "", "f32": 0.0, "f64": 0.0}.get(name, 0)
        case ListOf(element):
            return b"" if element == Prim("u8") else []
        case TupleOf(items):
            return tuple(map(empty_value, items))
        case RecordOf(fields):
            return {name: empty_value(one) for name, one in fields}
        case VariantOf(cases):
            return cases[0][0], empty_value(cases[0][1])
        case EnumOf(names):
            return names[0]
        case FlagsOf():
            return ()
        case ResultOf(ok, _):
            return "ok", empty_value(ok)
        case Handle():
            raise TypeError("a resource is made by whoever has it")
        case _:
            assert_never(t)


def empty_json(schema: Mapping[str, Any]) -> Any:
    """Of a JSON schema (2020-12), as far as it says; null where it says nothing."""
    return _empty(schema, schema.get("$defs", {}), DEEPEST)


def _empty(schema: Any, named: Mapping[str, Any], left: int) -> Any:
    if not isinstance(schema, Mapping) or not left:
        return None
    if "const" in schema:
        return schema["const"]
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    if "$ref" in schema:
        return _empty(named.get(str(schema["$ref"]).rpartition("/")[2]), named, left - 1)
    for word in ("anyOf", "oneOf", "allOf"):
        if schema.get(word):
            found = [_empty(one, named, left - 1) for one in schema[word]]
            return None if None in found else found[0]
    kinds = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
    if kind == "object":
        inner = schema.get("properties", {})
        return {n: _empty(inner.get(n), named, left - 1) for n in schema.get("required", ())}
    if kind == "array" and "prefixItems" in schema:
        return [_empty(one, named, left - 1) for one in schema["prefixItems"]]
    if kind == "string" and isinstance(least := schema.get("minLength"), int):
        return " " * min(max(least, 0), LONGEST)
    return _PLAIN.get(str(kind))
