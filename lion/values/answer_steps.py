"""Look here if you want to know how many steps it can take to hold a value to a schema.

What checks is fast and cannot be interrupted, and there are schemas that double their work with
every level. So the most that it can take is counted first: each schema that applies to each value,
as if every branch were gone, with what was counted once not counted again.

Rule: the count is never less than the work; what is more than so many steps is not begun.
Rule: counting itself takes no more steps than it allows.
"""

from collections.abc import Iterator
from typing import Any, Final

from lion.values.subschemas import OUTSIDE, Subschemas

MOST_STEPS: Final = 200_000
"""A step is about a microsecond."""
DEEPEST: Final = 128
"""Levels of schema and value together."""
MOST_PATTERN: Final = 256 * 1024
"""Bytes of a pattern once it is compiled."""
_PRICES: Final = ((8 * 1024, 1), (64 * 1024, 10), (MOST_PATTERN, 32))
"""Steps that a character costs, by the size of the pattern."""
_AGAIN: Final = 3
"""How often what is `unevaluated` looks at the schemas beside it."""
_STANDARDS: Final = 100
"""Schemas of the standard's own that apply to each value of a schema."""


class TooMuch(ValueError):
    """The value takes more steps to check than it may."""


class Steps:
    """The steps that values take with one schema."""

    def __init__(self, subschemas: Subschemas) -> None:
        self._schemas = subschemas
        self._prices: dict[str, int] = {}
        self._sizes: dict[int, int] = {}
        self._counts: dict[tuple[int, int], int] = {}
        self.work = 0
        """What counting has taken so far."""

    def check(self, value: Any) -> None:
        """Raises TooMuch for a value that takes too many."""
        self._sizes.clear()
        self._counts.clear()
        self.work = 0
        try:
            self._count(self._schemas.root, value, 0)
        except RecursionError:
            raise TooMuch("it is nested too deeply to be checked") from None

    def _spend(self, steps: int) -> None:
        self.work += steps
        if self.work > MOST_STEPS:
            raise _too_many()

    def _count(self, schema: Any, value: Any, depth: int) -> int:
        self._spend(1)
        if not isinstance(schema, dict):
            return 1
        key = (id(schema), id(value))
        known = self._counts.get(key)
        if known is not None:
            return known
        if depth > DEEPEST:
            raise TooMuch("the schema leads around and around, or too deep")
        self._counts[key] = 1  # What leads back to itself is not followed again.
        steps = self._own(schema, value)
        again = _AGAIN if _has_unevaluated(schema) else 1
        for inner in self._beside(schema, value):
            steps += again * self._count(inner, value, depth + 1)
        for inner, part in _below(schema, value):
            steps += self._count(inner, part, depth + 1)
        if steps > MOST_STEPS:
            raise _too_many()
        self._counts[key] = steps
        return steps

    def _beside(self, schema: dict[str, Any], value: Any) -> Iterator[Any]:
        """Schemas that apply to the same value."""
        for key in ("allOf", "anyOf", "oneOf"):
            yield from schema.get(key, ())
        for key in ("not", "if", "then", "else"):
            if key in schema:
                yield schema[key]
        if isinstance(value, dict):
            yield from schema.get("dependentSchemas", {}).values()
        yield from self._schemas.targets(schema)

    def _own(self, schema: dict[str, Any], value: Any) -> int:
        """What the keywords take that apply nothing further."""
        if schema is OUTSIDE:
            return _STANDARDS * self._size(value)
        steps = 1
        for key in ("enum", "const"):
            if key in schema:
                steps += self._size(schema[key])
        if isinstance(value, dict):
            self._spend(len(value) + len(schema.get("patternProperties", ())))
            names = sum(map(len, value))
            steps += (
                len(value) + len(schema.get("required", ())) + len(schema.get("properties", ()))
            )
            steps += sum(map(len, schema.get("dependentRequired", {}).values()))
            steps += sum(self._price(one) * names for one in schema.get("patternProperties", ()))
        elif isinstance(value, list) and schema.get("uniqueItems"):
            steps += 8 * self._size(value)
        elif isinstance(value, str) and "pattern" in schema:
            steps += self._price(schema["pattern"]) * len(value)
        return steps

    def _size(self, value: Any) -> int:
        """How many values it consists of."""
        known = self._sizes.get(id(value))
        if known is None:
            inner = value.values() if isinstance(value, dict) else value
            nested = isinstance(value, dict | list)
            known = 1 + (sum(map(self._size, inner)) if nested else 0)
            self._spend(1)
            self._sizes[id(value)] = known
        return known

    def _price(self, pattern: str) -> int:
        """Steps of one character with a pattern that was accepted."""
        if pattern not in self._prices:
            self._prices[pattern] = next(
                (price for size, price in _PRICES if _fits(pattern, size)), _PRICES[-1][1]
            )
        return self._prices[pattern]


def _below(schema: dict[str, Any], value: Any) -> Iterator[tuple[Any, Any]]:
    """Schemas that apply to parts of a value, each with the part."""
    if isinstance(value, list):
        prefix = schema.get("prefixItems", [])
        yield from zip(prefix, value, strict=False)
        for key, first in (("items", len(prefix)), ("contains", 0), ("unevaluatedItems", 0)):
            if key in schema:
                yield from ((schema[key], item) for item in value[first:])
    elif isinstance(value, dict):
        properties = schema.get("properties", {})
        yield from ((one, value[name]) for name, one in properties.items() if name in value)
        for one in schema.get("patternProperties", {}).values():
            yield from ((one, part) for part in value.values())
        if "additionalProperties" in schema:
            one = schema["additionalProperties"]
            yield from ((one, part) for name, part in value.items() if name not in properties)
        if "unevaluatedProperties" in schema:
            yield from ((schema["unevaluatedProperties"], part) for part in value.values())
        if "propertyNames" in schema:
            yield from ((schema["propertyNames"], name) for name in value)


def _has_unevaluated(schema: dict[str, Any]) -> bool:
    return "unevaluatedProperties" in schema or "unevaluatedItems" in schema


def _fits(pattern: str, size: int) -> bool:
    """Whether a pattern, compiled, is of at most so many bytes."""
    from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

    try:
        Draft202012Validator(
            {"pattern": pattern}, pattern_options=RegexOptions(size_limit=size), offline=True
        )
    except ValidationError:
        return False
    return True


def _too_many() -> TooMuch:
    return TooMuch("it takes more steps to check than it may")
