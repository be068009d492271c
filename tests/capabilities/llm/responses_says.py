"""Look here if you want to know how a test says an answer in OpenAI's Responses protocol.

What is written here is also read by OpenAI's own client (test_official_clients.py).
"""

import json
from typing import Any

THOUGHT = {
    "type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Two."}],
    "encrypted_content": "ZW5jcnlwdGVk",
}  # fmt: skip
TEXT = {
    "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
    "phase": "commentary",
    "content": [{"type": "output_text", "text": "I look. ☂", "annotations": []}],
}  # fmt: skip
CALL = {
    "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather",
    "arguments": '{"city": "Köln"}', "status": "completed",
}  # fmt: skip
SECOND = {
    "type": "function_call", "id": "fc_2", "call_id": "call_2", "name": "pay", "arguments": "{}",
    "status": "completed",
}  # fmt: skip
ALL = [THOUGHT, TEXT, CALL, SECOND]
USAGE = {
    "input_tokens": 100, "input_tokens_details": {"cached_tokens": 50, "cache_write_tokens": 30},
    "output_tokens": 40, "output_tokens_details": {"reasoning_tokens": 8}, "total_tokens": 140,
}  # fmt: skip


def response(output: list[Any], status: str = "completed", **fields: Any) -> dict[str, Any]:
    return {
        "id": "resp_1", "object": "response", "created_at": 1.0, "model": "gpt-x",
        "status": status, "output": output, "error": None, "incomplete_details": None,
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "usage": None, **fields,
    }  # fmt: skip


def whole(output: list[Any], status: str = "completed", **fields: Any) -> bytes:
    """An answer in one piece."""
    return json.dumps(response(output, status, usage=USAGE, **fields)).encode()


def event(number: int, type: str, **fields: Any) -> bytes:
    said = json.dumps({"type": type, "sequence_number": number, **fields})
    return f"event: {type}\ndata: {said}\n\n".encode()


def stream(
    output: list[Any], status: str = "completed", *, split: int = 4, **fields: Any
) -> list[bytes]:
    """An answer as events."""
    said: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": response([], "in_progress")}),
        ("response.in_progress", {"response": response([], "in_progress")}),
    ]
    for at, item in enumerate(output):
        place = {"output_index": at, "item_id": item["id"]}
        said.append(("response.output_item.added", {"output_index": at, "item": _empty(item)}))
        said += [(type, {**place, **more}) for type, more in _events(item, split)]
        said.append(("response.output_item.done", {"output_index": at, "item": item}))
    last = response(output, status, usage=USAGE, **fields)
    said.append((f"response.{status}", {"response": last}))
    return [event(number, type, **more) for number, (type, more) in enumerate(said)]


def _empty(item: dict[str, Any]) -> dict[str, Any]:
    match item["type"]:
        case "message":
            return {**item, "content": [], "status": "in_progress"}
        case "reasoning":
            return {"type": "reasoning", "id": item["id"], "summary": []}
        case _:
            return {**item, "arguments": "", "status": "in_progress"}


def _events(item: dict[str, Any], split: int) -> list[tuple[str, dict[str, Any]]]:
    match item["type"]:
        case "message":
            part = item["content"][0]
            text, place = part["text"], {"content_index": 0}
            empty = {**part, "text": ""}
            return [
                ("response.content_part.added", {**place, "part": empty}),
                *(
                    ("response.output_text.delta", {**place, "delta": one, "logprobs": []})
                    for one in _pieces(text, split)
                ),
                ("response.output_text.done", {**place, "text": text, "logprobs": []}),
                ("response.content_part.done", {**place, "part": part}),
            ]
        case "reasoning":
            text, place = item["summary"][0]["text"], {"summary_index": 0}
            part = item["summary"][0]
            return [
                ("response.reasoning_summary_part.added", {**place, "part": {**part, "text": ""}}),
                *(
                    ("response.reasoning_summary_text.delta", {**place, "delta": one})
                    for one in _pieces(text, split)
                ),
                ("response.reasoning_summary_text.done", {**place, "text": text}),
                ("response.reasoning_summary_part.done", {**place, "part": part}),
            ]
        case _:
            text = item["arguments"]
            return [
                *(
                    ("response.function_call_arguments.delta", {"delta": one})
                    for one in _pieces(text, split)
                ),
                ("response.function_call_arguments.done", {"arguments": text, "name": "x"}),
            ]


def _pieces(text: str, split: int) -> list[str]:
    return [text[at : at + split] for at in range(0, len(text), split)]
