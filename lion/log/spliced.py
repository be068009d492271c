"""Look here if you want to know how a run that was forked is read with what came before it: the
first records of its parent, and of that one's, and then its own.

Rule: what is read of a parent is what it was: its chain verifies, and its head is the one that the
fork recorded.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from lion.domain.events import RunForked
from lion.domain.record import Record
from lion.errors import AuditError, OperatorError
from lion.log.checked import report_of
from lion.log.signed import digest_at
from lion.log.sqlite_reader import SqliteReader

_KIND = f" {RunForked.__name__} "
_EARLY = 512
"""A run says within so many records that it is a fork."""
_FORKS = """SELECT DISTINCT runs.run FROM segments JOIN runs ON runs.id = segments.run
            WHERE types LIKE '% RunForked %'"""
MOST_FORKS = 64
"""Of forks of forks."""


def fork_of(reader: SqliteReader, run: str) -> RunForked | None:
    """What a run was forked from, if it was. Raises AuditError."""
    for row in reader.rows(run):
        if row.first_seq > _EARLY:
            break
        for record in reader.records(run, row.first_seq - 1) if _KIND in row.types else ():
            event = record.event() if record.type == RunForked.__name__ else None
            if isinstance(event, RunForked):
                return event
    return None


def check_not_forked(connection: sqlite3.Connection, directory: Path, runs: Sequence[str]) -> None:
    """Raise OperatorError if another run than these was forked from one of them."""
    reader = SqliteReader(connection, directory)
    for (run,) in connection.execute(_FORKS).fetchall():
        fork = None if run in runs else fork_of(reader, run)
        if fork is not None and fork.parent in runs:
            raise OperatorError(
                f"run {fork.parent} is the past of {run}, which was forked from it",
                hint=f"forget both: lion forget {fork.parent} {run}",
            )


def check_parent(reader: SqliteReader, run: str, fork: RunForked) -> None:
    """Raise AuditError unless a parent verifies and is the one that was forked."""
    report = report_of(reader.verified_alone(fork.parent))
    head = report.head if report.records == fork.head_seq else None
    if (head or digest_at(reader, fork.parent, fork.head_seq)) != fork.head:
        raise AuditError(
            f"run {run} was forked from {fork.parent}, which is not the same any more",
            run=run, parent=fork.parent,
        )  # fmt: skip


def past_records(reader: SqliteReader, run: str, depth: int = 0) -> Iterator[Record]:
    """The records of a fork's parents that are its own past; none of a run that is no fork.
    Raises AuditError.
    """
    fork = fork_of(reader, run)
    if fork is None:
        return
    if depth >= MOST_FORKS:
        raise AuditError(f"run {run} is a fork of more than {MOST_FORKS} forks", run=run)
    check_parent(reader, run, fork)
    yield from past_records(reader, fork.parent, depth + 1)
    for record in reader.records(fork.parent):
        if record.seq > fork.at:
            break
        yield record
