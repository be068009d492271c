"""Look here if you want to know how a question is spelled for an OpenAI-compatible server.

Rule: the endpoint is the manifest's; a guest's words go into the body and nowhere else.
Rule: what a model thought goes back with the calls it led to, since some servers need it there;
so does what the server hung on them (openai_opaque.py).
Rule: what a server refuses, the manifest leaves out; nobody guesses.
"""

from typing import Any, assert_never

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
from lion.capabilities.models.schemas import trimmed
from lion.capabilities.models.spelling import encoded, finished, headers_of, streams, url_of
from lion.capabilities.models.tool_names import ToolNames
from lion.capabilities.models.wire import Decoder, WireRequest
from lion.domain.plan import Model


class OpenAiWire:
    """Implements Wire: `POST {base}/chat/completions`."""

    def spell(self, model: Model, chat: Chat, after: Decoder | None = None) -> WireRequest:
        """The request for a question. Raises CallError("invalid")."""
        names = ToolNames(chat)
        body = finished(model, _body(model, chat, names))
        return WireRequest(
            url=url_of(model, "chat/completions"),
            headers=headers_of(model, body),
            body=encoded(body),
            decoder=ChunkDecoder(
                names, keeps_hung=model.opaque_fields, reasoning_field=model.reasoning_field
            ),
        )


def _body(model: Model, chat: Chat, names: ToolNames) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model.model,
        "messages": [_message(model, message, names) for message in chat.messages],
    }
    if streams(model, chat):
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if chat.tools:
        body["tools"] = [
            _function(
                names.there(tool.name),
                tool.description,
                trimmed(tool.input_schema, model.schema_omit),
            )
            for tool in chat.tools
        ]
    if chat.schema is not None and model.answer_format != "none":
        body["response_format"] = _format(model, chat.schema)
    if chat.max_tokens is not None:
        body[model.limit_field] = chat.max_tokens
    if chat.temperature is not None:
        body["temperature"] = chat.temperature
    return body


def _format(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    if model.answer_format == "json_object":
        return {"type": "json_object"}
    answer = {"name": "answer", "schema": trimmed(schema, model.schema_omit)}
    return {"type": "json_schema", "json_schema": answer}


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
    if message.thinking and _gives_back(model, message):
        told[model.reasoning_field] = message.thinking
    if not message.tool_calls:
        return told
    calls = [(call, *take_off(call.id)) for call in message.tool_calls]
    told["content"] = message.content or None
    told["tool_calls"] = [_call(call, id, hung, model, names) for call, id, hung in calls]
    if model.opaque_fields:
        for _, _, hung in calls:
            told = {**_known(model, hung.message), **told}
    return told


def _gives_back(model: Model, message: Assistant) -> bool:
    """Whether what the model thought goes back to this server."""
    if model.reasoning_field in model.omit:
        return False
    return model.reasoning_back == "always" or (
        model.reasoning_back == "calls" and bool(message.tool_calls)
    )


def _known(model: Model, fields: dict[str, Any]) -> dict[str, Any]:
    """Of what a server hung on something, what it takes back."""
    if not model.opaque_names:
        return fields
    return {name: value for name, value in fields.items() if name in model.opaque_names}


def _call(call: ToolCall, id: str, hung: Hung, model: Model, names: ToolNames) -> dict[str, Any]:
    arguments = call.arguments or "{}"
    function = {"name": names.there(call.name), "arguments": arguments}
    if not model.opaque_fields:
        hung = Hung()
    return {
        **_known(model, hung.call),
        "id": id,
        "type": "function",
        "function": {**_known(model, hung.function), **function},
    }
