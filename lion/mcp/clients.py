"""Look here if you want to know for which holder of a manifest `lion mcp serve` speaks.

Rule: what a client may do stands in the manifest, or is typed by who starts lion; a client that
nobody granted anything is refused before it is served.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from lion.domain.names import did_you_mean
from lion.domain.plan import CLIENT, SYSTEM, Holder, Plan
from lion.errors import OperatorError

TYPED: Final = "client"
"""The holder of what is granted on the command line."""


def clients_of(plan: Plan) -> list[str]:
    """The plan's clients, in the manifest's order."""
    return [name for name, holder in plan.holders.items() if holder.use == CLIENT]


def with_client(plan: Plan, named: str | None, allow: Mapping[str, Any]) -> tuple[Plan, str]:
    """The plan to serve and the holder to serve it for: the one that is named, the only one, or
    one with the grants `allow` (as in a manifest). Raises OperatorError.
    """
    clients = clients_of(plan)
    if allow:
        return _with_typed(plan, named or TYPED, allow)
    if named is not None:
        if named not in clients:
            raise OperatorError(
                f"the manifest {plan.name!r} has no client {named!r}",
                hint=did_you_mean(named, clients) if clients else _how(plan),
            )
        return plan, named
    if not clients:
        raise OperatorError(
            f"nothing of {plan.name!r} is granted to a client, so there is nothing to serve",
            hint=_how(plan),
        )
    if len(clients) > 1:
        raise OperatorError(
            f"the manifest {plan.name!r} has {len(clients)} clients: {', '.join(clients)}",
            hint=f"say which one this is: --as {clients[0]}",
        )
    return plan, clients[0]


def _how(plan: Plan) -> str:
    first = next((n for n, h in plan.holders.items() if h.use != CLIENT), "notes")
    return (
        f"""type --allow 'tools = ["{first}.*"]', or write in the manifest a table """
        f'[system.desk] with use = "{CLIENT}" and allow.tools = ["{first}.*"]'
    )


def _with_typed(plan: Plan, name: str, allow: Mapping[str, Any]) -> tuple[Plan, str]:
    from lion.manifest.document import Document
    from lion.manifest.grants import build_system
    from lion.manifest.mistakes import check
    from lion.manifest.tables import SystemTable

    if name in plan.holders:
        raise OperatorError(
            f"the manifest {plan.name!r} has a holder {name!r} already",
            hint="give the client another name: --as NAME",
        )
    table = {"use": CLIENT, "allow": dict(allow)}
    document = Document("", kind="--allow", path=None, folder=plan.folder)
    holder = build_system(check(document, SystemTable, table), name=name)
    _check_named(plan, holder)
    system = {**plan.resolved.get(SYSTEM, {}), name: table}
    changed = msgspec.structs.replace(
        plan,
        holders={**plan.holders, name: holder},
        resolved={**plan.resolved, SYSTEM: system},
    )
    return changed, name


def _check_named(plan: Plan, holder: Holder) -> None:
    """Raise OperatorError for a tool of a plugin that is not there."""
    for grant in holder.grants:
        for pattern in grant.patterns if grant.capability == "tools" else ():
            plugin = pattern.partition(".")[0]
            if "*" not in plugin and plugin not in plan.holders:
                raise OperatorError(
                    f"--allow: {pattern!r}: there is no plugin {plugin!r}",
                    hint=did_you_mean(plugin, plan.holders),
                )
