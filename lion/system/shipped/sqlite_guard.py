"""Look here if you want to know why a query can do nothing but read the one database.

This file is run by itself, as the process that has the database (sqlite_process.py): requests and
answers are lines of JSON. Of Python it needs only what comes with it.

Rule: SQLite asks `ReadOnly` about everything a statement does, before it runs; what is not listed
here is refused: ATTACH, PRAGMA, writes, transactions, extensions, virtual tables that show pages.
Rule: reading is bounded: instructions by the clock, values, patterns and statements by limits,
memory and processor time of the process by the system: one call of `instr` looks at no clock.
Rule: it is the database of the first time that is read, whoever swaps the file later.
Rule: the database may be hostile too: its schema is not trusted, and it is opened for reading.
"""

import base64
import json
import math
import os
import resource
import sqlite3
import stat
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

LONGEST_VALUE: Final = 1024 * 1024
LONGEST_SQL: Final = 64 * 1024
OPERATIONS: Final = 1_000
"""Instructions of SQLite's machine between two looks at the clock: a few microseconds."""
MEMORY: Final = 256 * 1024 * 1024
"""Bytes of addresses that the process has, Python and SQLite included."""
SORTED: Final = 64 * 1024 * 1024
"""Bytes of a file in which SQLite sorts what does not fit into memory."""
LONGEST_SCHEMA: Final = 4 * 1024 * 1024
"""Characters of what all tables say together."""
SPARE: Final = 1
"""Seconds of processor time that a query has beyond its clock; who overruns them is ended."""

Identity = tuple[int, int]
"""Device and number of a file."""

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


class Unreadable(Exception):
    """The database cannot be opened: the sentence, and what to do."""


class Refused(Exception):
    """The query cannot be answered; the sentence tells why."""


def open_database(file: Path, expected: list[int] | None) -> tuple[sqlite3.Connection, Identity]:
    """The database, opened for reading, and which file that is. Raises Unreadable, also if it is
    not the expected one.
    """
    shown = repr(str(file))
    try:
        found = file.lstat()
    except OSError as exc:
        what = f"the database {shown} cannot be read: {exc.strerror}"
        raise Unreadable(what, "settings.file is relative to the manifest") from exc
    if stat.S_ISLNK(found.st_mode):
        what = f"the database {shown} is a symbolic link, which may lead elsewhere tomorrow"
        raise Unreadable(what, "write the path of the file itself")
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable(f"the database {shown} is no file", "")
    identity = (found.st_dev, found.st_ino)
    try:
        database = _connected(file)
    except sqlite3.Error as exc:
        raise Unreadable(f"the database {shown} cannot be read: {exc}", "") from exc
    if expected not in (None, [*identity]) or not _is_open(identity):
        database.close()
        raise Unreadable(f"the database {shown} was replaced by another file", "start a new run")
    return database, identity


def _is_open(identity: Identity) -> bool:
    """Whether this process has that file open: a path may lead elsewhere a moment later."""
    for number in range(256):
        with suppress(OSError):
            found = os.fstat(number)
            if (found.st_dev, found.st_ino) == identity:
                return True
    return False


def _connected(file: Path) -> sqlite3.Connection:
    # Quoted, or a ? in the name would begin options of the URI.
    uri = f"file:{quote(str(file.absolute()))}?mode=ro"
    database = sqlite3.connect(uri, uri=True, isolation_level=None)
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


def answer(database: sqlite3.Connection, asked: dict[str, Any]) -> dict[str, Any]:
    """What a request comes to: `tables`, or `sql` with `parameters`, at most `rows` and `bytes`,
    for `seconds`. Else `refused` says why not; `late` that it took too long.
    """
    until = time.monotonic() + asked["seconds"]
    guard = None
    try:
        set_clock(database, lambda: time.monotonic() > until)
        tables = tables_of(database)
        if "sql" not in asked:
            if sum(len(name) + len(sql) for name, sql in tables) > LONGEST_SCHEMA:
                raise Refused(f"the tables' SQL has more than {LONGEST_SCHEMA:,} characters")
            return {"tables": tables}
        guard = ReadOnly(name for name, _ in tables)
        database.set_authorizer(guard)
        return _rows(database, asked)
    except Refused as exc:
        return {"refused": str(exc)}
    except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError, MemoryError) as exc:
        if guard is not None and guard.refused:
            return {"refused": guard.refused}
        if time.monotonic() > until:
            return {"late": True}
        return {"refused": str(exc) or "it needs too much memory"}


def _rows(database: sqlite3.Connection, asked: dict[str, Any]) -> dict[str, Any]:
    cursor = database.execute(asked["sql"], asked["parameters"])
    if cursor.description is None:
        raise Refused("this is no query: write a SELECT")
    columns = [column[0] for column in cursor.description]
    rows: list[list[Any]] = []
    size = 0
    for row in cursor:
        written = [_written(value) for value in row]
        size += sum(_size(value) for value in written) + 2
        if len(rows) >= asked["rows"] or size > asked["bytes"]:
            if not rows:
                raise Refused(f"one row has more than {asked['bytes']:,} bytes; select less of it")
            return {"columns": columns, "rows": rows, "more": True}
        rows.append(written)
    return {"columns": columns, "rows": rows, "more": False}


def _written(value: Any) -> Any:
    match value:
        case bytes():
            return {"blob": base64.b64encode(value).decode()}
        case float() if not math.isfinite(value):
            raise Refused(f"{value} is no number of JSON; cast it to text")
        case _:
            return value


def _size(value: Any) -> int:
    """Bytes of a value as JSON, or a little more."""
    match value:
        case str():
            return 3 + len(value.encode()) + 5 * sum(char < " " or char in '"\\' for char in value)
        case {"blob": text}:
            return 13 + len(text)
        case _:
            return 1 + len(repr(value))


def _limit(seconds: float) -> None:
    """Bound the processor time of what comes; a host that is gone can no longer end it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime + seconds) + SPARE
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard < 0 else min(most, hard), hard))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Open what the first request names, then answer the others, until there are no more."""

    def tell(what: dict[str, Any]) -> None:
        answers.write(json.dumps(what).encode() + b"\n")
        answers.flush()

    first = json.loads(requests.readline())
    try:
        database, identity = open_database(Path(first["file"]), first["identity"])
    except Unreadable as exc:
        tell({"unreadable": exc.args})
        return
    tell({"identity": identity})
    for line in requests:
        asked = json.loads(line)
        _limit(asked["seconds"])
        tell(answer(database, asked))


if __name__ == "__main__":
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, SORTED)):
        with suppress(ValueError, OSError):  # a system that has no such limit, or a lower one
            resource.setrlimit(kind, (most, most))
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)
