"""Look here if you want to know how an answer in Anthropic's protocol is read.

Rule: numbers of tokens are of the whole answer so far: the last ones count, and what was read from
a cache, or written into one, is a part of the question.
Rule: an answer is whole once the model said why it stopped; one in one piece has to say so, too.
Rule: blocks that are neither text nor a call of ours are kept as they came: thoughts go back with
the calls after them, all of them if the answer paused.
Rule: an error can come at any moment: it is raised, never read as text.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lion.capabilities.models.blocks import OPAQUE, BlockCall, BlockCalls
from lion.capabilities.models.events import Event, Stop, Text, Thinking, Usage
from lion.capabilities.models.openai_errors import error_of, has_error, raise_error
from lion.capabilities.models.openai_json import bare, parse
from lion.capabilities.models.tokens import counted
from lion.capabilities.models.tool_names import ToolNames
from lion.domain.call import CallError
from lion.domain.text import show_line

STOPS: Final = {
    "end_turn": "end",
    "stop_sequence": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool-use",
    "refusal": "filtered",
}
"""Reasons to stop; any other is `other`. `pause_turn` is no end."""
PAUSE: Final = "pause_turn"
MOST_CONTENT: Final = 1024 * 1024
"""Characters of an answer that pauses: all of it goes back."""
_GIVEN: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class _Block:
    """A block as it comes."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.pieces: dict[str, list[str]] = {}
        self.call: BlockCall | None = None
        self.size = 0

    def add(self, field: str, piece: str) -> None:
        self.pieces.setdefault(field, []).append(piece)

    def whole(self) -> dict[str, Any]:
        """The block as it would have come in one piece."""
        whole = dict(self.fields)
        for field, pieces in self.pieces.items():
            text = "".join(pieces)
            if field == "input":
                whole[field] = _object(text)
            else:
                before = whole.get(field)
                whole[field] = (before if isinstance(before, str) else "") + text
        return whole


