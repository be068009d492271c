"""Look here if you want to know what a client may read besides tools: what was recorded of its own
run, where the manifest says so (`settings = { log = true }`).

Rule: what is shown is committed, and secrets were scrubbed of it; the newest come last, as many as
fit.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import (
    ListResourcesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextResourceContents,
)
from mcp.types.jsonrpc import INVALID_PARAMS

from lion.domain.record import Record

MOST: Final = 200
"""Records that are shown, the last ones."""
LONGEST: Final = 256 * 1024
"""Characters of them."""
_MIME: Final = "application/x-ndjson"

Context = ServerRequestContext[Any, Any]


class Resources:
    """What can be read in one session."""

    def __init__(self, run: str, latest: Iterable[Record]) -> None:
        self._latest = latest
        self._uri = f"lion://runs/{run}/log"

    async def list(
        self, context: Context, params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        """The log of this run."""
        return ListResourcesResult(
            resources=[
                Resource(
                    name="log",
                    uri=self._uri,
                    title="What was recorded of this session",
                    description=f"The last {MOST} records, one JSON object in each line.",
                    mime_type=_MIME,
                )
            ]
        )

    async def read(
        self, context: Context, params: ReadResourceRequestParams
    ) -> ReadResourceResult:
        """Its last records."""
        if params.uri != self._uri:
            raise MCPError(code=INVALID_PARAMS, message="there is no such resource")
        lines: list[str] = []
        room = LONGEST
        for record in reversed(list(self._latest)):
            line = _line(record)
            room -= len(line)
            if room < 0:
                break
            lines.append(line)
        text = "".join(f"{line}\n" for line in reversed(lines))
        contents = TextResourceContents(uri=self._uri, mime_type=_MIME, text=text)
        return ReadResourceResult(contents=[contents])


def _line(record: Record) -> str:
    fields = msgspec.to_builtins(record.event(), str_keys=True)
    shown = {
        "seq": record.seq, "time_ns": record.time_ns, "type": record.type,
        "principal": record.principal, "invocation": record.invocation, "call": record.call,
        "fields": fields,
    }  # fmt: skip
    return msgspec.json.encode(shown).decode()
