"""Look here if you want to know how one value of a manifest is written, checked and described."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    WithJsonSchema,
)

from lion.domain.capability import EXTENSION_PATTERN, is_extension
from lion.domain.names import (
    ADDRESS_SCOPE_PATTERN,
    MODEL_SCOPE_PATTERN,
    NAME_FORMS,
    NAME_PATTERN,
    SCOPE_PATTERN,
    TOPIC_SCOPE_PATTERN,
    is_address_scope,
    is_model_scope,
    is_name,
    is_tool_scope,
    is_topic_scope,
)
from lion.domain.plan import DEFAULT_CAPABILITIES, Rate
from lion.domain.units import (
    MONEY_PATTERN,
    RATE_PATTERN,
    SHARE_PATTERN,
    SIZE_PATTERN,
    TIME_PATTERN,
    WHOLE,
    parse_count,
    parse_duration,
    parse_money,
    parse_rate,
    parse_share,
    parse_size,
)
from lion.scopes.extension_grant import check_scope
from lion.scopes.fs_grant import check_guest_path
from lion.scopes.http_grant import check_network, check_steering_header, check_url
from lion.scopes.rules import parse_own_rule

NO_LIMIT = "none"
"""Written where a limit may be absent: `deadline = "none"`."""


def _text_schema(*patterns: str, note: str) -> WithJsonSchema:
    return WithJsonSchema(_text(*patterns, note=note))


def _text(*patterns: str, note: str) -> dict[str, Any]:
    # A schema sees the file before its variables are filled in, so `${name}` fits everywhere.
    pattern = f"^(?:{'|'.join(patterns)}|.*\\$\\{{.+\\}}.*)$"
    return {"type": "string", "pattern": pattern, "description": note}


def _count_schema(*words: str) -> WithJsonSchema:
    text = f"^(?:{'|'.join((WHOLE, *words))}|.*\\$\\{{.+\\}}.*)$"
    return WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": text}]}
    )


def _or_none(parse: Callable[[object], Any]) -> BeforeValidator:
    return BeforeValidator(lambda value: None if value == NO_LIMIT else parse(value))


def _check_name(value: str) -> str:
    if not is_name(value):
        raise ValueError(f"{value!r} is no name; write {NAME_FORMS}")
    return value


def _check_scope(value: str) -> str:
    if not is_tool_scope(value):
        raise ValueError(f'{value!r} names no tool; write "plugin.function", "plugin.*" or "**"')
    return value


def _check_model_scope(value: str) -> str:
    if not is_model_scope(value):
        raise ValueError(f'{value!r} names no model; write its name under [models], or "*"')
    return value


def _check_topic(value: str) -> str:
    if not is_topic_scope(value):
        raise ValueError(f'{value!r} names no topic; write "news.sport", "news.*" or "**"')
    return value


def _check_peer(value: str) -> str:
    if not (is_model_scope(value) or is_address_scope(value)):
        raise ValueError(
            f'{value!r} names nobody; write a name of this manifest, "*", or "@service/*"'
        )
    return value


def _check_extension(value: str) -> str:
    if not is_extension(value):
        raise ValueError(
            f"{value!r} is no interface of a system plugin's; write it without a version, "
            "such as 'acme:shelf/books'"
        )
    return value


def _check_path(value: str) -> str:
    if not value.strip() or any(ord(char) < 32 for char in value):
        raise ValueError(f"{value!r} is no path; write where the .wasm file is")
    return value


def _check_folder(value: str) -> str:
    if not value.strip() or any(ord(char) < 32 for char in value):
        raise ValueError(f"{value!r} is no directory; write where it is, beside the manifest")
    return value


def _check_ask(value: str) -> str:
    parse_own_rule(value, "")
    return value


def _check_then(value: str) -> str:
    if value != "ask":
        raise ValueError(f'{value!r} is nothing that a budget leads to; write "ask"')
    return value


def _check_deniable(value: str) -> str:
    if value not in DEFAULT_CAPABILITIES:
        raise ValueError(
            f"{value!r} is not granted by default; what can be taken away here: "
            + ", ".join(DEFAULT_CAPABILITIES)
        )
    return value


def _check_word(value: str) -> str:
    if "\0" in value:
        raise ValueError("a NUL ends a text for programs; leave it out")
    return value


def _check_env(value: str) -> str:
    if not value or "=" in value:
        raise ValueError(f"{value!r} is no name of a variable; write it without `=`")
    return _check_word(value)


Name = Annotated[str, AfterValidator(_check_name), _text_schema(NAME_PATTERN, note=NAME_FORMS)]
HolderName = Annotated[
    str,
    AfterValidator(_check_name),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME_PATTERN}$"}),
]
"""A key: variables are not filled in there."""
ToolScope = Annotated[
    str, AfterValidator(_check_scope), _text_schema(SCOPE_PATTERN, note="plugin.function")
]
ExtensionName = Annotated[
    str,
    AfterValidator(_check_extension),
    WithJsonSchema({"type": "string", "pattern": f"^{EXTENSION_PATTERN}$"}),
]
ExtensionScope = Annotated[
    bool | list[str],
    BeforeValidator(check_scope),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": True},
                {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]
"""All of it, or patterns for its targets."""
ComponentPath = Annotated[
    str,
    AfterValidator(_check_path),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
Word = Annotated[str, AfterValidator(_check_word), WithJsonSchema({"type": "string"})]
EnvName = Annotated[
    str,
    AfterValidator(_check_env),
    WithJsonSchema({"type": "string", "pattern": "^[^=]+$"}),
]
"""A key: variables are not filled in there."""
Deniable = Annotated[
    str,
    AfterValidator(_check_deniable),
    WithJsonSchema({"type": "string", "enum": list(DEFAULT_CAPABILITIES)}),
]
AskRule = Annotated[str, AfterValidator(_check_ask), WithJsonSchema({"type": "string"})]
Size = Annotated[
    int, BeforeValidator(parse_size), _text_schema(SIZE_PATTERN, note="such as 64 MiB")
]
Count = Annotated[int, BeforeValidator(parse_count), _count_schema()]
Time = Annotated[
    int, BeforeValidator(parse_duration), _text_schema(TIME_PATTERN, note="such as 250 ms")
]
Money = Annotated[
    int,
    BeforeValidator(parse_money),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                _text(MONEY_PATTERN, note="an amount, such as 0.25"),
            ]
        }
    ),
]
"""Millionths of an amount."""
ModelScope = Annotated[
    str,
    AfterValidator(_check_model_scope),
    _text_schema(MODEL_SCOPE_PATTERN, note="a model's name"),
]
TopicScope = Annotated[
    str, AfterValidator(_check_topic), _text_schema(TOPIC_SCOPE_PATTERN, note="such as news.*")
]
PeerScope = Annotated[
    str,
    AfterValidator(_check_peer),
    _text_schema(f"(?:{MODEL_SCOPE_PATTERN}|{ADDRESS_SCOPE_PATTERN})", note="a holder's name"),
]


MaybeSize = Annotated[
    int | None, _or_none(parse_size), _text_schema(SIZE_PATTERN, NO_LIMIT, note="such as 64 MiB")
]
MaybeTime = Annotated[
    int | None,
    _or_none(parse_duration),
    _text_schema(TIME_PATTERN, NO_LIMIT, note="such as 250 ms"),
]
MaybeRate = Annotated[
    Rate | None, _or_none(parse_rate), _text_schema(RATE_PATTERN, NO_LIMIT, note="such as 10/s")
]
MaybeCount = Annotated[int | None, _or_none(parse_count), _count_schema(NO_LIMIT)]
Rated = Annotated[
    Rate, BeforeValidator(parse_rate), _text_schema(RATE_PATTERN, note="such as 10/s")
]
Share = Annotated[
    int, BeforeValidator(parse_share), _text_schema(SHARE_PATTERN, note="such as 80 %")
]
Then = Annotated[
    str, AfterValidator(_check_then), WithJsonSchema({"type": "string", "enum": ["ask"]})
]
HttpUrls = Annotated[
    str,
    AfterValidator(check_url),
    _text_schema(r"\S+ +https?://\S+", note="such as GET https://api.example.com/v1/**"),
]
GuestPath = Annotated[
    str, AfterValidator(check_guest_path), _text_schema("/.*", note="such as /notes")
]
HostPath = Annotated[
    str,
    AfterValidator(_check_folder),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
Network = Annotated[
    str,
    AfterValidator(check_network),
    _text_schema("[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?", note="such as 127.0.0.1 or 10.0.0.0/8"),
]
SteeringHeader = Annotated[
    str,
    AfterValidator(check_steering_header),
    _text_schema("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}", note="such as x-forwarded-for"),
]
OnUnknown = Literal["fail", "retry", "ask"]
"""What is done about an effect of before of which nobody knows whether it happened."""
