"""Look here if you want to know how a request of OpenAI's Responses is read.

Source: the API reference of `POST /responses`.

Rule: nothing is kept: who goes on with a conversation sends it again.
"""

from collections.abc import Iterator
from typing import Any, Final

from lion.gateway.asked import (
    Asked,
    check_keys,
    expect,
    number,
    text_of,
    told_to_call,
    whole_number,
)
from lion.gateway.openai_chat import choose
from lion.gateway.refusals import bad_request

KNOWN: Final = frozenset((
    "model", "input", "instructions", "tools", "tool_choice", "text", "max_output_tokens",
    "temperature", "stream",
))  # fmt: skip
HINTS: Final = frozenset((
    "user", "metadata", "store", "service_tier", "prompt_cache_key", "safety_identifier",
    "reasoning", "parallel_tool_calls", "include", "stream_options", "prompt_cache_retention",
))  # fmt: skip
NEUTRAL: Final[dict[str, tuple[Any, ...]]] = {
    "top_p": (1,), "background": (False,), "truncation": ("disabled",), "top_logprobs": (0,),
}  # fmt: skip
TEXTS: Final = ("input_text", "output_text", "text", "refusal", "summary_text", "reasoning_text")


def read_responses(said: dict[str, Any]) -> Asked:
    """A request. Raises Refusal."""
    check_keys(said, KNOWN, HINTS, NEUTRAL)
    messages = list(_messages(said))
    listed = expect(said.get("tools") or [], list, "tools", "a list")
    tools = [_tool(one, f"tools[{n}]") for n, one in enumerate(listed)]
    tools, must_call, name = choose(tools, _choice(said.get("tool_choice")))
    return Asked(
        model=expect(said.get("model"), str, "model", "a model's name"),
        messages=told_to_call(messages, name) if must_call else messages,
        tools=tools,
        schema=_schema(said.get("text")),
        max_tokens=whole_number(said.get("max_output_tokens"), "max_output_tokens"),
        temperature=number(said.get("temperature"), "temperature"),
        streams=said.get("stream") is True,
        must_call=must_call,
    )


def _messages(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if instructions := said.get("instructions"):
        words = expect(instructions, str, "instructions", "a text")
        yield {"role": "system", "content": words}
    items = said.get("input")
    if isinstance(items, str):
        yield {"role": "user", "content": items}
        return
    turn = _Turn()
    for n, item in enumerate(expect(items, list, "input", "a text, or a list of items")):
        where = f"input[{n}]"
        expect(item, dict, where, "an object")
        if not turn.takes(item, where):
            yield from turn.over()
            yield _apart(item, where)
    yield from turn.over()


def _apart(item: dict[str, Any], where: str) -> dict[str, Any]:
    match item:
        case {"type": "function_call_output", "call_id": str(id)}:
            content = text_of(item.get("output"), where, TEXTS)
            return {"role": "tool", "tool-call": id, "content": content}
        case {"role": ("system" | "developer")}:
            return {"role": "system", "content": text_of(item.get("content"), where, TEXTS)}
        case {"role": "user"}:
            return {"role": "user", "content": text_of(item.get("content"), where, TEXTS)}
        case _:
            kind = str(item.get("type") or item.get("role"))[:40]
            raise bad_request(f"{where}: {kind!r} is nothing that goes into a question here")


class _Turn:
    """What a model said in one turn: its items are one message."""

    def __init__(self) -> None:
        self._message: dict[str, Any] | None = None

    def takes(self, item: dict[str, Any], where: str) -> bool:
        """Whether it is the model's, and then in the message."""
        match item:
            case {"type": "reasoning"}:
                said = item.get("content") or item.get("summary")
                self._at("thinking", text_of(said, where, TEXTS))
            case {"type": "function_call", "call_id": str(id), "name": str(name)}:
                given = expect(item.get("arguments"), str, f"{where}.arguments", "a text")
                self._open()["tool-calls"].append({"id": id, "name": name, "arguments": given})
            case {"role": "assistant"}:
                self._at("content", text_of(item.get("content"), where, TEXTS))
            case _:
                return False
        return True

    def over(self) -> Iterator[dict[str, Any]]:
        """The message, if there is one."""
        if self._message is not None:
            yield self._message
        self._message = None

    def _open(self) -> dict[str, Any]:
        if self._message is None:
            self._message = {"role": "assistant", "content": "", "tool-calls": [], "thinking": ""}
        return self._message

    def _at(self, field: str, text: str) -> None:
        self._open()[field] += text


def _choice(choice: Any) -> str:
    match choice:
        case None | "auto":
            return "auto"
        case "none" | "required":
            return str(choice)
        case {"type": "function", "name": str(name)}:
            return f"tool:{name}"
        case _:
            raise bad_request("tool_choice is none, auto, required, or a function by its name")


def _tool(tool: Any, where: str) -> dict[str, Any]:
    match tool:
        case {"type": "function", "name": str(name)}:
            words = expect(tool.get("description") or "", str, f"{where}.description", "a text")
            schema = expect(tool.get("parameters") or {}, dict, f"{where}.parameters", "a schema")
            return {"name": name, "description": words, "input-schema": schema}
        case _:
            raise bad_request(f"{where}: tools are functions with a name; servers' own are not")


def _schema(text: Any) -> dict[str, Any] | None:
    match (text or {}).get("format") if isinstance(text, dict | None) else 0:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return {"type": "object"}
        case {"type": "json_schema", "schema": dict(schema)}:
            return schema
        case _:
            raise bad_request("text.format is text, json_object, or json_schema with a schema")
