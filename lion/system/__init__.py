"""Look here if you want to know what authors of system plugins import; contract.py says the rest.

Rule: this room makes trusted Python look like a component to the kernel (ports.SystemComponent).
Rule: this is the whole public contract; those that come with lion (shipped/) import nothing else.
Rule: names are fetched when they are asked for: hosts without system plugins pay for no pydantic.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lion.system.choices import CapabilityName, EventName
    from lion.system.contract import (
        CONTRACT,
        EVERYTHING,
        Answer,
        Ask,
        Call,
        Deny,
        Duration,
        Heard,
        HostError,
        ManifestPath,
        PluginHost,
        PluginSettings,
        Reply,
        SettingsError,
        Size,
        SystemPlugin,
        ToolError,
        show_line,
        tool,
    )
    from lion.system.extension import (
        F32,
        F64,
        FAILURES,
        S8,
        S16,
        S32,
        S64,
        U8,
        U16,
        U32,
        U64,
        Caller,
        Failure,
        function,
    )

__all__ = [
    "CONTRACT",
    "EVERYTHING",
    "F32",
    "F64",
    "FAILURES",
    "S8",
    "S16",
    "S32",
    "S64",
    "U8",
    "U16",
    "U32",
    "U64",
    "Answer",
    "Ask",
    "Call",
    "Caller",
    "CapabilityName",
    "Deny",
    "Duration",
    "EventName",
    "Failure",
    "Heard",
    "HostError",
    "ManifestPath",
    "PluginHost",
    "PluginSettings",
    "Reply",
    "SettingsError",
    "Size",
    "SystemPlugin",
    "ToolError",
    "function",
    "show_line",
    "tool",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lion.system import choices, contract, extension

    room = next(room for room in (contract, extension, choices) if hasattr(room, name))
    return getattr(room, name)
