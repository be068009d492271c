"""Look here if you want to know how spans are written for a collector: OTLP as lines of JSON.

Source: OpenTelemetry Protocol 1.5, JSON Protobuf encoding (ids in hex, 64-bit numbers as text),
and the OTLP File Exporter: one ExportTraceServiceRequest a line.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from lion.telemetry import names as n
from lion.telemetry.spans import Span, Value
from lion.version import VERSION

BATCH: Final = 512
"""Spans of a line."""

_encode = msgspec.json.Encoder().encode


def otlp_lines(trace: str, spans: Iterable[Span]) -> Iterator[bytes]:
    """The lines; `trace` is the id that all spans have."""
    it = iter(spans)
    while some := tuple(islice(it, BATCH)):
        scope = {"name": "lion", "version": VERSION}
        part = {"scope": scope, "spans": [_span(trace, span) for span in some]}
        resource = {"attributes": _attributes({n.SERVICE: "lion", n.VERSION: VERSION})}
        whole = {"resource": resource, "scopeSpans": [part], "schemaUrl": n.SCHEMA_URL}
        yield _encode({"resourceSpans": [whole]}) + b"\n"


def _span(trace: str, span: Span) -> dict[str, Any]:
    status: dict[str, Any] = {"code": n.OK}
    if span.error is not None:
        status = {"code": n.FAILED, "message": span.error}
    told = {
        "traceId": trace, "spanId": span.span, "name": span.name, "kind": span.kind,
        "startTimeUnixNano": str(span.began_ns), "endTimeUnixNano": str(span.ended_ns),
        "attributes": _attributes(span.attributes), "status": status,
    }  # fmt: skip
    return told | ({"parentSpanId": span.parent} if span.parent else {})


def _attributes(given: dict[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in given.items()]


def _value(value: Value) -> dict[str, Any]:
    match value:
        case int():
            return {"intValue": str(value)}
        case str():
            return {"stringValue": value}
        case _:
            return {"arrayValue": {"values": [{"stringValue": one} for one in value]}}
