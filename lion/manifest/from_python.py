"""Look here if you want to know how tables that a program wrote in Python become a manifest's,
and what tables it has for what the program lends.

Rule: what TOML could not say is refused, with its place; paths are written as text.
"""

import os
from collections.abc import Collection, Mapping
from datetime import date, time
from typing import Any

from lion.manifest.document import Document, Place
from lion.manifest.variables import DEEPEST


def plain_tables(document: Document, tables: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of some tables in plain values, as TOML would have brought them.

    Raises OperatorError.
    """
    plain: dict[str, Any] = _plain(document, tables, ())
    return plain


def _plain(document: Document, value: Any, place: Place) -> Any:
    if len(place) > DEEPEST:
        raise document.error(place[:4], "is nested too deeply", f"use at most {DEEPEST} levels")
    match value:
        case bool() | float() | date() | time():
            return value
        case int():
            return int(value)
        case str():
            return str.__str__(value)
        case os.PathLike():
            return _path(document, value, place)
        case Mapping():
            return {
                _key(document, k, place): _plain(document, v, (*place, k))
                for k, v in value.items()
            }
        case list() | tuple():
            return [_plain(document, v, (*place, i)) for i, v in enumerate(value)]
        case None:
            what, hint = "is None, which no manifest can say", "leave the key out"
        case _:
            what = f"is a {type(value).__name__}, which no manifest can say"
            hint = "write text, numbers, true or false, lists and tables"
    raise document.error(place, what, hint)


def _key(document: Document, key: Any, place: Place) -> str:
    if not isinstance(key, str):
        what = f"has the key {key!r:.60}, which is no text"
        raise document.error(place, what, "write keys as text")
    return str.__str__(key)


def _path(document: Document, value: "os.PathLike[Any]", place: Place) -> str:
    written = os.fspath(value)
    if isinstance(written, bytes):
        raise document.error(place, "is a path of bytes", "give it as text")
    return str(written)


def with_lent(document: Document, filled: dict[str, Any], lent: Collection[str]) -> dict[str, Any]:
    """The tables with one for each that is lent and not used by one of them already."""
    system = filled.get("system", {})
    if not isinstance(system, dict):
        return filled
    used = {table.get("use") for table in system.values() if isinstance(table, dict)}
    added = [name for name in lent if name not in used]
    for kind in ("plugins", "agents", "system"):
        for name in added:
            if isinstance(filled.get(kind), dict) and name in filled[kind]:
                what = f"the program lends a system plugin of the same name, {name!r}"
                raise document.error((kind, name), what, "rename one of them")
    return {**filled, "system": {**system, **{name: {"use": name} for name in added}}}
