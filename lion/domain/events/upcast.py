"""Look here if you want to know how a record becomes today's event: the one place where bodies are
read, for whoever reads the log.

Rule: old records are never edited; each upcaster takes a body of one version to the next.
Rule: what a newer lion wrote is refused with clear words, never guessed at.
Rule: whatever a body holds, the outcome is an event that all readers can tell, or an AuditError.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Protocol

import msgspec

from lion.domain.events import EVENTS, AgentPartialOutput, CallFinished, Event
from lion.errors import AuditError
from lion.version import VERSION

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

VERSIONS: Mapping[str, int] = dict.fromkeys(EVENTS, 1)
"""The version lion writes, by event type."""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""By (type, version): how a body of this version becomes one of the next."""

_SAID: Final[Mapping[str, Any]] = {
    "text": tuple[str],
    "partial": tuple[str],
    "progress": tuple[int, int | None, str],
}
"""Arguments of the operations of `output`, which people see."""


class Stored(Protocol):
    """What of a record says what its body is."""

    @property
    def run(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def body(self) -> bytes: ...


def event_of(
    record: Stored,
    versions: Mapping[str, int] = VERSIONS,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Event:
    """Decode a record's body into the current event. Raises AuditError if this lion cannot read
    it."""
    current = versions.get(record.type)
    if record.version == current:  # As below, without the calls: this is hot.
        try:
            event: Event = _decoder(EVENTS[record.type])(record.body)
            if isinstance(event, CallFinished):
                check_call(event)
        except (ValueError, RecursionError) as exc:
            raise _unreadable(record, str(exc)) from exc
        return event
    if current is None or record.version > current:
        raise _unknown(record)
    if record.version < 1:
        raise _unreadable(record, f"there is no version {record.version}")
    try:
        event = _decode(record, current, upcasters)
        if isinstance(event, CallFinished):
            check_call(event)
    except (ValueError, RecursionError) as exc:  # msgspec's own are ValueErrors
        raise _unreadable(record, str(exc)) from exc
    return event


def plain_decoder(kind: str, version: int) -> Callable[[bytes], Any] | None:
    """How bodies of today's version are decoded, for whoever reads many: it raises ValueError or
    RecursionError, and `check_call` is left to the caller. None for what needs `event_of`.
    """
    return _decoder(EVENTS[kind]) if VERSIONS.get(kind) == version else None


def _decode(record: Stored, current: int, upcasters: Mapping[tuple[str, int], Upcaster]) -> Event:
    kind = EVENTS[record.type]
    body = msgspec.msgpack.decode(record.body, type=dict[str, Any], ext_hook=_refuse)
    try:
        for version in range(record.version, current):
            body = upcasters[record.type, version](body)
    except (LookupError, TypeError, ValueError) as exc:
        raise msgspec.DecodeError(f"{type(exc).__name__}: {exc}") from exc
    event: Event = msgspec.convert(body, kind)
    return event


@cache
def _decoder(kind: type[Event]) -> Callable[[bytes], Any]:
    """Made once for each type, when the first of it is read."""
    return msgspec.msgpack.Decoder(kind, ext_hook=_refuse).decode


def _refuse(code: int, body: memoryview) -> Any:
    raise ValueError(f"it has a value of the foreign kind {code}")


def check_call(event: CallFinished) -> None:
    """Raise msgspec.ValidationError for what its fields allow and no lion ever wrote."""
    value = event.value
    if not (type(value) is list and len(value) == 2 and value[0] == "ok"):  # for nearly every call
        match value:
            case ["err", [str(), str()]]:
                pass
            case _:
                raise msgspec.ValidationError("its value is neither ok nor an error")
    if isinstance(event, AgentPartialOutput) and event.args:
        msgspec.convert(event.args, _SAID.get(event.operation, list[Any]))


def _unknown(record: Stored) -> AuditError:
    return AuditError(
        f"record {record.seq} of run {record.run} is a {record.type} of version {record.version}, "
        f"which lion {VERSION} does not know: a newer lion wrote it",
        hint="upgrade lion to read this run",
        run=record.run,
        seq=record.seq,
        type=record.type,
        version=record.version,
    )


def _unreadable(record: Stored, what: str) -> AuditError:
    return AuditError(
        f"record {record.seq} of run {record.run} is no {record.type}: {what}",
        hint="the log was damaged, or another program wrote this; restore it from a copy",
        run=record.run,
        seq=record.seq,
        type=record.type,
        version=record.version,
    )
