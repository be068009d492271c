"""Look here if you want to know which JSON schemas a value can be held to, and what is said of one
that does not follow.

The dialect is draft 2020-12, all of it (`jsonschema-rs`), in whatever `$schema` a schema says it
is written.

Rule: a schema may come from a guest: nothing that it names is fetched, and its patterns are
matched in linear time; what needs more (looking around, back references) is refused when it is
asked.
Rule: checking takes so many steps and no more (answer_steps.py); how many is known before it
begins, since it cannot be interrupted.
"""

from typing import TYPE_CHECKING, Any, Final

from lion.domain.text import show_line
from lion.values.answer_steps import MOST_PATTERN, Steps, TooMuch
from lion.values.subschemas import BadSchema, Subschemas

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["BadSchema", "Held", "TooMuch", "check_schema", "find_fault", "hold_to"]

_NO_TYPE: Final = (
    "it is no type: array, boolean, integer, null, number, object, string, or a list of these"
)
_LONGEST: Final = 300
"""Characters of what is said of a fault."""


class Held:
    """A schema that values are held to. Made by hold_to."""

    def __init__(self, validator: "jsonschema_rs.Draft202012Validator", steps: Steps) -> None:
        self._validator = validator
        self._steps = steps

    def find_fault(self, value: Any) -> str | None:
        """Where and how a value does not follow, for people: `$.n: it is ...`; None if it does.

        `value` is as a JSON reader gives it. Raises TooMuch.
        """
        from jsonschema_rs import ValidationError

        self._steps.check(value)
        try:
            self._validator.validate(value)
        except ValidationError as exc:
            return show_line(f"{_place(exc.instance_path)}: {exc.message}", longest=_LONGEST)
        except (ValueError, TypeError) as exc:  # Lone surrogates, and what is no JSON.
            return show_line(f"$: it is no JSON: {exc}", longest=_LONGEST)
        return None


def hold_to(schema: Any) -> Held:
    """A schema made ready. Raises BadSchema, which says where and why, for one that is none, that
    leads out of itself, that is too large, or whose patterns need more than linear time.
    """
    subschemas = Subschemas(schema)
    validator = _build(subschemas.root)
    subschemas.check_references()
    return Held(validator, Steps(subschemas))


def check_schema(schema: Any) -> None:
    """Look at a whole schema before it is used. Raises BadSchema."""
    hold_to(schema)


def find_fault(schema: Any, value: Any) -> str | None:
    """As Held.find_fault, of a schema used once. Raises BadSchema, TooMuch."""
    return hold_to(schema).find_fault(value)


def _build(schema: dict[str, Any] | bool) -> "jsonschema_rs.Draft202012Validator":
    from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

    try:
        return Draft202012Validator(
            schema,
            validate_formats=False,
            offline=True,
            mask="it",
            pattern_options=RegexOptions(size_limit=MOST_PATTERN, dfa_size_limit=MOST_PATTERN),
        )
    except ValidationError as exc:
        place = _place(exc.instance_path).replace("$", "the schema", 1)
        if exc.instance_path[-1:] == ["type"]:
            raise BadSchema(show_line(f"{place}: {_NO_TYPE}", longest=_LONGEST)) from None
        raise BadSchema(show_line(f"{place}: {_told(exc.message)}", longest=_LONGEST)) from None
    except (ValueError, TypeError, OverflowError) as exc:
        raise BadSchema(show_line(f"the schema is none: {exc}", longest=_LONGEST)) from None


def _told(message: str) -> str:
    """The library's words, with what to do where they do not say it."""
    if message == 'it is not a "regex"':
        return (
            "it is no pattern that is matched in linear time; "
            "leave out what looks around or refers back"
        )
    if "Retrieval is disabled" in message:
        return f"{message.partition(' is not present')[0]} is not part of it; write it under $defs"
    return message


def _place(path: list[str | int]) -> str:
    """Where something is: `$.a[1]`."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path[:128])
