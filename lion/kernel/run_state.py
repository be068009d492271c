"""Look here if you want to know what the kernel knows of a holder while a run lasts, and of the
run itself.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any, cast
from weakref import WeakKeyDictionary

import msgspec

from lion.domain.call import CallError, Decision, Target
from lion.domain.capability import Capability
from lion.domain.events import Event, MessageArrived, SystemPluginFailed
from lion.domain.memory_sum import MemorySum, holders_sum, runs_sum
from lion.domain.plan import Grant, Holder, Plan
from lion.domain.question import Question
from lion.domain.record import Draft, Scope
from lion.errors import BrokenCall, GuestError
from lion.kernel.allotments import bounded
from lion.kernel.budgets import Budgets
from lion.kernel.bus import Bus
from lion.kernel.exports import tool_exports
from lion.kernel.judge import Asker, Judge, Nobody
from lion.kernel.log_share import LogShare, LogShares
from lion.kernel.past import Past
from lion.policy.decide import decide_static
from lion.policy.rights import Rights
from lion.policy.suggest import suggest
from lion.ports import (
    Clock,
    Component,
    EventLog,
    Export,
    Jobs,
    Operation,
    Post,
    Services,
    Spawner,
    SystemComponent,
)
from lion.review.report import Refused
from lion.scopes.table import find_scopes

AskPerson = Callable[[Any, int, str, str], Awaitable[str]]
"""Asks a person on behalf of an invocation, in a call of this number: a question, a form."""
DECISIONS = 1_024
"""Cached decisions of one holder."""
BROKEN = 10
"""Bugs in host functions that a report names."""
DENIALS = 100
"""Different denials a report names; all of them are counted and recorded."""


_DESCRIBED: WeakKeyDictionary[Component, dict[str, dict[str, str]]] = WeakKeyDictionary()
"""By a component that is still used somewhere, by a tool's own name."""


class LiveHolder:
    """A holder with its component, its rights and what its imports mean.

    `system` is the component where that is trusted Python, else None.
    """

    given: Mapping[str, int] = {}
    """What was set aside of budgets of grants for the agent beneath which it acts."""

    def __init__(
        self, holder: Holder, component: Component, rights: Rights, operations: Sequence[Operation]
    ) -> None:
        self.holder = holder
        self.name = holder.name
        self.component = component
        self.system = cast(SystemComponent, component) if holder.is_trusted else None
        self.rights = rights
        self.operations = operations
        self.tools = tool_exports(component)
        self._names = {(e.interface, e.name): name for name, e in self.tools.items()}
        self.needs_nursery = any(o.spawns for o in operations)
        self.described = _DESCRIBED.setdefault(component, {})
        """Its tools as guests are told of them, described when first asked, once in all runs."""
        self._decisions: dict[tuple[str, str, Target], Decision] = {}
        self.share = LogShare(self.name, rights.limits.log, LogShares(sys.maxsize))
        self.memory: MemorySum | None = None

    def tool_name(self, export: Export) -> str:
        """What one of its tools is called; a replay finds it by that."""
        return self._names[export.interface, export.name]

    def narrowed(
        self, within: tuple[tuple[Grant, ...], ...], given: Mapping[str, int]
    ) -> "LiveHolder":
        """The same holder with what was handed on to it, and set aside of budgets of grants."""
        less = copy(self)
        less.rights = msgspec.structs.replace(self.rights, within=within)
        less._decisions, less.given = {}, given
        return less

    @cached_property
    def budgets(self) -> dict[str, int]:
        """The budgets of its grants by name, with their limits."""
        found: dict[str, int] = {}
        for capability, grants in self.rights.grants.items():
            scopes = find_scopes(capability)
            for grant in grants if scopes is not None else ():
                found |= scopes.budgets_of(grant)  # type: ignore[union-attr]
        return found

    def decide(self, capability: str, operation: str, target: Target) -> Decision:
        """What rights and rules say of a question, from the cache if it was asked before. Only
        the judge asks.
        """
        known = capability, operation, target
        decision = self._decisions.get(known)
        if decision is None:
            if len(self._decisions) >= DECISIONS:
                self._decisions.clear()
            decision = decide_static(Question(self.name, *known), self.rights)
            if self.given and decision.grant is not None:
                grant = bounded(decision.grant, self.given)
                decision = msgspec.structs.replace(decision, grant=grant)
            self._decisions[known] = decision
        return decision


def _no_jobs(caller: Any) -> Jobs:
    raise AssertionError("nobody has wired jobs of workflows")


def _no_spawner(caller: Any) -> Spawner:
    raise AssertionError("nobody has wired agents that spawn")


class NoServices:
    """What a run has before anything is opened for it."""

    def scrub(self, text: str) -> str:
        """The text: there are no secrets in it."""
        return text

    @property
    def directories(self) -> Mapping[str, Mapping[str, str]]:
        """None."""
        return {}


class Counts(msgspec.Struct):
    """How many host calls a run made, and how many were denied."""

    calls: int = 0
    denied: int = 0


