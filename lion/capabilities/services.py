"""Look here if you want to know what is opened for the executors of a run, and when.

Rule: what no holder of the plan can reach is neither opened nor imported.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lion.capabilities.fs_guard import guard_of
from lion.capabilities.models.opening import open_models
from lion.capabilities.models.provider import LLM
from lion.capabilities.secrets import SECRETS
from lion.domain.plan import Plan
from lion.errors import OperatorError
from lion.ports import HTTP
from lion.settings import Settings

if TYPE_CHECKING:
    from lion.capabilities.http_canned import AnswerRequest
    from lion.capabilities.secret_vault import Vault


@asynccontextmanager
async def open_services(
    plan: Plan,
    settings: Settings,
    code: Sequence[Path] = (),
    *,
    answer: "AnswerRequest | None" = None,
) -> AsyncIterator[dict[str, Any]]:
    """The services of one run, by capability. Raises OperatorError for a wrong file of theirs.

    `code` are folders of code that runs outside of the sandbox: no grant may let a guest write
    there. `answer` answers all requests in place of the network.
    """
    vault = None
    services: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        if names := _secret_names(plan):
            vault = services[SECRETS] = _open_vault(plan, settings, names)
        if _asks_servers(plan):
            from lion.capabilities.http_door import open_door

            services[HTTP] = await stack.enter_async_context(open_door(vault, answer=answer))
        if any(grant.mount for holder in plan.holders.values() for grant in holder.grants):
            from lion.capabilities.fs_roots import FS, open_files

            services[FS] = await stack.enter_async_context(
                open_files(plan, guard_of(settings, code))
            )
        scrubber = None if vault is None else vault.scrubber
        services[LLM] = open_models(plan, services.get(HTTP), scrubber)
        yield services


def _open_vault(plan: Plan, settings: Settings, names: set[str]) -> "Vault":
    from lion.capabilities.secret_file import open_vault

    vault = open_vault(settings.secrets, settings.variables, names)
    if vault.finds(plan.text.encode()) or vault.finds(repr(plan.resolved).encode()):
        raise OperatorError(
            "the manifest holds the value of a secret, and the log would keep it",
            hint="take it out; a manifest names secrets, as in allow.secrets = [...]",
        )
    return vault


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
