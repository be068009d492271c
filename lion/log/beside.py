"""Look here if you want to know what is kept in tables beside the records, what segments say of
them, and how the two are compared.
"""

from collections.abc import Iterable
from typing import TypeAlias

from lion.log.segment import State

Beside: TypeAlias = dict[str, frozenset[tuple[object, ...]]]
"""The rows of each table."""


class Noted:
    """The last word on what a run's records are beside: what a resume needs, and people see."""

    __slots__ = ("budgets", "rates", "reserved", "stores")

    def __init__(self) -> None:
        self.budgets: dict[tuple[str, str], tuple[int, int]] = {}
        """(holder, budget) -> (limit, used)."""
        self.rates: dict[str, tuple[int, int]] = {}
        """holder -> (level, monotonic time of it), as in domain/rate.py."""
        self.reserved: dict[tuple[str, int, str, str], int] = {}
        """(invocation, call, holder, budget) -> taken for that call, 0 when it has ended."""
        self.stores: set[str] = set()
        """Namespaces of kv that were changed."""

    def __bool__(self) -> bool:
        return bool(self.budgets or self.rates or self.reserved or self.stores)

    def add(self, other: "Noted") -> None:
        """Take later words."""
        self.budgets |= other.budgets
        self.rates |= other.rates
        self.reserved |= other.reserved
        self.stores |= other.stores


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
