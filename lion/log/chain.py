"""Look here if you want to know what a record's digest covers, and how a changed log is found out.

Rule: the bytes of a record are PREFIX and one MessagePack array of its fields in the order of
`Record`, each in its shortest form, so every field carries its own length and no two records
share their bytes.
Rule: a body over BLOB_THRESHOLD bytes enters as an array of one, its SHA-256: it can be kept
elsewhere.
Rule: a run that stops before RunFinished is unfinished, not corrupt; whoever knows its head can
tell more.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import msgspec

from lion.domain.events import RunFinished
from lion.domain.record import Record
from lion.errors import AuditError
from lion.ports import VerifyReport

PREFIX = b"lion.record.1\n"
BLOB_THRESHOLD = 4096
"""Bodies of more bytes than this are stored once, by their digest."""

CHAIN_START = bytes(32)
"""The previous digest of a run's first record."""

_FINISHED = RunFinished.__name__
_encode = msgspec.msgpack.Encoder().encode

Fields = tuple[int, str, int, str, int, str, str, str, str, int, str, int, bytes, bytes]
"""A record without its digest, in the order of `Record`."""

_BODY: Final = 12


def canonical_bytes(fields: Fields) -> bytes:
    """The bytes a record's digest is taken of."""
    if len(fields[_BODY]) <= BLOB_THRESHOLD:
        return PREFIX + _encode(fields)
    by_digest = (sha256(fields[_BODY]).digest(),)
    return PREFIX + _encode((*fields[:_BODY], by_digest, *fields[_BODY + 1 :]))


def digest_of(fields: Fields) -> bytes:
    """A record's digest, 32 bytes."""
    if len(fields[_BODY]) <= BLOB_THRESHOLD:  # As canonical_bytes, without the call: this is hot.
        return sha256(PREFIX + _encode(fields)).digest()
    return sha256(canonical_bytes(fields)).digest()


def fields_of(record: Record) -> Fields:
    """A record's fields without its digest."""
    return (
        record.position,
        record.run,
        record.seq,
        record.invocation,
        record.call,
        record.principal,
        record.component_digest,
        record.cause,
        record.correlation,
        record.time_ns,
        record.type,
        record.version,
        record.body,
        record.previous_digest,
    )


def fault(run: str, seq: int, kind: str, what: str) -> AuditError:
    """Build the error for a run that does not verify: `kind` is one word for programs, `what` for
    people."""
    return AuditError(
        f"run {run} does not verify at record {seq}: {what}",
        hint="the log was damaged or changed; restore it from a copy",
        run=run,
        seq=seq,
        fault=kind,
    )


def verify_records(run: str, records: Iterable[Record]) -> VerifyReport:
    """Check all records of a run, given in the order of seq.

    Raises AuditError whose facts name `run`, `seq` and `fault`: changed (a field is not what its
    digest says), foreign, missing, repeated, broken (does not continue the record before), order,
    after-end.
    """
    seq, position, head, finished = 0, 0, CHAIN_START, False
    for record in records:
        _check_itself(run, record)
        _check_place(record, seq, finished)
        if record.previous_digest != head:
            raise fault(run, record.seq, "broken", f"it does not continue record {seq}")
        if record.position <= position:
            raise fault(run, record.seq, "order", "its position is not after the one before")
        seq, position, head = record.seq, record.position, record.digest
        finished = record.type == _FINISHED
    return VerifyReport(run=run, records=seq, finished=finished, head=head.hex())


def _check_itself(run: str, record: Record) -> None:
    if digest_of(fields_of(record)) != record.digest:
        raise fault(run, record.seq, "changed", "a field was changed (its digest does not match)")
    if record.run != run:
        raise fault(run, record.seq, "foreign", f"it belongs to run {record.run}")


def _check_place(record: Record, seq: int, finished: bool) -> None:
    run = record.run
    if finished:
        raise fault(run, record.seq, "after-end", "it comes after RunFinished")
    if record.seq > seq + 1:
        raise fault(run, seq + 1, "missing", f"it is missing, record {record.seq} comes next")
    if record.seq <= seq:
        raise fault(run, record.seq, "repeated", "it comes twice or out of order")
