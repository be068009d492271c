"""Look here if you want to know what can be said of a component without running it."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from lion.domain.capability import capability_of
from lion.domain.events import (
    Event,
    PluginFailed,
    PluginLoaded,
    SystemPluginFailed,
    SystemPluginLoaded,
)
from lion.domain.plan import Holder
from lion.errors import GuestError, LionError
from lion.kernel.exports import is_agent_export, tool_exports
from lion.kernel.run_state import LiveHolder
from lion.kernel.tool_types import input_schema, output_schema, render_type
from lion.ports import Component, ImportSeen, SystemInfo


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
    whether it is an agent. A system plugin has no digest and no size; `system` says whose it is.
    `refused` says why lion does not load it, `lacking` what it imports that lion does not offer,
    by interface ("" for what its world itself imports); its tools are not known then.
    """

    digest: str
    size: int
    imports: dict[str, Sequence[str]]
    tools: tuple[ToolInfo, ...]
    is_agent: bool
    system: SystemInfo | None = None
    refused: str = ""
    lacking: dict[str, Sequence[str]] = {}

    @property
    def ceiling(self) -> tuple[str, ...]:
        """Names of the capabilities it could use at all."""
        return tuple(sorted(set(map(capability_of, filter(None, self.imports)))))


def describe(component: Component, size: int) -> ComponentInfo:
    """What a component imports and offers."""
    imports: dict[str, list[str]] = {}
    for item in component.imports:
        imports.setdefault(item.interface, []).append(item.name)
    tools = tuple(
        ToolInfo(
            name=name,
            description=export.docs,
            type=render_type(export),
            input_schema=input_schema(export),
            output_schema=output_schema(export),
        )
        for name, export in sorted(tool_exports(component).items())
    )
    is_agent = any(map(is_agent_export, component.exports))
    system = getattr(component, "info", None)
    return ComponentInfo(component.digest, size, dict(imports), tools, is_agent, system)


def describe_refused(
    data: bytes, origin: str, seen: Sequence[ImportSeen], failure: GuestError
) -> ComponentInfo:
    """The same of one that lion does not load: what it imports, and what is not offered of it."""
    imports: dict[str, list[str]] = {}
    lacking: dict[str, list[str]] = {}
    for item in seen:
        names = imports.setdefault(item.interface, [])
        if item.kind == "interface":
            continue
        shown = item.name if item.kind == "function" else f"{item.name} ({item.kind})"
        names.append(shown)
        if not item.is_offered:
            lacking.setdefault(item.interface, []).append(shown)
    return ComponentInfo(
        digest=hashlib.sha256(data).hexdigest(), size=len(data), imports=dict(imports), tools=(),
        is_agent=False, refused=failure.what.removeprefix(f"{origin!r}: "), lacking=dict(lacking),
    )  # fmt: skip


def loaded_event(holder: LiveHolder) -> Event:
    """What the log says of a holder that was loaded."""
    component, tools = holder.component, tuple(holder.tools)
    imports = tuple(f"{i.interface}#{i.name}" for i in component.imports)
    if holder.system is None:
        return PluginLoaded(holder.name, component.digest, imports, tools)
    info = holder.system.info
    return SystemPluginLoaded(
        holder=holder.name, use=info.use, distribution=info.distribution, version=info.version,
        contract=info.contract, imports=imports, tools=tools, judges=info.judges, hears=info.hears,
        offers=info.offers,
    )  # fmt: skip


def failed_event(holder: Holder, failure: LionError) -> Event:
    """What the log says of a holder that was refused."""
    if not holder.is_sandboxed:
        return SystemPluginFailed(holder.name, "load", failure.what)
    return PluginFailed(holder.name, failure.what, getattr(failure, "ending", "refused"))
