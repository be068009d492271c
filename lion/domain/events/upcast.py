"""Look here if you want to know how a record of an older lion becomes today's event.

Rule: old records are never edited; each upcaster takes a body of one version to the next.
Rule: what a newer lion wrote is refused with clear words, never guessed at.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from lion import __version__
from lion.domain.events import EVENTS, Event
from lion.domain.record import Record
from lion.errors import AuditError

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

VERSIONS: Mapping[str, int] = dict.fromkeys(EVENTS, 1)
"""The version lion writes, by event type."""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""By (type, version): how a body of this version becomes one of the next."""


def event_of(
    record: Record,
    versions: Mapping[str, int] = VERSIONS,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Event:
    """Decode a record's body into the current event. Raises AuditError if this lion cannot read
    it."""
    current = versions.get(record.type)
    if current is None or record.version > current:
        raise _unknown(record)
    try:
        if record.version == current:
            return record.event()
        body = msgspec.msgpack.decode(record.body, type=dict[str, Any])
        for version in range(record.version, current):
            body = upcasters[record.type, version](body)
        return msgspec.convert(body, EVENTS[record.type])
    except msgspec.DecodeError as exc:
        raise _unreadable(record, exc) from exc


def _unknown(record: Record) -> AuditError:
    return AuditError(
        f"record {record.seq} of run {record.run} is a {record.type} of version {record.version}, "
        f"which lion {__version__} does not know: a newer lion wrote it",
        hint="upgrade lion to read this run",
        run=record.run,
        seq=record.seq,
        type=record.type,
        version=record.version,
    )


def _unreadable(record: Record, exc: Exception) -> AuditError:
    return AuditError(
        f"record {record.seq} of run {record.run} is no {record.type}: {exc}",
        hint=f"type: lion verify {record.run}",
        run=record.run,
        seq=record.seq,
        type=record.type,
        version=record.version,
    )
