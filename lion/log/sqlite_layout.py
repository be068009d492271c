"""Look here if you want to know which tables the log's database has, and how a change of them is
found: another table, a trigger, a view, a lost index.

Rule: a log has exactly what is written here, in these words; whatever else is in it may be there
to change what is read or written.
"""

import re
import sqlite3
from contextlib import closing
from functools import cache
from typing import Final, TypeAlias

LOG_NAME: Final = "log.sqlite"
MENDS: Final = "restore it from a copy, or save what verifies with: lion state repair"
"""What to do with a damaged log."""

SCHEMA_VERSION: Final = 3
OLD_VERSION: Final = 2
"""Logs of this schema are converted when they are opened; schema 1 was never released."""

LAYOUT: Final = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    manifest_name TEXT NOT NULL,
    started_ns INTEGER NOT NULL,
    records INTEGER NOT NULL,
    head BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    exit_code INTEGER
);
CREATE TABLE segments (
    position INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id),
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    first_ns INTEGER NOT NULL,
    last_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    types TEXT NOT NULL,
    principals TEXT NOT NULL,
    denied INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    digest BLOB NOT NULL,
    data BLOB NOT NULL
);
CREATE UNIQUE INDEX segments_by_seq ON segments (run, last_seq);
CREATE INDEX segments_by_end ON segments (last_position);
CREATE INDEX segments_that_keep ON segments (last_position) WHERE kept;
CREATE TABLE blobs (digest BLOB PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE kv (
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (namespace, key)
) WITHOUT ROWID;
CREATE TABLE kv_usage (
    namespace TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    digest BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE budgets (
    run TEXT NOT NULL,
    holder TEXT NOT NULL,
    budget TEXT NOT NULL,
    "limit" INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (run, holder, budget)
) WITHOUT ROWID;
CREATE TABLE rates (
    run TEXT NOT NULL,
    holder TEXT NOT NULL,
    level INTEGER NOT NULL,
    monotonic_ns INTEGER NOT NULL,
    PRIMARY KEY (run, holder)
) WITHOUT ROWID;
CREATE TABLE reservations (
    run TEXT NOT NULL,
    invocation TEXT NOT NULL,
    call INTEGER NOT NULL,
    holder TEXT NOT NULL,
    budget TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (run, invocation, call, holder, budget)
) WITHOUT ROWID;
"""


_NAME: Final = re.compile(r"(?:TABLE|INDEX) (\w+)")

Part: TypeAlias = tuple[str, str, str, str | None]
"""Of the schema: kind, name, of which table, its words (None: an index of SQLite's own)."""

_PARTS: Final = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2"


def statements() -> list[tuple[str, str]]:
    """What makes the layout: the name of each table and index, and its words."""
    words = filter(None, map(str.strip, LAYOUT.split(";")))
    return [(_NAME.search(one)[1], one) for one in words]  # type: ignore[index]


@cache
def _expected() -> frozenset[Part]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(LAYOUT)
        return frozenset(connection.execute(_PARTS).fetchall())


def layout_fault(connection: sqlite3.Connection) -> str:
    """What of the schema is not as written here, in words; empty if nothing is."""
    found = set(connection.execute(_PARTS).fetchall())
    if found == _expected():
        return ""
    for kind, name, table, _ in sorted(found - _expected(), key=str):
        known = any(part[:2] == (kind, name) for part in _expected())
        return f"the {kind} {name!r} of {table!r} {'was changed' if known else 'is none of ours'}"
    kind, name, *_ = min(_expected() - found, key=str)
    return f"the {kind} {name!r} is missing"
