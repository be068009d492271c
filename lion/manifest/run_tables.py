"""Look here if you want to know how a manifest says what it starts."""

from typing import Any

from pydantic import ConfigDict, Field

from lion.manifest.base_table import Table
from lion.manifest.fields import Count


class OutputTable(Table):
    """What an agent's answer has to be."""

    format: str
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    repair: bool = False
    again: Count = 0


class RunTable(Table):
    """Something to start: an agent with its task, one tool call, or a workflow."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["agent", "task"]},
                {"required": ["call"]},
                {"required": ["workflow"]},
            ],
            "dependentRequired": {"task": ["agent"], "output": ["agent"]},
            "dependentSchemas": {"with": {"not": {"required": ["agent"]}}},
        }
    )

    agent: str | None = None
    task: str | None = None
    output: OutputTable | None = None
    call: str | None = None
    workflow: str | None = None
    with_: dict[str, Any] | None = Field(None, alias="with")
