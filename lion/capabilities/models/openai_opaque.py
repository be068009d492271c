"""Look here if you want to know how what a server hangs on its calls comes back to it.

Some servers sign what a model thought, and refuse a call that comes back without its signature
(`extra_content`, `reasoning_details`). A guest knows ids, names and arguments, and gives them
back; so whatever else hangs on a call travels in its id, behind a mark.

Rule: nothing is kept here: an id holds all, so it is the same after a restart, and in a replay.
Rule: a guest can write such ids, too: none of it takes the place of what the host writes (role,
content, names, arguments), and all of it counts as words of the question.
"""

import base64
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from lion.domain.call import CallError

MARK: Final = "~lion~"
MOST_BYTES: Final = 128 * 1024
"""Of what hangs on one call, with what hangs on its message."""

ON_MESSAGE: Final = (
    "extra_content", "provider_specific_fields", "reasoning_details", "reasoning_signature",
    "signature", "thinking_blocks", "thought_signature",
)  # fmt: skip
"""Fields of an assistant's message that belong to the server."""

_OURS_ON_CALL: Final = frozenset({"id", "type", "function", "index"})
_OURS_ON_FUNCTION: Final = frozenset({"name", "arguments"})
_JOINED: Final = ("text", "summary", "data", "thinking", "signature")
"""Fields of a piece of reasoning that come bit by bit."""


Block = tuple[int, dict[str, Any]]
"""Of an answer in blocks (blocks.py): how long a piece of its text was, or -1 for what is none,
and the block's fields."""


class Hung(msgspec.Struct, frozen=True, omit_defaults=True):
    """What hangs on a call, on its function, and on the message that it is the first call of;
    and which blocks stood between the call before it and this one.
    """

    call: dict[str, Any] = {}
    function: dict[str, Any] = {}
    message: dict[str, Any] = {}
    blocks: list[Block] = []

    def __bool__(self) -> bool:
        return bool(self.call or self.function or self.message or self.blocks)


_decode = msgspec.json.Decoder(Hung).decode


def on_call(fragment: dict[str, Any]) -> dict[str, Any]:
    """What of a fragment's fields is the server's."""
    return _others(fragment, _OURS_ON_CALL)


def on_function(function: dict[str, Any]) -> dict[str, Any]:
    """What of a function's fields is the server's."""
    return _others(function, _OURS_ON_FUNCTION)


def hang(id: str, hung: Hung) -> str:
    """The id with what hangs on its call. Raises CallError("unavailable") for too much."""
    if not hung:
        return id
    try:
        written = msgspec.json.encode(hung)
    except (ValueError, RecursionError):
        raise CallError(
            "unavailable", "what the model's server hangs on a call is no JSON"
        ) from None
    if len(written) > MOST_BYTES:
        raise too_much()
    return f"{id}{MARK}{base64.urlsafe_b64encode(written).decode()}"


def too_much() -> CallError:
    """What an answer comes to whose server hangs too much on a call."""
    words = f"the model's server hangs more than {MOST_BYTES:,} bytes on a call"
    return CallError("unavailable", f"{words}; the manifest may say opaque-fields = false")


def take_off(id: str) -> tuple[str, Hung]:
    """The server's own id, and what hung on its call."""
    own, mark, written = id.rpartition(MARK)
    if not mark:
        return id, Hung()
    try:
        hung = _decode(base64.b64decode(written, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return id, Hung()
    message: dict[str, Any] = {key: hung.message[key] for key in ON_MESSAGE if key in hung.message}
    return own, Hung(on_call(hung.call), on_function(hung.function), message, hung.blocks)


class HungMessage:
    """What hangs on a message, as its pieces come."""

    def __init__(self) -> None:
        self._pieces: list[tuple[str, Any]] = []

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, delta: dict[str, Any]) -> None:
        """Take what hangs on a piece of the message."""
        found = ((key, delta.get(key)) for key in ON_MESSAGE)
        self._pieces += [(key, value) for key, value in found if value not in (None, "", [], {})]

    def whole(self) -> dict[str, Any]:
        """Lists one behind the other, texts joined, objects laid over each other."""
        whole: dict[str, Any] = {}
        for key, value in self._pieces:
            before = whole.get(key)
            if isinstance(before, list) and isinstance(value, list):
                before.extend(value)
            elif isinstance(before, dict) and isinstance(value, dict):
                before.update(value)
            else:
                whole[key] = value.copy() if isinstance(value, list | dict) else value
        return {
            key: _joined(value) if isinstance(value, list) else value
            for key, value in whole.items()
        }


def _joined(parts: Iterable[Any]) -> list[Any]:
    """Parts that go on where the last one ended are one."""
    joined: list[Any] = []
    pieces: dict[str, list[str]] = {}
    for part in [*parts, None]:
        last = joined[-1] if joined else None
        if isinstance(part, dict) and isinstance(last, dict) and _goes_on(last, part):
            for key, value in part.items():
                if key in _JOINED and isinstance(value, str):
                    pieces.setdefault(key, []).append(value)
                elif value is not None:
                    last[key] = value
            continue
        if isinstance(last, dict):
            last.update({key: "".join(texts) for key, texts in pieces.items()})
        if isinstance(part, dict):
            pieces = {key: [part[key]] for key in _JOINED if isinstance(part.get(key), str)}
            joined.append(dict(part))
        elif part is not None:
            pieces = {}
            joined.append(part)
    return joined


def _goes_on(last: dict[str, Any], part: dict[str, Any]) -> bool:
    if part.get("index") is None or part.get("id") not in (None, last.get("id")):
        return False
    return all(part.get(key) == last.get(key) for key in ("index", "type"))


def _others(fields: dict[str, Any], ours: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key not in ours and value is not None}
