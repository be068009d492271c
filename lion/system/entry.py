"""Look here if you want to know what host.py opens of this room.

Rule: who uses no system plugin imports nothing of it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lion.domain.plan import Holder, Plan
from lion.ports import Clock, Services

if TYPE_CHECKING:
    from lion.system.discovery import Lent
    from lion.system.lent import Lendable
    from lion.system.loaded import LoadedPlugin

AllLent = Mapping[str, "Lent"]
"""What the program lends, by the name that `use` says; it needs no entry point."""


def build_lent(name: str, what: "Lendable") -> "Lent":
    """What a program lends under a name, checked. Raises OperatorError."""
    from lion.system.lent import lent

    return lent(name, what)


def code_of(plan: Plan, lent: AllLent) -> tuple[Path, ...]:
    """Folders of the code of a plan's system plugins."""
    if all(holder.is_sandboxed for holder in plan.holders.values()):
        return ()
    from lion.system.discovery import code_folders

    own = [lent[h.use].folders for h in plan.holders.values() if h.use in lent]
    return (*code_folders(plan), *(folder for folders in own for folder in folders))


def load_system(
    plan: Plan, holder: Holder, clock: Clock, services: Services, lent: AllLent
) -> "LoadedPlugin":
    """A holder's system plugin, found and checked, not opened. Raises OperatorError."""
    from lion.system.opening import load_plugin

    return load_plugin(plan, holder, clock, services.scrub, lent.get(holder.use))


async def open_system(
    plan: Plan, holder: Holder, clock: Clock, services: Services, lent: AllLent
) -> "LoadedPlugin":
    """The same, opened. Raises OperatorError."""
    from lion.system.opening import open_plugin

    loaded = load_system(plan, holder, clock, services, lent)
    await open_plugin(loaded, holder, services.scrub)
    return loaded
