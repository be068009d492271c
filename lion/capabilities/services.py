"""Look here if you want to know what is opened for the executors of a run, and when.

Rule: what no holder of the plan can reach is neither opened nor imported.
"""

import os
import pwd
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from lion.capabilities.opened import Opened
from lion.domain.plan import SERVER, Directory, Holder, Mount, Plan
from lion.domain.surroundings import Surroundings
from lion.errors import OperatorError
from lion.places import Place
from lion.policy.policy_file import Policy, parse_policy
from lion.reading import beside
from lion.settings import Settings

KEPT: Final = "where the operator keeps a secret"
_NO_POLICY: Final = parse_policy("")

if TYPE_CHECKING:
    from lion.capabilities.fs.guard import Guard
    from lion.capabilities.http.canned import AnswerRequest
    from lion.capabilities.secrets.vault import Vault


@asynccontextmanager
async def open_services(
    plan: Plan,
    settings: Settings,
    code: Sequence[Path] = (),
    policy: Policy = _NO_POLICY,
    *,
    answer: "AnswerRequest | None" = None,
    with_door: bool = False,
) -> AsyncIterator[Opened]:
    """The services of one run, by the operator's policy.

    `code` are folders of code that runs outside of the sandbox: no grant may let a guest write
    there. `answer` answers all requests in place of the network; `with_door`: there are some
    that no grant tells of. Raises OperatorError for a wrong file of theirs.
    """
    services = Opened()
    async with AsyncExitStack() as stack:
        if names := _secret_names(plan):
            services.vault = await beside(partial(_open_vault, plan, settings, names))
        if with_door or _asks_servers(plan):
            from lion.capabilities.http.door import open_door

            door = open_door(services.vault, answer=answer, proxy=policy.proxy)
            services.door = await stack.enter_async_context(door)
        if _has_files(plan):
            from lion.capabilities.fs.roots import open_files

            guard = await beside(partial(_guard, plan, settings, code, policy))
            files = open_files(plan, guard, is_durable=settings.durability == "full")
            services.files = await stack.enter_async_context(files)
        if plan.models:
            from lion.capabilities.models.opening import open_models

            scrubber = None if services.vault is None else services.vault.scrubber
            models = partial(open_models, plan, services.door, scrubber)
            services.models = await beside(models) if _has_scripts(plan) else models()
        yield services


def check_services(
    plan: Plan,
    settings: Settings,
    code: Sequence[Path] = (),
    policy: Policy = _NO_POLICY,
    *,
    is_strict: bool = True,
) -> Surroundings:
    """Look at scripts, directories and secrets as a run would, and open, make or ask nothing.

    Answers what was found there. Raises OperatorError for the first mistake; if that is a
    directory and it is not strict, the directory says so (`problem`).
    """
    unbound: tuple[str, ...] = ()
    audiences: dict[str, tuple[str, ...]] = {}
    if names := _secret_names(plan):
        vault = _open_vault(plan, settings, names)
        unbound = tuple(sorted(name for name in names if not vault.has(name)))
        audiences = {name: vault.origins(name) for name in sorted(names) if vault.has(name)}
    if plan.models:
        from lion.capabilities.models.opening import check_scripts

        check_scripts(plan)
    if is_strict and _has_files(plan):
        from lion.capabilities.fs.roots import check_files

        check_files(plan, _guard(plan, settings, code, policy))
    return Surroundings(
        unbound=unbound, audiences=audiences, homes=_homes(),
        directories=list_directories(plan, settings, code, policy),
    )  # fmt: skip


def _homes() -> tuple[str, ...]:
    """Homes of who runs lion, by the environment and by the system."""
    found = {os.path.realpath(os.path.expanduser("~"))}
    with suppress(KeyError):  # a user without an entry
        found.add(os.path.realpath(pwd.getpwuid(os.getuid()).pw_dir))
    return tuple(sorted(found - {"/"}))


def list_directories(
    plan: Plan, settings: Settings, code: Sequence[Path] = (), policy: Policy = _NO_POLICY
) -> dict[str, tuple[Directory, ...]]:
    """Where the directories of a plan really are, by holder; opens and makes none."""
    if not _has_files(plan):
        return {}
    from lion.capabilities.fs import roots as fs_roots

    return fs_roots.list_directories(plan, _guard(plan, settings, code, policy))


def _guard(plan: Plan, settings: Settings, code: Sequence[Path], policy: Policy) -> "Guard":
    """What no guest may write or read, the files of the operator's secrets included, and what the
    operator keeps from grants; what only matters to writers is not looked for where nobody may
    write.
    """
    from lion.capabilities.fs.barred import bars_of
    from lion.capabilities.fs.guard import guard_of, private_guard

    bars = bars_of(policy, settings.lookups)
    writes = any(mount.write for mount in _mounts(plan))
    guard = guard_of(settings, code) if writes else private_guard(settings)
    files: tuple[Place, ...] = ()
    if settings.secrets is not None:
        from lion.capabilities.secrets.file import value_files

        paths = value_files(settings.secrets)
        files = tuple(Place(path, KEPT, is_private=True) for path in paths)
    return msgspec.structs.replace(guard, places=(*guard.places, *files), bars=bars)


def _open_vault(plan: Plan, settings: Settings, names: set[str]) -> "Vault":
    from lion.capabilities.secrets.file import open_vault

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


def _has_scripts(plan: Plan) -> bool:
    return any(model.script is not None for model in plan.models.values())


def _has_files(plan: Plan) -> bool:
    return any(_mounts(plan))


def _mounts(plan: Plan) -> Iterator[Mount]:
    for holder in plan.holders.values():
        yield from (grant.mount for grant in holder.grants if grant.mount is not None)


def servers_of(plan: Plan) -> Iterator[Holder]:
    """The plan's servers of MCP."""
    return (holder for holder in plan.holders.values() if holder.use == SERVER)


def _asks_servers(plan: Plan) -> bool:
    grants = [g for holder in plan.holders.values() for g in holder.grants]
    return (
        any(g.capability == "http" for g in grants)
        or any(model.script is None for model in plan.models.values())
        or any(holder.settings.get("url") for holder in servers_of(plan))
    )
