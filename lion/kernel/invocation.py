"""Look here if you want to know what one call of one export is, from the kernel's side.

Rule: its place in the tree of calls ("0.2.1") depends only on the order in which its caller asked,
so a replay finds it.
Rule: whatever ends it, its handles are closed, its started calls are cancelled and its ending is
in the log.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import trio

from lion.domain.approval import Body
from lion.domain.call import CallError, Decision, Target, Verdict
from lion.domain.decider import Decider, judge_name
from lion.domain.denial import LastDenial, denial_of
from lion.domain.events import CallRedirected, Event
from lion.domain.plan import Grant
from lion.domain.question import Question
from lion.domain.record import Draft, Scope
from lion.errors import GuestError
from lion.kernel.allotments import Link
from lion.kernel.deadline import Deadline
from lion.kernel.groups import raise_flat
from lion.kernel.handles import HandleTable
from lion.kernel.hosted_call import HostedCall
from lion.kernel.message_port import MessagePort
from lion.kernel.outside import OutsideFailures
from lion.kernel.past import PastInvocation
from lion.kernel.run_state import LiveHolder, LiveRun
from lion.kernel.size import check_size
from lion.kernel.spending import Spending
from lion.policy.decide import words_for_guest
from lion.ports import CallStats, Export, HandleCall, Jobs, Spawner, Tools

Revival = Callable[[], Callable[[], None] | None]
"""Says how something goes on (None: it does not), once what it records is durable."""

LED_ON = "the call was allowed for another target and led on to this one"


class Invocation(Spending):
    """One instance at work; implements ports.CallContext."""

    tools: Tools
    denial: LastDenial | None = None
    _is_denial_told = True
    """What was refused on a call's way is told when that ends."""
    kept: dict[str, Any] | None = None
    asked_later = 0
    target: Target = ""
    grant: Grant | None = None
    past: PastInvocation | None = None
    """What it came to before its run was resumed."""
    at_end: Callable[[], None] | None = None
    """Called when its instance is gone."""
    heard: Callable[[str], Awaitable[None]] | None = None
    """Who reads what it writes while it does."""
    asking = 0
    """Calls of it about which a person is asked while it waits."""
    laid_out = 0
    """Questions about its calls that are on the desk and on record."""
    waiting: HostedCall | None = None
    """The call without outside effect in which it is suspended."""
    generation: int
    """How many spawns led to it."""
    spawned = 0
    """Agents at work that it has spawned, and those beneath them."""
    handed: tuple[tuple[Grant, ...], ...] = ()
    """What bounds agents that it spawns: what was handed on to it, if it was spawned."""
    heard_before: Callable[[str], None] | None = None

    def __init__(
        self, live: LiveRun, holder: LiveHolder, path: str, parent: "Invocation | None",
        cause: str, given: Mapping[str, int] = {},
    ) -> None:  # fmt: skip
        """`given` was set aside for it by name of budget."""
        self.live = live
        self.owner = holder
        self.path = path
        self.parent = parent
        self.run = live.id
        self.holder = holder.name
        self.namespace = f"{live.owner}/{holder.name}"
        self.config = holder.holder.config
        self.program = holder.holder.program
        self.clock = live.clock
        self.services = live.services
        self.limits = holder.rights.limits
        self.handles = HandleTable(self.limits.handles)
        self._join(parent, given)
        self.stats = CallStats(memory=holder.memory)
        self.words = ""
        self.spent: dict[str, int] = {}
        """What was taken of budgets since the last record of an outcome."""
        self.outside = OutsideFailures()
        self.nursery: trio.Nursery | None = None
        self.number = 0
        self.is_awaited = False
        """Its caller waits for it and for nothing else."""
        self.deadline = Deadline(self.limits.deadline_ns)
        self.revivals: list[Revival] = []
        """What goes on beside it once it does itself."""
        self._children = 0
        self.scope = Scope(
            run=live.id,
            invocation=path,
            principal=holder.name,
            component_digest=holder.component.digest,
            cause=cause,
            correlation=path.partition(".")[0],
        )

    def _join(self, parent: "Invocation | None", given: Mapping[str, int]) -> None:
        """Take its place in the chain of callers."""
        self.chain: tuple[str, ...] = (*(parent.chain if parent else ()), self.holder)
        self.links = (*(parent.links if parent else ()), Link(self.holder, self.path, given))
        self.generation = 0 if parent is None else parent.generation
        self.is_divided = bool(given) or (parent is not None and parent.is_divided)
        self.purse = self.build_purse({one.holder: one.limits for one in self.ancestry()})

    def recall(self, past: PastInvocation, children: int) -> None:
        """It is one of before, which made so many others."""
        self.past = past
        self.outside = past.outside
        self._children = children

    def ancestry(self) -> "list[Invocation]":
        """Callers from the root to this one."""
        return [*(self.parent.ancestry() if self.parent else ()), self]

    def grants(self, capability: str) -> Sequence[Grant]:
        """This holder's grants of a capability."""
        return [g for g in self.owner.holder.grants if g.capability == capability]

    def start_task(self, work: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Run work beside the guest, in the nursery that ends with the instance."""
        if self.nursery is None:
            raise CallError("unavailable", "this instance cannot start work")
        self.nursery.start_soon(work, *args)

    @cached_property
    def jobs(self) -> Jobs:
        """What a workflow has others do."""
        return self.live.jobs(self)

    @cached_property
    def spawner(self) -> Spawner:
        """What it has other agents do."""
        return self.live.spawner(self)

    @cached_property
    def messages(self) -> MessagePort:
        """The bus as it sees it."""
        return MessagePort(self, self.live)

    def waiting_only(self) -> "Iterator[Invocation]":
        """This one and those above that wait for nothing but it."""
        yield self
        if self.is_awaited and self.parent is not None:
            yield from self.parent.waiting_only()

    def version_of(self, decider: str) -> str:
        """Which code of a system plugin judges by this name; empty if it is none."""
        _, _, name = decider.partition(judge_name(""))
        holder = self.live.holders.get(name)
        if holder is None or holder.system is None:
            return ""
        info = holder.system.info
        return f"{info.distribution} {info.version} {info.use}"

    def foresee(self, capability: str, operation: str, target: Target) -> Decision:
        """See ports.CallContext.foresee."""
        return self.live.judge.foresee(self, capability, operation, target)

    async def may(
        self, call: int, capability: str, operation: str, target: Target,
        args: list[Any] | None = None, body: Body | None = None, *, is_beside: bool = False,
    ) -> Decision:  # fmt: skip
        """See ports.CallContext.may."""
        question = Question(self.holder, capability, operation, target)
        given, note = ([], LED_ON) if args is None else (args, "")
        # Of what was asked about later nothing has happened: its process may end meanwhile.
        is_outside, self.is_outside = self.is_outside, self.is_outside and args is None
        decision = await self.live.judge.decide(
            self, question, call, given, note, body, is_beside=is_beside
        )
        self.is_outside = is_outside
        self._note(call, question, decision)
        await self.live.log.commit()
        return self.live.judge.instead(question, decision) or decision

    def refusal(self, question: Question, decision: Decision) -> tuple[str, str] | None:
        """The error of a call that is not allowed; None where it is answered all the same."""
        instead = self.live.judge.instead(question, decision)
        if instead is None:
            return "denied", words_for_guest(decision)
        self.grant = instead.grant
        self.live.counts.denied += 1
        self.live.note_denial(question, decision)
        return None

    def refuse(
        self, call: int, capability: str, operation: str, target: Target, reason: str
    ) -> None:
        """See ports.CallContext.refuse."""
        question = Question(self.holder, capability, operation, target)
        self._note(call, question, Decision(Verdict.DENY, reason, Decider.DOOR))

    def _note(self, call: int, question: Question, decision: Decision) -> None:
        event = CallRedirected(
            capability=question.capability, operation=question.operation,
            target=str(question.target), verdict=decision.verdict, reason=decision.reason,
            decided_by=decision.decided_by, opinions=decision.opinions,
        )  # fmt: skip
        self.note(event, call)
        if not decision.allowed:
            self.live.counts.denied += 1
            self.live.note_denial(question, decision)
            self.denial, self._is_denial_told = denial_of(question, decision), False

    def note_error(self, question: Question, decision: Decision, error: tuple[str, str]) -> None:
        """Remember the error of a call: whether it came from outside, and what was denied. If that
        was allowed, what was refused on its way is known already, or the executor has refused it.
        """
        self.outside.note(question.capability, question.operation, error)
        if error[0] != "denied":
            return
        if not decision.allowed or self._is_denial_told:
            self.denial = denial_of(question, decision)
        self._is_denial_told = True

    def next_child(self) -> str:
        """The path of the next invocation this one causes."""
        self._children += 1
        return f"{self.path}.{self._children}"

    def record(self, event: Event, call: int = 0) -> int:
        """Append a record about this invocation; what it counts as, in bytes."""
        return self.live.log.append(Draft(self.scope, call, self.clock.now_ns(), event))

    def note(self, event: Event, call: int) -> None:
        """Append a record about one of its calls, which its holder pays for."""
        self.owner.share.charge(self.record(event, call))

    @property
    def component_digest(self) -> str:
        """Of the component it runs (SHA-256 in hex); empty for trusted Python."""
        return self.scope.component_digest

    async def call(self, export: Export, args: Sequence[Any], handle: HandleCall) -> Any:
        """Run the export in a fresh instance under this holder's limits. Raises GuestError and
        what `handle` raises.
        """
        self.live.invocations.add(self)
        try:
            if self.owner.needs_nursery:
                return await self._call_beside(export, args, handle)
            with self.deadline.running():
                return await self._call(export, args, handle)
            raise self._overrun(export)
        except GuestError as exc:
            exc.words = exc.words or self.words
            raise
        finally:
            self.live.invocations.discard(self)
            self.handles.close()
            if self.at_end is not None:
                self.at_end()

    async def _call_beside(self, export: Export, args: Sequence[Any], handle: HandleCall) -> Any:
        """Call it in a nursery for what it starts, whose scope has the deadline."""
        try:
            async with trio.open_nursery() as self.nursery:
                self.deadline.run_in(self.nursery.cancel_scope)
                try:
                    return await self._call(export, args, handle)
                finally:
                    if self.nursery.child_tasks:
                        self.nursery.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise_flat(group)
        raise self._overrun(export)

    def _overrun(self, export: Export) -> GuestError:
        return GuestError(
            f"{export.name!r} ran longer than {self.deadline.seconds:g} s",
            ending="deadline",
            hint='raise it with limits = { deadline = "..." }',
        )

    async def _call(self, export: Export, args: Sequence[Any], handle: HandleCall) -> Any:
        component = self.owner.component
        value = await component.call(export, args, handle, self.handles, self.limits, self.stats)
        check_size(export, value, self.limits)
        return value
