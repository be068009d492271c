"""Look here if you want to know how a system plugin asks a model: as a guest does, by `llm.start`
and `answer.next`, call by call through the broker.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from lion.domain.reply import Reply, Said

Ask = Callable[[str, str, list[Any]], Awaitable[Any]]
"""Asks the host: capability, function, arguments. Raises HostError."""

Hear = Callable[[str, Any], Any]
"""Is told each event of an answer, its kind and value as in wit/llm.wit; may be `async def`."""

NEXT: Final = "[method]answer.next"
"""As the component model names it."""


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
    said = Said()
    while (event := await ask("llm", NEXT, [started["answer"]])) is not None:
        said.add(*event)
        if hear is not None and inspect.isawaitable(heard := hear(*event)):
            await heard
    return said.reply()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
