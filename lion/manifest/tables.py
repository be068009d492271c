"""Look here if you want to know which keys a manifest has.

Rule: a key that is not here is an error; so is a limit that this version does not enforce.
Rule: the committed JSON schema is generated from these models (schema.py).
"""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from lion.domain.plan import SECOND
from lion.manifest.base_table import Table as Table
from lion.manifest.fields import (
    AskRule,
    ComponentPath,
    Count,
    Deniable,
    EnvName,
    ExtensionName,
    ExtensionScope,
    GuestPath,
    HolderName,
    HostPath,
    HttpUrls,
    MaybeCount,
    MaybeRate,
    MaybeSize,
    MaybeTime,
    ModelScope,
    Money,
    Name,
    Network,
    OnUnknown,
    PeerScope,
    Rated,
    Share,
    Size,
    SteeringHeader,
    Then,
    Time,
    ToolScope,
    TopicScope,
    Word,
)
from lion.manifest.model_tables import ModelTable as ModelTable
from lion.manifest.model_tables import PricesTable as PricesTable
from lion.manifest.run_tables import OutputTable as OutputTable
from lion.manifest.run_tables import RunTable as RunTable
from lion.manifest.schedules import ScheduleTable
from lion.manifest.server_table import McpTable
from lion.manifest.service_table import ServiceTable
from lion.manifest.system_tables import SystemLimits, check_asking
from lion.manifest.workflow_tables import WorkflowTable
from lion.scopes.fs_grant import check_once

MOST_RESTARTS: Final = 1_000


class KvGrant(Table):
    """A store of its own, of at most so many bytes (keys and values)."""

    bytes: Size


class ElementsGrant(Table):
    """Elements of its own: at most so many, and of at most so many bytes as stored."""

    count: Count
    bytes: Size


class FsGrant(Table):
    """A directory of the host's (`at`, from the manifest on) under a path of the guest's."""

    path: GuestPath
    at: HostPath
    write: bool = False
    bytes: Size | None = None
    files: Count | None = None
    follow: bool = False
    on_unknown: OnUnknown = "fail"

    @model_validator(mode="after")
    def _check(self) -> "FsGrant":
        said = self.bytes is not None or self.files is not None or self.on_unknown != "fail"
        if said and not self.write:
            what = "bytes, files and on-unknown are of what is written"
            raise ValueError(f"{what}; add write = true")
        return self


class HttpGrant(Table):
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
    encoded_slash: bool = False
    plain: bool = False
    headers: list[SteeringHeader] = []
    at: Share | None = None
    then: Then | None = None
    on_unknown: OnUnknown = "fail"
    idempotency_key: bool = False

    _check_asking = model_validator(mode="after")(check_asking)


HttpEntry = Annotated[
    HttpGrant,
    BeforeValidator(
        lambda value: {"url": value} if isinstance(value, str) else value,
        json_schema_input_type=HttpUrls | HttpGrant,
    ),
]


class LlmTable(Table):
    """A model that may be asked: how many tokens (in and out), calls and how much money a run."""

    model: ModelScope
    tokens: Count | None = None
    calls: Count | None = None
    money: Money | None = None
    at: Share | None = None
    then: Then | None = None

    @model_validator(mode="after")
    def _check(self) -> "LlmTable":
        if self.at is not None and self.tokens is self.calls is self.money is None:
            raise ValueError("at is a share of a budget; add tokens, calls or money")
        return check_asking(self)  # type: ignore[no-any-return]


LlmGrant = Annotated[
    LlmTable,
    BeforeValidator(
        lambda value: {"model": value} if isinstance(value, str) else value,
        json_schema_input_type=ModelScope | LlmTable,
    ),
]
"""`{ model = "fast", tokens = 20_000 }`, or just `"fast"`."""


class BusTable(Table):
    """Messages: on which topics it may publish, which it may hear, and to whom it may write. What
    is written to itself it may read.
    """

    publish: list[TopicScope] = []
    receive: list[TopicScope] = []
    write: list[PeerScope] = []


def _check_mounts(grants: list[FsGrant]) -> list[FsGrant]:
    check_once([grant.path for grant in grants])
    return grants


class AllowTable(Table):
    """What a holder is given besides the defaults."""

    kv: KvGrant | None = None
    elements: ElementsGrant | None = None
    fs: Annotated[list[FsGrant], AfterValidator(_check_mounts)] = []
    llm: list[LlmGrant] = []
    tools: list[ToolScope] = []
    agents: list[HolderName] = []
    http: list[HttpEntry] = []
    secrets: list[Name] = []
    bus: BusTable | None = None
    interfaces: dict[ExtensionName, ExtensionScope] = {}


class LimitsTable(Table):
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
    memory_sum: Size = 0
    agents: Count = 0
    depth: Count = 0
    at: Share | None = None
    then: Then | None = None

    _check_asking = model_validator(mode="after")(check_asking)


class RestartTable(Table):
    """An agent that failed begins anew, so often at most in such a time."""

    when: Literal["failure"]
    times: Annotated[Count, Field(ge=1, le=MOST_RESTARTS)] = 3
    within: Annotated[Time, Field(ge=1)] = 600 * SECOND


class HolderTable(Table):
    """A plugin."""

    component: ComponentPath
    allow: AllowTable | None = None
    deny: list[Deniable] = []
    ask: list[AskRule] = []
    limits: LimitsTable | None = None
    config: dict[str, Any] = {}
    args: list[Word] = []
    env: dict[EnvName, Word] = {}
    stdin: Word = ""
    restart: RestartTable | None = None


class AgentTable(HolderTable):
    """An agent: a component, or a program of others, which no sandbox holds."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["component"]}, {"required": ["adapter", "command"]}]
        }
    )

    component: ComponentPath | None = None  # type: ignore[assignment]
    adapter: str | None = None
    command: list[Word] | None = None
    folder: HostPath = "."


class SystemAllow(Table):
    """What a system plugin may ask the host for; nothing is granted by default."""

    http: list[HttpEntry] = []
    llm: list[LlmGrant] = []
    secrets: list[Name] = []
    tools: list[ToolScope] = []


class SystemTable(Table):
    """A system plugin: trusted Python by the name of its entry point, outside of the sandbox."""

    use: Name
    settings: dict[str, Any] = {}
    allow: SystemAllow | None = None
    limits: SystemLimits | None = None


class RunLimitsTable(Table):
    """What a run may use up, all its holders together."""

    memory: Size


class ManifestTable(Table):
    """A manifest of lion: what runs, and what it may do."""

    name: Name
    vars: dict[str, str | int] = {}
    models: dict[HolderName, ModelTable] = {}
    plugins: dict[HolderName, HolderTable] = {}
    agents: dict[HolderName, AgentTable] = {}
    system: dict[HolderName, SystemTable] = {}
    mcp: dict[HolderName, McpTable] = {}
    workflows: dict[HolderName, WorkflowTable] = {}
    run: list[RunTable] = []
    limits: RunLimitsTable | None = None
    service: ServiceTable | None = None
    schedules: dict[HolderName, ScheduleTable] = {}
    park_after: Time | None = None
