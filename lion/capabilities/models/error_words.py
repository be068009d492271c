"""Look here if you want to know which words of a server's refusal a guest is told.

Rule: every shape is looked through: objects, lists of objects, JSON within text, pages of HTML.
Rule: however large and deep it is, little of it is looked at and one line is said.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lion.domain.text import show_line

LONGEST: Final = 400
"""Characters of what is said."""
_MOST_WORDS: Final = 3
"""Members of a list that are quoted."""
_DEEPEST: Final = 10
_MOST_TEXT: Final = 16 * 1024

_KEYS: Final = (
    "error", "errors", "message", "detail", "details", "msg", "error_message", "error_msg",
    "error_description", "description", "reason", "status_msg", "base_resp", "title", "raw",
    "metadata", "text",
)  # fmt: skip
"""Where words are, the best first."""

_UNSEEN = re.compile(r"(?is)<(script|style|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,400})", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")


def error_text(error: Any) -> str:
    """The words of an error, as one line."""
    words = _words(error, _DEEPEST)
    if not words and error and isinstance(error, dict | list):
        words = _compact(error)
    return show_line(" ".join(words.split()) or "an error without words", longest=LONGEST)


def body_text(body: bytes) -> str:
    """The words of a body that is an error in whatever form; empty if it has none."""
    text = body.decode("utf-8", "replace").strip()
    return error_text(text) if text else ""


def _words(error: Any, depth: int) -> str:
    match error:
        case str():
            return _in_text(error[:_MOST_TEXT].strip(), depth)
        case dict() if depth:
            return _in_object(error, depth)
        case list() if depth:
            found = (_words(one, depth - 1) for one in error[:_MOST_WORDS])
            return "; ".join(dict.fromkeys(one for one in found if one))
        case _:
            return ""


def _in_object(error: dict[Any, Any], depth: int) -> str:
    for key in _KEYS:
        if words := _words(error.get(key), depth - 1):
            return f"{_place(error)}{words}"
    return "; ".join(_named(error, depth))


def _place(error: dict[Any, Any]) -> str:
    """Where in the request it is, as those say who check it by a schema."""
    place = error.get("loc")
    if isinstance(place, list) and place:
        return ".".join(str(part)[:40] for part in place[:8]) + ": "
    return ""


def _named(error: dict[Any, Any], depth: int) -> Iterator[str]:
    """Words by the names of what they are about: `{"model": ["is unknown"]}`."""
    for key, value in list(error.items())[:_MOST_WORDS]:
        if isinstance(value, dict | list) and (words := _words(value, depth - 1)):
            yield f"{str(key)[:40]}: {words}"


def _in_text(text: str, depth: int) -> str:
    if text[:1] in ("{", "[") and depth:
        try:
            return _words(msgspec.json.decode(text), depth - 1) or text
        except (ValueError, RecursionError):
            return text
    if text[:1] == "<":
        title = _TITLE.search(text)
        shown = _TAG.sub(" ", _UNSEEN.sub(" ", text)).strip()
        return title[1].strip() if title and title[1].strip() else shown
    return text


def _compact(error: Any) -> str:
    try:
        return msgspec.json.encode(error).decode()
    except (TypeError, ValueError, RecursionError):
        return ""
