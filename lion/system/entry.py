"""Look here if you want to know what host.py opens of this room.

Rule: who uses no system plugin imports nothing of it.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lion.domain.plan import SERVER, Holder, Plan
from lion.errors import OperatorError
from lion.ports import Clock, Services

if TYPE_CHECKING:
    from lion.system.discovery import Lent
    from lion.system.lent import Lendable
    from lion.system.loaded import LoadedPlugin

AllLent = Mapping[str, "Lent"]
"""What the program lends, by the name that `use` says; it needs no entry point."""


def check_installed() -> None:
    """Raise OperatorError if the SDK of MCP is not there."""
    if find_spec("mcp") is None:
        raise OperatorError(
            "MCP needs the package mcp, which is not installed",
            hint="pip install 'lion-host[mcp]'",
        )


def with_pins(state: Path, owner: str, holder: Holder) -> Holder:
    """A holder with what was agreed to, if it is a server of MCP. Raises OperatorError."""
    if holder.use != SERVER:
        return holder
    check_installed()
    from lion.system.mcp.pins import read_pins
    from lion.system.mcp.remote import PINS

    pins = read_pins(state, owner, holder.name)
    return msgspec.structs.replace(holder, settings={**holder.settings, PINS: pins})


def build_lent(name: str, what: "Lendable") -> "Lent":
    """What a program lends under a name, checked. Raises OperatorError."""
    from lion.system.lent import lent

    return lent(name, what)


def code_of(plan: Plan, lent: AllLent) -> tuple[Path, ...]:
    """Folders of the code of a plan's system plugins."""
    if not any(holder.is_trusted for holder in plan.holders.values()):
        return ()
    from lion.system.discovery import code_folders

    own = [lent[h.use].folders for h in plan.holders.values() if h.use in lent]
    return (*code_folders(plan), *(folder for folders in own for folder in folders))


def load_system(
    plan: Plan, holder: Holder, clock: Clock, services: Services, lent: AllLent
) -> "LoadedPlugin":
    """A holder's system plugin, found and checked, not opened. Raises OperatorError."""
    if holder.use == SERVER:
        from lion.system.mcp.remote import load_server

        return load_server(plan, holder, clock, services)
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
