"""Look here if you want to know how Anthropic's Messages are read and answered.

Source: the API reference of `POST /v1/messages`, and what the official client accepts.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lion.gateway.asked import (
    Asked,
    check_keys,
    encoded,
    event_line,
    expect,
    number,
    text_of,
    told_to_call,
    whole_number,
)
from lion.gateway.openai_chat import choose, stops_of
from lion.gateway.refusals import Refusal, bad_request

KNOWN: Final = frozenset((
    "model", "messages", "system", "max_tokens", "tools", "tool_choice", "temperature", "stream",
    "stop_sequences", "output_config", "output_format",
))  # fmt: skip
HINTS: Final = frozenset(("metadata", "service_tier", "thinking", "cache_control"))
"""How a model thinks, and what is cached, is the manifest's."""
NEUTRAL: Final[dict[str, tuple[Any, ...]]] = {"top_p": (1,), "container": (), "mcp_servers": ([],)}
MOST_STOPS: Final = 16
REASONS: Final = {
    "end": "end_turn", "length": "max_tokens", "tool-use": "tool_use", "filtered": "refusal",
}  # fmt: skip


def read_messages(said: dict[str, Any]) -> Asked:
    """A request. Raises Refusal."""
    check_keys(said, KNOWN, HINTS, NEUTRAL)
    messages: list[dict[str, Any]] = []
    if system := text_of(said.get("system"), "system"):
        messages.append({"role": "system", "content": system})
    for n, one in enumerate(expect(said.get("messages"), list, "messages", "a list")):
        messages += _message(one, f"messages[{n}]")
    listed = expect(said.get("tools") or [], list, "tools", "a list")
    tools = [_tool(one, f"tools[{n}]") for n, one in enumerate(listed)]
    tools, must_call, name = choose(tools, _choice(said.get("tool_choice")))
    most = whole_number(said.get("max_tokens"), "max_tokens")
    if most is None:
        raise bad_request("max_tokens: a whole number is expected")
    return Asked(
        model=expect(said.get("model"), str, "model", "a model's name"),
        messages=told_to_call(messages, name) if must_call else messages,
        tools=tools,
        schema=_schema(said),
        max_tokens=most,
        temperature=number(said.get("temperature"), "temperature"),
        streams=said.get("stream") is True,
        must_call=must_call,
        stops=stops_of(said.get("stop_sequences"), "stop_sequences", MOST_STOPS),
    )


def _choice(choice: Any) -> str:
    match choice:
        case None | {"type": "auto"}:
            return "auto"
        case {"type": "none"}:
            return "none"
        case {"type": "any"}:
            return "required"
        case {"type": "tool", "name": str(name)}:
            return f"tool:{name}"
        case _:
            raise bad_request("tool_choice is auto, any, none, or a tool by its name")


def _message(said: Any, where: str) -> list[dict[str, Any]]:
    expect(said, dict, where, "an object")
    content = said.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    expect(blocks, list, f"{where}.content", "a text, or a list of blocks")
    match said.get("role"):
        case "user":
            return list(_user(blocks, where))
        case "assistant":
            return [_assistant(blocks, where)]
        case role:
            raise bad_request(f"{where}: {str(role)[:40]!r} is no role here")


def _user(blocks: list[Any], where: str) -> Iterator[dict[str, Any]]:
    """Results of tools are messages of their own, the rest is one."""
    texts = []
    for block in blocks:
        match block:
            case {"type": "tool_result", "tool_use_id": str(id)}:
                words = text_of(block.get("content"), where)
                failed = "Error: " if block.get("is_error") is True else ""
                yield {"role": "tool", "tool-call": id, "content": f"{failed}{words}"}
            case _:
                texts.append(block)
    if texts or not blocks:
        yield {"role": "user", "content": text_of(texts, where)}


def _assistant(blocks: list[Any], where: str) -> dict[str, Any]:
    texts, thoughts, calls = [], [], []
    for block in blocks:
        match block:
            case {"type": "tool_use", "id": str(id), "name": str(name), "input": dict(given)}:
                calls.append({"id": id, "name": name, "arguments": encoded(given)})
            case {"type": "thinking", "thinking": str(thinking)}:
                thoughts.append(thinking)
            case {"type": "redacted_thinking"}:
                pass
            case _:
                texts.append(block)
    return {
        "role": "assistant", "content": text_of(texts, where), "tool-calls": calls,
        "thinking": "".join(thoughts),
    }  # fmt: skip


