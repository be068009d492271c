"""Look here if you want to know how a question is spelled for OpenAI's Responses protocol.

Rule: the server keeps nothing of it (`store` is false): what it has to know comes with each
question, what the model thought included, which it hands out encrypted.
Rule: of what a call's id brings back only thoughts are sent, and only whole ones: a guest can
write ids, and must not name what the server keeps of others.
"""

from collections.abc import Iterator
from typing import Any, Final, assert_never

from lion.capabilities.models.blocks import woven
from lion.capabilities.models.chat import Assistant, Chat, Message, System, ToolResult, User
from lion.capabilities.models.openai_opaque import take_off
from lion.capabilities.models.responses_stream import ItemDecoder
from lion.capabilities.models.schemas import trimmed
from lion.capabilities.models.spelling import encoded, finished, headers_of, streams, url_of
from lion.capabilities.models.tool_names import ToolNames
from lion.capabilities.models.wire import Decoder, WireRequest
from lion.domain.plan import Model

THOUGHT: Final = "reasoning"
_KEPT: Final = ("type", "id", "summary", "content", "encrypted_content")
PHASES: Final = ("commentary", "final_answer")
"""What a message of the model's can be; said again with it, as the server asks."""


class ResponsesWire:
    """Implements Wire: `POST {base}/responses`."""

    def spell(self, model: Model, chat: Chat, after: Decoder | None = None) -> WireRequest:
        """The request for a question. Raises CallError("invalid")."""
        names = ToolNames(chat)
        body = finished(model, _body(model, chat, names))
        return WireRequest(
            url=url_of(model, "responses"),
            headers=headers_of(model, body),
            body=encoded(body),
            decoder=ItemDecoder(names, keeps_blocks=model.opaque_fields),
        )


def _body(model: Model, chat: Chat, names: ToolNames) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model.model,
        "input": [item for one in chat.messages for item in _items(model, one, names)],
        "store": False,
    }
    if streams(model, chat):
        body["stream"] = True
    if model.opaque_fields:
        body["include"] = ["reasoning.encrypted_content"]
    if chat.tools:
        body["tools"] = [
            {
                "type": "function",
                "name": names.there(tool.name),
                "description": tool.description,
                "parameters": {
                    "type": "object",
                    "properties": {},
                    **trimmed(tool.input_schema, model.schema_omit),
                },
                # Without it a schema is held to be of the strict kind, which few are.
                "strict": False,
            }
            for tool in chat.tools
        ]
    if chat.schema is not None and model.answer_format != "none":
        body["text"] = {"format": _format(model, chat.schema)}
    if chat.max_tokens is not None:
        body["max_output_tokens"] = chat.max_tokens
    if chat.temperature is not None:
        body["temperature"] = chat.temperature
    return body


def _format(model: Model, schema: dict[str, Any]) -> dict[str, Any]:
    if model.answer_format == "json_object":
        return {"type": "json_object"}
    told = trimmed(schema, model.schema_omit)
    return {"type": "json_schema", "name": "answer", "schema": told, "strict": False}


def _items(model: Model, message: Message, names: ToolNames) -> Iterator[dict[str, Any]]:
    match message:
        case System(content):
            yield {"role": model.system_role, "content": content}
        case User(content):
            yield {"role": "user", "content": content}
        case ToolResult(content, call):
            id = take_off(call)[0]
            yield {"type": "function_call_output", "call_id": id, "output": content}
        case Assistant():
            yield from _assistant(model, message, names)
        case _:
            assert_never(message)


def _assistant(model: Model, message: Assistant, names: ToolNames) -> Iterator[dict[str, Any]]:
    for kind, what in woven(message, _is_thought, gives_back=model.opaque_fields):
        if kind == "text":
            text, fields = what
            said: dict[str, Any] = {"role": "assistant", "content": text}
            if fields.get("phase") in PHASES:
                said["phase"] = fields["phase"]
            yield said
        elif kind == "block":
            yield {key: what[key] for key in _KEPT if key in what}
        else:
            id, call = what
            yield {
                "type": "function_call",
                "call_id": id,
                "name": names.there(call.name),
                "arguments": call.arguments or "{}",
            }


def _is_thought(item: dict[str, Any]) -> bool:
    """Whether it is a thought with all that is in it: one without would be looked up by its id."""
    has_all = isinstance(item.get("encrypted_content"), str) or bool(item.get("content"))
    return item.get("type") == THOUGHT and has_all
