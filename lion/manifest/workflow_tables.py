"""Look here if you want to know which keys a workflow of a manifest has.

Rule: as in tables.py, a key that is not here is an error.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from lion.domain.call import ERROR_CASES
from lion.domain.workflow import STEP_FORMS, STEP_PATTERN, is_step_name
from lion.manifest.base_table import Table
from lion.manifest.fields import (
    AskRule,
    Count,
    Deniable,
    HolderName,
    MaybeCount,
    MaybeRate,
    MaybeSize,
    MaybeTime,
    Rated,
    Time,
    ToolScope,
    TopicScope,
)


def _check_step(value: str) -> str:
    if not is_step_name(value):
        raise ValueError(f"{value!r} is no name of a step; write {STEP_FORMS}")
    return value


def _check_expression(value: str) -> str:
    if not value.startswith("=") or value.startswith("=="):
        raise ValueError(f'{value[:60]!r} is no expression; write "=..."')
    return value


def _check_case(value: str) -> str:
    if value not in ERROR_CASES:
        raise ValueError(f"{value!r} is no case of an error; known: {', '.join(ERROR_CASES)}")
    return value


StepName = Annotated[
    str,
    AfterValidator(_check_step),
    WithJsonSchema({"type": "string", "pattern": f"^{STEP_PATTERN}$"}),
]
Expression = Annotated[
    str,
    AfterValidator(_check_expression),
    WithJsonSchema({"type": "string", "pattern": "^(=($|[^=])|.*\\$\\{)"}),
]
Case = Annotated[
    str, AfterValidator(_check_case), WithJsonSchema({"type": "string", "enum": list(ERROR_CASES)})
]


class RetryTable(Table):
    """How often a job that failed is tried again, and when."""

    times: Count
    wait: Time = 1_000_000_000
    factor: float = 2.0
    most: Time = 300_000_000_000
    on: list[Case] = ["timeout", "unavailable"]


class JobTable(Table):
    """One job: a tool's call, an agent's task, or another workflow."""

    call: str | None = None
    agent: str | None = None
    task: str | None = None
    workflow: str | None = None
    with_: dict[str, Any] | None = Field(None, alias="with")


class BeforeTable(Table):
    """What is done to arguments before a job begins."""

    check: dict[str, Any] | None = None
    enrich: dict[str, Any] = {}
    rate: Rated | None = None


class ThenTable(Table):
    """What is done with a result."""

    check: dict[str, Any] | None = None
    serialise: str | None = None
    emit: StepName | None = None
    clean: JobTable | None = None


class MoveTable(Table):
    """Where a state leads."""

    to: StepName
    on: str = "completed"
    when: Expression | None = None


_JOBS = ("call", "agent", "workflow", "ask", "value", "wait")


class StepTable(Table):
    """A step: of a dag when what it needs is there, a state, or a rule that follows events."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {"task": ["agent"], "records": ["agent"], "form": ["ask"]},
            "not": {
                "anyOf": [
                    {"required": [a, b]} for i, a in enumerate(_JOBS) for b in _JOBS[i + 1 :]
                ]
            },
        }
    )

    call: str | None = None
    agent: str | None = None
    task: str | None = None
    records: str | None = None
    workflow: str | None = None
    with_: dict[str, Any] | None = Field(None, alias="with")
    ask: str | None = None
    form: dict[str, Any] | None = None
    value: Any = None
    wait: Time | None = None
    when: Expression | None = None
    each: Expression | None = None
    at_once: Count | None = None
    retry: RetryTable | None = None
    deadline: Time | None = None
    on_failure: str | None = None
    before: BeforeTable | None = None
    then: ThenTable | None = None
    undo: JobTable | None = None
    after: list[StepName] = []
    join: str | None = None
    next: list[MoveTable] = []
    timeout: Time | None = None
    on: list[str] = []
    every: Time | None = None
    end: Any = None
    set: dict[StepName, Any] = {}


class WorkflowBus(Table):
    """What a workflow may hear of the bus."""

    receive: list[TopicScope] = []


class WorkflowAllow(Table):
    """What a workflow may call besides the defaults."""

    tools: list[ToolScope] = []
    agents: list[HolderName] = []
    bus: WorkflowBus | None = None


class WorkflowLimits(Table):
    """Limits of a workflow."""

    deadline: MaybeTime = None
    calls: MaybeCount = None
    rate: MaybeRate = None
    output: MaybeSize = None
    log: MaybeSize = None
    concurrent: Count = 0


class WorkflowTable(Table):
    """A workflow: steps that lion does, each by the same door as a guest's calls."""

    steps: dict[StepName, StepTable]
    strategy: str = "dag"
    input: dict[str, Any] = {}
    output: Any = None
    first: StepName | None = None
    vars: dict[StepName, Any] = {}
    at_once: Count | None = None
    items: Count | None = None
    jobs: Count | None = None
    options: dict[str, Any] = {}
    allow: WorkflowAllow | None = None
    deny: list[Deniable] = []
    ask: list[AskRule] = []
    limits: WorkflowLimits | None = None
