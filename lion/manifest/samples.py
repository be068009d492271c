"""Look here if you want to know how the samples of a dry run are written: `samples.toml` in their
folder.

    [[http]]
    request = "GET https://api.example.com/v1/**"     # as a grant names it; the first that fits
    status = 200
    headers = { content-type = "application/json" }
    body = '{"park": "open"}'                          # or file = "park.json", in bodies/

    [[tool]]
    name = "db.query"
    result = { rows = [] }                             # or error = "the table is locked"

Rule: a sample that nothing could meet is a mistake, told with its line.
"""

from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from lion.domain.names import is_tool_name
from lion.manifest.document import Document
from lion.manifest.mistakes import check
from lion.scopes.http_scope import BadScope, parse_grant_scope


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class HttpSample(_Table):
    """What servers say to the requests that a grant like `request` would cover."""

    request: str
    status: int = 200
    headers: dict[str, str] = {}
    body: str = ""
    file: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        try:
            parse_grant_scope(self.request)
        except BadScope as exc:
            raise ValueError(str(exc)) from None
        if not 200 <= self.status <= 599:
            raise ValueError(f"{self.status} is no status of an answer; write 200 to 599")
        if self.body and self.file is not None:
            raise ValueError("an answer has a body or a file, not both")
        return self


class ToolSample(_Table):
    """What a tool gives: its result as JSON, or its own error."""

    name: str
    result: Any = None
    error: Any = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not is_tool_name(self.name):
            raise ValueError(f"{self.name!r} is no tool; write plugin.function")
        if {"result", "error"} <= self.model_fields_set:
            raise ValueError("a tool gives a result or an error, not both")
        return self


class SamplesTable(_Table):
    """All of them."""

    http: list[HttpSample] = []
    tool: list[ToolSample] = []


def parse_samples(text: str, path: Path) -> SamplesTable:
    """The samples of a file's text. Raises OperatorError."""
    document = Document(text, kind="samples", path=path)
    return check(document, SamplesTable, document.parse())
