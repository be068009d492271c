"""Look here if you want to know how the JSON of a model's server is read, sound or not.

Rule: what is JSON is read by the quick reader; what is nearly (NaN, huge numbers, half a surrogate
pair, raw control characters) by a patient one; what is none is an error that shows its beginning.
Rule: nothing read here has text that is no Unicode.
"""

import json
import re
from typing import Any, Final

import msgspec

from lion.domain.call import CallError
from lion.domain.text import show_line

DONE: Final[dict[str, Any]] = {"done": True}
"""Stands for `[DONE]` among the chunks; known by identity."""

_SHOWN = 80
_AGAIN = re.compile(r"(?:\s*data:)*\s*")


def chunks_of(data: str) -> list[dict[str, Any]]:
    """The chunks of one event or document. Raises CallError("unavailable") if it is none.

    Usually one; several where a server forgot the empty lines between its events, or sent a list.
    """
    try:
        return _chunks(parse(bare(data)))
    except ValueError:
        lines = [line for line in data.split("\n") if line.strip()]
        if len(lines) < 2:
            raise _no_chunk(data) from None
    return [chunk for line in lines for chunk in _line(line)]


def parse(data: str) -> Any:
    """A JSON value. Raises ValueError."""
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError):
        pass
    try:
        value = json.loads(data, strict=False, parse_constant=lambda _: None)
        return _unicode(value) if "\\ud" in data or "\\uD" in data else value
    except RecursionError:
        raise ValueError("nested too deeply") from None


def is_done(data: str) -> bool:
    """Whether it says that nothing more comes."""
    return bare(data).strip('"').upper() == "[DONE]"


def bare(data: str) -> str:
    """The data without a field's name that a relay put there once more."""
    found = _AGAIN.match(data)
    return data[found.end() if found else 0 :].rstrip()


def _line(line: str) -> list[dict[str, Any]]:
    if is_done(line):
        return [DONE]
    try:
        return _chunks(parse(bare(line)))
    except ValueError:
        raise _no_chunk(line) from None


def _chunks(value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    chunks = value if isinstance(value, list) else [value]
    if not chunks or not all(isinstance(chunk, dict) for chunk in chunks):
        raise ValueError
    return chunks


def _no_chunk(data: str) -> CallError:
    shown = show_line(data[:_SHOWN])
    return CallError("unavailable", f"the model's server sent what is no chunk: {shown}")


def _unicode(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_unicode(one) for one in value]
        case dict():
            return {_unicode(key): _unicode(one) for key, one in value.items()}
        case _:
            return value
