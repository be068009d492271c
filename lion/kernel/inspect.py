"""Look here if you want to know what can be said of a component without running it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from lion.domain.json_schema import input_schema, output_schema
from lion.domain.wit import render_function
from lion.kernel.live import is_agent_export, tool_exports
from lion.ports import Component


class ToolInfo(msgspec.Struct, frozen=True):
    """One tool: its name, what it does, its WIT type and the JSON schemas of arguments and
    result.
    """

    name: str
    description: str
    type: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]


class ComponentInfo(msgspec.Struct, frozen=True):
    """A component: SHA-256 (hex), size in bytes, its ceiling (functions by interface), its tools,
    whether it is an agent.
    """

    digest: str
    size: int
    imports: dict[str, Sequence[str]]
    tools: tuple[ToolInfo, ...]
    is_agent: bool

    @property
    def ceiling(self) -> tuple[str, ...]:
        """Names of the capabilities it could use at all."""
        return tuple(sorted({i.partition("@")[0].rpartition("/")[2] for i in self.imports}))


def describe(component: Component, size: int) -> ComponentInfo:
    """What a component imports and offers."""
    imports: dict[str, list[str]] = {}
    for item in component.imports:
        imports.setdefault(item.interface, []).append(item.name)
    tools = tuple(
        ToolInfo(
            name=name,
            description=export.docs,
            type=render_function(export.type),
            input_schema=input_schema(export.type),
            output_schema=output_schema(export.type),
        )
        for name, export in sorted(tool_exports(component).items())
    )
    is_agent = any(map(is_agent_export, component.exports))
    return ComponentInfo(component.digest, size, dict(imports), tools, is_agent)
