"""Look here if you want to know what `sqlite-query` offers: reading one database by SQL.

    [system.db]
    use = "sqlite-query"
    settings = { file = "library.sqlite", max-rows = 200, timeout = "1 s" }

Tools: `query` (one SELECT with parameters) and `tables`. What a query may do is in
sqlite_guard.py, how it is ended in sqlite_process.py. It is one database for all of a run: who
swaps the file later swaps nothing.
"""

import threading
import time
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
from lion.system.shipped.sqlite_guard import LONGEST_SCHEMA, LONGEST_SQL
from lion.system.shipped.sqlite_process import Gone, Late, QueryProcess

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
        self._process = QueryProcess(self.settings.file)
        self._process.open()

    def close(self) -> None:
        """Stop what still runs, and close."""
        self._process.stop()
        # Who still waits for an answer has the pipes; it learns at once that there is none.
        if self._lock.acquire(timeout=1):
            self._process.close()

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
        most = {"rows": self.settings.max_rows, "bytes": self.settings.max_bytes}
        # As many characters again may be escaped in JSON, and columns have names.
        room = 6 * self.settings.max_bytes + LONGEST_SCHEMA
        found = self._ask({"sql": sql, "parameters": parameters, **most}, room)
        return Rows(columns=found["columns"], rows=found["rows"], more=found["more"])

    @tool
    def tables(self) -> list[TableInfo]:
        """The tables and views there are, with the SQL that made them."""
        found = self._ask({}, 8 * LONGEST_SCHEMA)["tables"]
        return [TableInfo(name=name, sql=sql) for name, sql in found]

    def _ask(self, request: dict[str, Any], most: int) -> dict[str, Any]:
        """The answer within the time, waiting for others included. Raises ToolError."""
        until = time.monotonic() + self.settings.timeout / 1e9
        if not self._lock.acquire(timeout=self.settings.timeout / 1e9):
            raise ToolError("another query takes too long; ask again")
        try:
            left = max(until - time.monotonic(), 0)
            answer = self._process.ask(request, seconds=left, most=most)
        except Late:
            answer = {"late": True}
        except Gone:
            answer = {"refused": "the query was ended: it takes too much time or memory"}
        finally:
            self._lock.release()
        if "late" in answer:
            raise ToolError(f"the query took longer than {self.settings.timeout / 1e9:g} s")
        if "refused" in answer:
            raise ToolError(show_line(answer["refused"], longest=500))
        return answer
