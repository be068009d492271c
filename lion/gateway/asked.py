"""Look here if you want to know what a client's request comes to, whichever protocol it is in: a
question as guests ask it (wit/llm.wit), and how its answer shall be given.

Rule: what would change the answer and cannot be kept is refused by name; what is a hint, or says
what is so anyway, is left out.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

import msgspec

from lion.gateway.refusals import Refusal, bad_request

DEEPEST: Final = 64
"""Levels of a request; its parts are checked again by the host."""
MUST_CALL: Final = "You must answer by calling a tool."
MUST_CALL_ONE: Final = "You must answer by calling the tool {name}."


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question, and how it is answered.

    `streams`: as it comes; `tells_usage`: with a last event of usage (Chat Completions);
    `must_call`: an answer without a call of a tool is an error; `stops` are texts at which the
    answer ends.
    """

    model: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] = []
    schema: dict[str, Any] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    streams: bool = False
    tells_usage: bool = False
    must_call: bool = False
    stops: tuple[str, ...] = ()

    def chat(self) -> dict[str, Any]:
        """The record `llm.chat`."""
        return {
            "model": self.model,
            "messages": encoded(self.messages),
            "tools": encoded(self.tools) if self.tools else "",
            "schema": None if self.schema is None else encoded(self.schema),
            "max-tokens": self.max_tokens,
            "temperature": self.temperature,
        }


class Writer(Protocol):
    """Writes one answer in a client's protocol, event by event."""

    def begin(self) -> Iterator[bytes]:
        """What a stream begins with."""
        ...

    def add(self, kind: str, value: Any) -> Iterator[bytes]:
        """Take the next event of `llm.event`; what a stream says of it."""
        ...

    def end(self) -> Iterator[bytes]:
        """What a stream ends with, after the last event."""
        ...

    def fail(self, refusal: Refusal) -> Iterator[bytes]:
        """What a stream ends with that broke off."""
        ...

    def whole(self) -> dict[str, Any]:
        """The answer in one piece, after the last event."""
        ...


Read = Callable[[dict[str, Any]], Asked]
"""Reads a request. Raises Refusal."""
Write = Callable[[Asked, str, int], Writer]
"""A writer for an answer with this id, begun at this second (since 1970)."""


def encoded(value: Any) -> str:
    """A value as JSON. Raises Refusal for a text that is none."""
    try:
        return msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, RecursionError, TypeError) as exc:
        raise bad_request(f"the request has what JSON has not: {exc}") from None


def decoded(body: bytes) -> dict[str, Any]:
    """A request's JSON object. Raises Refusal."""
    try:
        value = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as exc:
        raise bad_request(f"the body is no JSON object: {exc}") from None
    if _depth(value, DEEPEST) > DEEPEST:
        raise bad_request(f"the body is nested more than {DEEPEST} levels deep")
    return value


def _depth(value: Any, most: int) -> int:
    level, found = [value], 0
    while level and found <= most:
        found += 1
        below: list[Any] = []
        for one in level:
            below.extend(one.values() if isinstance(one, dict) else one)
        level = [one for one in below if isinstance(one, dict | list)]
    return found


def check_keys(
    said: Mapping[str, Any],
    known: frozenset[str],
    hints: frozenset[str],
    neutral: Mapping[str, Any],
) -> None:
    """Raise Refusal for a parameter that would change the answer and is not kept."""
    for name, value in said.items():
        if value is None or name in known or name in hints:
            continue
        if name in neutral:
            if value not in neutral[name]:
                raise bad_request(
                    f"{name!r} cannot be kept here; leave it out", code="unsupported_parameter"
                )
            continue
        raise bad_request(f"{name[:64]!r} is not known here", code="unknown_parameter")


def text_of(content: Any, where: str, kinds: tuple[str, ...] = ("text",)) -> str:
    """The text of a message's content, which may come in parts. Raises Refusal."""
    match content:
        case None:
            return ""
        case str():
            return content
        case list():
            return "".join(_part(part, where, kinds) for part in content)
        case _:
            raise bad_request(f"{where}: content is text, or a list of parts")


def _part(part: Any, where: str, kinds: tuple[str, ...]) -> str:
    match part:
        case {"type": str(kind), "text": str(text)} if kind in kinds:
            return text
        case {"type": str(kind)}:
            raise bad_request(
                f"{where}: a part of type {kind[:40]!r}: models are asked by text alone here",
                code="unsupported_content",
            )
        case _:
            raise bad_request(f"{where}: a part is an object with a type")


def expect(value: Any, kind: type | tuple[type, ...], where: str, words: str) -> Any:
    """The value, if it is of this kind. Raises Refusal."""
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise bad_request(f"{where}: {words} is expected")
    return value


def whole_number(value: Any, where: str) -> int | None:
    """A number of tokens. Raises Refusal."""
    if value is None:
        return None
    found: int = expect(value, int, where, "a whole number")
    if not 0 < found < 2**32:
        raise bad_request(f"{where}: at least 1")
    return found


def number(value: Any, where: str) -> float | None:
    """A number. Raises Refusal."""
    return None if value is None else float(expect(value, (int, float), where, "a number"))


def told_to_call(messages: list[dict[str, Any]], name: str = "") -> list[dict[str, Any]]:
    """The messages, and that a tool has to be called; what is answered is held to it."""
    words = MUST_CALL_ONE.format(name=name) if name else MUST_CALL
    return [*messages, {"role": "system", "content": words}]


def event_line(value: Any, name: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + msgspec.json.encode(value) + b"\n\n"
