"""Look here if you want to know what `sqlite-query` offers: reading one database by SQL.

    [system.db]
    use = "sqlite-query"
    settings = { file = "library.sqlite", max-rows = 200, timeout = "1 s" }

Tools: `query` (one SELECT with parameters) and `tables`. What a query may do is in
sqlite_guard.py. The database is opened once per run: who swaps the file later swaps nothing.
"""

import base64
import math
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import BaseModel, Field

from lion.system import (
    Duration,
    ManifestPath,
    PluginSettings,
    Size,
    SystemPlugin,
    ToolError,
    show_line,
    tool,
)
from lion.system.shipped.sqlite_guard import (
    LONGEST_SQL,
    ReadOnly,
    open_database,
    set_clock,
    tables_of,
)

Scalar = int | float | str | bool | None


class SqliteSettings(PluginSettings):
    """`file` is the database; the others bound one query: rows, bytes of JSON, time."""

    file: ManifestPath
    max_rows: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    max_bytes: Size = 48 * 1024
    timeout: Duration = 2_000_000_000


class Rows(BaseModel):
    """What a query gave. Blobs are {"blob": base64}. `more`: there are more rows than these."""

    columns: list[str]
    rows: list[list[Any]]
    more: bool


class TableInfo(BaseModel):
    """A table or view, and the SQL that made it."""

    name: str
    sql: str


class SqliteQuery(SystemPlugin[SqliteSettings]):
    """Reads one SQLite database; nothing can be written, attached or loaded."""

    contract = 1

    def open(self) -> None:
        """Open the database. Raises SettingsError."""
        self._lock = threading.Lock()
        self._database = open_database(self.settings.file)

    def close(self) -> None:
        """Stop what still runs, and close."""
        self._database.interrupt()
        # Closing under a query that does not stop would pull the memory from under it.
        if self._lock.acquire(timeout=1):
            self._database.close()

    @tool
    def query(
        self,
        sql: Annotated[str, Field(max_length=LONGEST_SQL, description="one SELECT")],
        parameters: Annotated[
            list[Scalar] | dict[str, Scalar],
            Field(description="for ? in order, or for :name by name"),
        ] = [],  # noqa: B006 - never changed
    ) -> Rows:
        """Read the database with one SQL query (SQLite's dialect); see `tables` for what there is.

        Only reading is possible. Put values into parameters, not into the text.
        """
        with self._reading():
            cursor = self._database.execute(sql, parameters)
            try:
                rows = self._taken(cursor)
            finally:
                cursor.close()
        return rows

    @tool
    def tables(self) -> list[TableInfo]:
        """The tables and views there are, with the SQL that made them."""
        with self._locked():
            found = tables_of(self._database)
        return [TableInfo(name=name, sql=sql) for name, sql in found]

    @contextmanager
    def _locked(self) -> Iterator[float]:
        """The database to oneself, until a moment (seconds of the monotonic clock)."""
        until = time.monotonic() + self.settings.timeout / 1e9
        if not self._lock.acquire(timeout=self.settings.timeout / 1e9):
            raise ToolError("another query takes too long; ask again")
        try:
            set_clock(self._database, lambda: time.monotonic() > until)
            yield until
        finally:
            self._lock.release()

    @contextmanager
    def _reading(self) -> Iterator[ReadOnly]:
        with self._locked() as until:
            guard = None
            try:
                guard = ReadOnly(name for name, _ in tables_of(self._database))
                self._database.set_authorizer(guard)
                yield guard
            except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as exc:
                raise ToolError(self._words(exc, guard, until)) from exc
            finally:
                self._database.set_authorizer(None)

    def _words(self, exc: Exception, guard: ReadOnly | None, until: float) -> str:
        if guard is not None and guard.refused:
            return guard.refused
        if time.monotonic() > until:
            return f"the query took longer than {self.settings.timeout / 1e9:g} s"
        return show_line(str(exc), longest=500)

    def _taken(self, cursor: sqlite3.Cursor) -> Rows:
        if cursor.description is None:
            raise ToolError("this is no query: write a SELECT")
        rows: list[list[Any]] = []
        size = 0
        columns = [column[0] for column in cursor.description]
        for row in cursor:
            written = [_written(value) for value in row]
            size += sum(_size(value) for value in written) + 2
            if len(rows) >= self.settings.max_rows or size > self.settings.max_bytes:
                if not rows:
                    words = f"one row has more than {self.settings.max_bytes:,} bytes"
                    raise ToolError(f"{words}; select less of it")
                return Rows(columns=columns, rows=rows, more=True)
            rows.append(written)
        return Rows(columns=columns, rows=rows, more=False)


def _written(value: Any) -> Any:
    match value:
        case bytes():
            return {"blob": base64.b64encode(value).decode()}
        case float() if not math.isfinite(value):
            raise ToolError(f"{value} is no number of JSON; cast it to text")
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