class MessageDecoder:
    """Implements Decoder. `after` is the one whose answer this one goes on with."""

    def __init__(
        self,
        names: ToolNames,
        *,
        keeps_blocks: bool = True,
        after: "MessageDecoder | None" = None,
    ) -> None:
        own = BlockCalls(names, keeps_blocks=keeps_blocks)
        self._calls: BlockCalls = own if after is None else after._calls.continued()
        self._open: dict[int, _Block] = {}
        self._before = (0, 0, 0, 0) if after is None else after._used()
        self._said: dict[str, int] = {}
        self._reason: str | None = None
        self._size: int = 0 if after is None else after._size
        self.content: list[dict[str, Any]] = [] if after is None else list(after.content)
        """What was said so far, as it goes back after a pause."""
        self.is_over = False

    @property
    def is_paused(self) -> bool:
        """See Decoder."""
        return self._reason == PAUSE

    @property
    def is_whole(self) -> bool:
        """See Decoder."""
        return self._reason is not None and self._calls.are_complete

    @property
    def tokens_out(self) -> int:
        """How many the server says that it has said."""
        return self._used()[1]

    def feed(self, type: str, data: str) -> Iterator[Event]:
        """See Decoder."""
        if self.is_over or not data.strip():
            return
        if type == "error":
            raise_error(error_of(data), also=("api_error",))
        yield from self._event(_read(data))

    def whole(self, data: str) -> Iterator[Event]:
        """See Decoder: a message, or an event that came without its name."""
        if self.is_over:
            return
        said = _read(data)
        if said.get("type") != "message":
            yield from self._event(said)
            return
        self._use(said.get("usage"))
        content = said.get("content")
        for index, block in enumerate(content if isinstance(content, list) else ()):
            if isinstance(block, dict):
                yield from self._start(index, block)
                yield from self._end(index)
        self._stop(said)
        self.is_over = True
        yield self._usage()

    def finish(self) -> Iterator[Event]:
        """See Decoder."""
        if self.is_whole and not self.is_paused:
            yield Stop(STOPS.get(self._reason or "", "other"))

    def _event(self, said: dict[str, Any]) -> Iterator[Event]:
        if has_error(said):
            raise_error(said, also=("api_error",))
        index = said.get("index")
        index = index if isinstance(index, int) else 0
        match said.get("type"):
            case "message_start":
                message = said.get("message")
                self._use(message.get("usage") if isinstance(message, dict) else None)
                yield self._usage()
            case "content_block_start":
                block = said.get("content_block")
                yield from self._start(index, block if isinstance(block, dict) else {})
            case "content_block_delta":
                delta = said.get("delta")
                yield from self._delta(index, delta if isinstance(delta, dict) else {})
            case "content_block_stop":
                yield from self._end(index)
            case "message_delta":
                self._use(said.get("usage"))
                delta = said.get("delta")
                for each in list(self._open) if isinstance(delta, dict) else ():
                    yield from self._end(each)
                self._stop(delta if isinstance(delta, dict) else {})
                yield self._usage()
            case "message_stop":
                self.is_over = True
            case _:
                pass  # ping, and what a later version adds

    def _start(self, index: int, fields: dict[str, Any]) -> Iterator[Event]:
        if index in self._open:
            yield from self._end(index)
        block = self._open[index] = _Block(fields)
        match fields.get("type"):
            case "text":
                yield from self._words(block, "text", Text, fields.get("text"), is_new=False)
            case "thinking":
                yield from self._words(
                    block, "thinking", Thinking, fields.get("thinking"), is_new=False
                )
            case "tool_use":
                block.call = self._calls.open(_text(fields.get("id")), _text(fields.get("name")))
                if isinstance(given := fields.get("input"), dict) and given:
                    block.call.add(msgspec.json.encode(given).decode())
                yield from self._calls.tell()
            case _:
                self._grow(block, len(msgspec.json.encode(fields)))

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterator[Event]:
        block = self._open.get(index)
        if block is None:
            # Its start was lost; what it is, its pieces say.
            kinds = {"text_delta": "text", "thinking_delta": "thinking"}
            kind = kinds.get(_text(delta.get("type")))
            if kind is None:
                return
            block = self._open[index] = _Block({"type": kind})
        match delta.get("type"):
            case "text_delta":
                yield from self._words(block, "text", Text, delta.get("text"))
            case "thinking_delta":
                yield from self._words(block, "thinking", Thinking, delta.get("thinking"))
            case "signature_delta":
                self._add(block, "signature", _text(delta.get("signature")))
            case "input_json_delta":
                piece = _text(delta.get("partial_json"))
                self._add(block, "input", piece)
                if block.call is not None:
                    block.call.add(piece)
                    yield from self._calls.tell()
            case _:
                pass  # citations, and what a later version adds

    def _words(
        self, block: _Block, field: str, kind: type[Text | Thinking], words: Any, *,
        is_new: bool = True,
    ) -> Iterator[Event]:  # fmt: skip
        """A piece of text. What a block begins with is in its fields already."""
        if isinstance(words, str) and words:
            if is_new:
                self._add(block, field, words)
            else:
                self._grow(block, len(words))
            yield kind(words)

    def _add(self, block: _Block, field: str, piece: str) -> None:
        self._grow(block, len(piece))
        # What would be too much to give back is refused then; until then it need not be held.
        is_held = self._size if field in ("text", "input") else block.size
        if is_held <= MOST_CONTENT:
            block.add(field, piece)

    def _grow(self, block: _Block, amount: int) -> None:
        block.size += amount
        self._size += amount

    def _end(self, index: int) -> Iterator[Event]:
        block = self._open.pop(index, None)
        if block is None:
            return
        if block.call is not None:
            block.call.is_complete = True
            yield from self._calls.tell()
        whole = block.whole()
        if whole.get("type") == "text":
            self._calls.keep((block.size, {}), 0)
        elif block.call is None:
            self._calls.keep((OPAQUE, whole), block.size)
        if self._size <= MOST_CONTENT:
            self.content.append(whole)

    def _stop(self, said: dict[str, Any]) -> None:
        reason = said.get("stop_reason")
        if not isinstance(reason, str) or not reason:
            return
        self._reason = reason
        if self.is_paused and self._size > MOST_CONTENT:
            words = f"the model paused after more than {MOST_CONTENT:,} characters"
            raise CallError("unavailable", words)

    def _use(self, usage: Any) -> None:
        """The last number counts, but nothing is no number."""
        if isinstance(usage, dict):
            for name in (*_GIVEN, "output_tokens"):
                if number := counted(usage.get(name)):
                    self._said[name] = number

    def _used(self) -> tuple[int, int, int, int]:
        """Tokens in, out, written into a cache, read from it; pauses before included."""
        fresh, written, read = (self._said.get(name, 0) for name in _GIVEN)
        here = (fresh + written + read, self._said.get("output_tokens", 0), written, read)
        a, b, c, d = (sum(pair) for pair in zip(self._before, here, strict=True))
        return a, b, c, d

    def _usage(self) -> Usage:
        given, said, written, read = self._used()
        return Usage(given, said, written=written, cached=read)


def _read(data: str) -> dict[str, Any]:
    try:
        value = parse(bare(data))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        shown = show_line(data[:80])
        raise CallError("unavailable", f"the model's server sent what is no event: {shown}")
    return value


def _object(text: str) -> Any:
    try:
        return parse(text or "{}")
    except ValueError:
        return {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
