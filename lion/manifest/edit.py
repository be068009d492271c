"""Look here if you want to know how lines of a manifest are changed, with its comments and its
order kept.

Rule: what comes out says what was meant and nothing else: it is read again and compared, and a
text that cannot be changed so is refused.
"""

import copy
import tomllib
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError

from lion.errors import OperatorError
from lion.values.toml_line import write_line

Place: TypeAlias = tuple[str, ...]


class Entry(msgspec.Struct, frozen=True):
    """An entry of a list as it shall be: the one that is at `index` (None: a new one), with
    `value` in its place (None: as it is written).
    """

    index: int | None = None
    value: Any = None


class Value(msgspec.Struct, frozen=True):
    """A value in the place of what is there."""

    value: Any


class Gone(msgspec.Struct, frozen=True):
    """Nothing in its place."""


Change = tuple[Entry, ...] | Value | Gone
"""A list's entries, all that shall be there, or a value, or nothing. A list of none is gone."""

GONE: Final = Gone()


def edited(text: str, changes: Mapping[Place, Change]) -> str:
    """A manifest's text with some places changed. Raises OperatorError."""
    expected = tomllib.loads(text)
    try:
        document = tomlkit.parse(text)
        for place, change in changes.items():
            _apply(document, place, change, tomlkit.item)
        written = tomlkit.dumps(document)
        for place, change in changes.items():
            _apply(expected, place, change, copy.deepcopy)
        if _without_empty(tomllib.loads(written)) != _without_empty(expected):
            raise ValueError("it would say something else")
    except (TOMLKitError, ValueError, KeyError, IndexError, TypeError, AttributeError) as exc:
        raise OperatorError(
            f"the manifest is written in a way that cannot be changed: {exc}",
            hint="write the lines that are shown by hand",
        ) from exc
    return written


def _without_empty(tables: Any) -> Any:
    """An empty table left behind says nothing."""
    if not isinstance(tables, dict):
        return tables
    found = {key: _without_empty(value) for key, value in tables.items()}
    return {key: value for key, value in found.items() if value != {}}


def _apply(document: Any, place: Place, change: Change, made: Any) -> None:
    *above, last = place
    table = document
    for depth, key in enumerate(above):
        if key not in table:
            if change == GONE or change == ():
                return
            _insert(table, place[depth:], _whole(change), made)
            return
        table = table[key]
    match change:
        case Gone() | ():
            table.pop(last, None)
        case Value(value):
            _set(table, last, value, made)
        case _ if last in table:
            _arrange(table, last, change, made)
        case _:
            _set(table, last, _whole(change), made)


def _whole(change: Change) -> Any:
    if isinstance(change, tuple):
        return [entry.value for entry in change]
    return change.value if isinstance(change, Value) else None


def _set(table: Any, key: str, value: Any, made: Any) -> None:
    table[key] = _inline(value) if made is tomlkit.item else made(value)


def _arrange(table: Any, key: str, entries: tuple[Entry, ...], made: Any) -> None:
    array = table[key]
    kept = {entry.index: entry for entry in entries if entry.index is not None}
    for index in reversed(range(len(array))):
        if index not in kept:
            del array[index]
        elif kept[index].value is not None:
            value = kept[index].value
            array[index] = _inline(value) if made is tomlkit.item else value
    for entry in entries:
        if entry.index is None:
            array.append(_inline(entry.value) if made is tomlkit.item else entry.value)


def _insert(table: Any, path: Place, value: Any, made: Any) -> None:
    """Put a value where its tables are not yet: `allow.http = [...]`, after what is there."""
    if made is not tomlkit.item:
        for key in path[:-1]:
            table = table.setdefault(key, {})
        table[path[-1]] = made(value)
        return
    table.append(tomlkit.key(list(path)), _inline(value))


def _inline(value: Any) -> Any:
    """A value on one line, as lion writes one."""
    return tomlkit.parse(write_line(("x",), value) + "\n")["x"]
