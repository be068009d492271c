"""Look here if you want to know what authors of system plugins import; contract.py says the rest.

Rule: this room makes trusted Python look like a component to the kernel (ports.SystemComponent).
Rule: names are fetched when they are asked for: hosts without system plugins pay for no pydantic.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        SettingsError,
        Size,
        SystemPlugin,
        ToolError,
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
    "Deny",
    "Duration",
    "Failure",
    "Heard",
    "HostError",
    "ManifestPath",
    "PluginHost",
    "PluginSettings",
    "SettingsError",
    "Size",
    "SystemPlugin",
    "ToolError",
    "function",
    "tool",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lion.system import contract, extension

    return getattr(extension if hasattr(extension, name) else contract, name)
