"""Look here if you want to know how a tool of lion's is described to a client, and how its results
are written.

Rule: a name has no dot in it, since some clients and models take none: `notes.write` is
`notes_write`; lion's own names have no underscore, so each means one tool.
Rule: hints say what the grants allow, whatever a description promises; what is not known is said
to be the worst.
Rule: structured results are objects, as older dates of the protocol want them: what is none goes
under `result`.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from mcp.types import CallToolResult, TextContent, Tool, ToolAnnotations

from lion.domain.plan import Grant
from lion.kernel.session import OpenTool

READING: Final = frozenset({"GET", "HEAD"})
"""Methods of HTTP that change nothing."""
RESULT: Final = "result"
_OF_ROOT: Final = ("$schema", "$defs")


def wire_name(name: str) -> str:
    """What a tool is called on the wire: `notes_write` for `notes.write`."""
    return name.replace(".", "_")


def tool_name(name: str) -> str:
    """What a client means by a name: itself, if it has a dot."""
    return name if "." in name else name.replace("_", ".")


def described(tool: OpenTool, reach: Iterable[Grant]) -> Tool:
    """A tool as clients get it."""
    return Tool(
        name=wire_name(tool.name),
        title=tool.name,
        description=tool.description or None,
        input_schema=tool.input_schema,
        output_schema=_object_schema(tool.output_schema),
        annotations=hints_of(reach),
    )


def hints_of(reach: Iterable[Grant]) -> ToolAnnotations:
    """What a tool can do at all, by all the grants that it reaches."""
    writes = destroys = is_open = False
    for grant in reach:
        match grant.capability:
            case "kv" | "elements":
                writes = True
            case "fs":
                is_write = grant.mount is not None and grant.mount.write
                writes, destroys = writes or is_write, destroys or is_write
            case "http":
                is_open = True
                is_write = not _only_reads(grant.patterns)
                writes, destroys = writes or is_write, destroys or is_write
            case "llm":
                is_open = True
            case "secrets":
                pass
            case _:
                writes = destroys = is_open = True
    return ToolAnnotations(
        read_only_hint=not writes,
        destructive_hint=destroys,
        idempotent_hint=None if writes else True,
        open_world_hint=is_open,
    )


def _only_reads(patterns: Iterable[str]) -> bool:
    methods = {method for pattern in patterns for method in pattern.partition(" ")[0].split(",")}
    return methods <= READING


def _is_object(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "object"


def _object_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a structured result: an object's own, or of one that has the value."""
    if _is_object(schema):
        return schema
    inner = {key: value for key, value in schema.items() if key not in _OF_ROOT}
    whole: dict[str, Any] = {key: schema[key] for key in _OF_ROOT if key in schema}
    whole |= {"type": "object", "properties": {RESULT: inner}, "required": [RESULT]}
    return whole


def result_of(text: str, schema: dict[str, Any], meta: dict[str, Any]) -> CallToolResult:
    """What a tool gave, JSON in `text`, by its own output schema."""
    value = json.loads(text)
    shown = value if isinstance(value, str) else text
    return CallToolResult(
        content=[TextContent(text=shown)],
        structured_content=value if _is_object(schema) else {RESULT: value},
        _meta=meta,
    )


def refusal_of(case: str, text: str, meta: dict[str, Any]) -> CallToolResult:
    """What came instead: `case` is one of types.error."""
    return CallToolResult(
        content=[TextContent(text=f"{case}: {text}" if case != "other" else text)],
        is_error=True,
        _meta=meta,
    )
