"""Look here if you want to know how log, engine and policy are opened for a host, and closed
again. Other programs get it as `lion.open_host`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import trio

from lion.domain.units import BadUnit, parse_duration
from lion.errors import OperatorError
from lion.fittings import Fittings
from lion.host import Host
from lion.kernel.groups import flattened
from lion.kernel.interrupts import Interrupts, Protected, open_interrupts
from lion.kernel.runs import open_runs
from lion.log.keys import read_key
from lion.log.sqlite import open_sqlite_log
from lion.log.sqlite_desk import SqliteDesk
from lion.plans import check_owner, read_policy
from lion.policy.policy_file import Policy
from lion.ports import EventLog
from lion.reading import beside
from lion.settings import Settings, check_settings, program_settings
from lion.wasm.compile_ends import Costs
from lion.wasm.runtime import WasmRuntime, open_runtime


def open_host(
    settings: Settings | None = None,
    *,
    state: str | os.PathLike[str] | None = None,
    policy: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    memory: str | None = None,
    owner: str = "",
    signals: bool = False,
    asks: bool = False,
    park_after: str | None = None,
) -> Protected[Host]:
    """Open log, engine and policy; close them in the end, whatever happens.

    `state` is the folder of the log, `policy` the operator's file, `cache` the folder of compiled
    components; what is not given is taken from the environment and the defaults, as on the
    command line. `memory` is what all instances may have together, as "4 GiB" (as
    LION_MEMORY is). `owner` is whose kv the runs use (empty: their manifest's). With `signals`
    SIGINT, SIGTERM and SIGHUP end the runs under way, else they are left to the program. If it
    `asks`, what needs an approval waits for one (`answer`, `lion approve`); else it is refused.
    A run in which all have waited for people, or a far instant, for as long as `park_after`
    ("2 min") ends with `is_waiting`, and is resumed later.

    Raises OperatorError (also without a trio loop), AuditError for a log that cannot be used.
    """
    if not trio.lowlevel.in_trio_run():
        raise OperatorError(
            "lion.open_host is for a program on trio, and no trio loop runs here",
            hint="write `with lion.blocking.open_host() as host:`",
        )
    check_owner(owner)
    if settings is None:
        settings = program_settings(
            os.environ, state=state, policy=policy, cache=cache, memory=memory
        )
    fittings = Fittings(
        desk=SqliteDesk(settings.state) if asks else None,
        park_after_ns=None if park_after is None else parse_waiting(park_after),
    )
    return Protected(open_fitted(check_settings(settings), owner, signals, fittings))


def parse_waiting(text: str) -> int:
    """Nanoseconds of `2 min`. Raises OperatorError."""
    try:
        return parse_duration(text)
    except BadUnit as exc:
        what, _, hint = str(exc).partition("; ")
        raise OperatorError(f"park-after: {what}", hint=hint) from None


@asynccontextmanager
async def open_fitted(
    settings: Settings,
    owner: str = "",
    signals: bool = False,
    fittings: Fittings = Fittings(),  # noqa: B008 - frozen
) -> AsyncIterator[Host]:
    """The same with other fittings, for those who build upon it. Raises as open_host."""
    async with AsyncExitStack() as stack:
        stack.enter_context(flattened())
        rules = await beside(partial(read_policy, settings.policy))
        signer = await beside(partial(read_key, settings.config))
        enter, kept = stack.enter_async_context, settings.durability
        interrupts = await enter(open_interrupts()) if signals else None
        ago: dict[str, Any] = {} if interrupts is None else {"interrupted": interrupts.ago}
        log = await enter(open_sqlite_log(settings.state, durability=kept, signer=signer, **ago))
        costs = Costs.allowing(settings.compile_memory)
        opened = open_runtime(settings.components, memory=settings.memory, costs=costs)
        runtime = await enter(opened)
        given: dict[str, Any] = {"interrupts": interrupts, "owner": owner, "fittings": fittings}
        yield await enter(open_assembled(settings, runtime, log, rules, **given))


@asynccontextmanager
async def open_assembled(
    settings: Settings,
    runtime: WasmRuntime,
    log: EventLog,
    policy: Policy,
    *,
    interrupts: Interrupts | None = None,
    fittings: Fittings = Fittings(),  # noqa: B008 - frozen
    owner: str = "",
) -> AsyncIterator[Host]:
    """A host of parts that are open. On leaving, runs under way are stopped and recorded as such;
    then what stopped one that nobody waited for is raised.
    """
    signals = interrupts or Interrupts()
    async with open_runs(runtime.rest) as runs:
        yield Host(settings, runtime, log, policy, signals, fittings, owner, runs)
