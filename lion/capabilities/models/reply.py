"""Look here if you want to know how the pieces of an answer become a whole one."""

from typing import Any, assert_never

from lion.capabilities.bounds import utf8_size
from lion.capabilities.models.events import (
    Event,
    Stop,
    Text,
    Thinking,
    ToolArguments,
    ToolEnd,
    ToolStart,
    Usage,
    usage_record,
)


class Gathered:
    """The events of one answer, gathered."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[tuple[ToolStart, list[str]]] = []
        self._usage = Usage(0, 0, estimated=True)
        self._stop = "other"

    def add(self, event: Event) -> int:
        """Take the next event; how many bytes it adds."""
        match event:
            case Text(text):
                self._text.append(text)
                return utf8_size(text)
            case Thinking(text):
                self._thinking.append(text)
                return utf8_size(text)
            case ToolStart(id, name):
                self._calls.append((event, []))
                return utf8_size(id) + utf8_size(name)
            case ToolArguments(json):
                self._calls[-1][1].append(json)
                return utf8_size(json)
            case ToolEnd():
                return 0
            case Usage():
                self._usage = event
                return 0
            case Stop(reason):
                self._stop = reason
                return 0
            case _:
                assert_never(event)

    def reply(self) -> dict[str, Any]:
        """The record `llm.reply`."""
        return {
            "text": "".join(self._text),
            "thinking": "".join(self._thinking),
            "tool-calls": [
                {"id": start.id, "name": start.name, "arguments": "".join(pieces)}
                for start, pieces in self._calls
            ],
            "usage": usage_record(self._usage),
            "stop": self._stop,
        }
