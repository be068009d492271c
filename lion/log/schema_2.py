"""Look here if you want to know how records of the log's schema 2 were proved: each had a digest
over its own bytes and the one before. Logs of today keep that proof of what was converted.

Rule: the bytes of a record are PREFIX and one MessagePack array of its fields in the order of
`Record`, and the previous digest; a body over BLOB_THRESHOLD bytes is an array of its SHA-256.
"""

from hashlib import sha256
from typing import Final

import msgspec

from lion.domain.record import Record
from lion.log.segment import BLOB_THRESHOLD

PREFIX: Final = b"lion.record.1\n"

_encode = msgspec.msgpack.Encoder().encode


def old_digest(record: Record, previous: bytes) -> bytes:
    """A record's digest of then, after `previous`, 32 bytes."""
    body: bytes | tuple[bytes] = record.body
    if len(record.body) > BLOB_THRESHOLD:
        body = (sha256(record.body).digest(),)
    fields = (
        record.position, record.run, record.seq, record.invocation, record.call, record.principal,
        record.component_digest, record.cause, record.correlation, record.time_ns, record.type,
        record.version, body, previous,
    )  # fmt: skip
    return sha256(PREFIX + _encode(fields)).digest()
