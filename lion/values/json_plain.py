"""Look here if you want to know which JSON values the log can keep where no WIT type says so.

Rule: what passes here is encoded and decoded unchanged: finite numbers, 64-bit integers, text that
is Unicode, no more than 64 levels.
"""

import math
from typing import Any

from lion.values.json_scalars import JsonMismatch
from lion.values.json_values import DEEPEST

_LEAST, _GREATEST = -(2**63), 2**64 - 1


def check_plain(value: Any, path: str = "value", depth: int = DEEPEST) -> None:
    """Raise JsonMismatch for what is no such value, with the place where it is."""
    if depth < 0:
        raise JsonMismatch(path, "nested too deeply")
    match value:
        case None | bool():
            pass
        case str():
            _check_text(value, path)
        case int():
            if not _LEAST <= value <= _GREATEST:
                raise JsonMismatch(path, "an integer of more than 64 bits")
        case float():
            if not math.isfinite(value):
                raise JsonMismatch(path, f"{value} is no JSON")
        case list() | tuple():
            for index, item in enumerate(value):
                check_plain(item, f"{path}[{index}]", depth - 1)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise JsonMismatch(path, f"the name {key!r} is no text")
                _check_text(key, path)
                check_plain(item, f"{path}.{key}", depth - 1)
        case _:
            raise JsonMismatch(path, f"a {type(value).__name__} is no JSON")


def _check_text(text: str, path: str) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise JsonMismatch(path, "text with half a surrogate pair") from None
