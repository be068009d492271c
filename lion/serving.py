"""Look here if you want to know how a service is opened on a state directory, with its doors, and
closed again.

Rule: a state directory has one service, by a lock of the kernel's.
Rule: it is ready before it works: workspace, queue and what was under way are what the log says.
"""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import trio

from lion.domain.approval import Answer, Request
from lion.domain.events import ServiceStarted
from lion.domain.plan import Plan
from lion.domain.service_terms import ServiceTerms
from lion.domain.task import Principal, Role, TaskState
from lion.fittings import Fittings, user_name
from lion.history import open_history
from lion.kernel.groups import flattened
from lion.kernel.interrupts import heeded_signals
from lion.kernel.system_clock import SystemClock
from lion.log.service_lock import own_service
from lion.log.sqlite_desk import SqliteDesk
from lion.opening import open_fitted
from lion.reading import beside
from lion.service.advising import Adviser
from lion.service.chain import Chain, read_state
from lion.service.living import Living
from lion.service.plugins import ANY
from lion.service.recovery import recover
from lion.service.service import Service
from lion.service.sockets import socket_path
from lion.service.state import State
from lion.settings import Settings
from lion.version import VERSION
from lion.web.api import find_route
from lion.web.connection import Answer as WebAnswer
from lion.web.connection import Request as WebRequest
from lion.web.listening import listen, open_socket

Waits = Callable[[str, int], None]
"""Told that a run waits for a person in one call more (1) or less (-1)."""


class CountedDesk(SqliteDesk):
    """A desk that tells which runs wait for people: they hold nothing meanwhile."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.state)
        self.waits: Waits = lambda run, change: None
        self._runs: dict[str, str] = {}

    async def post(self, request: Request) -> None:
        await super().post(request)
        self._runs[request.id] = request.run
        self.waits(request.run, 1)

    async def wait_answered(self, id: str) -> Answer:
        try:
            return await super().wait_answered(id)
        finally:
            if (run := self._runs.pop(id, None)) is not None:
                self.waits(run, -1)


@asynccontextmanager
async def open_living(
    settings: Settings, plans: Sequence[Plan] = (), terms: ServiceTerms | None = None
) -> AsyncIterator[Living]:
    """A service that works; on leaving, what works is interrupted, and the log has it.

    `plans` are manifests of the operator's, which it has in its workspace then, as they are now.
    Raises OperatorError if another works on this state directory.
    """
    by = Principal("user", user_name(), Role.ADMINISTRATOR)
    said = terms or next((p.service for p in plans if p.service), None) or ServiceTerms()
    desk = CountedDesk(settings)
    with own_service(settings.state):
        async with AsyncExitStack() as stack:
            stack.enter_context(flattened())
            host = await stack.enter_async_context(
                open_fitted(settings, fittings=Fittings(desk=desk))
            )
            chain = Chain(host.log, SystemClock(), await beside(partial(_read, settings)))
            await chain.open()
            nursery = await stack.enter_async_context(trio.open_nursery())
            living = Living(Service(host, chain, said, nursery))
            desk.waits = living.service.note_waits
            chain.tell(_started(said, by))
            await beside(partial(_recover, settings, chain))
            await _take_in(living, by, plans)
            living.service.resume(
                [one for one in chain.state.unfinished() if one.state is TaskState.PENDING]
            )
            await chain.commit()
            nursery.start_soon(living.service.conductor.conduct)
            if said.adviser:
                nursery.start_soon(Adviser(living.service).advise)
            yield living
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def open_doors(living: Living, settings: Settings) -> AsyncIterator[None]:
    """Let the service be spoken to, through the socket of its state directory. Raises
    OperatorError.
    """

    async def handle(request: WebRequest, by: Principal) -> WebAnswer:
        return await find_route(request)(living, request, by)

    with open_socket(socket_path(settings.state)) as listener:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen, listener, handle)
            yield
            nursery.cancel_scope.cancel()


async def serve_until_stopped(living: Living) -> bool:
    """Wait until a signal or a command stops the service, and let it stop in order; whether
    anything had to be interrupted. A second signal does not wait for what works.
    """
    by = Principal("service", "signal", Role.ADMINISTRATOR)
    with trio.open_signal_receiver(*heeded_signals()) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_hear, living, by, signals)
            await living.asked.wait()
            was_cut = await living.service.stop(living.by or by, living.hurry)
            nursery.cancel_scope.cancel()
    return was_cut


async def _hear(living: Living, by: Principal, signals: AsyncIterator[int]) -> None:
    async for _ in signals:
        living.ask_stop(by, at_once=living.asked.is_set())


def _read(settings: Settings) -> State:
    with open_history(settings) as reader:
        return read_state(reader)


def _recover(settings: Settings, chain: Chain) -> None:
    with open_history(settings) as reader:
        recover(chain, reader)


def _started(terms: ServiceTerms, by: Principal) -> ServiceStarted:
    return ServiceStarted(
        by=by.word, lion_version=VERSION, pid=os.getpid(), slots=terms.slots,
        strategy=terms.strategy, ageing_ns=terms.ageing_ns, queue=terms.queue,
        grace_ns=terms.grace_ns, adviser=terms.adviser, resources=dict(terms.resources),
    )  # fmt: skip


async def _take_in(living: Living, by: Principal, plans: Sequence[Plan]) -> None:
    """Have the operator's manifests in the workspace, as they are now."""
    for plan in plans:
        if plan.name in living.service.chain.state.workspace.manifests:
            await living.plugins.update(by, plan.name, plan, accept=ANY)
        else:
            await living.plugins.install(by, plan)
