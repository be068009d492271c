"""Look here if you want to know what an agent of others and lion say to each other by the protocol
`lines`: one JSON object on each line, UTF-8 (docs/agents-of-others.md has them all).

Rule: how deep a line is nested is looked at before it is decoded, so that a replay, which has
another stack, takes the same lines.
Rule: what does not begin as an object is something that the program prints, and no message.
"""

import re
from typing import Any, Final

import msgspec

VERSION: Final = 1
"""Of the protocol; the task says it."""
MOST_NESTED: Final = 64
_TEXTS: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_ID: Final = 64
"""Characters of what a question goes by."""

Id = int | str
NOTHING: Final = msgspec.Raw(b"null")
"""What is left out, or null."""


class _Message(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    pass


class Text(_Message, frozen=True, tag="text"):
    """It shows a piece of text."""

    text: str


class Partial(_Message, frozen=True, tag="partial"):
    """It shows its result as far as it is known."""

    value: msgspec.Raw


class Log(_Message, frozen=True, tag="log"):
    """A line of diagnostics."""

    text: str
    level: str = "info"


class Call(_Message, frozen=True, tag="call", rename={"given": "with"}):
    """It calls a tool."""

    id: Id
    tool: str
    given: msgspec.Raw = msgspec.Raw(b"{}")


class Ask(_Message, frozen=True, tag="ask", rename={"max_tokens": "max-tokens"}):
    """It asks a model; `stream`: it wants to hear the answer as it comes."""

    id: Id
    model: str
    messages: msgspec.Raw
    tools: msgspec.Raw = NOTHING
    schema: msgspec.Raw = NOTHING
    max_tokens: int | None = None
    temperature: float | None = None
    stream: bool = False


class Tools(_Message, frozen=True, tag="tools"):
    """Which tools may it call?"""

    id: Id


class Models(_Message, frozen=True, tag="models"):
    """Which models may it ask?"""

    id: Id


class Cancel(_Message, frozen=True, tag="cancel"):
    """It no longer wants what it had called or asked for."""

    id: Id


class Done(_Message, frozen=True, tag="done"):
    """Its one ending: what came of the task."""

    text: str = ""
    value: msgspec.Raw = NOTHING


class Failed(_Message, frozen=True, tag="failed"):
    """Its one ending: why nothing came of it."""

    text: str


Said = Text | Partial | Log | Call | Ask | Tools | Models | Cancel | Done | Failed
_DECODER: Final = msgspec.json.Decoder(Said)


class BadLine(Exception):
    """A line that is no message of the protocol; the sentence says why."""


def read_line(line: str) -> Said | None:
    """What a line says; None for one that is printed. Raises BadLine."""
    if not line.lstrip().startswith("{"):
        return None
    if _is_too_deep(line):
        raise BadLine(f"it is nested more than {MOST_NESTED} levels deep")
    try:
        said: Said = _DECODER.decode(line)
    except msgspec.DecodeError as exc:
        raise BadLine(str(exc)) from None
    id = getattr(said, "id", 0)
    if isinstance(id, str) and len(id) > _ID:
        raise BadLine(f"an id has at most {_ID} characters")
    if isinstance(id, int) and abs(id) >= 2**63:
        raise BadLine("an id is a number of at most 63 bits, or a text")
    return said


def write_line(**fields: Any) -> str:
    """A message of lion's."""
    return msgspec.json.encode(fields).decode()


def _is_too_deep(line: str) -> bool:
    depth = 0
    for bracket in _BRACKETS.finditer(_TEXTS.sub("", line)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MOST_NESTED:
            return True
    return False
