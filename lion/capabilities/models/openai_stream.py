"""Look here if you want to know how an OpenAI-compatible server's answer is read.

Rule: a field may be missing, null or of another type; only what is understood is taken.
Rule: an error can come at any moment, also after a good status: it is raised, never read as text.
Rule: an answer is whole once the model said why it stopped, or the server that it is done
(`[DONE]`, or one object for all of it); not if nothing was said, or a call is half there. Whoever
reads on until then finds an answer that is not whole cut off.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from lion.capabilities.models.events import Event, Stop, Text, Thinking, Usage
from lion.capabilities.models.openai_calls import CallAssembler
from lion.capabilities.models.openai_errors import COMPLAINTS, error_of, has_error, raise_error
from lion.capabilities.models.openai_json import DONE, chunks_of, is_done
from lion.capabilities.models.tokens import counted
from lion.capabilities.models.tool_names import ToolNames

STOPS = {
    "stop": "end",
    "eos": "end",
    "eos_token": "end",
    "end_turn": "end",
    "stop_sequence": "end",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool-use",
    "tool_call": "tool-use",
    "tool_use": "tool-use",
    "function_call": "tool-use",
    "content_filter": "filtered",
    "safety": "filtered",
    "sensitive": "filtered",
    "refusal": "filtered",
}
"""Finish reasons; any other is `other`."""

FAILED = (
    "error", "network_error", "insufficient_system_resource", "abort", "aborted", "cancelled",
    "canceled", "timeout",
)  # fmt: skip
"""Finish reasons that say that the answer is none."""

THOUGHTS = ("reasoning_content", "reasoning")
"""Where servers say what the model thinks, besides a field of a manifest's own."""

_FIRST = (None, 0, "0", "")
"""Indexes of the only choice that is asked for."""


class _Delta(msgspec.Struct):
    content: str
    reasoning_content: None = None
    reasoning: None = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None
    extra_content: None = None
    provider_specific_fields: None = None
    reasoning_details: None = None
    reasoning_signature: None = None
    signature: None = None
    thinking_blocks: None = None
    thought_signature: None = None


class _Choice(msgspec.Struct):
    delta: _Delta
    index: Literal[0] = 0
    finish_reason: None = None
    usage: None = None
    error: None = None


class _Words(msgspec.Struct):
    """A chunk that says a piece of text and nothing else, as nearly all do."""

    choices: tuple[_Choice]
    object: str = ""
    type: str = ""
    error: None = None
    errors: None = None
    usage: None = None
    x_groq: None = None


_decode_words = msgspec.json.Decoder(_Words).decode


def _words_alone(data: str) -> str:
    """The text of a chunk that says nothing else; empty for any other, which says nothing."""
    try:
        words = _decode_words(data)
    except (ValueError, RecursionError):
        return ""
    return "" if "error" in (words.object, words.type) else words.choices[0].delta.content


