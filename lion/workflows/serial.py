"""Look here if you want to know how a result becomes a text."""

import csv
import io
import json
from typing import Any, Final

MOST_FIELDS: Final = 256
"""Columns of a table: each row has all of them."""


class Unwritable(ValueError):
    """The value has no such form."""


def serialise(value: Any, form: str) -> str:
    """A JSON value as `json`, `json-lines`, `csv` or `text`. Raises Unwritable."""
    match form:
        case "json":
            return _json(value)
        case "json-lines":
            return "".join(f"{_json(one)}\n" for one in _list(value, form))
        case "csv":
            return _csv(_list(value, form))
        case _:
            return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _list(value: Any, form: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unwritable(f"only a list can be written as {form}, and it is none")
    return value


def _csv(rows: list[Any]) -> str:
    if not all(isinstance(row, dict) for row in rows):
        raise Unwritable("only a list of objects can be written as csv")
    fields = list(dict.fromkeys(key for row in rows for key in row))
    if len(fields) > MOST_FIELDS:
        raise Unwritable(f"a table has at most {MOST_FIELDS} columns, and this {len(fields):,}")
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows(
        [cell if isinstance(cell := row.get(key, ""), str) else _json(cell) for key in fields]
        for row in rows
    )
    return written.getvalue()
