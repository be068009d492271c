"""Look here if you want to know what segments say of the tables beside the records, and how that
is compared with them.
"""

from collections.abc import Iterable
from typing import TypeAlias

from lion.log.segment import State

Beside: TypeAlias = dict[str, frozenset[tuple[object, ...]]]
"""The rows of each table."""


class Folded:
    """What segments say of the tables, folded."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[tuple[object, ...], tuple[object, ...]]] = {}

    def add(self, state: State) -> None:
        """Take what the next segment says."""
        self._put("budgets", 2, state.budgets)
        self._put("rates", 1, state.rates)
        self._put("reservations", 4, state.reserved)

    def _put(self, table: str, keys: int, rows: Iterable[tuple[object, ...]]) -> None:
        known = self._rows.setdefault(table, {})
        for row in rows:
            known[row[:keys]] = row
            if table == "reservations" and not row[-1]:
                del known[row[:keys]]

    def differs(self, found: Beside) -> str:
        """The first table that says otherwise; empty if none does."""
        for table, rows in found.items():
            if rows != frozenset(self._rows.get(table, {}).values()):
                return table
        return ""
