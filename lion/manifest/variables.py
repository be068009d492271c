"""Look here if you want to know how `${name}` is filled in, and which TOML values lion takes.

Rule: a value is filled in once: what a variable brings is never read for variables again.
Rule: in a grant a value from outside the file names one thing: it brings no `*` and no `..`, by
which the grant would be of more than the file says.
Rule: dates become text as TOML writes them; a number must fit into 64 bits and be finite.
Rule: `$${` stands for `${` itself.
"""

import math
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any, Final

from lion.domain.names import did_you_mean
from lion.errors import OperatorError
from lion.manifest.document import LONGEST, Document, Place

DEEPEST: Final = 64
"""Levels of tables and lists."""
MOST_VALUES: Final = 100_000
"""Keys and members of lists in a file, all levels together."""

GRANTS: Final = "allow"
"""The key beneath which grants are."""
_WIDENS = re.compile(r"\*|(?:^|/)\.\.(?:/|$)")

_VARIABLE = re.compile(r"\$?\$\{([^}]*)\}?")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class Variables(dict[str, str]):
    """Values by name; `said` are the names of those from outside the file."""

    said: Collection[str] = ()


def resolve_vars(document: Document, written: Any, sets: Mapping[str, str]) -> Variables:
    """The variables' values: defaults of the `vars` table, then `--set`. Raises OperatorError."""
    if not isinstance(written, dict):
        raise document.error(("vars",), "is no table", 'write name = "default" under [vars]')
    values = Variables({n: _default(document, n, value) for n, value in written.items()})
    for name, value in sets.items():
        if name not in values:
            raise document.error(
                ("vars",) if written else (),
                f"--set {name!r}: the {document.kind} declares no such variable",
                f"{did_you_mean(name, values)}, or declare it under [vars]",
            )
        values[name] = value
    values.said = frozenset(sets)
    return values


def fill(document: Document, value: Any, values: Mapping[str, str]) -> Any:
    """A TOML value as a JSON value with its variables filled in. Raises OperatorError."""
    return _Filling(document, values).fill(value, ())


class _Filling:
    """Fills in one file, and counts what it comes to: a text with a long variable in it many
    times would be as long as both together.
    """

    def __init__(self, document: Document, values: Mapping[str, str]) -> None:
        self._document = document
        self._values = values
        self._said = values.said if isinstance(values, Variables) else ()
        self._count = 0
        self._size = 0

    def fill(self, value: Any, place: Place) -> Any:
        """A value and what is in it."""
        self._note(place)
        match value:
            case str():
                return self._fill_text(value, place)
            case dict():
                return {k: self.fill(v, (*place, k)) for k, v in value.items()}
            case list():
                return [self.fill(v, (*place, i)) for i, v in enumerate(value)]
            case datetime() | date() | time():
                return value.isoformat()
            case bool():
                return value
            case int() if not -(2**63) <= value < 2**63:
                raise self._error(place, "does not fit into 64 bits", "write a smaller number")
            case float() if not math.isfinite(value):
                raise self._error(place, "is no finite number", "write a number, or text")
            case _:
                return value

    def _note(self, place: Place) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            raise self._error((), f"more than {MOST_VALUES:,} values", "make it smaller")
        if len(place) > DEEPEST:
            what, hint = "is nested too deeply", f"use at most {DEEPEST} levels"
            raise self._error(place[:4], what, hint)

    def _fill_text(self, text: str, place: Place) -> str:
        if "${" not in text:
            return text
        return _VARIABLE.sub(lambda found: self._put(found, place), text)

    def _put(self, found: re.Match[str], place: Place) -> str:
        name = found[1]
        if found[0].startswith("$$"):
            return found[0][1:]
        if not found[0].endswith("}"):
            raise self._error(place, "a ${ without its }", "close it, or write $${ for ${")
        if name not in self._values:
            hint = f"{did_you_mean(name, self._values)}, or declare it under [vars]"
            raise self._error(place, f"no variable {name!r} is declared", hint)
        value = self._values[name]
        if name in self._said and GRANTS in place and _WIDENS.search(value):
            what = f"--set {name!r} brings a * or .. into a grant, which would be of more by it"
            raise self._error(place, what, "write that into the file, or set what has none")
        self._size += len(value)
        if self._size > LONGEST:
            what = f"the variables that are filled in come to more than {LONGEST:,} characters"
            raise self._error(place, what, f"shorten {name!r}, or use it less often")
        return value

    def _error(self, place: Place, what: str, hint: str) -> OperatorError:
        return self._document.error(place, what, hint)


def _default(document: Document, name: str, value: Any) -> str:
    place = ("vars", name)
    if not _VARIABLE_NAME.fullmatch(name):
        raise document.error(place, "is no name of a variable", "write letters, digits, - and _")
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise document.error(place, "is neither text nor a whole number", 'write "text"')
    if isinstance(value, str) and "${" in value:
        raise document.error(place, "refers to a variable", "defaults are taken as they stand")
    return str(value)