class ChunkDecoder:
    """Implements Decoder."""

    def __init__(
        self, names: ToolNames, *, keeps_hung: bool = True, reasoning_field: str = THOUGHTS[0]
    ) -> None:
        self._thoughts = tuple(dict.fromkeys((reasoning_field, *THOUGHTS)))
        self._is_usual = reasoning_field in THOUGHTS
        self._calls = CallAssembler(names, keeps_hung=keeps_hung)
        self._reason: str | None = None
        self._complaint: dict[str, Any] | None = None
        self._has_said = self._has_deltas = self._is_document = False
        self.is_over = self.is_paused = False

    @property
    def is_whole(self) -> bool:
        """See Decoder."""
        if self._reason is not None:
            return True
        if not (self.is_over or self._is_document) or self._complaint is not None:
            return False
        return (self._has_said or len(self._calls) > 0) and self._calls.are_complete

    def feed(self, type: str, data: str) -> Iterable[Event]:
        """What one event says; nothing after `[DONE]`."""
        is_plain = self._is_usual and type == "message" and not self.is_over
        if is_plain and (text := _words_alone(data)):
            self._has_said = self._has_deltas = True
            return (Text(text),)
        return self._feed(type, data)

    def _feed(self, type: str, data: str) -> Iterator[Event]:
        if self.is_over or not data.strip():
            return
        if is_done(data):
            self.is_over = True
        elif type == "error":
            raise_error(error_of(data))
        else:
            yield from self._any(data)

    def whole(self, data: str) -> Iterator[Event]:
        """What a document says: all of an answer, or a chunk that came without its `data:`."""
        if self.is_over or is_done(data):
            self.is_over = True
        else:
            yield from self._any(data, is_document=True)

    def finish(self) -> Iterator[Event]:
        """The calls that are left, and why the model stopped; nothing of what is not whole."""
        if self.is_whole:
            yield from self._calls.finish()
            yield Stop("end" if self._reason is None else STOPS.get(self._reason, "other"))
        elif self._complaint is not None:
            raise_error(self._complaint)

    def _any(self, data: str, *, is_document: bool = False) -> Iterator[Event]:
        for chunk in chunks_of(data):
            if chunk is DONE:
                self.is_over = True
            if self.is_over:
                return
            yield from self._chunk(chunk, is_document=is_document)

    def _chunk(self, chunk: dict[str, Any], *, is_document: bool) -> Iterator[Event]:
        if has_error(chunk):
            raise_error(chunk)
        if usage := chunk.get("usage"):
            yield from usage_of(usage)
        if isinstance(groq := chunk.get("x_groq"), dict):
            if has_error(groq):
                raise_error(groq)
            yield from usage_of(groq.get("usage"))
        choices = chunk.get("choices")
        if not isinstance(choices, list) and any(chunk.get(key) for key in COMPLAINTS):
            self._complaint = chunk
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and choice.get("index") in _FIRST:
                yield from self._choice(choice, is_document=is_document)

    def _choice(self, choice: dict[str, Any], *, is_document: bool) -> Iterator[Event]:
        if has_error(choice):
            raise_error(choice)
        delta, message = choice.get("delta"), choice.get("message")
        if isinstance(delta, dict) and delta:
            yield from self._delta(delta)
            self._has_deltas = self._has_said or len(self._calls) > 0
        elif isinstance(message, dict) and not self._has_deltas:
            # Beside deltas it is all of them once more.
            self._is_document = self._is_document or is_document
            yield from self._delta(message)
        if usage := choice.get("usage"):
            yield from usage_of(usage)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason.lower() not in ("", "null", "none"):
            self._reason = reason.lower()
            if self._reason in FAILED:
                raise_error({"error": {"type": reason, "message": f"it stopped by {reason!r}"}})

    def _delta(self, delta: dict[str, Any]) -> Iterator[Event]:
        found = (delta.get(field) for field in self._thoughts)
        thought = next((one for one in found if one), None)
        if isinstance(thought, str):
            yield from self._said(Thinking(thought))
        for content in (delta.get("content"), delta.get("refusal")):
            for event in _content(content):
                yield from self._said(event)
        self._calls.add_message(delta)
        calls = delta.get("tool_calls")
        for fragment in calls if isinstance(calls, list) else ():
            if isinstance(fragment, dict):
                yield from self._calls.add(fragment)
        if isinstance(function := delta.get("function_call"), dict):
            # How calls were spelled before there could be several.
            yield from self._calls.add({"index": 0, "function": function})

    def _said(self, event: Event) -> Iterator[Event]:
        self._has_said = True
        yield event


def _content(content: Any) -> Iterator[Event]:
    """Text, or parts of which some are text and some are thoughts."""
    yield from map(Text, _texts(content))
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict):
            yield from map(Thinking, _texts(part.get("thinking")))


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str) and content:
        yield content
    for part in content if isinstance(content, list) else (content,):
        if isinstance(part, dict) and isinstance(text := part.get("text"), str) and text:
            yield text


def usage_of(usage: Any) -> Iterator[Usage]:
    """What a server says of tokens; 0 for what it does not say, or says wrongly."""
    if isinstance(usage, dict):
        given = counted(usage.get("prompt_tokens", usage.get("input_tokens")))
        said = counted(usage.get("completion_tokens", usage.get("output_tokens")))
        details = usage.get("prompt_tokens_details", usage.get("input_tokens_details"))
        details = details if isinstance(details, dict) else {}
        cached = counted(details.get("cached_tokens"))
        written = counted(details.get("cache_write_tokens"))
        if given or said:
            yield Usage(given, said, cached=cached, written=written)
