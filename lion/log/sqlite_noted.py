"""Look here if you want to know how the tables beside the records (budgets, rates, what is taken
for calls under way) are written, and what a segment says of them.
"""

import sqlite3
from typing import Final

from lion.log.beside import Beside, Noted
from lion.log.segment import State
from lion.log.sqlite_tables import SqliteTables

_BUDGET = """INSERT INTO budgets (run, holder, budget, "limit", used) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (run, holder, budget) DO UPDATE SET "limit" = excluded."limit", used =
             excluded.used"""
_RATE = """INSERT INTO rates (run, holder, level, monotonic_ns) VALUES (?, ?, ?, ?)
           ON CONFLICT (run, holder) DO UPDATE SET level = excluded.level,
           monotonic_ns = excluded.monotonic_ns"""
_RESERVED = """INSERT INTO reservations (run, invocation, call, holder, budget, amount)
               VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (run, invocation, call, holder, budget)
               DO UPDATE SET amount = excluded.amount"""
_ENDED = "DELETE FROM reservations WHERE run = ? AND amount = 0"

BESIDE: Final = {
    "budgets": 'SELECT holder, budget, "limit", used FROM budgets WHERE run = ?',
    "rates": "SELECT holder, level, monotonic_ns FROM rates WHERE run = ?",
    "reservations": """SELECT invocation, call, holder, budget, amount FROM reservations
                       WHERE run = ?""",
}
"""How what stands beside a run's records is read, by table."""


def write_noted(
    connection: sqlite3.Connection, tables: SqliteTables, run: str, noted: Noted
) -> State:
    """Write the last words to their tables; what the run's segment says of them."""
    budgets = tuple((*key, *value) for key, value in noted.budgets.items())
    connection.executemany(_BUDGET, [(run, *one) for one in budgets])
    rates = tuple((holder, *value) for holder, value in noted.rates.items())
    connection.executemany(_RATE, [(run, *one) for one in rates])
    reserved = tuple((*key, amount) for key, amount in noted.reserved.items())
    connection.executemany(_RESERVED, [(run, *one) for one in reserved])
    if reserved:
        connection.execute(_ENDED, (run,))
    kv = tuple((name, *tables.usage(name)) for name in sorted(noted.stores))
    return State(budgets=budgets, kv=kv, rates=rates, reserved=reserved)


def read_beside(connection: sqlite3.Connection, run: str) -> Beside:
    """What the tables say of a run now."""
    return {
        name: frozenset(connection.execute(statement, (run,)).fetchall())
        for name, statement in BESIDE.items()
    }
