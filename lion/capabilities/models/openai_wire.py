"""Look here if you want to know how a question is spelled for an OpenAI-compatible server.

Rule: the endpoint is the manifest's; a guest's words go into the body and nowhere else.
Rule: what a model thought goes back with the calls it led to, since some servers need it there.
"""

from typing import Any, assert_never

import msgspec

from lion.capabilities.models.chat import Assistant, Chat, Message, System, ToolResult, User
from lion.capabilities.models.openai_stream import ChunkDecoder
from lion.capabilities.models.tool_names import ToolNames
from lion.capabilities.models.wire import WireRequest
from lion.domain.plan import Model

_HEADERS = (
    ("content-type", "application/json"),
    ("accept", "text/event-stream, application/json"),
    ("user-agent", "lion"),
)


class OpenAiWire:
    """Implements Wire: `POST {base}/chat/completions`, streaming."""

    def spell(self, model: Model, chat: Chat) -> WireRequest:
        """The request for a question."""
        names = ToolNames(chat)
        return WireRequest(
            url=f"{model.base_url}/chat/completions",
            headers=_HEADERS,
            body=msgspec.json.encode(_body(model, chat, names)),
            decoder=ChunkDecoder(names),
        )


def _body(model: Model, chat: Chat, names: ToolNames) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model.model,
        "messages": [_message(message, names) for message in chat.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
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
    return body


def _function(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    parameters = schema or {"type": "object", "properties": {}}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def _message(message: Message, names: ToolNames) -> dict[str, Any]:
    match message:
        case System(content):
            return {"role": "system", "content": content}
        case User(content):
            return {"role": "user", "content": content}
        case ToolResult(content, call):
            return {"role": "tool", "tool_call_id": call, "content": content}
        case Assistant():
            return _assistant(message, names)
        case _:
            assert_never(message)


def _assistant(message: Assistant, names: ToolNames) -> dict[str, Any]:
    told: dict[str, Any] = {"role": "assistant", "content": message.content}
    if message.tool_calls:
        told["content"] = message.content or None
        told["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": names.there(call.name),
                    "arguments": call.arguments or "{}",
                },
            }
            for call in message.tool_calls
        ]
        if message.thinking:
            told["reasoning_content"] = message.thinking
    return told
