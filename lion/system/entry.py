"""Look here if you want to know what host.py opens of this room.

Rule: who uses no system plugin imports nothing of it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from lion.domain.plan import Holder, Plan
from lion.ports import Clock, Services

if TYPE_CHECKING:
    from lion.system.loaded import LoadedPlugin


def code_of(plan: Plan) -> tuple[Path, ...]:
    """Folders of the code of a plan's system plugins."""
    if all(holder.is_sandboxed for holder in plan.holders.values()):
        return ()
    from lion.system.discovery import code_folders

    return code_folders(plan)


def load_system(plan: Plan, holder: Holder, clock: Clock, services: Services) -> "LoadedPlugin":
    """A holder's system plugin, found and checked, not opened. Raises OperatorError."""
    from lion.system.opening import load_plugin

    return load_plugin(plan, holder, clock, services.scrub)


async def open_system(
    plan: Plan, holder: Holder, clock: Clock, services: Services
) -> "LoadedPlugin":
    """The same, opened. Raises OperatorError."""
    from lion.system.opening import open_plugin

    loaded = load_system(plan, holder, clock, services)
    await open_plugin(loaded, holder, services.scrub)
    return loaded
