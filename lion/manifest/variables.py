"""Look here if you want to know how `${name}` is filled in, and which TOML values lion takes.

Rule: a value is filled in once: what a variable brings is never read for variables again.
Rule: dates become text as TOML writes them; a number must fit into 64 bits and be finite.
Rule: `$${` stands for `${` itself.
"""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from lion.domain.names import did_you_mean
from lion.manifest.document import Document, Place

DEEPEST: Final = 64
"""Levels of tables and lists."""

_VARIABLE = re.compile(r"\$?\$\{([^}]*)\}?")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def resolve_vars(document: Document, written: Any, sets: Mapping[str, str]) -> dict[str, str]:
    """The variables' values: defaults of the `vars` table, then `--set`. Raises OperatorError."""
    if not isinstance(written, dict):
        raise document.error(("vars",), "is no table", 'write name = "default" under [vars]')
    values = {name: _default(document, name, value) for name, value in written.items()}
    for name, value in sets.items():
        if name not in values:
            raise document.error(
                ("vars",) if written else (),
                f"--set {name!r}: the {document.kind} declares no such variable",
                f"{did_you_mean(name, values)}, or declare it under [vars]",
            )
        values[name] = value
    return values


def fill(document: Document, value: Any, values: Mapping[str, str], place: Place = ()) -> Any:
    """A TOML value as a JSON value with its variables filled in. Raises OperatorError."""
    if len(place) > DEEPEST:
        raise document.error(place[:4], "is nested too deeply", f"use at most {DEEPEST} levels")
    match value:
        case str():
            return _fill_text(document, value, values, place)
        case dict():
            return {k: fill(document, v, values, (*place, k)) for k, v in value.items()}
        case list():
            return [fill(document, v, values, (*place, i)) for i, v in enumerate(value)]
        case datetime() | date() | time():
            return value.isoformat()
        case bool():
            return value
        case int() if not -(2**63) <= value < 2**63:
            raise document.error(place, "does not fit into 64 bits", "write a smaller number")
        case float() if not math.isfinite(value):
            raise document.error(place, "is no finite number", "write a number, or text")
        case _:
            return value


def _default(document: Document, name: str, value: Any) -> str:
    place = ("vars", name)
    if not _VARIABLE_NAME.fullmatch(name):
        raise document.error(place, "is no name of a variable", "write letters, digits, - and _")
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise document.error(place, "is neither text nor a whole number", 'write "text"')
    if isinstance(value, str) and "${" in value:
        raise document.error(place, "refers to a variable", "defaults are taken as they stand")
    return str(value)


def _fill_text(document: Document, text: str, values: Mapping[str, str], place: Place) -> str:
    def put(found: re.Match[str]) -> str:
        if found[0].startswith("$$"):
            return found[0][1:]
        if not found[0].endswith("}"):
            raise document.error(place, "a ${ without its }", "close it, or write $${ for ${")
        if found[1] not in values:
            raise document.error(
                place,
                f"no variable {found[1]!r} is declared",
                f"{did_you_mean(found[1], values)}, or declare it under [vars]",
            )
        return values[found[1]]

    return _VARIABLE.sub(put, text)
