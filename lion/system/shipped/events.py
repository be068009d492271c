"""Look here if you want to know how the settings of shipped listeners choose events."""

import json
from typing import Annotated, Any

from pydantic import Field

from lion.system import EventName, Heard

Events = Annotated[tuple[EventName, ...], Field(min_length=1)]

ENDINGS = ("AgentCompleted", "AgentError", "RunEnding")
"""What people usually want to know."""


def as_json(event: Heard) -> dict[str, Any]:
    """An event for programs."""
    return {
        "run": event.run,
        "seq": event.seq,
        "time_ns": event.time_ns,
        "type": event.type,
        "principal": event.principal,
        "invocation": event.invocation,
        "call": event.call,
        "event": event.fields,
    }


def dumped(value: Any) -> str:
    """JSON, with null for numbers that JSON does not have."""
    return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    match value:
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
        case _:
            return value
