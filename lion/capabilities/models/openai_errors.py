"""Look here if you want to know what of a chunk is an error, and whether another try may do.

Rule: an error that says nothing is none: some servers send its empty form with every chunk.
Rule: words without choices are kept in mind only: they may be a greeting, and are the reason if no
answer comes of it.
"""

from collections.abc import Iterator
from typing import Any, Final, NoReturn

from lion.capabilities.models.error_words import error_text
from lion.capabilities.models.openai_json import parse
from lion.capabilities.models.wire import Overloaded
from lion.domain.call import CallError

COMPLAINTS: Final = (
    "message", "msg", "detail", "error_msg", "error_message", "status_msg", "base_resp",
)  # fmt: skip
"""Where words are in a chunk without choices."""

_PASSING: Final = (
    "overload", "rate_limit", "server_error", "unavailable", "timeout", "too_many",
    "network_error", "insufficient_system_resource", "resource_exhausted",
)  # fmt: skip
"""Parts of an error's type or code that say: try again."""

_DEEPEST: Final = 4


def has_error(chunk: dict[str, Any]) -> bool:
    """Whether a chunk, or a choice, is one of an error."""
    if chunk.get("object") == "error" or chunk.get("type") == "error":
        return True
    return any(_says_something(chunk.get(key)) for key in ("error", "errors"))


def error_of(data: str) -> Any:
    """What an event of the type `error` says."""
    try:
        return parse(data)
    except ValueError:
        return data


def raise_error(error: Any, *, also: tuple[str, ...] = ()) -> NoReturn:
    """Raise what an error says: Overloaded where another try may do, else CallError.

    `also` are further types that say so in one protocol.
    """
    text = error_text(error)
    for layer in _layers(error, _DEEPEST):
        signs = [layer.get(key) for key in ("code", "type", "status")]
        if any(_is_passing(sign) or sign in also for sign in signs):
            raise Overloaded(text)
    raise CallError("unavailable", f"the model's server says: {text}")


def _says_something(error: Any) -> bool:
    if isinstance(error, dict):
        return any(error.values())
    return bool(error)


def _layers(error: Any, depth: int) -> Iterator[dict[str, Any]]:
    """An error, and those inside of it."""
    if isinstance(error, list) and error:
        error = error[0]
    if isinstance(error, dict) and depth:
        yield error
        for key in ("error", "errors"):
            yield from _layers(error.get(key), depth - 1)


def _is_passing(sign: Any) -> bool:
    if isinstance(sign, str) and len(sign) == 3 and sign.isdecimal():
        sign = int(sign)
    if isinstance(sign, int):
        return sign in (408, 409, 429) or 500 <= sign < 600
    return isinstance(sign, str) and any(word in sign.lower() for word in _PASSING)
