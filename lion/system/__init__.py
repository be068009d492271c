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
        Host,
        HostError,
        ManifestPath,
        PluginSettings,
        SettingsError,
        Size,
        SystemPlugin,
        ToolError,
        tool,
    )

__all__ = [
    "CONTRACT",
    "EVERYTHING",
    "Answer",
    "Ask",
    "Call",
    "Deny",
    "Duration",
    "Heard",
    "Host",
    "HostError",
    "ManifestPath",
    "PluginSettings",
    "SettingsError",
    "Size",
    "SystemPlugin",
    "ToolError",
    "tool",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lion.system import contract

    return getattr(contract, name)
