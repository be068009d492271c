"""Look here if you want to know what is said of a component or a system plugin that was loaded,
now or in a recorded run.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lion.domain.capability import capability_of, name_call
from lion.domain.events import PluginLoaded, SystemPluginLoaded
from lion.domain.plan import DEFAULT_CAPABILITIES
from lion.ports import SystemInfo


class ToolInfo(msgspec.Struct, frozen=True):
    """One tool: its name, what it does, its WIT type and the JSON schemas of arguments and
    result.
    """

    name: str
    description: str
    type: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]


class GuestInfo(msgspec.Struct, frozen=True):
    """A guest of another kind of which a component was made: `extism`; the digests of it and of
    lion's adapter (SHA-256, hex); what it imports itself, each with the host functions behind it.
    """

    kind: str
    digest: str
    adapter: str
    imports: dict[str, tuple[str, ...]]


class ComponentInfo(msgspec.Struct, frozen=True):
    """A component: SHA-256 (hex), size in bytes, its ceiling (functions by interface), its tools,
    whether it is an agent. A system plugin has no digest and no size; `system` says whose it is.
    `refused` says why lion does not load it, `lacking` what it imports that lion does not offer,
    by interface ("" for what its world itself imports); its tools are not known then. `guest` is
    what it was made of, if lion made it.
    """

    digest: str
    size: int
    imports: dict[str, Sequence[str]]
    tools: tuple[ToolInfo, ...]
    is_agent: bool
    system: SystemInfo | None = None
    refused: str = ""
    lacking: dict[str, Sequence[str]] = {}
    guest: GuestInfo | None = None

    @property
    def ceiling(self) -> tuple[str, ...]:
        """Names of the capabilities it could use at all."""
        return tuple(sorted(set(map(capability_of, filter(None, self.imports)))))


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A holder's component: SHA-256 (hex), the operations it imports by capability, its tools.

    Of a system plugin `system` says whose code it is, and the digest is empty. `described` has
    more of each tool where it was loaded and not read from a log.
    """

    digest: str
    system: SystemInfo | None = None
    imports: dict[str, tuple[str, ...]]
    tools: tuple[str, ...]
    described: tuple[ToolInfo, ...] = ()


def loaded_of(info: ComponentInfo) -> Loaded:
    """What was found of a component just loaded."""
    pairs = ((interface, name) for interface, names in info.imports.items() for name in names)
    return Loaded(
        digest=info.digest,
        system=info.system,
        imports=by_capability(pairs),
        tools=tuple(tool.name for tool in info.tools),
        described=info.tools,
    )


def by_capability(imports: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Operations by capability of (interface, function) pairs, sorted."""
    found: dict[str, set[str]] = {}
    for interface, function in imports:
        capability, operation = name_call(interface, function)
        found.setdefault(capability, set()).add(operation)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def recorded(event: PluginLoaded | SystemPluginLoaded) -> Loaded:
    """What the log says of a component or a system plugin."""
    if isinstance(event, PluginLoaded):
        return _recorded_component(event)
    return _recorded_system(event)


def _recorded_component(event: PluginLoaded) -> Loaded:
    """What the log says of a component."""
    return Loaded(
        digest=event.component_digest, imports=_imported(event.imports), tools=event.tools
    )


def _recorded_system(event: SystemPluginLoaded) -> Loaded:
    """What the log says of a system plugin."""
    imports = _imported(event.imports)
    info = SystemInfo(
        use=event.use,
        distribution=event.distribution,
        version=event.version,
        contract=event.contract,
        uses=tuple(name for name in imports if name not in DEFAULT_CAPABILITIES),
        judges=event.judges,
        hears=event.hears,
        offers=event.offers,
    )
    return Loaded(digest="", imports=imports, tools=event.tools, system=info)


def _imported(items: Iterable[str]) -> dict[str, tuple[str, ...]]:
    pairs = [item.partition("#") for item in items]
    return by_capability((interface, function) for interface, _, function in pairs)
