"""Look here if you want to know what a guest may ask a model, and how that is checked.

Rule: a question is checked whole before anything is reserved or sent; its refusal is an `invalid`
that says where.
Rule: messages keep the order and the words of the guest; providers only spell them differently.
"""

import math
from typing import Any

import msgspec

from lion.capabilities.bounds import check_size
from lion.capabilities.models.balance import depth_of
from lion.domain.call import BULK, CallError

MOST_MESSAGES_BYTES = 1024 * 1024
MOST_TOOLS_BYTES = 256 * 1024
MOST_TOOLS = 128
DEEPEST = 128
"""Levels of JSON: whoever spells it for a server, or guesses its tokens, can do that too."""


class ToolCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call the model wanted; `arguments` is the text it gave."""

    id: str
    name: str
    arguments: str


class System(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="role", tag="system"
):
    """Instructions."""

    content: str


class User(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="role", tag="user"):
    """What was asked."""

    content: str


class Assistant(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename="kebab",
    tag_field="role",
    tag="assistant",
):
    """What the model said before."""

    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    thinking: str = ""


class ToolResult(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename="kebab",
    tag_field="role",
    tag="tool",
):
    """What came of the call with this id."""

    content: str
    tool_call: str


Message = System | User | Assistant | ToolResult


class Tool(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A tool the model may use; `input_schema` is a JSON schema."""

    name: str
    description: str = ""
    input_schema: dict[str, Any] = {}


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A checked question. `max_tokens` is what the answer may have; the host lowers it."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    schema: dict[str, Any] | None = None
    max_tokens: int | None = None
    temperature: float | None = None


def parse_chat(record: dict[str, Any]) -> Chat:
    """A `llm.chat` record, checked. Raises CallError("invalid")."""
    messages: tuple[Message, ...] = _decode(
        "messages", record["messages"], tuple[Message, ...], most=MOST_MESSAGES_BYTES
    )
    if not messages:
        raise CallError("invalid", "messages: at least one is needed")
    return Chat(
        model=record["model"],
        messages=messages,
        tools=_parse_tools(record["tools"]),
        schema=_parse_schema(record["schema"]),
        max_tokens=_parse_max_tokens(record["max-tokens"]),
        temperature=_parse_temperature(record["temperature"]),
    )


def _parse_tools(text: str) -> tuple[Tool, ...]:
    if not text:
        return ()
    tools: tuple[Tool, ...] = _decode("tools", text, tuple[Tool, ...], most=MOST_TOOLS_BYTES)
    if len(tools) > MOST_TOOLS:
        raise CallError("invalid", f"tools: at most {MOST_TOOLS}, these are {len(tools):,}")
    if len({tool.name for tool in tools}) < len(tools):
        raise CallError("invalid", "tools: two have one name")
    if any(not 1 <= len(tool.name) <= 200 for tool in tools):
        raise CallError("invalid", "tools: a name has 1 to 200 characters")
    return tools


def _parse_schema(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    schema: dict[str, Any] = _decode("schema", text, dict[str, Any])
    from lion.values.answer_schema import BadSchema, check_schema

    try:
        check_schema(schema)
    except BadSchema as exc:
        raise CallError("invalid", str(exc)) from None
    return schema


def _parse_max_tokens(given: int | None) -> int | None:
    if given == 0:
        raise CallError("invalid", "max-tokens is at least 1")
    return given


def _parse_temperature(given: float | None) -> float | None:
    if given is None:
        return None
    if not math.isfinite(given) or not 0 <= given <= 2:
        raise CallError("invalid", "the temperature is 0 to 2")
    # It came as 32 bits: 0.7 should be sent as 0.7 again.
    return round(given, 6)


def _decode(what: str, text: str, kind: Any, *, most: int = BULK) -> Any:
    check_size(what, text, most=most)
    if text.count("{") + text.count("[") > DEEPEST and depth_of(text) > DEEPEST:
        raise CallError("invalid", f"{what}: nested more than {DEEPEST} levels deep")
    try:
        return msgspec.json.decode(text, type=kind)
    except RecursionError as exc:
        raise CallError("invalid", f"{what}: nested too deeply") from exc
    except msgspec.DecodeError as exc:
        raise CallError("invalid", f"{what}: {exc}") from exc
