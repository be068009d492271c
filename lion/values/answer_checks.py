"""Look here if you want to know how a value is held to a JSON schema, keyword by keyword.

Rule: checking takes so many steps and no more, whatever schema and value are made of.
"""

import math
from collections.abc import Callable, Iterator, Sized
from fractions import Fraction
from typing import Any, Final

MOST_STEPS: Final = 200_000
DEEPEST: Final = 96
"""Levels of schema and value together."""

Schema = dict[str, Any] | bool
Faults = Iterator[str]


class TooMuch(ValueError):
    """The value takes more steps to check than it may."""


def find_fault(schema: Schema, value: Any) -> str | None:
    """Where and how a value does not follow a schema that was checked; None if it does.

    `value` is as a JSON reader gives it. Raises TooMuch.
    """
    try:
        return next(Checking(schema).faults(schema, value, "$", 0), None)
    except RecursionError:
        raise TooMuch("it is nested too deeply to be checked") from None


class Checking:
    """One value against one schema, in so many steps."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._steps = 0
        self._known: dict[int, frozenset[Any]] = {}
        self._consts: dict[int, Any] = {}

    def spend(self, steps: int) -> None:
        """Raises TooMuch."""
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise TooMuch("it takes more steps to check than it may")

    def listed(self, values: list[Any]) -> frozenset[Any]:
        """The values of an enumeration of the schema, which are looked through once."""
        if id(values) not in self._known:
            self._known[id(values)] = frozenset(map(_plain, values))
        return self._known[id(values)]

    def const(self, schema: dict[str, Any]) -> Any:
        """The one value a schema says, looked through once."""
        known = self._consts
        if id(schema) not in known:
            known[id(schema)] = _plain(schema["const"])
        return known[id(schema)]

    def faults(self, schema: Any, value: Any, at: str, depth: int) -> Faults:
        """Where and how the value does not follow, one after the other. Raises TooMuch."""
        self.spend(1)
        if depth > DEEPEST:
            raise TooMuch("the schema leads around and around, or too deep")
        if schema is False:
            yield f"{at} may not be there"
        if isinstance(schema, dict):
            for key, said in schema.items():
                if check := CHECKS.get(key):
                    yield from check(self, schema, said, value, at, depth + 1)

    def follows(self, schema: Any, value: Any, at: str, depth: int) -> bool:
        """Whether there is no fault. Raises TooMuch."""
        return next(self.faults(schema, value, at, depth), None) is None


Check = Callable[[Checking, Any, Any, Any, str, int], Faults]


def _type(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    kinds = said if isinstance(said, list) else [said]
    if not any(_is_a(kind, value) for kind in kinds):
        yield f"{at} should be {' or '.join(kinds)}"


def _enum(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    if _plain(value) not in check.listed(said):
        yield f"{at} is none of what is listed"


def _const(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    if _plain(value) != check.const(schema):
        yield f"{at} is not what it has to be"


def _ref(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    yield from check.faults(find_definition(check.root, said), value, at, depth)


def _all_of(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    for one in said:
        yield from check.faults(one, value, at, depth)


def _any_of(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    if not any(check.follows(one, value, at, depth) for one in said):
        yield f"{at} follows none of anyOf"


def _one_of(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    count = sum(check.follows(one, value, at, depth) for one in said)
    if count != 1:
        yield f"{at} follows {count} of oneOf and should follow one"


def _not(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    if check.follows(said, value, at, depth):
        yield f"{at} follows what it should not"


def _properties(
    check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int
) -> Faults:
    if isinstance(value, dict):
        check.spend(len(said))
        for name, one in said.items():
            if name in value:
                yield from check.faults(one, value[name], f"{at}.{name}", depth)


def _additional(
    check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int
) -> Faults:
    if isinstance(value, dict):
        for name in value.keys() - schema.get("properties", {}).keys():
            yield from check.faults(said, value[name], f"{at}.{name}", depth)


def _required(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    if isinstance(value, dict):
        check.spend(len(said))
        yield from (f"{at}.{name} is missing" for name in said if name not in value)


def _prefix(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    if isinstance(value, list):
        for place, (one, item) in enumerate(zip(said, value, strict=False)):
            yield from check.faults(one, item, f"{at}[{place}]", depth)


def _items(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    if isinstance(value, list):
        first = len(schema.get("prefixItems", ()))
        for place, item in enumerate(value[first:], first):
            yield from check.faults(said, item, f"{at}[{place}]", depth)


def _unique(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    if said and isinstance(value, list) and len({_plain(one) for one in value}) < len(value):
        yield f"{at} has something twice"


def _multiple(check: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
    if is_number(value) and _exact(value) % _exact(said):
        yield f"{at} should be a multiple of {said}"


def _bound(is_good: Callable[[Any, Any], bool], words: str, measure: Any) -> Check:
    """The check of a number: what `measure` says of the value, None if it is of another kind."""

    def check(_: Checking, schema: Any, said: Any, value: Any, at: str, depth: int) -> Faults:
        measured = measure(value)
        if measured is not None and not is_good(measured, said):
            yield f"{at} {words.format(said)}"

    return check


def _number(value: Any) -> Any:
    return value if is_number(value) else None


def _length_of(kind: type[Sized]) -> Callable[[Any], int | None]:
    return lambda value: len(value) if isinstance(value, kind) else None


def _at_least(a: Any, b: Any) -> bool:
    return bool(a >= b)


def _at_most(a: Any, b: Any) -> bool:
    return bool(a <= b)


CHECKS: Final[dict[str, Check]] = {
    "type": _type, "enum": _enum, "const": _const, "$ref": _ref, "allOf": _all_of,
    "anyOf": _any_of, "oneOf": _one_of, "not": _not, "properties": _properties,
    "additionalProperties": _additional, "required": _required, "prefixItems": _prefix,
    "items": _items, "uniqueItems": _unique, "multipleOf": _multiple,
    "minimum": _bound(_at_least, "should be at least {}", _number),
    "maximum": _bound(_at_most, "should be at most {}", _number),
    "exclusiveMinimum": _bound(lambda a, b: a > b, "should be more than {}", _number),
    "exclusiveMaximum": _bound(lambda a, b: a < b, "should be less than {}", _number),
    "minLength": _bound(_at_least, "should have at least {} characters", _length_of(str)),
    "maxLength": _bound(_at_most, "should have at most {} characters", _length_of(str)),
    "minItems": _bound(_at_least, "should have at least {} items", _length_of(list)),
    "maxItems": _bound(_at_most, "should have at most {} items", _length_of(list)),
    "minProperties": _bound(_at_least, "should have at least {} members", _length_of(dict)),
    "maxProperties": _bound(_at_most, "should have at most {} members", _length_of(dict)),
}  # fmt: skip
"""What is checked, by keyword."""


def _is_a(kind: str, value: Any) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return is_number(value) and value == math.floor(value)
        case "number":
            return is_number(value)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)


def is_number(value: Any) -> bool:
    """Whether JSON has it as a number."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _exact(value: Any) -> Fraction:
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _plain(value: Any) -> Any:
    """A value that equals another if JSON means the same by both; hashable."""
    match value:
        case bool():
            return ("bool", value)
        case list():
            return ("list", *map(_plain, value))
        case dict():
            return ("dict", frozenset((name, _plain(one)) for name, one in value.items()))
        case _:
            return value


def find_definition(root: Any, reference: Any) -> Any:
    """What a reference leads to: `#`, or `#/$defs/name`; None if nothing."""
    if reference == "#":
        return root
    match reference.split("/") if isinstance(reference, str) else ():
        case ["#", ("$defs" | "definitions") as table, name]:
            found = root.get(table, {}) if isinstance(root, dict) else {}
            found = found if isinstance(found, dict) else {}
            return found.get(name.replace("~1", "/").replace("~0", "~"))
        case _:
            return None
