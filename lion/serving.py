"""Look here if you want to know how a service is opened on a state directory, with its doors, and
closed again.

Rule: a state directory has one service, by a lock of the kernel's.
Rule: it is ready before it works: workspace, queue and what was under way are what the log says.
"""

import os
import resource
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Final, NoReturn

import msgspec
import trio

from lion.brokers.redis import Login
from lion.brokers.sealed import Seals
from lion.capabilities.table import build_operations
from lion.domain.approval import Answer, Request
from lion.domain.events import Event, ServiceStarted
from lion.domain.plan import Plan
from lion.domain.service_terms import ServiceTerms
from lion.domain.task import Principal, Role
from lion.errors import INTERRUPTED
from lion.fittings import Fittings, user_name
from lion.history import open_history
from lion.kernel.groups import flattened
from lion.kernel.interrupts import heeded_signals
from lion.kernel.system_clock import SystemClock
from lion.letters import open_seals
from lion.log.service_lock import own_service
from lion.log.sqlite_desk import SqliteDesk
from lion.opening import open_fitted
from lion.reading import beside
from lion.service.advising import Adviser
from lion.service.carrier import REDIS, Carrier
from lion.service.chain import Chain, read_state
from lion.service.living import Living
from lion.service.outbox import Outbox
from lion.service.plugins import ANY
from lion.service.post import HERE, PostOffice
from lion.service.recovery import recovered
from lion.service.service import Service
from lion.service.sockets import socket_path
from lion.service.state import State
from lion.service.status import bus_status
from lion.service.tasks import Task
from lion.service.terms import check_room
from lion.settings import Settings
from lion.version import VERSION
from lion.web import (
    access,
    answering,
    api,
    auditing,
    elements,
    events,
    following,
    itself,
    logs,
    runs,
    workflows,
)  # fmt: skip
from lion.web.guard import Guard
from lion.web.listening import admit_owner, open_socket
from lion.web.office import Office
from lion.web.openapi import described
from lion.web.routes import Routes
from lion.web.tcp import Admitter, Opened, Place, open_tcp

MOST_FILES: Final = 65_536
"""As many open files as a service asks for."""
ROUTES: Final[Routes] = {
    **itself.ROUTES, **api.ROUTES, **events.ROUTES, **runs.ROUTES, **logs.ROUTES,
    **answering.ROUTES, **auditing.ROUTES, **access.ROUTES, **elements.ROUTES, **following.ROUTES,
    **workflows.ROUTES,
}  # fmt: skip
"""What a service answers at all its doors."""
NONE: Final[Routes] = {}
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
    check_room(said, allow_files())
    letters = None if said.bus is None else await beside(partial(open_seals, settings, said.bus))
    desk = CountedDesk(settings)
    with own_service(settings.state):
        async with AsyncExitStack() as stack:
            stack.enter_context(flattened())
            box = None if said.bus is None else Outbox(said.bus)
            # All host functions now: whoever asks for one first would wait for its import.
            fittings = Fittings(desk=desk, post=box, operations=build_operations())
            host = await stack.enter_async_context(open_fitted(settings, fittings=fittings))
            chain = Chain(host.log, SystemClock(), await beside(partial(_read, settings)))
            await chain.open()
            nursery = await stack.enter_async_context(trio.open_nursery())
            living = Living(Service(host, chain, said, nursery), settings)
            desk.waits = living.service.note_waits
            chain.tell(_started(said, by))
            for event in await beside(partial(_recovered, settings, chain.state.unfinished())):
                chain.tell(event)
            await _take_in(living, by, plans)
            living.service.go_on(chain.state.unfinished())
            await chain.commit()
            for work in (living.service.conductor.conduct, living.tail.run, living.keeper.keep):
                nursery.start_soon(work)
            if said.bus is not None and box is not None:
                office = PostOffice(living.service, settings, said.bus, box, living.keeper)
                await _open_bus(living, office, letters, nursery)
            if said.adviser:
                nursery.start_soon(Adviser(living.service).advise)
            yield living
            nursery.cancel_scope.cancel()


