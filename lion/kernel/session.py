"""Look here if you want to know how somebody outside of this process makes calls in a run: a
client, as a holder with grants of its own. One run may have several.

Rule: each call of a client's is the host call `tools.call` of an invocation of its own, and passes
the one door as a guest's does: decided, charged, recorded, with the client first in the chain.
What it asks a model is `llm.start` and `answer.next` of such an invocation.
Rule: what the client may not call, it is not shown; and it hears of a refusal what a guest would.
Rule: the log's refusal and a bug in the kernel end the whole session, whoever hears of them first.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import trio

from lion.domain.call import CallError
from lion.domain.events import LineLogged
from lion.domain.plan import Grant
from lion.domain.record import Record
from lion.errors import AuditError, BrokenCall, GuestError, InternalError, OperatorError
from lion.kernel.broker import Broker
from lion.kernel.client_tools import AGENT_SCHEMAS, ClientTools, reach_of
from lion.kernel.exports import is_agent_export
from lion.kernel.invocation import Invocation
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.kernel.tool_calls import build_root
from lion.kernel.tool_types import input_schema, output_schema
from lion.ports import Export
from lion.review.reach import CALLS

LISTED: Final = "@client"
"""The invocation by which it is told what a client may call; it makes no calls."""


class OpenTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that a client may call; `name` as grants have it, `holder` whose it is, `is_agent`
    that it is an agent and takes a task.
    """

    name: str
    holder: str
    is_agent: bool
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]


class Served:
    """What the clients of one run have in common: the numbers of their calls, and what stops all
    of them.
    """

    def __init__(self) -> None:
        self.made = 0
        self.scope = trio.CancelScope()
        self.failure: AuditError | InternalError | None = None

    def stop(self, exc: AuditError | InternalError) -> None:
        """End all sessions."""
        self.failure = exc
        self.scope.cancel()


class Session:
    """What a client may do in one run. Made by serve_clients."""

    def __init__(self, live: LiveRun, holder: LiveHolder, served: Served) -> None:
        self._live = live
        self._holder = holder
        self._served = served
        self._described: dict[str, OpenTool] = {}

    @property
    def name(self) -> str:
        """The holder for which it speaks."""
        return self._holder.name

    @property
    def run(self) -> str:
        """The id of the run that it is."""
        return self._live.id

    @property
    def at_once(self) -> int:
        """Calls that may be under way at the same time (limits.concurrent)."""
        return self._holder.rights.limits.concurrent

    def records(self) -> AsyncIterator[Record]:
        """The run's committed records, from the first on, as they come."""
        return self._live.log.subscribe(self._live.id)

    async def commit(self) -> None:
        """Make durable what was recorded so far, which `records` then gives."""
        try:
            await self._live.log.commit()
        except AuditError as exc:
            self._served.stop(exc)

    def note(self, text: str) -> None:
        """Write a line into the run's log, scrubbed; it is the host's own."""
        self._live.record(LineLogged("info", self._live.services.scrub(text)))

    def now_ns(self) -> int:
        """Nanoseconds since 1970 (UTC), by the run's clock."""
        return self._live.clock.now_ns()

    def models(self) -> list[str]:
        """The models that the client may ask now, by name."""
        root = build_root(self._live, self._holder, LISTED)
        return sorted(
            name for name in self._live.plan.models if root.foresee("llm", "start", name).allowed
        )

    def tools(self) -> list[OpenTool]:
        """The tools that the client may call now, by name."""
        root = build_root(self._live, self._holder, LISTED)
        found = [
            (f"{one.name}.{tool}", one, export)
            for one in self._live.holders.values()
            for tool, export in _open_exports(one)
        ]
        return [
            self._describe(name, one, export)
            for name, one, export in sorted(found, key=lambda item: item[0])
            if root.foresee("tools", "call", name).allowed
        ]

    def _describe(self, name: str, holder: LiveHolder, export: Export) -> OpenTool:
        known = self._described.get(name)
        if known is None:
            is_agent = is_agent_export(export)
            takes, gives = (
                AGENT_SCHEMAS if is_agent else (input_schema(export), output_schema(export))
            )
            known = self._described[name] = OpenTool(
                name=name, holder=holder.name, is_agent=is_agent, description=export.docs,
                input_schema=takes, output_schema=gives,
            )  # fmt: skip
        return known

    def reach(self, holder: str) -> tuple[Grant, ...]:
        """What a tool of this holder can bring about: its own grants, and those it reaches."""
        return reach_of(self._live, holder)

    def begin(self) -> "ClientCall":
        """Room for one call."""
        root = self.root()
        root.tools = ClientTools(root)
        return ClientCall(self, root.path, Broker(root), self.index("tools", CALLS))

    def root(self) -> Invocation:
        """An invocation of its own for what the client does next."""
        self._served.made += 1
        return build_root(self._live, self._holder, str(self._served.made - 1))

    def index(self, capability: str, names: Sequence[str]) -> int:
        """Which of the holder's operations this is. Raises CallError("denied") for what a client
        of its kind does not do.
        """
        found = _index_of(self._holder, capability, names)
        if found is None:
            raise CallError("denied", f"{self.name!r} has no {capability}: its table says so")
        return found

    async def handle(self, broker: Broker, index: int, args: list[Any]) -> Any:
        """A host call's value. Raises CallError, also for what ends the session."""
        try:
            status, value = await broker.handle(index, args)
        except BrokenCall as exc:
            raise CallError("unavailable", "a bug in lion stopped it") from exc
        except GuestError as exc:
            raise CallError("exhausted", exc.what) from exc
        except (AuditError, InternalError) as exc:
            self._served.stop(exc)
            raise CallError("unavailable", "the run had to stop") from exc
        if status == "err":
            raise CallError(*value)
        return value


class ClientCall:
    """One call of a client's. `path` is its place in the tree of calls: records of what it brings
    about are of this invocation or below it.
    """

    def __init__(self, session: Session, path: str, broker: Broker, index: int) -> None:
        self.path = path
        self._session = session
        self._broker = broker
        self._index = index

    async def make(self, name: str, arguments: str) -> str:
        """Call a tool, JSON in and JSON out, or an agent's `run`. Raises CallError."""
        return str(await self._session.handle(self._broker, self._index, [name, arguments]))


Serve = Callable[[Mapping[str, Session]], Awaitable[None]]
"""Speaks with clients, by their holders' names, until they leave."""


async def serve_clients(live: LiveRun, *, clients: Sequence[str], serve: Serve) -> None:
    """Let `serve` make calls for several holders of the run, until it returns. Raises what stopped
    it.
    """
    for name in clients:
        if _index_of(live.holders[name], "tools", CALLS) is None:
            raise OperatorError(
                f"{name!r} is no client: it calls no tools",
                hint='write use = "mcp-client" in its table',
            )
    served = Served()
    with served.scope:
        await serve({name: Session(live, live.holders[name], served) for name in clients})
    if served.failure is not None:
        raise served.failure


def _open_exports(holder: LiveHolder) -> list[tuple[str, Export]]:
    tools = list(holder.tools.items())
    if holder.holder.kind == "agent":
        tools += [("run", one) for one in holder.component.exports if is_agent_export(one)]
    return tools


def _index_of(holder: LiveHolder, capability: str, names: Sequence[str]) -> int | None:
    for index, operation in enumerate(holder.operations):
        if operation.capability == capability and operation.name in names:
            return index
    return None
