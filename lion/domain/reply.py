"""Look here if you want to know how the events of a model's answer become a whole one, for who
asks beside guests: trusted Python, agents of others.
"""

from typing import Any, Final

import msgspec

_TEXTS: Final = ("text", "thinking")


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a model said, as `llm.reply` of wit/llm.wit; `stop` is why it stopped.

    `calls` are (id, name, arguments as JSON text); `estimated`: the server did not say how many
    tokens it were.
    """

    text: str
    thinking: str
    calls: tuple[tuple[str, str, str], ...]
    input: int
    output: int
    estimated: bool
    stop: str


class Said:
    """The events of an answer, gathered."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {kind: [] for kind in _TEXTS}
        self._calls: list[tuple[dict[str, Any], list[str]]] = []
        self._usage: dict[str, Any] = {"input": 0, "output": 0, "estimated": True}
        self._stop = "other"

    def add(self, kind: str, value: Any) -> None:
        """Take the next event, its kind and value as in wit/llm.wit."""
        match kind:
            case "text" | "thinking":
                self._texts[kind].append(value)
            case "tool-start":
                self._calls.append((value, []))
            case "tool-arguments":
                self._calls[-1][1].append(value)
            case "usage":
                self._usage = value
            case "stop":
                self._stop = value

    def reply(self) -> Reply:
        """What they come to."""
        calls = ((one["id"], one["name"], "".join(pieces)) for one, pieces in self._calls)
        return Reply(
            text="".join(self._texts["text"]),
            thinking="".join(self._texts["thinking"]),
            calls=tuple(calls),
            stop=self._stop,
            **self._usage,
        )
