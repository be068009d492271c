"""Look here if you want to know how an operator agrees to a server of the Model Context Protocol.

Rule: the server is started for this, with what it is handed of secrets; who is asked sees the
command first.
"""

from functools import partial

import msgspec

from lion.capabilities.services import open_services
from lion.domain.names import did_you_mean
from lion.domain.plan import SERVER, Holder, Plan
from lion.errors import OperatorError
from lion.plans import owner_of, read_policy
from lion.reading import beside
from lion.settings import Settings
from lion.system.mcp.pins import Pins, difference, read_pins, write_pins
from lion.system.mcp.remote import list_server


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says of itself, and how that differs from what was agreed to (lines for
    people; none: not at all).
    """

    name: str
    pins: Pins
    changes: tuple[str, ...]
    is_new: bool


def servers_of(plan: Plan, named: str | None) -> list[Holder]:
    """The servers of a plan, or the one of a name. Raises OperatorError."""
    found = [holder for holder in plan.holders.values() if holder.use == SERVER]
    if named is None and found:
        return found
    chosen = [holder for holder in found if holder.name == named]
    if not chosen:
        what = "has no server of MCP" + (f" {named!r}" if named else "")
        hint = "write [mcp.NAME] with command = [...]"
        if named and found:
            hint = did_you_mean(named, [holder.name for holder in found])
        raise OperatorError(f"the manifest {plan.name!r} {what}", hint=hint)
    return chosen


async def ask_server(settings: Settings, plan: Plan, holder: Holder) -> Offer:
    """Start a server and compare what it says with what was agreed to. Raises OperatorError."""
    before = await beside(partial(read_pins, settings.state, owner_of(plan), holder.name))
    policy = await beside(partial(read_policy, settings.policy))
    only = msgspec.structs.replace(plan, holders={holder.name: holder}, models={}, runs=())
    async with open_services(only, settings, (), policy) as services:
        now = await list_server(holder.name, holder, services, plan.folder)
    return Offer(
        name=holder.name,
        pins=now,
        changes=tuple(difference(before, now)),
        is_new=before is None or before.start != now.start,
    )


def agree(settings: Settings, plan: Plan, offer: Offer) -> None:
    """Keep what a server said: this is what guests are told, and it is held to."""
    write_pins(settings.state, owner_of(plan), offer.name, offer.pins)
