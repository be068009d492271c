"""Look here if you want to know how an OpenAI-compatible server's answer is read.

Rule: a field may be missing, null or of another type; only what is understood is taken.
Rule: an error can come at any moment, also after a good status: it is raised, never read as text.
Rule: without a finish reason there is no end: whoever reads on finds the answer cut off.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NoReturn

import msgspec

from lion.capabilities.models.events import Event, Stop, Text, Thinking, Usage
from lion.capabilities.models.openai_calls import CallAssembler
from lion.capabilities.models.tool_names import ToolNames
from lion.capabilities.models.wire import Overloaded, error_text
from lion.domain.call import CallError
from lion.domain.text import show_line

STOPS = {
    "stop": "end",
    "eos": "end",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool-use",
    "function_call": "tool-use",
    "content_filter": "filtered",
}
"""Finish reasons; any other is `other`."""

_PASSING = ("overload", "rate_limit", "server_error", "unavailable", "timeout", "too_many")
"""Parts of an error's type or code that say: try again."""


class _Delta(msgspec.Struct):
    content: str
    reasoning_content: None = None
    reasoning: None = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None


class _Choice(msgspec.Struct):
    delta: _Delta
    index: Literal[0] = 0
    finish_reason: None = None
    usage: None = None


class _Words(msgspec.Struct):
    """A chunk that says a piece of text and nothing else, as nearly all do."""

    choices: tuple[_Choice]
    object: str = ""
    error: None = None
    usage: None = None
    x_groq: None = None


_decode_words = msgspec.json.Decoder(_Words).decode


def _words_alone(data: str) -> str:
    """The text of a chunk that says nothing else; empty for any other, which says nothing."""
    try:
        words = _decode_words(data)
    except (msgspec.DecodeError, RecursionError):
        return ""
    return "" if words.object == "error" else words.choices[0].delta.content


class ChunkDecoder:
    """Implements Decoder."""

    def __init__(self, names: ToolNames) -> None:
        self._calls = CallAssembler(names)
        self._reason: str | None = None
        self._is_done = False

    def feed(self, type: str, data: str) -> Iterable[Event]:
        """What one chunk says; nothing after `[DONE]`."""
        if type == "message" and not self._is_done and (text := _words_alone(data)):
            return (Text(text),)
        return self._feed(type, data)

    def _feed(self, type: str, data: str) -> Iterator[Event]:
        if self._is_done:
            return
        if data.strip() == "[DONE]":
            self._is_done = True
            return
        chunk = _decode(data)
        if type == "error":
            raise_error(chunk.get("error") or chunk)
        yield from self._chunk(chunk)

    def whole(self, data: bytes) -> Iterator[Event]:
        """What an answer says that came whole."""
        yield from self._chunk(_decode(data))

    def finish(self) -> Iterator[Event]:
        """The calls that are left, and why the model stopped, if it said so."""
        yield from self._calls.finish()
        if self._reason is not None:
            yield Stop(STOPS.get(self._reason.lower(), "other"))

    def _chunk(self, chunk: dict[str, Any]) -> Iterator[Event]:
        if chunk.get("error") or chunk.get("object") == "error":
            raise_error(chunk.get("error") or chunk)
        if usage := chunk.get("usage"):
            yield from _usage(usage)
        if isinstance(groq := chunk.get("x_groq"), dict):
            yield from _usage(groq.get("usage"))
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and not choice.get("index"):
                yield from self._choice(choice)

    def _choice(self, choice: dict[str, Any]) -> Iterator[Event]:
        delta = choice.get("delta") or choice.get("message")
        if isinstance(delta, dict):
            yield from self._delta(delta)
        if usage := choice.get("usage"):
            yield from _usage(usage)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self._reason = reason

    def _delta(self, delta: dict[str, Any]) -> Iterator[Event]:
        thought = delta.get("reasoning_content") or delta.get("reasoning")
        if isinstance(thought, str) and thought:
            yield Thinking(thought)
        for content in (delta.get("content"), delta.get("refusal")):
            if content:
                yield from _content(content)
        calls = delta.get("tool_calls")
        for fragment in calls if isinstance(calls, list) else ():
            if isinstance(fragment, dict):
                yield from self._calls.add(fragment)
        if isinstance(function := delta.get("function_call"), dict):
            # How calls were spelled before there could be several.
            yield from self._calls.add({"index": 0, "function": function})


def _content(content: Any) -> Iterator[Event]:
    """Text, or parts of which some are text."""
    if isinstance(content, str) and content:
        yield Text(content)
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and isinstance(text := part.get("text"), str) and text:
            yield Text(text)


def _usage(usage: Any) -> Iterator[Usage]:
    if not isinstance(usage, dict):
        return
    numbers = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    given, said = (n if isinstance(n, int) and n >= 0 else None for n in numbers)
    if given is not None and said is not None:
        yield Usage(given, said)


def _decode(data: str | bytes) -> dict[str, Any]:
    try:
        chunk = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        chunk = None
    if not isinstance(chunk, dict):
        text = data[:80]
        shown = show_line(text if isinstance(text, str) else text.decode("utf-8", "replace"))
        raise CallError("unavailable", f"the model's server sent what is no chunk: {shown}")
    return chunk


def raise_error(error: Any) -> NoReturn:
    """Raise what an error object says: Overloaded where another try may do, else CallError."""
    text = error_text(error)
    if isinstance(error, dict) and any(
        _is_passing(error.get(key)) for key in ("code", "type", "status")
    ):
        raise Overloaded(text)
    raise CallError("unavailable", f"the model's server says: {text}")


def _is_passing(sign: Any) -> bool:
    if isinstance(sign, int):
        return sign in (408, 409, 429) or 500 <= sign < 600
    return isinstance(sign, str) and any(word in sign.lower() for word in _PASSING)
