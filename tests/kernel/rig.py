"""Look here if you want to know what the kernel's own tests run: guests that are functions, a log
that tells what is durable, system plugins made of a list. No engine, no policy file, no disk.

Rule: fakes keep the contracts of lion.ports; the kernel above them is the real one.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import trio

from lion.domain.call import HostCall, Opinion
from lion.domain.events import Event
from lion.domain.plan import Grant, Holder, Limits, Plan
from lion.domain.record import Draft, Record
from lion.errors import GuestError
from lion.kernel.processors import build_processors
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.log.memory import MemoryLog
from lion.policy.policy_file import parse_policy
from lion.policy.rights import build_rights
from lion.ports import (
    CallStats,
    Component,
    Export,
    HandleCall,
    Handles,
    Import,
    Kind,
    Operation,
    SystemInfo,
)
from lion.review.report import Denial, denials_of
from lion.testing.clock import FrozenClock
from lion.values.wit import (
    Function,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    VariantOf,
)

RUN = "run"
TEXT = Prim("string")
CASES = (
    "denied", "invalid", "not-found", "exists", "conflict", "exhausted", "timeout", "cancelled",
    "unavailable", "other",
)  # fmt: skip
TASK = Export(
    interface="",
    name="run",
    type=Function(
        (("task", TEXT),),
        ResultOf(
            RecordOf((("text", TEXT), ("json", OptionOf(TEXT)))),
            VariantOf(tuple((case, TEXT) for case in CASES)),
        ),
    ),
)
"""What an agent exports."""

Ask = Callable[..., Awaitable[Any]]
"""A guest's host call: operation's name, then its arguments."""
Guest = Callable[..., Awaitable[Any]]
"""A guest: is given how to ask, then its export's arguments; what it returns is the WIT value."""


def tool(name: str, *params: str, result: Any = TEXT) -> Export:
    """An export that takes texts."""
    return Export(interface="", name=name, type=Function(tuple((p, TEXT) for p in params), result))


class FakeComponent:
    """Guests by export. Its imports are those of the operations its holder has."""

    digest = "0" * 64

    def __init__(
        self, guests: Mapping[Export, Guest], operations: Sequence[Operation] = ()
    ) -> None:
        self._guests = dict(guests)
        self._names = [operation.name for operation in operations]
        self.exports: Sequence[Export] = tuple(guests)
        self.imports: Sequence[Import] = ()

    async def call(
        self,
        export: Export,
        args: Sequence[Any],
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> Any:
        async def ask(name: str, *given: Any) -> Any:
            return await handle(self._names.index(name), list(given))

        stats.cpu_ns += 7
        return await self._guests[export](ask, *args)


class FakeSystem(FakeComponent):
    """A system plugin. It judges by `opinion` and hears by `ear`, each a function or nothing."""

    digest = ""
    functions = ()

    def __init__(
        self,
        *,
        hears: tuple[str, ...] = (),
        judges: tuple[str, ...] = (),
        ear: Callable[[Record, HandleCall], Awaitable[None]] | None = None,
        opinion: Callable[[HostCall], Opinion | None] | None = None,
        operations: Sequence[Operation] = (),
        closing: GuestError | None = None,
    ) -> None:
        super().__init__({}, operations)
        self.info = SystemInfo(
            use="fake", distribution="fake", version="1", contract=1, hears=hears, judges=judges
        )
        self.heard: list[str] = []
        self.behind: list[int] = []
        self.judged: list[HostCall] = []
        self.closed = 0
        self._ear, self._opinion, self._closing = ear, opinion, closing

    def judge(self, call: HostCall, name: str, time_ns: int) -> Opinion | None:
        self.judged.append(call)
        return None if self._opinion is None else self._opinion(call)

    async def hear(self, record: Record, behind: int, handle: HandleCall, limits: Limits) -> None:
        self.heard.append(record.type)
        self.behind.append(behind)
        if self._ear is not None:
            await self._ear(record, handle)

    async def close(self) -> None:
        self.closed += 1
        if self._closing is not None and self.closed == 1:
            raise self._closing


class TellingLog(MemoryLog):
    """A log that knows what is durable: `durable` records were there at the last commit.

    `before_commit`, `before_turn` (of a store) and `before_transact` are awaited first, once each
    is asked for; a full one (`room` is not set) makes who waits for room wait.
    """

    def __init__(self) -> None:
        super().__init__()
        self.durable = 0
        self.appended = 0
        self.before_commit: Callable[[], Awaitable[None]] | None = None
        self.before_turn: Callable[[], Awaitable[None]] | None = None
        self.before_transact: Callable[[], Awaitable[None]] | None = None
        self.room: trio.Event | None = None

    @property
    def is_full(self) -> bool:
        return self.room is not None and not self.room.is_set()

    async def wait_room(self) -> None:
        assert self.room is not None
        await self.room.wait()

    def append(self, draft: Draft) -> int:
        size = super().append(draft)
        self.appended += 1
        return size

    async def commit(self) -> None:
        if self.before_commit is not None:
            await self.before_commit()
        await super().commit()
        self.durable = self.appended

    async def wait_store(self, namespace: str) -> None:
        if self.before_turn is not None:
            await self.before_turn()
        await super().wait_store(namespace)

    async def transact(self, operate: Any, draft: Any, namespace: str = "") -> Any:
        if self.before_transact is not None:
            await self.before_transact()
        return await super().transact(operate, draft, namespace)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One holder of a run: what it may, what it is, what its imports mean."""

    name: str
    component: Component
    operations: Sequence[Operation] = ()
    grants: tuple[Grant, ...] = ()
    limits: Limits = Limits()
    kind: str = "plugin"


class World:
    """A run of the kernel's with these parts, begun."""

    def __init__(self, *parts: Part, policy: str = "", log: TellingLog | None = None) -> None:
        self.log = TellingLog() if log is None else log
        holders = {
            part.name: Holder(
                name=part.name, kind=part.kind, grants=part.grants, limits=part.limits
            )
            for part in parts
        }
        plan = Plan(name="p", path=None, text="", holders=holders, runs=(), resolved={})
        self.live = LiveRun(RUN, plan, self.log, FrozenClock())
        rules = parse_policy(policy)
        self.live.holders = {
            part.name: LiveHolder(
                holder,
                part.component,
                build_rights(holder, sorted({o.capability for o in part.operations}), rules),
                part.operations,
            )
            for part, holder in zip(parts, holders.values(), strict=True)
        }
        self.live.judge.processors = build_processors(self.live)

    async def begin(self) -> "World":
        """Let the log take its records."""
        await self.log.start_run(RUN, "p")
        return self

    def records(self, invocation: str | None = None) -> list[Record]:
        """What is in the log, of one invocation or of all."""
        found = list(self.log.reader().records(RUN))
        return found if invocation is None else [r for r in found if r.invocation == invocation]

    def events(self, kind: type[Any], invocation: str | None = None) -> list[Any]:
        """Those of one kind."""
        events: Iterable[Event] = (record.event() for record in self.records(invocation))
        return [event for event in events if isinstance(event, kind)]

    def denials(self) -> tuple[Denial, ...]:
        """What was denied, as the run's report has it."""
        return denials_of(self.live.denials.values())


async def wait_quiet() -> None:
    """Until nothing more happens by itself; never with real threads or time."""
    await trio.testing.wait_all_tasks_blocked()


def operation(
    name: str, execute: Callable[..., Any], *, capability: str = "clock", **more: Any
) -> Operation:
    """A host function of the test's; instant unless it says otherwise. `clock` is granted by
    default.
    """
    return Operation(capability, name, more.pop("kind", Kind.INSTANT), execute, **more)
