"""Look here if you want to know how an answer in OpenAI's Responses protocol is read.

Rule: an answer is over when the response is completed, incomplete or failed, and by nothing else;
`[DONE]` alone is what some servers add.
Rule: whatever was said in pieces is not said again when it comes whole; what came only whole is.
Rule: items that are neither text nor a call of ours are kept as they are when they are done:
thoughts go back with the calls after them.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lion.capabilities.models.blocks import OPAQUE, BlockCall, BlockCalls
from lion.capabilities.models.events import Event, Stop, Text, Thinking
from lion.capabilities.models.openai_errors import error_of, has_error, raise_error
from lion.capabilities.models.openai_json import bare, is_done, parse
from lion.capabilities.models.openai_stream import usage_of
from lion.capabilities.models.tool_names import ToolNames
from lion.domain.call import CallError
from lion.domain.text import show_line

_LAST: Final = (
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response.cancelled",
)
_REASONS: Final = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "content_filter": "filtered",
}
"""Why a response is incomplete; anything else is `other`."""
_WORDS: Final[dict[str, type[Text | Thinking]]] = {
    "response.output_text": Text,
    "response.refusal": Text,
    "response.reasoning_summary_text": Thinking,
    "response.reasoning_text": Thinking,
}
"""Events with words, before `.delta` and `.done`."""
_FIELDS: Final = {"response.output_text": "text", "response.refusal": "refusal"}
"""Where all of it stands in a `.done`; `text` for thoughts."""


class _Item:
    """An item as it comes; `said` are the parts whose words were told."""

    def __init__(self) -> None:
        self.call: BlockCall | None = None
        self.said: set[tuple[str, int]] = set()
        self.length = 0
        self.is_done = False


class ItemDecoder:
    """Implements Decoder."""

    def __init__(self, names: ToolNames, *, keeps_blocks: bool = True) -> None:
        self._calls = BlockCalls(names, keeps_blocks=keeps_blocks)
        self._items: dict[int, _Item] = {}
        self._stop: str | None = None
        self._has_refused = False
        self.is_over = self.is_paused = False

    @property
    def is_whole(self) -> bool:
        """See Decoder."""
        return self._stop is not None and self._calls.are_complete

    def feed(self, type: str, data: str) -> Iterator[Event]:
        """See Decoder."""
        if self.is_over or not data.strip():
            return
        if is_done(data):
            self.is_over = True
        elif type == "error":
            raise_error(error_of(data))
        else:
            yield from self._event(type, _read(data))

    def whole(self, data: str) -> Iterator[Event]:
        """See Decoder: a response, or an event that came without its name."""
        if self.is_over or is_done(data):
            self.is_over = True
            return
        said = _read(data)
        if "output" in said and not str(said.get("type", "")).startswith("response."):
            yield from self._end(said)
        else:
            yield from self._event("", said)

    def finish(self) -> Iterator[Event]:
        """See Decoder."""
        if self.is_whole and self._stop is not None:
            is_refusal = self._has_refused and self._stop == "end"
            yield Stop("filtered" if is_refusal else self._stop)

    def _event(self, name: str, said: dict[str, Any]) -> Iterator[Event]:
        kind = _text(said.get("type")) or name
        response = said.get("response")
        if has_error(said):
            raise_error(said)
        if kind in _LAST and isinstance(response, dict):
            yield from self._end(response)
            return
        at = said.get("output_index")
        item = self._item(at if isinstance(at, int) else 0)
        stem, _, form = kind.rpartition(".")
        if stem in _WORDS and form in ("delta", "done"):
            yield from self._words(item, stem, form, said)
        elif kind in ("response.output_item.added", "response.output_item.done"):
            given = said.get("item")
            if isinstance(given, dict):
                yield from self._given(item, given, is_done=form == "done")
        elif kind == "response.function_call_arguments.delta":
            yield from self._arguments(item, _text(said.get("delta")))
        elif kind == "response.function_call_arguments.done":
            yield from self._all_arguments(item, said.get("arguments"))

    def _item(self, at: int) -> _Item:
        return self._items.setdefault(at, _Item())

    def _words(self, item: _Item, stem: str, form: str, said: dict[str, Any]) -> Iterator[Event]:
        part = said.get("content_index", said.get("summary_index"))
        place = (stem, part if isinstance(part, int) else 0)
        is_new = place not in item.said
        words = said.get("delta") if form == "delta" else said.get(_FIELDS.get(stem, "text"))
        if not isinstance(words, str) or not words or (form == "done" and not is_new):
            return
        if is_new and place[1] and _WORDS[stem] is Thinking:
            words = f"\n\n{words}"  # a summary's parts are paragraphs
        item.said.add(place)
        self._has_refused = self._has_refused or stem == "response.refusal"
        if _WORDS[stem] is Text:
            item.length += len(words)
        yield _WORDS[stem](words)

    def _arguments(self, item: _Item, piece: str) -> Iterator[Event]:
        if item.call is not None and not item.call.is_complete:
            item.call.add(piece)
            yield from self._calls.tell()

    def _all_arguments(self, item: _Item, arguments: Any) -> Iterator[Event]:
        """The whole of them: said where no piece was."""
        if item.call is not None and not item.call.has_arguments:
            yield from self._arguments(item, _text(arguments))

    def _given(self, item: _Item, given: dict[str, Any], *, is_done: bool) -> Iterator[Event]:
        """An item, as it begins or as it ended."""
        if item.is_done:
            return
        item.is_done = is_done
        match given.get("type"):
            case "function_call":
                if item.call is None:
                    id = _text(given.get("call_id")) or _text(given.get("id"))
                    item.call = self._calls.open(id, _text(given.get("name")))
                if is_done:
                    yield from self._all_arguments(item, given.get("arguments"))
                    item.call.is_complete = True
                yield from self._calls.tell()
            case "message" if is_done:
                yield from self._message(item, given)
            case "message":
                pass
            case _ if is_done:
                yield from self._thought(item, given)

    def _message(self, item: _Item, given: dict[str, Any]) -> Iterator[Event]:
        content = given.get("content")
        for at, part in enumerate(content if isinstance(content, list) else ()):
            if isinstance(part, dict):
                stem = "response.refusal" if "refusal" in part else "response.output_text"
                yield from self._words(item, stem, "done", {**part, "content_index": at})
        phase = given.get("phase")
        fields = {"phase": phase} if isinstance(phase, str) and len(phase) < 40 else {}
        self._calls.keep((item.length, fields), 0)

    def _thought(self, item: _Item, given: dict[str, Any]) -> Iterator[Event]:
        for field, stem in (
            ("summary", "response.reasoning_summary_text"),
            ("content", "response.reasoning_text"),
        ):
            parts = given.get(field)
            for at, part in enumerate(parts if isinstance(parts, list) else ()):
                if isinstance(part, dict):
                    yield from self._words(item, stem, "done", {**part, "content_index": at})
        if given.get("type") == "reasoning":
            self._calls.keep((OPAQUE, given), len(msgspec.json.encode(given)))

    def _end(self, response: dict[str, Any]) -> Iterator[Event]:
        """The response as it ended; what of it was not said is said now."""
        status = _text(response.get("status"))
        if has_error(response) or status in ("failed", "cancelled"):
            raise_error(response if has_error(response) else {"message": f"it was {status}"})
        output = response.get("output")
        for at, given in enumerate(output if isinstance(output, list) else ()):
            if isinstance(given, dict):
                yield from self._given(self._item(at), given, is_done=True)
        yield from usage_of(response.get("usage"))
        details = response.get("incomplete_details")
        if status == "incomplete" or (isinstance(details, dict) and details.get("reason")):
            reason = details.get("reason") if isinstance(details, dict) else None
            self._stop = _REASONS.get(_text(reason), "other")
        elif status in ("completed", ""):
            self._stop = "end"
        self.is_over = self._stop is not None


def _read(data: str) -> dict[str, Any]:
    try:
        value = parse(bare(data))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        shown = show_line(data[:80])
        raise CallError("unavailable", f"the model's server sent what is no event: {shown}")
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
