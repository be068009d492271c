"""Look here if you want to know how OpenAI's Chat Completions are read and answered.

Source: the API reference of `POST /chat/completions`, and what the official client accepts.
"""

from collections.abc import Iterator
from typing import Any, Final

from lion.gateway.asked import (
    Asked,
    check_keys,
    event_line,
    expect,
    number,
    text_of,
    told_to_call,
    whole_number,
)
from lion.gateway.refusals import Refusal, bad_request

KNOWN: Final = frozenset((
    "model", "messages", "tools", "tool_choice", "response_format", "max_tokens",
    "max_completion_tokens", "temperature", "stream", "stream_options", "stop",
))  # fmt: skip
HINTS: Final = frozenset((
    "user", "metadata", "seed", "store", "service_tier", "prompt_cache_key", "safety_identifier",
    "verbosity", "reasoning_effort", "parallel_tool_calls", "prediction", "prompt_cache_retention",
))  # fmt: skip
"""What a server may heed or not: who asks is known here by his token, and how a model thinks is
the manifest's."""
NEUTRAL: Final[dict[str, tuple[Any, ...]]] = {
    "n": (1,), "top_p": (1,), "presence_penalty": (0,), "frequency_penalty": (0,),
    "logprobs": (False,), "top_logprobs": (0,), "logit_bias": ({},), "modalities": (["text"],),
}  # fmt: skip
MOST_STOPS: Final = 4
FINISH: Final = {
    "end": "stop", "length": "length", "tool-use": "tool_calls", "filtered": "content_filter",
}  # fmt: skip
"""Why an answer ended; any other reason is `stop`."""


def read_chat(said: dict[str, Any]) -> Asked:
    """A request. Raises Refusal."""
    check_keys(said, KNOWN, HINTS, NEUTRAL)
    messages = [
        _message(one, f"messages[{n}]")
        for n, one in enumerate(expect(said.get("messages"), list, "messages", "a list"))
    ]
    tools = [
        _tool(one, f"tools[{n}]")
        for n, one in enumerate(expect(said.get("tools") or [], list, "tools", "a list"))
    ]
    tools, must_call, name = choose(tools, _choice(said.get("tool_choice")))
    most = said.get("max_completion_tokens")
    options = expect(said.get("stream_options") or {}, dict, "stream_options", "an object")
    return Asked(
        model=expect(said.get("model"), str, "model", "a model's name"),
        messages=told_to_call(messages, name) if must_call else messages,
        tools=tools,
        schema=_schema(said.get("response_format")),
        max_tokens=whole_number(said.get("max_tokens") if most is None else most, "max_tokens"),
        temperature=number(said.get("temperature"), "temperature"),
        streams=said.get("stream") is True,
        tells_usage=options.get("include_usage") is True,
        must_call=must_call,
        stops=stops_of(said.get("stop"), "stop"),
    )


def stops_of(value: Any, where: str, most: int = MOST_STOPS) -> tuple[str, ...]:
    """Texts at which an answer ends. Raises Refusal."""
    texts = [value] if isinstance(value, str) else value or []
    expect(texts, list, where, "a text, or a list of them")
    if len(texts) > most or not all(isinstance(t, str) and 0 < len(t) <= 256 for t in texts):
        raise bad_request(f"{where}: at most {most} texts of 1 to 256 characters")
    return tuple(texts)


def choose(tools: list[dict[str, Any]], choice: str) -> tuple[list[dict[str, Any]], bool, str]:
    """The tools that may be called, whether one has to be, and which. Raises Refusal. A choice is
    auto, none, required, or a tool's name after a colon.
    """
    if choice == "none":
        return [], False, ""
    if choice == "auto":
        return tools, False, ""
    name = choice.partition(":")[2]
    chosen = [tool for tool in tools if not name or tool["name"] == name]
    if not chosen:
        raise bad_request("tool_choice: there is no such tool")
    return chosen, True, name


def _choice(choice: Any) -> str:
    match choice:
        case None | "auto":
            return "auto"
        case "none" | "required":
            return str(choice)
        case {"type": "function", "function": {"name": str(name)}}:
            return f"tool:{name}"
        case _:
            raise bad_request("tool_choice is none, auto, required, or a function by its name")


def _message(said: Any, where: str) -> dict[str, Any]:
    expect(said, dict, where, "an object")
    match said.get("role"):
        case "system" | "developer":
            return {"role": "system", "content": text_of(said.get("content"), where)}
        case "user":
            return {"role": "user", "content": text_of(said.get("content"), where)}
        case "assistant":
            return _assistant(said, where)
        case "tool":
            call = expect(said.get("tool_call_id"), str, f"{where}.tool_call_id", "a text")
            content = text_of(said.get("content"), where)
            return {"role": "tool", "tool-call": call, "content": content}
        case role:
            raise bad_request(f"{where}: {str(role)[:40]!r} is no role here")


