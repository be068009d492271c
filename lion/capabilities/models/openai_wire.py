"""Look here if you want to know how a question is spelled for an OpenAI-compatible server.

Rule: the endpoint is the manifest's; a guest's words go into the body and nowhere else.
Rule: what a model thought goes back with the calls it led to, since some servers need it there;
so does what the server hung on them (openai_opaque.py).
Rule: what a server refuses, the manifest leaves out; nobody guesses.
"""

from typing import Any, assert_never

import msgspec

from lion.capabilities.models.chat import (
    Assistant,
    Chat,
    Message,
    System,
    ToolCall,
    ToolResult,
    User,
)
from lion.capabilities.models.openai_opaque import Hung, take_off
from lion.capabilities.models.openai_stream import ChunkDecoder
from lion.capabilities.models.tool_names import ToolNames
from lion.capabilities.models.wire import WireRequest
from lion.domain.call import CallError
from lion.domain.plan import Model

_STREAM = "text/event-stream, application/json"


class OpenAiWire:
    """Implements Wire: `POST {base}/chat/completions`, streaming."""

    def spell(self, model: Model, chat: Chat) -> WireRequest:
        """The request for a question. Raises CallError("invalid")."""
        names = ToolNames(chat)
        try:
            body = msgspec.json.encode(_body(model, chat, names))
        except RecursionError:
            raise CallError("invalid", "the question is nested too deeply") from None
        return WireRequest(
            url=f"{model.base_url}/chat/completions",
            headers=(
                ("content-type", "application/json"),
                ("accept", _STREAM if model.streams else "application/json"),
                ("user-agent", "lion"),
            ),
            body=body,
            decoder=ChunkDecoder(names, keeps_hung=model.opaque_fields),
        )


def _body(model: Model, chat: Chat, names: ToolNames) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model.model,
        "messages": [_message(model, message, names) for message in chat.messages],
    }
    if model.streams:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if chat.tools:
        body["tools"] = [
            _function(names.there(tool.name), tool.description, tool.input_schema)
            for tool in chat.tools
        ]
    if chat.schema is not None:
        answer = {"name": "answer", "schema": chat.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": answer}
    if chat.max_tokens is not None:
        body[model.limit_field] = chat.max_tokens
    if chat.temperature is not None:
        body["temperature"] = chat.temperature
    return {name: value for name, value in body.items() if name not in model.omit}


def _function(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    parameters = schema or {"type": "object", "properties": {}}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def _message(model: Model, message: Message, names: ToolNames) -> dict[str, Any]:
    match message:
        case System(content):
            return {"role": model.system_role, "content": content}
        case User(content):
            return {"role": "user", "content": content}
        case ToolResult(content, call):
            return {"role": "tool", "tool_call_id": take_off(call)[0], "content": content}
        case Assistant():
            return _assistant(model, message, names)
        case _:
            assert_never(message)


def _assistant(model: Model, message: Assistant, names: ToolNames) -> dict[str, Any]:
    told: dict[str, Any] = {"role": "assistant", "content": message.content}
    if not message.tool_calls:
        return told
    calls = [(call, *take_off(call.id)) for call in message.tool_calls]
    told["content"] = message.content or None
    told["tool_calls"] = [_call(call, id, hung, model, names) for call, id, hung in calls]
    if message.thinking and "reasoning_content" not in model.omit:
        told["reasoning_content"] = message.thinking
    if model.opaque_fields:
        for _, _, hung in calls:
            told = {**hung.message, **told}
    return told


def _call(call: ToolCall, id: str, hung: Hung, model: Model, names: ToolNames) -> dict[str, Any]:
    arguments = call.arguments or "{}"
    function = {"name": names.there(call.name), "arguments": arguments}
    if not model.opaque_fields:
        hung = Hung()
    return {
        **hung.call,
        "id": id,
        "type": "function",
        "function": {**hung.function, **function},
    }
