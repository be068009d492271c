"""Look here if you want to know how a schema is told to a server that knows fewer keywords.

Rule: what is left out of what a server is told, the host still holds an answer to: the schema that
counts is the guest's (structured.py).
Rule: only keywords are left out: a member that has the name of one stays.
"""

from collections.abc import Callable, Collection
from typing import Any, Final

STRICT: Final = frozenset(
    {
        "type", "properties", "required", "items", "enum", "const", "anyOf", "allOf", "$ref",
        "$defs", "definitions", "description", "title", "format", "additionalProperties",
    }
)  # fmt: skip
"""What Anthropic's structured outputs know."""
_FORMATS: Final = frozenset(
    {
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6",
        "uuid",
    }
)  # fmt: skip
_MAPS: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Keywords whose members are schemas by names of their own."""
_LISTS: Final = ("anyOf", "allOf", "oneOf", "prefixItems")
_SINGLE: Final = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
    "unevaluatedProperties", "unevaluatedItems",
)  # fmt: skip

Change = Callable[[dict[str, Any]], dict[str, Any]]


def trimmed(schema: dict[str, Any], omit: Collection[str]) -> dict[str, Any]:
    """The schema without these keywords, at any depth; a `const` becomes an `enum` of one."""
    if not omit:
        return schema

    def change(one: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in one.items() if key not in omit}
        if "const" in one and "const" in omit and "enum" not in one:
            kept["enum"] = [one["const"]]
        return kept

    return _mapped(schema, change)


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema in the words of strict servers: objects have no members but those named."""
    return _mapped(schema, _strict)


def _strict(one: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in one.items() if key in STRICT}
    if "oneOf" in one and "anyOf" not in kept:
        kept["anyOf"] = one["oneOf"]
    if "format" in kept and kept["format"] not in _FORMATS:
        del kept["format"]
    if "object" in _types(one) or "properties" in one:
        kept |= {"type": "object", "additionalProperties": False}
        kept.setdefault("properties", {})
    return kept


def _types(one: dict[str, Any]) -> Collection[Any]:
    said = one.get("type")
    return said if isinstance(said, list) else (said,)


def _mapped(schema: dict[str, Any], change: Change) -> dict[str, Any]:
    """Every schema within a schema, changed, the outermost first."""
    changed = change(schema)
    for key in _MAPS:
        if isinstance(members := changed.get(key), dict):
            changed[key] = {name: _each(one, change) for name, one in members.items()}
    for key in _LISTS:
        if isinstance(several := changed.get(key), list):
            changed[key] = [_each(one, change) for one in several]
    for key in _SINGLE:
        if key in changed:
            changed[key] = _each(changed[key], change)
    return changed


def _each(one: Any, change: Change) -> Any:
    return _mapped(one, change) if isinstance(one, dict) else one