def _assistant(said: dict[str, Any], where: str) -> dict[str, Any]:
    calls = expect(said.get("tool_calls") or [], list, f"{where}.tool_calls", "a list")
    thinking = said.get("reasoning_content") or said.get("reasoning") or ""
    return {
        "role": "assistant",
        "content": text_of(said.get("content"), where, ("text", "refusal")),
        "tool-calls": [_call(call, f"{where}.tool_calls") for call in calls],
        "thinking": thinking if isinstance(thinking, str) else "",
    }


def _call(call: Any, where: str) -> dict[str, Any]:
    match call:
        case {"id": str(id), "function": {"name": str(name), "arguments": str(arguments)}}:
            return {"id": id, "name": name, "arguments": arguments}
        case _:
            raise bad_request(f"{where}: a call has an id, and a function: name and arguments")


def _tool(tool: Any, where: str) -> dict[str, Any]:
    match tool:
        case {"type": "function", "function": {"name": str(name)} as function}:
            words = function.get("description") or ""
            schema = function.get("parameters") or {}
            expect(words, str, f"{where}.description", "a text")
            expect(schema, dict, f"{where}.parameters", "a JSON schema")
            return {"name": name, "description": words, "input-schema": schema}
        case _:
            raise bad_request(f"{where}: tools are functions with a name")


def _schema(form: Any) -> dict[str, Any] | None:
    match form:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return {"type": "object"}
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return schema
        case _:
            raise bad_request("response_format is text, json_object, or json_schema with a schema")


def usage_of(value: dict[str, Any]) -> dict[str, Any]:
    """Tokens as Chat Completions count them; whether they were guessed is said."""
    total = value["input"] + value["output"]
    usage = {
        "prompt_tokens": value["input"], "completion_tokens": value["output"],
        "total_tokens": total,
    }  # fmt: skip
    return {**usage, "estimated": True} if value["estimated"] else usage


class ChatWriter:
    """Implements Writer."""

    def __init__(self, asked: Asked, id: str, created: int) -> None:
        self._asked = asked
        self._head = {"id": f"chatcmpl-{id}", "created": created, "model": asked.model}
        self._texts: dict[str, list[str]] = {"text": [], "thinking": []}
        self._calls: list[dict[str, Any]] = []
        self._usage = {"input": 0, "output": 0, "estimated": True}
        self._finish = "stop"

    def begin(self) -> Iterator[bytes]:
        """See Writer."""
        yield self._chunk({"role": "assistant", "content": ""})

    def add(self, kind: str, value: Any) -> Iterator[bytes]:
        """See Writer."""
        match kind:
            case "text" | "thinking":
                if not self._asked.streams:
                    self._texts[kind].append(value)
                field = "content" if kind == "text" else "reasoning_content"
                yield self._chunk({field: value})
            case "tool-start":
                function = {"name": value["name"], "arguments": ""}
                call = {"id": value["id"], "type": "function", "function": function}
                self._calls.append(call)
                yield self._call_chunk(call)
            case "tool-arguments":
                if not self._asked.streams:
                    self._calls[-1]["function"]["arguments"] += value
                yield self._call_chunk({"function": {"arguments": value}})
            case "usage":
                self._usage = value
            case "stop":
                self._finish = FINISH.get(value, "stop")

    def end(self) -> Iterator[bytes]:
        """See Writer."""
        yield self._chunk({}, self._finish)
        if self._asked.tells_usage:
            usage = {"choices": [], "usage": usage_of(self._usage)}
            yield event_line({**self._head, "object": "chat.completion.chunk", **usage})
        yield b"data: [DONE]\n\n"

    def fail(self, refusal: Refusal) -> Iterator[bytes]:
        """See Writer."""
        yield event_line(refusal.openai())

    def whole(self) -> dict[str, Any]:
        """See Writer."""
        texts = {kind: "".join(pieces) for kind, pieces in self._texts.items()}
        message: dict[str, Any] = {"role": "assistant", "content": texts["text"] or None}
        if texts["thinking"]:
            message["reasoning_content"] = texts["thinking"]
        if self._calls:
            message["tool_calls"] = self._calls
        else:
            message["content"] = texts["text"]
        choice = {
            "index": 0, "message": message, "finish_reason": self._finish, "logprobs": None,
        }  # fmt: skip
        head = {**self._head, "object": "chat.completion", "choices": [choice]}
        return {**head, "usage": usage_of(self._usage)}

    def _call_chunk(self, call: dict[str, Any]) -> bytes:
        return self._chunk({"tool_calls": [{"index": len(self._calls) - 1, **call}]})

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return event_line({**self._head, "object": "chat.completion.chunk", "choices": [choice]})