class LiveRun:
    """What everything in one run shares."""

    by = ""
    """Who started it; empty if that is not known."""
    park_after_ns: int | None = None
    """After how long it leaves if everybody waits; None: never."""
    is_parked = False
    """It has left, and is to be resumed."""
    under_way = 0
    """Started tool calls that have not ended, whoever started them."""
    past: Past | None = None
    """What it came to before it was resumed."""
    heard: Mapping[str, int] = {}
    """The last record that each listener had heard by then."""
    post: Post | None = None
    """Where messages leave it; None: nowhere."""
    people: AskPerson | None = None
    """Who is asked by workflows; None: nobody."""

    def __init__(
        self, run: str, plan: Plan, log: EventLog, clock: Clock, owner: str = "nobody",
        asker: Asker = Nobody(),  # noqa: B008 - it holds nothing
        memory: MemorySum | None = None,
    ) -> None:  # fmt: skip
        """`memory` is the process's."""
        self.id = run
        self.plan = plan
        self.owner = owner
        """To whom belongs what the holders keep."""
        self.log = log
        self.clock = clock
        self.holders: Mapping[str, LiveHolder] = {}
        self.services: Services = NoServices()
        self.judge = Judge(asker)
        self.extensions: Mapping[str, Capability] = {}
        """What system plugins offer guests of their own, by name."""
        self.failed: set[tuple[str, str]] = set()
        """System plugins and the parts of them that failed."""
        self.invocations: set[Any] = set()
        """Those whose instances are live."""
        self.counts = Counts()
        self.broken: list[BrokenCall] = []
        """Bugs in host functions, the first few."""
        self.revoked: dict[str, str] = {}
        """Holders whose work was revoked while the run lasts, and why."""
        self.denials: dict[Question, Refused] = {}
        self.scope = Scope(run=run)
        self.reserved: dict[tuple[str, int], list[tuple[str, str, int]]] = {}
        """What calls of before had taken (holder, budget, amount), by invocation and call."""
        self.memory = runs_sum(plan.memory, memory)
        self.jobs: Callable[[Any], Jobs] = _no_jobs
        """What makes the port of an invocation that is a workflow's."""
        self.spawner: Callable[[Any], Spawner] = _no_spawner
        """What makes the port of an invocation that spawns agents."""
        self.bus = Bus()
        """Messages between its holders."""
        self.shares = LogShares(log.quota)
        """Of its log, among its holders and what comes from outside."""
        self.budgets = Budgets(clock, self._note_budget, self.record, self._note_rate)

    @property
    def name(self) -> str:
        """What the run goes by; no manifest is called so that ran dry."""
        return f"{self.plan.name} (dry)" if self.judge.is_dry else self.plan.name

    def join(self, holders: Mapping[str, LiveHolder]) -> None:
        """Take in the holders, among whom the run's log is divided."""
        self.shares.divide(len(holders))
        for holder in holders.values():
            limits = holder.rights.limits
            holder.share = LogShare(holder.name, limits.log, self.shares)
            holder.memory = holders_sum(holder.name, limits.memory_sum, self.memory)
        self.holders = holders

    def has_inbox(self, name: str) -> bool:
        """Whether messages may be sent to a holder of this name: it runs in the sandbox."""
        found = self.holders.get(name)
        return found is not None and found.holder.has_file

    def receive(self, event: MessageArrived) -> None:
        """Take a message from outside, the first time. Raises CallError: `not-found` if nobody
        reads it, or `exhausted` if the inbox, or what of the log such messages may fill, is full;
        one on a topic is for whoever subscribed.
        """
        if not self.bus.wants(event):
            return
        if not event.topic:
            self._check_reads(event)
        self.shares.check()
        self.shares.charge(self.record(event))
        self.bus.arrive(event)

    def _check_reads(self, event: MessageArrived) -> None:
        if not self.has_inbox(event.to) or not self.holders[event.to].rights.grants.get("bus"):
            raise CallError("not-found", f"{event.to!r} reads no messages")
        self.bus.check_room(event)

    def note_broken(self, bug: BrokenCall) -> None:
        """Remember a bug for the report."""
        if len(self.broken) < BROKEN:
            self.broken.append(bug)

    def _note_budget(self, holder: str, budget: str, limit: int, used: int) -> None:
        self.log.note_budget(self.id, holder, budget, limit, used)

    def _note_rate(self, holder: str, level: int, monotonic_ns: int) -> None:
        self.log.note_rate(self.id, holder, level, monotonic_ns)

    def settle_reserved(self, invocation: str, call: int, *, is_free: bool) -> None:
        """What a call of before had taken is free again, or used."""
        for holder, budget, amount in self.reserved.pop((invocation, call), ()):
            if is_free:
                self.budgets.give_back(holder, budget, amount)
            self.log.note_reserved(self.id, invocation, call, holder, budget, 0)

    def record(self, event: Event) -> int:
        """Append a record about the run itself; what it counts as, in bytes."""
        return self.log.append(Draft(self.scope, 0, self.clock.now_ns(), event))

    def note_failure(self, holder: str, part: str, exc: GuestError) -> None:
        """Record that a part of a system plugin failed, the first time in this run."""
        if (holder, part) not in self.failed:
            self.failed.add((holder, part))
            words = f": {exc.words}" if exc.words else ""
            self.record(SystemPluginFailed(holder, part, f"{exc.what}{words}"))

    def note_denial(self, question: Question, decision: Decision, times: int = 1) -> None:
        """Remember a denial for the report; the same one again only counts."""
        known = self.denials.get(question)
        if known is not None:
            self.denials[question] = msgspec.structs.replace(known, times=known.times + times)
        elif len(self.denials) < DENIALS:
            found = suggest(question, decision, self.plan, self.extensions)
            self.denials[question] = Refused(
                question, decision.reason, found, times, decision.decided_by
            )
