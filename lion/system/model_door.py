"""Look here if you want to know how a system plugin asks a model: as a guest does, by `llm.start`
and `answer.next`, call by call through the broker.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

Ask = Callable[[str, str, list[Any]], Awaitable[Any]]
"""Asks the host: capability, function, arguments. Raises HostError."""

Hear = Callable[[str, Any], Any]
"""Is told each event of an answer, its kind and value as in wit/llm.wit; may be `async def`."""

NEXT: Final = "[method]answer.next"
"""As the component model names it."""
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


async def converse(
    ask: Ask,
    model: str,
    messages: Sequence[Mapping[str, Any]],
    *,
    tools: Sequence[Mapping[str, Any]],
    schema: Mapping[str, Any] | None,
    max_tokens: int | None,
    temperature: float | None,
    hear: Hear | None,
) -> Reply:
    """Ask, and hear the answer to its end. Raises HostError."""
    question = {
        "model": model,
        "messages": _json(list(messages)),
        "tools": _json(list(tools)) if tools else "",
        "schema": None if schema is None else _json(dict(schema)),
        "max-tokens": max_tokens,
        "temperature": temperature,
    }
    started = await ask("llm", "start", [question])
    said = _Said()
    while (event := await ask("llm", NEXT, [started["answer"]])) is not None:
        said.add(*event)
        if hear is not None and inspect.isawaitable(heard := hear(*event)):
            await heard
    return said.reply()


class _Said:
    """The events of an answer, gathered."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {kind: [] for kind in _TEXTS}
        self._calls: list[tuple[dict[str, Any], list[str]]] = []
        self._usage: dict[str, Any] = {"input": 0, "output": 0, "estimated": True}
        self._stop = "other"

    def add(self, kind: str, value: Any) -> None:
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
        calls = ((one["id"], one["name"], "".join(pieces)) for one, pieces in self._calls)
        return Reply(
            text="".join(self._texts["text"]),
            thinking="".join(self._texts["thinking"]),
            calls=tuple(calls),
            stop=self._stop,
            **self._usage,
        )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
