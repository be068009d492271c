"""Look here if you want to know how parameters of a request are read."""

from collections.abc import Mapping
from typing import Any, Final

from lion.web.connection import Request, bad_request

USUAL: Final = 100
MOST: Final = 1_000
_HIGHEST: Final = 2**63 - 1
POSITION: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 0, "maximum": _HIGHEST}
"""What a number is, as a JSON schema."""
LIMIT: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 1, "maximum": MOST}
"""What `limit` is."""


def number_of(request: Request, name: str, usual: int, said: str | None = None) -> int:
    """A whole number, of the parameter `name` or as `said`. Raises OperatorError."""
    word = request.query.get(name) if said is None else said
    if word is None:
        return usual
    if not word.isascii() or not word.isdigit() or int(word[:20]) > _HIGHEST:
        raise bad_request(f"{word!r:.40} is no number{f' for {name!r}' if name else ''}")
    return int(word)


def limit_of(request: Request) -> int:
    """How many are asked for at most. Raises OperatorError."""
    limit = number_of(request, "limit", USUAL)
    if not 1 <= limit <= MOST:
        raise bad_request(f"a page has 1 to {MOST:,}, and {limit} are asked for")
    return limit
