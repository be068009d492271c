"""Look here if you want to know how a question is spelled for Anthropic's protocol.

Rule: instructions stand apart, roles take turns, and the results of one answer's calls are one
message: what a guest wrote is brought into that form, its words are not changed.
Rule: what the model thought goes back before the calls it led to, signature and all, as it came.
Rule: of what a call's id brings back only thoughts are sent: a guest can write ids, and other
blocks would have the server fetch what they name.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, assert_never

import msgspec

from lion.capabilities.models.anthropic_stream import MessageDecoder
from lion.capabilities.models.blocks import woven
from lion.capabilities.models.chat import (
    Assistant,
    Chat,
    Message,
    System,
    ToolCall,
    ToolResult,
    User,
)
from lion.capabilities.models.openai_opaque import take_off
from lion.capabilities.models.schemas import strict, trimmed
from lion.capabilities.models.spelling import encoded, finished, headers_of, streams, url_of
from lion.capabilities.models.tokens import USUAL_MAX_TOKENS
from lion.capabilities.models.tool_names import ToolNames
from lion.capabilities.models.wire import Decoder, WireRequest
from lion.domain.call import CallError
from lion.domain.plan import Model

VERSION: Final = "2023-06-01"
"""Of the protocol."""
WARMEST: Final = 1.0
"""The highest temperature that it knows."""
_THOUGHTS: Final = {"thinking": ("thinking", "signature"), "redacted_thinking": ("data",)}
"""Blocks that go back, and which texts they have besides their type."""
_STRANGE = re.compile(r"[^A-Za-z0-9_-]")


class AnthropicWire:
    """Implements Wire: `POST {base}/messages`."""

    def spell(self, model: Model, chat: Chat, after: Decoder | None = None) -> WireRequest:
        """The request for a question. Raises CallError("invalid")."""
        names = ToolNames(chat)
        paused = after if isinstance(after, MessageDecoder) else None
        body = _body(model, chat, names)
        if paused is not None:
            body["messages"].append({"role": "assistant", "content": paused.content})
            body["max_tokens"] = max(1, body["max_tokens"] - paused.tokens_out)
        body = finished(model, body)
        return WireRequest(
            url=url_of(model, "messages"),
            headers=(("anthropic-version", VERSION), *headers_of(model, body)),
            body=encoded(body),
            decoder=MessageDecoder(names, keeps_blocks=model.opaque_fields, after=paused),
        )


def _body(model: Model, chat: Chat, names: ToolNames) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model.model,
        "max_tokens": chat.max_tokens or USUAL_MAX_TOKENS,
        "messages": _messages(model, chat.messages, names),
    }
    if system := "\n\n".join(one.content for one in chat.messages if isinstance(one, System)):
        body["system"] = system
    if streams(model, chat):
        body["stream"] = True
    body |= _tools(model, chat, names)
    if chat.schema is not None and model.answer_format != "none":
        schema = strict(trimmed(chat.schema, model.schema_omit))
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    if chat.temperature is not None:
        if chat.temperature > WARMEST:
            raise CallError("invalid", "this model's temperature is 0 to 1")
        body["temperature"] = chat.temperature
    return body


def _tools(model: Model, chat: Chat, names: ToolNames) -> dict[str, Any]:
    offered = [
        {
            "name": names.there(tool.name),
            **({"description": tool.description} if tool.description else {}),
            "input_schema": {
                "type": "object",
                **trimmed(tool.input_schema, model.schema_omit),
            },
        }
        for tool in chat.tools
    ]
    if offered:
        return {"tools": offered}
    # Calls in what was said before are refused where no tool is described.
    said = [one for one in chat.messages if isinstance(one, Assistant)]
    told = dict.fromkeys(names.there(call.name) for one in said for call in one.tool_calls)
    if not told:
        return {}
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in told]
    return {"tools": tools, "tool_choice": {"type": "none"}}


def _messages(model: Model, messages: Iterable[Message], names: ToolNames) -> list[dict[str, Any]]:
    """Messages by turns; what follows in the same role is one message."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if isinstance(message, Assistant) else "user"
        content = list(_blocks(model, message, names))
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += content
        elif content:
            turns.append({"role": role, "content": content})
    if not turns:
        raise CallError("invalid", "messages: this model wants one that is no instruction")
    return turns


def _blocks(model: Model, message: Message, names: ToolNames) -> Iterator[dict[str, Any]]:
    """What a message says; empty text is nothing, and would be refused."""
    match message:
        case System():
            return
        case User(content):
            if content:
                yield {"type": "text", "text": content}
        case ToolResult(content, call):
            said = {"content": content} if content else {}
            yield {"type": "tool_result", "tool_use_id": _id(take_off(call)[0]), **said}
        case Assistant():
            yield from _assistant(model, message, names)
        case _:
            assert_never(message)


def _assistant(model: Model, message: Assistant, names: ToolNames) -> Iterator[dict[str, Any]]:
    for kind, what in woven(message, _is_thought, gives_back=model.opaque_fields):
        if kind == "text":
            yield {"type": "text", "text": what[0]}
        elif kind == "block":
            yield {key: what[key] for key in ("type", *_THOUGHTS[what["type"]])}
        else:
            id, call = what
            yield {
                "type": "tool_use",
                "id": _id(id),
                "name": names.there(call.name),
                "input": _input(call),
            }


def _is_thought(block: dict[str, Any]) -> bool:
    kind = block.get("type")
    fields = _THOUGHTS.get(kind) if isinstance(kind, str) else None
    return fields is not None and all(isinstance(block.get(one), str) for one in fields)


def _id(id: str) -> str:
    """An id as it is known there; those of other servers may have other characters."""
    return _STRANGE.sub("_", id) or "_"


def _input(call: ToolCall) -> dict[str, Any]:
    """The arguments as an object, which they have to be; what is none was the model's mistake."""
    try:
        value = msgspec.json.decode(call.arguments or "{}")
    except (ValueError, RecursionError):
        value = call.arguments
    return value if isinstance(value, dict) else {"arguments": value}
