"""Look here if you want to know how several who speak are shown side by side on a terminal.

Rule: what a guest says is text, shown escaped; a column is its speaker's alone.
Rule: each column shows its last lines; all of them are in the log.
"""

from collections.abc import Collection, Sequence
from typing import Final

from rich.console import Console
from rich.live import Live as Shown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lion.cli.speech import SHOWN, Live, Stay
from lion.domain.record import Record

NARROWEST: Final = 24
"""Columns that a speaker needs; with fewer there are lines."""
KEPT: Final = 200
"""Lines of a speaker that are kept."""
_FRAME: Final = 3
"""Rows that the frames and the line below take."""


class SideBySide:
    """A view of some speakers, a column for each. Implements printer.View."""

    types: Collection[str] | None = SHOWN

    def __init__(self, names: Sequence[str], console: Console | None = None) -> None:
        self._console = console or Console()
        self._live = Live()
        self._said: dict[str, list[str]] = {name: [] for name in dict.fromkeys(names)}
        self._open: dict[str, str] = {}
        self._shown = Shown(console=self._console, auto_refresh=False)
        self._shown.start()

    def show(self, records: Sequence[Record]) -> None:
        """Show what some records say."""
        for record in records:
            for line in self._live.feed(record):
                if line.stay is not Stay.FLEETING:
                    self._add(line.speaker, line.text)
            self._open = self._live.unfinished
        self._shown.update(self._columns(), refresh=True)

    def finish(self) -> None:
        """Show what is left, and leave it there."""
        for line in self._live.finish():
            self._add(line.speaker, line.text)
        self._open = {}
        self._shown.update(self._columns(), refresh=True)
        self._shown.stop()

    def _add(self, speaker: str, text: str) -> None:
        lines = self._said.setdefault(speaker, [])
        lines.append(text)
        del lines[:-KEPT]

    def _columns(self) -> Table:
        grid = Table.grid(expand=True)
        width = max(self._console.width // max(len(self._said), 1) - 4, 1)
        rows = max(self._console.height - _FRAME, 1)
        for _ in self._said:
            grid.add_column(ratio=1)
        texts = [self._text(name, width) for name in self._said]
        height = min(max(len(text) for text in texts), rows)
        panels = (
            Panel(Text("\n").join(text[-height:]), title=Text(name, "bold"), height=height + 2)
            for name, text in zip(self._said, texts, strict=True)
        )
        grid.add_row(*panels)
        return grid

    def _text(self, name: str, width: int) -> list[Text]:
        """The rows of a column, the last one still being said."""
        lines = [*self._said[name], *([self._open[name]] if name in self._open else [])]
        rows = [row for line in lines for row in Text(line).wrap(self._console, width)]
        return rows or [Text()]
