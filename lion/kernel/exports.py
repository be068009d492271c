"""Look here if you want to know which exports of a component are tools, and what they are called.

Rule: a tool goes by its function's name; where two exports have that name, those in an interface
go by both (`shop.look`), so that none hides another and a replay finds the one that ran.
"""

from collections import Counter

from lion.domain.call import ERROR_CASES
from lion.errors import GuestError
from lion.ports import Component, Export
from lion.values.wit import has_handle, render_function

AGENT_RUN = (
    "func(task: string) -> result<record{text: string, json: option<string>}, variant{"
    f"{', '.join(f'{case}(string)' for case in ERROR_CASES)}}}>"
)
"""The type of `run` in the world `agent` (wit/worlds.wit)."""


def is_agent_export(export: Export) -> bool:
    """True for the `run` of the agent world; one with another type is a tool like any other."""
    is_run = export.interface == "" and export.name == "run"
    return is_run and render_function(export.type) == AGENT_RUN


def find_agent(name: str, component: Component) -> Export:
    """The `run` of a holder that is to be an agent. Raises GuestError(ending="world")."""
    for export in component.exports:
        if is_agent_export(export):
            return export
    raise GuestError(
        f"{name!r} is no agent: its component does not export run(task)",
        ending="world",
        hint="build it for the world agent (wit/worlds.wit), or list it under [plugins]",
    )


def tool_exports(component: Component) -> dict[str, Export]:
    """The component's tools by name: every exported function without resources, save an agent's
    `run` and what belongs to a resource (`[static]box.count`).

    Raises GuestError(ending="world") where two of one name are in interfaces of one name.
    """
    tools: dict[str, Export] = {}
    for name, export in _named(component):
        types = [t for _, t in export.type.params] + [export.type.result]
        is_member = export.name.startswith("[")
        if is_agent_export(export) or is_member or any(map(has_handle, types)):
            continue
        if name in tools:
            raise GuestError(
                f"it exports {name} from {tools[name].interface} and {export.interface}, and a "
                "tool needs a name of its own",
                ending="world",
                hint="rename one of the functions or of the interfaces",
            )
        tools[name] = export
    return tools


def find_export(component: Component, name: str) -> Export:
    """The export that was recorded by this name. Raises GuestError(ending="world")."""
    for known, export in _named(component):
        if known == name:
            return export
    raise GuestError(f"the component does not export {name!r}", ending="world")


def _named(component: Component) -> list[tuple[str, Export]]:
    """All exports with the names they go by."""
    times = Counter(export.name for export in component.exports)
    return [
        (_qualified(export) if times[export.name] > 1 else export.name, export)
        for export in component.exports
    ]


def _qualified(export: Export) -> str:
    interface = export.interface.partition("@")[0].rpartition("/")[2]
    return f"{interface}.{export.name}" if interface else export.name
