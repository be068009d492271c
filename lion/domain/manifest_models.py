"""Look here if you want to know which keys a manifest and a policy file have.

Rule: a key that is not here is an error; so is a limit that this version does not enforce.
Rule: the committed JSON schema is generated from these models (manifest_schema.py).
"""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from lion.domain.fs_grant import check_guest_path, check_once
from lion.domain.http_grant import check_network, check_url
from lion.domain.names import (
    MODEL_SCOPE_PATTERN,
    NAME_FORMS,
    NAME_PATTERN,
    SCOPE_PATTERN,
    is_model_scope,
    is_name,
    is_tool_scope,
)
from lion.domain.plan import DEFAULT_CAPABILITIES, Rate
from lion.domain.units import (
    MONEY_PATTERN,
    RATE_PATTERN,
    SIZE_PATTERN,
    TIME_PATTERN,
    WHOLE,
    parse_count,
    parse_duration,
    parse_money,
    parse_rate,
    parse_size,
)

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


def _check_path(value: str) -> str:
    if not value.strip() or any(ord(char) < 32 for char in value):
        raise ValueError(f"{value!r} is no path; write where the .wasm file is")
    return value


def _check_folder(value: str) -> str:
    if not value.strip() or any(ord(char) < 32 for char in value):
        raise ValueError(f"{value!r} is no directory; write where it is, beside the manifest")
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


class FsGrant(_Table):
    """A directory of the host's (`at`, relative to the manifest) under a path of the guest's, and
    how much of it what is written may take.
    """

    path: GuestPath
    at: HostPath
    write: bool = False
    bytes: Size | None = None
    files: Count | None = None

    @model_validator(mode="after")
    def _check(self) -> "FsGrant":
        if not self.write and (self.bytes is not None or self.files is not None):
            raise ValueError("bytes and files limit what is written; add write = true")
        return self


class HttpGrant(_Table):
    """Requests it may make, and how much of them: `"GET https://api.example.com/v1/**"` with
    numbers. Bytes, calls and rate are per run; timeout is per request.
    """

    url: HttpUrls
    bytes_in: Size | None = None
    bytes_out: Size | None = None
    calls: Count | None = None
    rate: Rated | None = None
    timeout: Time | None = None
    addresses: list[Network] = []


HttpEntry = Annotated[
    HttpGrant,
    BeforeValidator(
        lambda value: {"url": value} if isinstance(value, str) else value,
        json_schema_input_type=HttpUrls | HttpGrant,
    ),
]


class LlmTable(_Table):
    """A model that may be asked: how many tokens (in and out), calls and how much money a run."""

    model: ModelScope
    tokens: Count | None = None
    calls: Count | None = None
    money: Money | None = None


LlmGrant = Annotated[
    LlmTable,
    BeforeValidator(
        lambda value: {"model": value} if isinstance(value, str) else value,
        json_schema_input_type=ModelScope | LlmTable,
    ),
]
"""`{ model = "fast", tokens = 20_000 }`, or just `"fast"`."""


def _check_mounts(grants: list[FsGrant]) -> list[FsGrant]:
    check_once([grant.path for grant in grants])
    return grants


class AllowTable(_Table):
    """What a holder is given besides the defaults."""

    kv: KvGrant | None = None
    fs: Annotated[list[FsGrant], AfterValidator(_check_mounts)] = []
    llm: list[LlmGrant] = []
    tools: list[ToolScope] = []
    http: list[HttpEntry] = []
    secrets: list[Name] = []


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


class PricesTable(_Table):
    """What a million tokens cost, in any currency."""

    input: Money = 0
    output: Money = 0


class ModelTable(_Table):
    """A model: a script of answers, or any server that speaks OpenAI's protocol."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "properties": {"provider": {"const": "scripted"}},
                    "required": ["script"],
                    "not": {
                        "anyOf": [{"required": [key]} for key in ("base-url", "model", "key")]
                    },
                },
                {
                    "properties": {"provider": {"const": "openai"}},
                    "required": ["base-url", "model"],
                    "not": {"required": ["script"]},
                },
            ]
        }
    )

    provider: str
    script: str | None = None
    base_url: str | None = None
    model: str | None = None
    key: Name | None = None
    prices: PricesTable | None = None
    max_tokens: Count | None = None
    addresses: list[Network] = []
    idle: Time | None = None
    timeout: Time | None = None


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
    models: dict[HolderName, ModelTable] = {}
    plugins: dict[HolderName, HolderTable] = {}
    agents: dict[HolderName, HolderTable] = {}
    run: list[RunTable] = []


class PolicyTable(_Table):
    """A policy file: rules that refuse or ask, and ceilings on limits."""

    deny: list[str] = []
    ask: list[str] = []
    limits: LimitsTable | None = None
