"""Look here if you want to know how a record is told to programs, as JSON: by the command line and
by a service alike.
"""

from typing import Any

import msgspec

from lion.domain.events import EVENTS, encode_body
from lion.domain.record import Record


def told(record: Record) -> dict[str, Any]:
    """A record as plain values: every field; bytes are base64 when it is written as JSON."""
    fields = msgspec.structs.asdict(record)
    del fields["body"]
    fields["event"] = msgspec.to_builtins(record.event(), str_keys=True)
    return fields


def heard(fields: dict[str, Any]) -> Record:
    """The record that was told, as far as it is shown again. Raises msgspec.ValidationError."""
    event = msgspec.convert(fields["event"], EVENTS[fields["type"]], strict=False)
    rest = {name: value for name, value in fields.items() if name != "event"}
    return Record(**rest, body=encode_body(event))
