"""Look here if you want to know which keys a manifest and a policy file have.

Rule: a key that is not here is an error; so is a limit that this version does not enforce.
Rule: the committed JSON schema is generated from these models (manifest_schema.py).
"""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from lion.domain.names import NAME_FORMS, NAME_PATTERN, SCOPE_PATTERN, is_name, is_tool_scope
from lion.domain.plan import DEFAULT_CAPABILITIES, Rate
from lion.domain.units import (
    RATE_PATTERN,
    SIZE_PATTERN,
    TIME_PATTERN,
    WHOLE,
    parse_count,
    parse_duration,
    parse_rate,
    parse_size,
)

NO_LIMIT = "none"
"""Written where a limit may be absent: `deadline = "none"`."""


def _text_schema(*patterns: str, note: str) -> WithJsonSchema:
    # A schema sees the file before its variables are filled in, so `${name}` fits everywhere.
    pattern = f"^(?:{'|'.join(patterns)}|.*\\$\\{{.+\\}}.*)$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": note})


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


def _check_path(value: str) -> str:
    if not value.strip() or any(ord(char) < 32 for char in value):
        raise ValueError(f"{value!r} is no path; write where the .wasm file is")
    return value


def _check_deniable(value: str) -> str:
    if value not in DEFAULT_CAPABILITIES:
        raise ValueError(
            f"{value!r} is not granted by default; what can be taken away here: "
            + ", ".join(DEFAULT_CAPABILITIES)
        )
    return value


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
ComponentPath = Annotated[
    str,
    AfterValidator(_check_path),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
Deniable = Annotated[
    str,
    AfterValidator(_check_deniable),
    WithJsonSchema({"type": "string", "enum": list(DEFAULT_CAPABILITIES)}),
]
Size = Annotated[
    int, BeforeValidator(parse_size), _text_schema(SIZE_PATTERN, note="such as 64 MiB")
]
Count = Annotated[int, BeforeValidator(parse_count), _count_schema()]


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


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        arbitrary_types_allowed=True,
        # Only the outermost table is built, and only when used. For the same reason no default is
        # an instance: making one would build its class.
        defer_build=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )


class KvGrant(_Table):
    """A store of its own, of at most so many bytes (keys and values)."""

    bytes: Size


class AllowTable(_Table):
    """What a holder is given besides the defaults."""

    kv: KvGrant | None = None
    tools: list[ToolScope] = []


class LimitsTable(_Table):
    """Limits of a holder, or a policy's ceilings; what is not written keeps its default."""

    memory: Size = 0
    table_elements: Count = 0
    handles: Count = 0
    deadline: MaybeTime = None
    cpu: MaybeTime = None
    calls: MaybeCount = None
    rate: MaybeRate = None
    output: MaybeSize = None
    log: MaybeSize = None
    concurrent: Count = 0


def written_limits(table: LimitsTable | None) -> dict[str, Any]:
    """The limits that were written, by the names of domain/plan.py."""
    if table is None:
        return {}
    named = {"deadline": "deadline_ns", "cpu": "cpu_ns"}
    return {named.get(key, key): getattr(table, key) for key in sorted(table.model_fields_set)}


class HolderTable(_Table):
    """A plugin or an agent."""

    component: ComponentPath
    allow: AllowTable | None = None
    deny: list[Deniable] = []
    limits: LimitsTable | None = None
    config: dict[str, Any] = {}


class RunTable(_Table):
    """Something to start: an agent with its task, or one tool call."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["agent", "task"]}, {"required": ["call"]}],
            "dependentRequired": {"with": ["call"], "task": ["agent"]},
        }
    )

    agent: str | None = None
    task: str | None = None
    call: str | None = None
    with_: dict[str, Any] | None = Field(None, alias="with")


class ManifestTable(_Table):
    """A manifest of lion: what runs, and what it may do."""

    name: Name
    vars: dict[str, str | int] = {}
    plugins: dict[HolderName, HolderTable] = {}
    agents: dict[HolderName, HolderTable] = {}
    run: list[RunTable] = []


class PolicyTable(_Table):
    """A policy file: rules that refuse or ask, and ceilings on limits."""

    deny: list[str] = []
    ask: list[str] = []
    limits: LimitsTable | None = None
