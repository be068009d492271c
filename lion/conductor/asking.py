"""Look here if you want to know how what an agent of others asks for is written for a host call,
and what that gives for the agent.
"""

from typing import Any, Final

import msgspec

from lion.conductor.words import NOTHING, Ask, Call, Id, write_line
from lion.domain.reply import Said as Answer

MOST_TEMPERATURE: Final = 100.0


def flaw_of(said: Call | Ask) -> str | None:
    """What of a question no guest could ask."""
    if isinstance(said, Ask):
        if said.max_tokens is not None and not 0 < said.max_tokens < 2**32:
            return "max-tokens is at least 1"
        if said.temperature is not None and not 0 <= said.temperature <= MOST_TEMPERATURE:
            return f"a temperature is from 0 to {MOST_TEMPERATURE:g}"
    return None


def chat_of(said: Ask) -> dict[str, Any]:
    """The record `llm.chat`."""
    return {
        "model": said.model,
        "messages": text_of(said.messages),
        "tools": given(said.tools) or "",
        "schema": given(said.schema),
        "max-tokens": said.max_tokens,
        "temperature": said.temperature,
    }


def whole_line(id: Id, answer: Answer) -> str:
    """A whole answer of a model's."""
    reply = answer.reply()
    calls = [{"id": call, "name": name, "arguments": text} for call, name, text in reply.calls]
    return write_line(
        type="answer", id=id, text=reply.text, thinking=reply.thinking, calls=calls,
        input=reply.input, output=reply.output, estimated=reply.estimated, stop=reply.stop,
    )  # fmt: skip


def shown_tool(one: dict[str, Any]) -> dict[str, Any]:
    """A tool, by a record of `tools.tool`."""
    schema = msgspec.Raw(one["input-schema"].encode())
    return {"name": one["name"], "description": one["description"], "input-schema": schema}


def given(raw: msgspec.Raw) -> str | None:
    """JSON that may be left out."""
    return None if bytes(raw) == bytes(NOTHING) else text_of(raw)


def text_of(raw: msgspec.Raw) -> str:
    """JSON as it was written."""
    return bytes(raw).decode()