async def _open_bus(
    living: Living, office: PostOffice, letters: tuple[Login, Seals] | None, nursery: trio.Nursery
) -> None:
    """Let runs be written to from outside of them."""
    carrier = None if letters is None else Carrier(office, *letters)
    await office.open((HERE,) if carrier is None else (HERE, REDIS))
    living.service.bus = partial(bus_status, office, carrier)
    nursery.start_soon(office.send_here)
    if carrier is not None:
        nursery.start_soon(carrier.send)
        nursery.start_soon(carrier.receive)


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """Where a service can be spoken to over TCP: the address it listens at, how it is addressed,
    and (if that is from this machine) an address that signs a browser in, once.
    """

    host: str
    port: int
    origin: str
    once: str = ""


@asynccontextmanager
async def open_doors(
    living: Living, settings: Settings, place: Place | None = None, more: Routes = NONE
) -> AsyncIterator[Doors | None]:
    """Let the service be spoken to: through the socket of its state directory, and at a place of
    the network, if one is given; there it answers to `more` routes besides its own. Raises
    OperatorError.
    """
    office = Office(living, described({**ROUTES, **more}))
    with ExitStack() as stack:
        own = stack.enter_context(open_socket(socket_path(settings.state)))
        opened = None if place is None else stack.enter_context(open_tcp(place))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(office.door(admit_owner).listen, own)
            if opened is not None:
                guard = Guard(living.access, opened.addressed)
                nursery.start_soon(office.door(Admitter(guard)).listen, opened.listener)
            yield None if opened is None else _doors(living, opened)
            nursery.cancel_scope.cancel()


def _doors(living: Living, opened: Opened) -> Doors:
    addressed = opened.addressed
    living.url = addressed.origins[0]
    by, once = Principal("user", user_name(), Role.ADMINISTRATOR), ""
    if addressed.is_here:
        once = living.sign_in_url(by)
    return Doors(host=opened.host, port=opened.port, origin=living.url, once=once)


async def serve_until_stopped(living: Living, ready: Callable[[], None]) -> bool:
    """Wait until a signal or a command stops the service, and let it stop in order; whether
    anything still works. A second signal does not wait for that.
    `ready` is called as soon as it can be stopped.
    """
    by = Principal("service", "signal", Role.ADMINISTRATOR)
    with trio.open_signal_receiver(*heeded_signals()) as signals:
        ready()  # not before a signal is heard
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_hear, living, by, signals)
            await living.asked.wait()
            was_cut = await living.service.stop(living.by or by, living.hurry)
            nursery.cancel_scope.cancel()
    return was_cut


def leave(settings: Settings) -> NoReturn:
    """End this process at once, with what works as it is: all that is on record, and nothing of
    it told that it ended. So it goes on at the next start, as after a kill.
    """
    socket_path(settings.state).unlink(missing_ok=True)
    os._exit(INTERRUPTED)


async def _hear(living: Living, by: Principal, signals: AsyncIterator[int]) -> None:
    async for _ in signals:
        living.ask_stop(by, at_once=living.asked.is_set())


def allow_files() -> int:
    """Let this process open as many files as it may at all; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:  # the system has a bound of its own
        hard = max(soft, MOST_FILES)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, MOST_FILES)), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _read(settings: Settings) -> State:
    with open_history(settings) as reader:
        return read_state(reader)


def _recovered(settings: Settings, unfinished: Iterable[Task]) -> list[Event]:
    with open_history(settings) as reader:
        return recovered(unfinished, reader)


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
            _, changes = await living.plugins.update(by, plan.name, plan, accept=ANY)
            if changes:
                living.changed[plan.name] = changes
        else:
            await living.plugins.install(by, plan)
