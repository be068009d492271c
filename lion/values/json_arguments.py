"""Look here if you want to know how a tool's arguments come in as JSON, and its result goes out.

Rule: a text is at most 64 KiB, names each parameter once and no other; a missing option is null.
"""

import json
from typing import Any, Final

from lion.values.json_scalars import JsonMismatch, shown
from lion.values.json_values import DEEPEST, read_fields, to_json
from lion.values.wit import Function, ResultOf

LONGEST: Final = 64 * 1024
"""Bytes of UTF-8."""

_ROOT: Final = "arguments"


def arguments_from_json(function: Function, text: str) -> list[Any]:
    """The arguments as WIT values, in order, of an object by name. Raises JsonMismatch."""
    return arguments_from_values(function, values_from_json(text))


def values_from_json(text: str) -> Any:
    """What such a text holds, not yet compared with any type. Raises JsonMismatch."""
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise JsonMismatch(_ROOT, f"longer than {LONGEST} bytes")
    return parse_json(text, _ROOT)


def arguments_from_values(function: Function, values: Any) -> list[Any]:
    """The same of values already read (`with = { a = 1 }`). Raises JsonMismatch."""
    return list(read_fields(function.params, values, _ROOT).values())


def result_to_json(function: Function, value: Any) -> tuple[str, Any]:
    """A function's result: ("ok", JSON value), or ("err", JSON value) for the error of a `result`.

    Nothing is null. Raises JsonMismatch for what JSON does not have, such as NaN.
    """
    match function.result:
        case None:
            return "ok", None
        case ResultOf() as t:
            ((case, payload),) = to_json(t, value, path="result").items()
            return case, payload
        case t:
            return "ok", to_json(t, value, path="result")


def parse_json(text: str, what: str) -> Any:
    """A JSON value in which each object has a name once. `what` it is of, for errors. Raises
    JsonMismatch.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise JsonMismatch(what, "nested too deeply") from None
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno}, column {exc.colno}"
        raise JsonMismatch(what, f"not valid JSON at {where}: {exc.msg}") from None
    except _Refused as exc:
        raise JsonMismatch(what, str(exc)) from None
    except ValueError:
        # Python refuses to read integers of thousands of digits.
        raise JsonMismatch(what, "a number of too many digits") from None
    _check_nesting(value, what)
    return value


class _Refused(ValueError):
    """What Python's parser would take."""


def _check_nesting(value: Any, what: str) -> None:
    """Refuse what is nested deeper than any value may be; how deep Python reads is its own
    affair.
    """
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [item for item in level if isinstance(item, list | dict)]
        if not level:
            return
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
    raise JsonMismatch(what, "nested too deeply")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _Refused(f"the name {shown(name)} occurs twice")
        members[name] = value
    return members


def _refuse_constant(word: str) -> Any:
    raise _Refused(f"{word} is no JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refuse_constant)
"""Made once: `json.loads` makes one for each text."""
