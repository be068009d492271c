"""Look here if you want to know what is opened for the executors of a run, and when.

Rule: what no holder of the plan can reach is neither opened nor imported.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from lion.capabilities.fs_guard import guard_of
from lion.capabilities.models.opening import open_models
from lion.capabilities.models.provider import LLM
from lion.capabilities.secrets import SECRETS
from lion.domain.plan import Plan
from lion.ports import HTTP
from lion.settings import Settings


@asynccontextmanager
async def open_services(plan: Plan, settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """The services of one run, by capability. Raises OperatorError for a wrong file of theirs."""
    vault = None
    services: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        if names := _secret_names(plan):
            from lion.capabilities.secret_file import open_vault

            vault = services[SECRETS] = open_vault(settings.secrets, settings.variables, names)
        if _asks_servers(plan):
            from lion.capabilities.http_door import open_door

            services[HTTP] = await stack.enter_async_context(open_door(vault))
        if any(grant.mount for holder in plan.holders.values() for grant in holder.grants):
            from lion.capabilities.fs_roots import FS, open_files

            services[FS] = await stack.enter_async_context(open_files(plan, guard_of(settings)))
        services[LLM] = open_models(plan, services.get(HTTP))
        yield services


def _secret_names(plan: Plan) -> set[str]:
    granted = {
        name
        for holder in plan.holders.values()
        for grant in holder.grants
        if grant.capability == "secrets"
        for name in grant.patterns
    }
    return granted | {model.key for model in plan.models.values() if model.key}


def _asks_servers(plan: Plan) -> bool:
    grants = [g for holder in plan.holders.values() for g in holder.grants]
    return any(g.capability == "http" for g in grants) or any(
        model.script is None for model in plan.models.values()
    )
