"""Look here if you want to know how CSV (RFC 4180) is read while it comes.

The first row names the columns, unless they are given; a record is a row by those names, of texts.

Rule: each row has a field for each column; a quote that stands where none may be is a fault.
"""

import csv

from lion.parsers.by_line import LineParser
from lion.parsers.events import Parsed
from lion.parsers.parser import Bounds, Stop
from lion.values.answer_schema import Held


class CsvParser(LineParser):
    """Rows of comma-separated values."""

    def __init__(
        self,
        bounds: Bounds,
        schema: Held | None = None,
        each: Held | None = None,
        *,
        columns: tuple[str, ...] = (),
        delimiter: str = ",",
    ) -> None:
        """With `columns` the rows begin with that header, and all before it is prose; without,
        with the first line that has a `delimiter`, or the first in a code fence.
        """
        super().__init__(bounds, schema, each)
        self._wanted = columns
        self._columns: list[str] = []
        self._delimiter = delimiter
        self._words: list[str] = []
        self._row: list[str] = []
        self._row_size = 0
        self._is_quoted = False
        self._is_fenced = False
        self._is_over = False

    def _line(self, line: str) -> None:
        if not self._row and self._is_around(line):
            return
        self._row.append(line)
        self._row_size += len(line) + 1
        self._check_record(self._row_size)
        if line.count('"') % 2:
            self._is_quoted = not self._is_quoted
        if not self._is_quoted:
            self._whole_row()

    def _is_around(self, line: str) -> bool:
        """Whether it is no row: empty, a fence, or words around the rows."""
        bare = line.strip()
        if bare.startswith("```"):
            self._is_over = bool(self._columns)
            self._is_fenced = True
        elif bare and (self._is_over or not (self._columns or self._is_header(line))):
            self._words.append(line)
        elif bare:
            return False
        return True

    def _is_header(self, line: str) -> bool:
        if self._wanted:
            return '"' not in line and tuple(line.split(self._delimiter)) == self._wanted
        return self._is_fenced or self._delimiter in line

    def _whole_row(self) -> None:
        text = "\n".join(self._row)
        self._row, self._row_size = [], 0
        try:
            (fields,) = csv.reader([text], delimiter=self._delimiter, strict=True)
        except (csv.Error, ValueError) as exc:
            raise Stop("syntax", f"row {len(self._values) + 1} is no CSV: {exc}") from None
        if not self._columns:
            self._prose("\n".join(self._words))
            self._words = []
            self._begin(fields)
            return
        if len(fields) != len(self._columns):
            what = f"row {len(self._values) + 1} has {len(fields):,} fields"
            raise Stop("syntax", f"{what}, and there are {len(self._columns):,} columns")
        self._record(dict(zip(self._columns, fields, strict=True)))

    def _begin(self, fields: list[str]) -> None:
        if len(set(fields)) < len(fields):
            raise Stop("syntax", "two columns have one name")
        self._columns = fields

    def _close(self) -> Parsed:
        parsed = super()._close()
        if self._row:
            raise Stop("incomplete", "a quoted field breaks off before its end")
        self._prose("\n".join(self._words))
        if not self._columns:
            raise Stop("missing", "there is no row in it")
        return parsed
