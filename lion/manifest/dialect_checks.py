"""Look here if you want to know what a manifest may say of how a model's server speaks.

Rule: a key is the operator's: no header, query or field of a manifest's may be where keys go.
Rule: what is added never takes the place of what the host writes, and has a server do nothing by
itself: what a server's own tools do, no policy sees.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from lion.domain.names import did_you_mean
from lion.manifest.document import Document, Place

LIMIT_FIELDS: Final = ("max_tokens", "max_completion_tokens")
"""How servers call the most tokens of an answer."""
SYSTEM_ROLES: Final = ("system", "developer", "user")
REASONING_BACK: Final = ("never", "calls", "always")
ANSWER_FORMATS: Final = ("json_schema", "json_object", "none")
WHOLE_FOR: Final = ("tools", "schema")
KEY_HEADERS: Final = ("authorization", "x-api-key", "api-key", "x-goog-api-key")
"""Headers that servers look for keys in; a manifest chooses among them, and nothing else."""
OMITTABLE: Final[dict[str, tuple[str, ...]]] = {
    "openai": (
        "stream_options", "temperature", "response_format", *LIMIT_FIELDS, "reasoning_content",
        "reasoning",
    ),
    "openai-responses": ("temperature", "text", "include", "store", "max_output_tokens"),
    "anthropic": ("temperature", "output_config"),
}  # fmt: skip
"""Fields that some servers refuse. Without the limit the host's own cut still holds; an answer by
a schema is checked in any case."""

_WRITTEN: Final = frozenset(
    {
        "model", "messages", "input", "system", "instructions", "stream", "stream_options",
        "max_tokens", "max_completion_tokens", "max_output_tokens", "n", "best_of",
        "response_format", "temperature", "store", "include", "prompt", "previous_response_id",
        "conversation", "background",
    }
)  # fmt: skip
_DOING: Final = frozenset(
    {
        "tools", "functions", "tool_choice", "function_call", "mcp_servers", "plugins",
        "web_search_options", "container", "search_parameters",
    }
)  # fmt: skip
_KEYS: Final = frozenset(
    {
        "key", "api_key", "api-key", "apikey", "token", "access_token", "sig", "subscription-key",
        "code", "secret", "password",
    }
)  # fmt: skip
MOST_ADDED: Final = 16 * 1024
"""Bytes of the fields that a manifest adds to each question, as JSON."""
MOST_NAMES: Final = 32
_HEADER: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")
_REFUSED: Final = frozenset(
    {
        *KEY_HEADERS, "cookie", "host", "content-length", "content-type", "transfer-encoding",
        "connection", "keep-alive", "te", "trailer", "upgrade", "expect", "accept",
        "accept-encoding", "range", "anthropic-version", "proxy-authorization",
    }
)  # fmt: skip
_STEERING: Final = ("forwarded", "override", "original", "rewrite", "real-ip", "client-ip")
_FIELD: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]{0,63}")
_VALUE: Final = re.compile(r"[\x20-\x7e]{0,1024}")


def check_words(document: Document, place: Place, provider: str, fields: dict[str, Any]) -> None:
    """Raise OperatorError for a key whose words this version does not know."""
    omittable = OMITTABLE[provider]
    formats = ANSWER_FORMATS if provider != "anthropic" else ("json_schema", "none")
    known: tuple[tuple[str, Collection[str], str], ...] = (
        ("limit_field", LIMIT_FIELDS, "no field for the most tokens of an answer"),
        ("system_role", SYSTEM_ROLES, "no role of instructions"),
        ("reasoning_back", REASONING_BACK, "not when thoughts go back"),
        ("answer_format", formats, "no way to tell of a schema"),
        ("key_header", KEY_HEADERS, "no header that keys go into"),
        ("omit", omittable, "no field that can be left out"),
        ("whole_for", WHOLE_FOR, "nothing that a question has"),
    )
    for key, words, what in known:
        for written in _several(fields.get(key)):
            if written not in words:
                hint = did_you_mean(written, words)
                raise document.error(
                    (*place, key.replace("_", "-")), f"{written!r} is {what}", hint
                )
    for key in ("reasoning_field", "opaque_fields", "schema_omit"):
        for name in _several(fields.get(key)):
            if not _FIELD.fullmatch(name):
                what = f"{name!r} is no name of a field"
                raise document.error((*place, key.replace("_", "-")), what)


def check_parts(document: Document, place: Place, fields: dict[str, Any]) -> None:
    """Raise OperatorError for headers, query or fields that a manifest may not send."""
    for name, text in _texts(document, place, "headers", fields):
        low = name.lower()
        if low in _REFUSED or any(word in low for word in _STEERING):
            raise _not_yours(document, (*place, "headers", name), f"the header {name!r}", low)
        if not _HEADER.fullmatch(low):
            raise document.error((*place, "headers", name), f"{name!r} is no name of a header")
        _check_value(document, (*place, "headers", name), text)
    for name, text in _texts(document, place, "query", fields):
        if name.lower() in _KEYS:
            raise _not_yours(document, (*place, "query", name), f"{name!r} in a query", "key")
        if not _FIELD.fullmatch(name):
            raise document.error((*place, "query", name), f"{name!r} is no name in a query")
        _check_value(document, (*place, "query", name), text)
    _check_added(document, (*place, "add"), fields.get("add") or {})


def _several(written: Any) -> Iterator[str]:
    if isinstance(written, str):
        yield written
    elif isinstance(written, list):
        yield from written


def _texts(
    document: Document, place: Place, key: str, fields: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    given: Mapping[str, str] = fields.get(key) or {}
    if len(given) > MOST_NAMES:
        raise document.error((*place, key), f"has more than {MOST_NAMES} names")
    yield from given.items()


def _check_value(document: Document, place: Place, text: str) -> None:
    if not _VALUE.fullmatch(text):
        what = "is no text of at most 1,024 printable characters of ASCII"
        raise document.error(place, what)


def _not_yours(document: Document, place: Place, what: str, name: str) -> Exception:
    if name in KEY_HEADERS or name in ("key", "cookie", "proxy-authorization"):
        return document.error(
            place,
            f"{what} is where a key goes, and no manifest holds one",
            'name a secret instead: key = "NAME"; secrets.toml says where it goes',
        )
    return document.error(place, f"{what} is the host's to write", "remove this line")


def _check_added(document: Document, place: Place, added: Mapping[str, Any]) -> None:
    for name in added:
        if name in _DOING:
            what = f"{name!r} has the server do what no policy sees"
            raise document.error((*place, name), what, "grant tools to the agent instead")
        if name in _WRITTEN:
            what = f"{name!r} is the host's to write"
            raise document.error((*place, name), what, "remove this line")
        if name.lower() in _KEYS:
            raise _not_yours(document, (*place, name), f"{name!r}", "key")
        if not _FIELD.fullmatch(name):
            raise document.error((*place, name), f"{name!r} is no name of a field")
    try:
        size = len(msgspec.json.encode(added))
    except (TypeError, ValueError, RecursionError):
        raise document.error(place, "is nothing that JSON can say") from None
    if size > MOST_ADDED:
        raise document.error(place, f"has {size:,} bytes as JSON; at most {MOST_ADDED:,}")
