"""Look here if you want to know how the JSON schemas for editors are made.

Rule: `lion schema` prints what is committed as manifest.schema.json; a test holds them together.
Rule: they see a file before its variables are filled in, so text with `${name}` fits everywhere.
"""

import json
from typing import Any, Final

from pydantic import BaseModel

from lion.manifest.meanings import ABSENT, MEANINGS, NEEDED, NONE, Key
from lion.manifest.policy_tables import PolicyTable
from lion.manifest.script import ScriptTable
from lion.manifest.tables import ManifestTable

KINDS: Final[dict[str, type[BaseModel]]] = {
    "manifest": ManifestTable,
    "policy": PolicyTable,
    "answers": ScriptTable,
}
"""The files that have a schema, by what a person calls them."""


def build_schema(kind: str) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a kind of file, one of KINDS, as plain values."""
    schema = _tidy(KINDS[kind].model_json_schema(by_alias=True))
    for table, keys in MEANINGS.items():
        is_root = table is KINDS[kind]
        found = schema if is_root else schema.get("$defs", {}).get(table.__name__)
        if found is not None:
            _describe(found["properties"], keys, has_defaults=kind != "policy")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def render_schema(kind: str) -> str:
    """A schema as the text that is printed and committed."""
    return json.dumps(build_schema(kind), indent=2) + "\n"


def _describe(properties: dict[str, Any], keys: dict[str, Key], *, has_defaults: bool) -> None:
    """Say at each key what it means, which editors show. A policy has no defaults."""
    for name, key in keys.items():
        is_told = has_defaults and key.default not in (NEEDED, NONE, ABSENT)
        fallback = f" (default: {key.default})" if is_told else ""
        properties[name]["description"] = f"{key.text[:1].upper()}{key.text[1:]}{fallback}."


def _tidy(schema: Any) -> Any:
    """Drop what pydantic adds: null (TOML has none), placeholder defaults, titles, other keys."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema if item != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    tidy = {
        key: _tidy(value)
        for key, value in schema.items()
        if key not in ("default", "propertyNames", "title")
    }
    if "patternProperties" in tidy:
        tidy["additionalProperties"] = False
    only = tidy.get("anyOf", ())
    if len(only) == 1:
        del tidy["anyOf"]
        tidy.update(only[0])
    return tidy