def _tool(tool: Any, where: str) -> dict[str, Any]:
    match tool:
        case {"name": str(name), "input_schema": dict(schema)}:
            words = expect(tool.get("description") or "", str, f"{where}.description", "a text")
            return {"name": name, "description": words, "input-schema": schema}
        case _:
            raise bad_request(f"{where}: a tool has a name and an input_schema")


def _schema(said: dict[str, Any]) -> dict[str, Any] | None:
    config = expect(said.get("output_config") or {}, dict, "output_config", "an object")
    match config.get("format") or said.get("output_format"):
        case None:
            return None
        case {"type": "json_schema", "schema": dict(schema)}:
            return schema
        case _:
            raise bad_request("output_config.format is a json_schema with a schema")


class MessagesWriter:
    """Implements Writer."""

    def __init__(self, asked: Asked, id: str, created: int) -> None:
        self._asked = asked
        self._id = f"msg_{id}"
        self._blocks: list[dict[str, Any]] = []
        self._kind = ""
        """What the open block is, as an event's kind."""
        self._json: list[str] = []
        self._usage = {"input": 0, "output": 0, "estimated": True}
        self._reason = "end_turn"

    def begin(self) -> Iterator[bytes]:
        """See Writer."""
        yield self._line("message_start", message=self._message([], None))

    def add(self, kind: str, value: Any) -> Iterator[bytes]:
        """See Writer."""
        block: dict[str, Any]
        match kind:
            case "text":
                if self._kind != kind:
                    yield from self._open(kind, {"type": "text", "text": ""})
                yield from self._grow("text", {"type": "text_delta", "text": value}, value)
            case "thinking":
                if self._kind != kind:
                    block = {"type": "thinking", "thinking": "", "signature": ""}
                    yield from self._open(kind, block)
                yield from self._grow(
                    "thinking", {"type": "thinking_delta", "thinking": value}, value
                )
            case "tool-start":
                block = {"type": "tool_use", "id": value["id"], "name": value["name"], "input": {}}
                yield from self._open(kind, block)
            case "tool-arguments":
                self._json.append(value)
                delta = {"type": "input_json_delta", "partial_json": value}
                yield from self._grow("", delta, value)
            case "tool-end":
                yield from self._close()
            case "usage":
                self._usage = value
            case "stop":
                self._reason = REASONS.get(value, "end_turn")

    def end(self) -> Iterator[bytes]:
        """See Writer."""
        yield from self._close()
        delta = {"stop_reason": self._reason, "stop_sequence": None}
        yield self._line("message_delta", delta=delta, usage=self._counted())
        yield self._line("message_stop")

    def fail(self, refusal: Refusal) -> Iterator[bytes]:
        """See Writer."""
        yield event_line(refusal.anthropic(), "error")

    def whole(self) -> dict[str, Any]:
        """See Writer."""
        for _ in self._close():
            pass
        return self._message(self._blocks, self._reason)

    def _message(self, blocks: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
        return {
            "id": self._id, "type": "message", "role": "assistant", "model": self._asked.model,
            "content": blocks, "stop_reason": reason, "stop_sequence": None,
            "usage": self._counted(),
        }  # fmt: skip

    def _counted(self) -> dict[str, Any]:
        usage = self._usage
        counted = {"input_tokens": usage["input"], "output_tokens": usage["output"]}
        return {**counted, "estimated": True} if usage["estimated"] else counted

    def _open(self, kind: str, block: dict[str, Any]) -> Iterator[bytes]:
        yield from self._close()
        self._kind = kind
        self._blocks.append(block)
        yield self._line("content_block_start", index=len(self._blocks) - 1, content_block=block)

    def _grow(self, field: str, delta: dict[str, Any], value: str) -> Iterator[bytes]:
        if field and not self._asked.streams:
            self._blocks[-1][field] += value
        yield self._line("content_block_delta", index=len(self._blocks) - 1, delta=delta)

    def _close(self) -> Iterator[bytes]:
        if not self._kind:
            return
        if self._json:
            # The host gives on whole calls only, whose arguments are JSON.
            self._blocks[-1]["input"] = msgspec.json.decode("".join(self._json))
            self._json = []
        self._kind = ""
        yield self._line("content_block_stop", index=len(self._blocks) - 1)

    def _line(self, kind: str, **fields: Any) -> bytes:
        return event_line({"type": kind, **fields}, kind)
