"""Look here if you want to know how a test says an answer in Anthropic's protocol, byte for byte.

What is written here is also read by Anthropic's own client (test_official_clients.py).
"""

import json
from typing import Any

THOUGHT = {"type": "thinking", "thinking": "Two cities.", "signature": "c2lnbmVk"}
HIDDEN = {"type": "redacted_thinking", "data": "c2VjcmV0"}
TEXT = {"type": "text", "text": "I look. ☂"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Köln"}}
SECOND = {"type": "tool_use", "id": "toolu_2", "name": "pay", "input": {}}
ALL = [THOUGHT, HIDDEN, TEXT, CALL, SECOND]
USAGE = {
    "input_tokens": 20, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 50,
    "output_tokens": 1,
}  # fmt: skip


def event(type: str, **fields: Any) -> bytes:
    """One event, as the server writes it."""
    return f"event: {type}\ndata: {json.dumps({'type': type, **fields})}\n\n".encode()


def message(content: list[Any], reason: str | None, usage: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
        "content": content, "stop_reason": reason, "stop_sequence": None, "usage": usage,
    }  # fmt: skip


def whole(content: list[Any], reason: str = "end_turn", out: int = 40) -> bytes:
    """An answer in one piece."""
    return json.dumps(message(content, reason, {**USAGE, "output_tokens": out})).encode()


def stream(
    content: list[Any], reason: str = "end_turn", *, out: int = 40, split: int = 4
) -> list[bytes]:
    """An answer as events; texts come `split` characters at a time."""
    said = [event("message_start", message=message([], None, USAGE)), event("ping")]
    for index, block in enumerate(content):
        said.append(event("content_block_start", index=index, content_block=_empty(block)))
        deltas = _deltas(block, split)
        said += [event("content_block_delta", index=index, delta=one) for one in deltas]
        said.append(event("content_block_stop", index=index))
    delta = {"stop_reason": reason, "stop_sequence": None}
    said.append(event("message_delta", delta=delta, usage={"output_tokens": out}))
    said.append(event("message_stop"))
    return said


def _empty(block: dict[str, Any]) -> dict[str, Any]:
    match block["type"]:
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "tool_use":
            return {**block, "input": {}}
        case _:
            return block


def _deltas(block: dict[str, Any], split: int) -> list[dict[str, Any]]:
    match block["type"]:
        case "text":
            return [{"type": "text_delta", "text": one} for one in _pieces(block["text"], split)]
        case "thinking":
            thoughts = _pieces(block["thinking"], split)
            return [
                *({"type": "thinking_delta", "thinking": one} for one in thoughts),
                {"type": "signature_delta", "signature": block["signature"]},
            ]
        case "tool_use":
            text = json.dumps(block["input"]) if block["input"] else ""
            pieces = ["", *_pieces(text, split)]
            return [{"type": "input_json_delta", "partial_json": one} for one in pieces]
        case _:
            return []


def _pieces(text: str, split: int) -> list[str]:
    return [text[at : at + split] for at in range(0, len(text), split)]
