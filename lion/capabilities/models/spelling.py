"""Look here if you want to know what every protocol's request has: place, headers, and what a
manifest leaves out and adds.

Rule: what a manifest adds never takes the place of what the host writes; manifest/dialects.py has
refused such fields, and here they would lose.
"""

from typing import Any
from urllib.parse import quote

import msgspec

from lion.capabilities.models.chat import Chat
from lion.domain.call import CallError
from lion.domain.plan import Model

_STREAM = "text/event-stream, application/json"


def url_of(model: Model, path: str) -> str:
    """Where a question goes."""
    query = "&".join(
        f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in model.query
    )
    return f"{model.base_url}/{path}{'?' if query else ''}{query}"


def headers_of(model: Model, body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers of a request with this body; the key is none of them."""
    return (
        ("content-type", "application/json"),
        ("accept", _STREAM if body.get("stream") else "application/json"),
        ("user-agent", "lion"),
        *model.headers,
    )


def streams(model: Model, chat: Chat) -> bool:
    """Whether the answer to this question is asked for in pieces."""
    given = {"tools": bool(chat.tools), "schema": chat.schema is not None}
    return model.streams and not any(given[what] for what in model.whole_for)


def finished(model: Model, body: dict[str, Any]) -> dict[str, Any]:
    """The body without what the manifest leaves out, and with what it adds."""
    kept = {name: value for name, value in body.items() if name not in model.omit}
    for name, value in model.add.items():
        before = kept.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            kept[name] = {**value, **before}
        else:
            kept.setdefault(name, value)
    return kept


def encoded(body: dict[str, Any]) -> bytes:
    """The body as it is sent. Raises CallError("invalid")."""
    try:
        return msgspec.json.encode(body)
    except RecursionError:
        raise CallError("invalid", "the question is nested too deeply") from None
