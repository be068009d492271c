"""Look here if you want to know what the log knows of a run beside its records, for who goes on
with it: budgets, rates, what calls under way had taken, how far its clock and listeners were.

Rule: the clock's last word is in a segment or, where nothing was recorded for a while, beside its
lock (owned.py).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from lion.log.owned import read_beat, read_heard
from lion.log.row import segments_of
from lion.log.segment import Damaged
from lion.log.sqlite_reader import SqliteReader
from lion.log.verify import fault


class Standing(msgspec.Struct, frozen=True):
    """`budgets` are (holder, budget, limit, used), `rates` level and time by holder, `reserved`
    (invocation, call, holder, budget, amount), `clock_ns` nanoseconds of the run's own clock,
    `heard` the last record that a listener has come back from, by name.
    """

    budgets: tuple[tuple[str, str, int, int], ...]
    rates: Mapping[str, tuple[int, int]]
    reserved: tuple[tuple[str, int, str, str, int], ...]
    clock_ns: int
    heard: Mapping[str, int] = {}


def read_standing(reader: SqliteReader, directory: Path, run: str, last_seq: int) -> Standing:
    """What stands beside a run's records, the last of which is given. Raises AuditError."""
    beside: Any = reader.beside(run)
    clock_ns = read_beat(directory, run)
    for row in reader.rows(run, last_seq - 1):
        try:
            clock_ns = max(clock_ns, segments_of(row)[-1].monotonic_ns)
        except Damaged as exc:
            raise fault(run, row.first_seq, "changed", exc.what) from exc
    return Standing(
        budgets=tuple(sorted(beside["budgets"])),
        rates={holder: (level, seen) for holder, level, seen in beside["rates"]},
        reserved=tuple(sorted(beside["reservations"])),
        clock_ns=clock_ns,
        heard=read_heard(directory, run),
    )
