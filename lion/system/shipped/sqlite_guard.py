"""Look here if you want to know why a query can do nothing but read the one database.

Rule: SQLite asks `ReadOnly` about everything a statement does, before it runs; what is not listed
here is refused: ATTACH, PRAGMA, writes, transactions, extensions, virtual tables that show pages.
Rule: reading is bounded: instructions by the clock, values, patterns and statements by limits.
Rule: the database may be hostile too: its schema is not trusted, and it is opened for reading.
"""

import sqlite3
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from lion.system import SettingsError

LONGEST_VALUE: Final = 1024 * 1024
LONGEST_SQL: Final = 64 * 1024
OPERATIONS: Final = 1_000
"""Instructions of SQLite's machine between two looks at the clock: a few microseconds."""

LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST_VALUE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: LONGEST_SQL,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 32,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    # A pattern of many % takes time in powers of its length, and looks at no clock.
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 250,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
}

PRAGMAS: Final = (
    "query_only = on", "trusted_schema = off", "cell_size_check = on", "mmap_size = 0",
    "cache_size = -4096",
)  # fmt: skip
"""What lion itself says first, while nobody is asked."""

_FUNCTIONS = """
    abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling changes char coalesce concat
    concat_ws cos cosh count cume_dist date datetime degrees dense_rank exp first_value floor
    format glob group_concat hex if ifnull iif instr json json_array json_array_length
    json_error_position json_extract json_group_array json_group_object json_insert json_object
    json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid
    julianday lag last_value lead length like likelihood likely ln log log10 log2 lower ltrim max
    median min mod nth_value ntile nullif octet_length percent_rank pi pow power printf quote
    radians random rank replace round row_number rtrim sign sin sinh soundex sqlite_version sqrt
    strftime string_agg substr substring sum tan tanh time timediff total trim trunc typeof unhex
    unicode unixepoch unlikely upper -> ->> subtype jsonb match bm25 highlight snippet
"""
FUNCTIONS: Final = frozenset(_FUNCTIONS.split())
"""Functions that compute; `load_extension`, `fts3_tokenizer` and their like are not among them."""

TABLES: Final = frozenset(
    ("sqlite_master", "sqlite_schema", "sqlite_sequence", "sqlite_stat1", "json_each", "json_tree")
)
"""Readable besides those of the database."""

EPONYMOUS: Final = ("json_each", "json_tree")
"""They come to be with their first use, which is more than reading: so lion uses them first."""

_HARMLESS: Final = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE)


class ReadOnly:
    """SQLite's authorizer. `refused` is the last thing it refused, for people."""

    def __init__(self, tables: Iterable[str]) -> None:
        self._tables = TABLES | frozenset(name.lower() for name in tables)
        self.refused = ""

    def __call__(
        self, action: int, first: str | None, second: str | None, schema: str | None,
        inner: str | None,
    ) -> int:  # fmt: skip
        if action in _HARMLESS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ:
            # Without column and schema only rows are counted, as of a subquery: count(*) from c.
            if (schema, second) == (None, "") or (
                schema == "main" and (first or "").lower() in self._tables
            ):
                return sqlite3.SQLITE_OK
            return self._refuse(f"the table {first!r} may not be read")
        if action == sqlite3.SQLITE_FUNCTION:
            if (second or "").lower() in FUNCTIONS:
                return sqlite3.SQLITE_OK
            return self._refuse(f"the function {second!r} may not be used")
        return self._refuse("a query may only read")

    def _refuse(self, why: str) -> int:
        self.refused = why
        return sqlite3.SQLITE_DENY


def open_database(file: Path) -> sqlite3.Connection:
    """The database, opened for reading. Raises SettingsError."""
    try:
        found = file.lstat()
    except OSError as exc:
        raise SettingsError(
            f"the database {str(file)!r} cannot be read: {exc.strerror}",
            hint="settings.file is relative to the manifest",
        ) from exc
    if stat.S_ISLNK(found.st_mode):
        raise SettingsError(
            f"the database {str(file)!r} is a symbolic link, which may lead elsewhere tomorrow",
            hint="write the path of the file itself",
        )
    if not stat.S_ISREG(found.st_mode):
        raise SettingsError(f"the database {str(file)!r} is no file")
    try:
        return _connected(file)
    except sqlite3.Error as exc:
        raise SettingsError(f"the database {str(file)!r} cannot be read: {exc}") from exc


def _connected(file: Path) -> sqlite3.Connection:
    # Quoted, or a ? in the name would begin options of the URI.
    uri = f"file:{quote(str(file.absolute()))}?mode=ro"
    database = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
            database.execute(f"pragma {pragma}")
        for limit, value in LIMITS.items():
            database.setlimit(limit, value)
        database.text_factory = lambda data: data.decode("utf-8", "replace")
        tables_of(database)
        for name in EPONYMOUS:
            with suppress(sqlite3.OperationalError):
                database.execute(f"select 1 from {name}('[]')").fetchall()
    except BaseException:
        database.close()
        raise
    return database


def tables_of(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Name and SQL of the tables and views there are now. Raises sqlite3.Error."""
    database.set_authorizer(None)
    rows = database.execute(
        "select name, sql from sqlite_schema where type in ('table', 'view') order by name"
    )
    return [(str(name), str(sql or "")) for name, sql in rows]


def set_clock(database: sqlite3.Connection, is_late: Callable[[], bool]) -> None:
    """Stop what runs as soon as it is late."""
    database.set_progress_handler(lambda: int(is_late()), OPERATIONS)
