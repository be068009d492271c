"""Look here if you want to know what host.py opens of this room.

Rule: who uses no system plugin imports nothing of it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lion.domain.plan import Holder, Plan
from lion.ports import Clock

if TYPE_CHECKING:
    from lion.system.loaded import LoadedPlugin


def code_of(plan: Plan) -> tuple[Path, ...]:
    """Folders of the code of a plan's system plugins."""
    if all(holder.is_sandboxed for holder in plan.holders.values()):
        return ()
    from lion.system.discovery import code_folders

    return code_folders(plan)


def load_system(
    plan: Plan, holder: Holder, clock: Clock, services: Mapping[str, Any]
) -> "LoadedPlugin":
    """A holder's system plugin, found and checked, not opened. Raises OperatorError."""
    from lion.system.opening import load_plugin

    return load_plugin(plan, holder, clock, scrub_of(services))


async def open_system(
    plan: Plan, holder: Holder, clock: Clock, services: Mapping[str, Any]
) -> "LoadedPlugin":
    """The same, opened. Raises OperatorError."""
    from lion.system.opening import open_plugin

    loaded = load_system(plan, holder, clock, services)
    await open_plugin(loaded, holder, scrub_of(services))
    return loaded


def scrub_of(services: Mapping[str, Any]) -> Any:
    """What stars out the values of the run's secrets in a text."""
    scrubber = getattr(services.get("secrets"), "scrubber", None)
    if scrubber is None:
        return str
    return lambda text: scrubber.scrub(text.encode("utf-8", "replace")).decode("utf-8", "replace")
