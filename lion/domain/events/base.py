"""Look here if you want to know what every event is, and how its body is written.

Rule: bodies are msgpack maps (msgspec), because JSON cannot carry bytes, NaN and 64-bit integers
unchanged.
"""

import msgspec


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag=False, gc=False):
    """Base of all events: a fact, past tense, frozen. Its class name is its type in the log.

    None leads back to itself, so the collector of cycles need not look at them (`gc`).
    """


encode_body = msgspec.msgpack.Encoder().encode
"""Encode an event's body: the same event gives the same bytes."""
