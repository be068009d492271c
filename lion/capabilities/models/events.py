"""Look here if you want to know what a model can say, one piece after the other.

Rule: these are the cases of `llm.event`, and providers know nothing else.
Rule: a provider may tell usage and the end whenever it learns of them; the relay puts both last.
"""

from collections.abc import Awaitable, Callable
from typing import Any, assert_never

import msgspec


class Text(msgspec.Struct, frozen=True):
    """A piece of the answer."""

    text: str


class Thinking(msgspec.Struct, frozen=True):
    """A piece of what the model thinks before it answers."""

    text: str


class ToolStart(msgspec.Struct, frozen=True):
    """The model begins a call; pieces of its arguments follow, then ToolEnd."""

    id: str
    name: str


class ToolArguments(msgspec.Struct, frozen=True):
    """A piece of the arguments' JSON text of the call last begun."""

    json: str


class ToolEnd(msgspec.Struct, frozen=True):
    """The call last begun is complete."""


class Usage(msgspec.Struct, frozen=True):
    """Tokens of question and answer; of the question, how many were `cached` (read from a cache
    of the server's) and `written` into one.
    """

    input: int
    output: int
    estimated: bool = False
    cached: int = 0
    written: int = 0


class Stop(msgspec.Struct, frozen=True):
    """Why the model stopped: end, length, tool-use, filtered, other."""

    reason: str


Event = Text | Thinking | ToolStart | ToolArguments | ToolEnd | Usage | Stop

Tell = Callable[[Event], Awaitable[None]]
"""Takes the next event; waits while the reader lags. Raises CallError to end the answer."""

LARGEST_U32 = 2**32 - 1


def usage_record(usage: Usage) -> dict[str, Any]:
    """A usage as the record of `llm.usage`."""
    return {
        "input": min(usage.input, LARGEST_U32),
        "output": min(usage.output, LARGEST_U32),
        "estimated": usage.estimated,
    }


def event_value(event: Event) -> tuple[str, Any]:
    """An event as the variant `llm.event`."""
    match event:
        case Text(text):
            return "text", text
        case Thinking(text):
            return "thinking", text
        case ToolStart(id, name):
            return "tool-start", {"id": id, "name": name}
        case ToolArguments(json):
            return "tool-arguments", json
        case ToolEnd():
            return "tool-end", None
        case Usage():
            return "usage", usage_record(event)
        case Stop(reason):
            return "stop", reason
        case _:
            assert_never(event)
