"""Look here if you want to know how the JSON schema of a manifest is made for editors.

Rule: `python -m lion.manifest.schema` prints what is committed as manifest.schema.json.
Rule: it sees a file before its variables are filled in, so text with `${name}` fits everywhere.
"""

import json
import sys
from typing import Any

from lion.manifest.tables import ManifestTable


def manifest_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a manifest as plain values."""
    schema = _tidy(ManifestTable.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def render_schema() -> str:
    """The schema as the text that is committed."""
    return json.dumps(manifest_schema(), indent=2) + "\n"


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


if __name__ == "__main__":
    sys.stdout.write(render_schema())
