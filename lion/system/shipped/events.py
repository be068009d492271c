"""Look here if you want to know how the settings of shipped listeners choose events."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from lion.domain.events import EVENTS, RunEnding, RunFinished
from lion.domain.names import did_you_mean
from lion.system.contract import EVERYTHING, Heard


def _check_event(name: str) -> str:
    if name == RunFinished.__name__:
        raise ValueError(f"nobody hears {name}, which is the last record; write RunEnding")
    if name not in (*EVENTS, *EVERYTHING):
        raise ValueError(f"there is no event {name!r}; {did_you_mean(name, EVENTS)}")
    return name


Events = Annotated[tuple[Annotated[str, AfterValidator(_check_event)], ...], Field(min_length=1)]
"""Types of records (lion/domain/events), or "*" for all."""

ENDINGS = ("AgentCompleted", "AgentError", RunEnding.__name__)
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
