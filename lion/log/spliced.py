"""Look here if you want to know how a run that was forked is read with what came before it: the
first records of its parent, and of that one's, and then its own.

Rule: what is read of a parent is what it was: its chain verifies, and its head is the one that the
fork recorded.
"""

from collections.abc import Iterator
from typing import Protocol

from lion.domain.events import RunForked
from lion.domain.record import Record
from lion.errors import AuditError
from lion.log.checked import report_of
from lion.log.row import Row
from lion.ports import LogReader

_KIND = f" {RunForked.__name__} "
_EARLY = 512
"""A run says within so many records that it is a fork."""
MOST_FORKS = 64
"""Of forks of forks."""


class SegmentReader(LogReader, Protocol):
    """A reader that has rows and their digests (log/sqlite_reader.py)."""

    def rows(self, run: str, after: int = 0) -> Iterator[Row]:
        """The rows of a run, from that of the record after seq `after` on."""
        ...

    def digest_at(self, run: str, seq: int) -> str | None:
        """The chain's digest after a record, in hex, if a segment ends there."""
        ...


def fork_of(reader: SegmentReader, run: str) -> RunForked | None:
    """What a run was forked from, if it was. Raises AuditError."""
    for row in reader.rows(run):
        if row.first_seq > _EARLY:
            break
        for record in reader.records(run, row.first_seq - 1) if _KIND in row.types else ():
            event = record.event() if record.type == RunForked.__name__ else None
            if isinstance(event, RunForked):
                return event
    return None


def check_parent(reader: SegmentReader, run: str, fork: RunForked) -> None:
    """Raise AuditError unless a parent verifies and is the one that was forked."""
    report = report_of(reader.verified_alone(fork.parent))
    head = report.head if report.records == fork.head_seq else None
    if (head or reader.digest_at(fork.parent, fork.head_seq)) != fork.head:
        raise AuditError(
            f"run {run} was forked from {fork.parent}, which is not the same any more",
            run=run, parent=fork.parent,
        )  # fmt: skip


def check_past(reader: SegmentReader, run: str) -> str:
    """The run that a fork goes on from, which verifies with all that it goes on from itself; empty
    if this is none. Raises AuditError.
    """
    first, depth = "", 0
    while (fork := fork_of(reader, run)) is not None:
        _check_depth(run, depth)
        check_parent(reader, run, fork)
        first, run, depth = first or fork.parent, fork.parent, depth + 1
    return first


def _check_depth(run: str, depth: int) -> None:
    if depth >= MOST_FORKS:
        raise AuditError(f"run {run} is a fork of more than {MOST_FORKS} forks", run=run)


def past_records(reader: SegmentReader, run: str, depth: int = 0) -> Iterator[Record]:
    """The records of a fork's parents that are its own past; none of a run that is no fork.
    Raises AuditError.
    """
    fork = fork_of(reader, run)
    if fork is None:
        return
    _check_depth(run, depth)
    check_parent(reader, run, fork)
    yield from past_records(reader, fork.parent, depth + 1)
    for record in reader.records(fork.parent):
        if record.seq > fork.at:
            break
        yield record
