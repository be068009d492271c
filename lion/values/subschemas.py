"""Look here if you want to know which schemas a JSON schema consists of, and where its references
lead.

Rule: a schema that is large or deep is refused before anything is made of it.
Rule: a reference leads to a place within the schema, or to the standard's own, or nowhere.
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote, urljoin

MOST_SCHEMAS: Final = 10_000
DEEPEST: Final = 128
"""Levels of a schema as a JSON text has them."""

MAPS: Final = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
ONES: Final = (
    "not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
)  # fmt: skip
_STANDARD: Final = "https://json-schema.org/draft/2020-12/"
"""The schemas of schemas, which every validator has."""

Schema = dict[str, Any] | bool
OUTSIDE: Final[Schema] = {"title": "a schema of the standard's own"}


class BadSchema(ValueError):
    """The schema is none, or says what is not checked here; the sentence says where."""


class Subschemas:
    """A schema, looked through once. `root` is it without what it says of its own dialect."""

    def __init__(self, schema: Any) -> None:
        """Raises BadSchema."""
        if not isinstance(schema, dict | bool):
            raise BadSchema("the schema is neither a table nor true or false")
        _check_depth(schema)
        self.root: Schema = schema
        if isinstance(schema, dict):
            _check_dialect(schema.get("$schema", _STANDARD))
            self.root = {key: value for key, value in schema.items() if key != "$schema"}
        self._bases: dict[int, str] = {}
        self._resources: dict[str, Any] = {}
        self._anchors: dict[tuple[str, str], Any] = {}
        self._dynamic: dict[str, list[Any]] = {}
        self._all: list[dict[str, Any]] = []
        self._walk()

    def _walk(self) -> None:
        todo: list[tuple[Any, str]] = [(self.root, "")]
        self._resources[""] = self.root
        while todo:
            schema, base = todo.pop()
            if not isinstance(schema, dict):
                continue
            if len(self._all) >= MOST_SCHEMAS:
                raise BadSchema(f"the schema consists of more than {MOST_SCHEMAS:,} schemas")
            base = self._enter(schema, base)
            self._all.append(schema)
            todo += [(inner, base) for inner in inner_schemas(schema)]

    def check_references(self) -> None:
        """Raises BadSchema for one that leads to no schema of it."""
        for schema in self._all:
            list(self.targets(schema))

    def _enter(self, schema: dict[str, Any], base: str) -> str:
        """Note a schema's names; the base of references in it."""
        if isinstance(name := schema.get("$id"), str):
            base = _join(base, name).partition("#")[0]
            self._resources.setdefault(base, schema)
        self._bases[id(schema)] = base
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(anchor := schema.get(key), str):
                self._anchors.setdefault((base, anchor), schema)
                if key == "$dynamicAnchor":
                    self._dynamic.setdefault(anchor, []).append(schema)
        return base

    def targets(self, schema: dict[str, Any]) -> Iterator[Any]:
        """The schemas that a schema's references can lead to. Raises BadSchema."""
        base = self._bases.get(id(schema), "")
        for key in ("$ref", "$dynamicRef"):
            reference = schema.get(key)
            if isinstance(reference, str):
                yield self._find(base, reference)
                if key == "$dynamicRef":
                    yield from self._dynamic.get(reference.partition("#")[2], ())

    def _find(self, base: str, reference: str) -> Any:
        resource, _, fragment = _join(base, reference).partition("#")
        found = self._resources.get(resource)
        if found is None and resource.startswith(_STANDARD):
            if "meta" in self._dynamic:
                raise BadSchema("the schema changes what the standard's own schemas mean")
            return OUTSIDE
        if fragment.startswith("/"):
            found = _point(found, unquote(fragment))
        elif fragment:
            found = self._anchors.get((resource, unquote(fragment)))
        if not isinstance(found, bool) and id(found) not in self._bases:
            raise BadSchema(f"the schema's reference {reference[:200]!r} leads to no schema of it")
        return found


def inner_schemas(schema: dict[str, Any]) -> Iterator[Any]:
    """What of a schema are schemas again."""
    for key in MAPS:
        if isinstance(table := schema.get(key), dict):
            yield from table.values()
    for key in LISTS:
        if isinstance(listed := schema.get(key), list):
            yield from listed
    for key in ONES:
        if key in schema:
            yield schema[key]


def _join(base: str, reference: str) -> str:
    """Raises BadSchema."""
    if reference.startswith("#"):
        return base + reference
    try:
        return urljoin(base, reference)
    except ValueError:
        raise BadSchema(f"the schema's {reference[:200]!r} is no reference") from None


def _point(found: Any, pointer: str) -> Any:
    """What a JSON pointer leads to (RFC 6901); None if nothing."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and key.isdecimal() and int(key[:9]) < len(found):
            found = found[int(key[:9])]
        else:
            return None
    return found


def _check_dialect(name: Any) -> None:
    """Raises BadSchema."""
    parts = name.partition("://") if isinstance(name, str) else ("", "", "")
    if parts[0] not in ("http", "https") or not parts[2].startswith("json-schema.org/"):
        raise BadSchema("the schema.$schema names a dialect that is not checked; leave it out")


def _check_depth(schema: dict[str, Any] | bool) -> None:
    """Raises BadSchema."""
    level: list[Any] = [schema]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _parts(one)]
        if not level:
            return
    raise BadSchema(f"the schema is nested more than {DEEPEST} levels deep")


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        yield from (one for one in inner if isinstance(one, dict | list))
