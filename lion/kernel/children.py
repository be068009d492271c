"""Look here if you want to know how an agent spawns another one: under less than that one's own
grants, within budgets set aside for it, no deeper and no more of them than the limits say.

Rule: a child lives in its spawner's instance: whatever ends that ends it, and what it had left of
what was set aside goes back, once.
Rule: what was handed on to an agent bounds those that it spawns, too.
Rule: an agent that was spawned counts for everybody above it, so that those who spawn those who
spawn are as few as one alone may have.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import trio

from lion.domain.call import CallError
from lion.domain.events import AgentError, AgentSpawned, BudgetReturned
from lion.domain.plan import Grant
from lion.kernel.agent_calls import Work, recall_ended, run_agent
from lion.kernel.execution import Form, as_agent
from lion.kernel.going_on import cut as cut_past
from lion.kernel.invocation import Invocation
from lion.kernel.past import Ended
from lion.kernel.run_state import LiveHolder
from lion.kernel.terms import Terms, check_budgets, read_terms
from lion.kernel.tool_calls import MOST_STARTED, build_invocation, check_depth, dump_json

BOUND: Final = ("plugin", "agent")
"""Kinds of holders whose limits bound who is spawned beneath them."""


class Child(Work):
    """An agent that was spawned, or will be; implements ports.SpawnedAgent."""

    def __init__(self, agent: str, task: str, terms: Terms, holder: LiveHolder) -> None:
        super().__init__(terms.streams)
        self.agent, self.task, self.terms, self.holder = agent, task, terms, holder
        self.invocation: Invocation | None = None
        self.is_cancelled = False

    @property
    def state(self) -> str:
        """How it is: `working`, `ended` or `cancelled`."""
        if self.is_cancelled:
            return "cancelled"
        return "ended" if self.is_settled else "working"

    def budgets(self) -> list[dict[str, Any]]:
        """What was set aside for it, and what of it is left."""
        given = self.terms.budget
        if not given or self.invocation is None:
            return []
        left = self.invocation.left_of(given)
        return [{"name": n, "limit": given[n], "left": left[n]} for n in sorted(given)]

    def form(self, name: str, task: str) -> Form:
        """What the log says of it."""
        terms = self.terms
        began = AgentSpawned(
            agent=name, task=task, allow=terms.allow or "", has_less=terms.allow is not None,
            budget=terms.budget,
        )  # fmt: skip
        return msgspec.structs.replace(as_agent(name, task), began=began)

    def written(self, value: Any) -> str:
        """Its output as it is."""
        return dump_json(value)

    def cancel(self) -> None:
        """Stop it, if it has not ended."""
        if not self.is_settled:
            self.is_cancelled = True
        super().cancel()


class SpawnerPort:
    """The agents that one invocation spawns; implements ports.Spawner."""

    def __init__(self, invocation: Invocation) -> None:
        self._caller = invocation

    def prepare(self, agent: str, task: str, terms: Mapping[str, Any]) -> Child:
        """See ports.Spawner.prepare."""
        read = read_terms(terms)
        check_budgets(self._caller, read.budget)
        child = self._child(agent, task, read)
        self._check_room()
        return child

    def begin(self, child: Child) -> None:
        """See ports.Spawner.begin."""
        caller = self._caller
        caller.set_aside(child.terms.budget)
        if child.terms.budget:
            caller.kept = {"budget": child.terms.budget}
        self._begin(child, self._build(child))

    def recall(self, agent: str, task: str, terms: Mapping[str, Any]) -> Child:
        """See ports.Spawner.recall."""
        caller = self._caller
        child = self._child(agent, task, read_terms(terms))
        invocation = self._build(child)
        assert caller.live.past is not None
        is_returned = invocation.scope.cause in caller.live.past.returned
        if not is_returned:
            caller.lend(child.terms.budget)

        def revive() -> Callable[[], None] | None:
            past = invocation.past
            if past is not None and past.ended is not None:
                child.is_cancelled = _is_cancelled(past.ended)
                if child.is_cancelled:
                    child.settle(_cancelled())
                recall_ended(invocation, child, past, past.ended)
            elif child.scope.cancel_called:
                cut_past(caller.live, invocation.path)
                child.settle(_cancelled())
            else:
                return lambda: self._begin(child, invocation)
            if not is_returned:
                self._take_back(invocation, child)
            return None

        caller.revivals.append(revive)
        return child

    def budgets(self) -> list[dict[str, Any]]:
        """See ports.Spawner.budgets."""
        found = self._caller.budgets_left()
        return [{"name": n, "limit": found[n][0], "left": found[n][1]} for n in sorted(found)]

    def _child(self, agent: str, task: str, terms: Terms) -> Child:
        caller = self._caller
        holder = caller.live.holders.get(agent)
        if holder is None or holder.holder.kind != "agent":
            raise CallError("not-found", f"there is no agent {agent[:80]!r}")
        within: tuple[tuple[Grant, ...], ...] = caller.handed
        if terms.grants is not None:
            within = (*within, terms.grants)
        if within:
            holder = holder.narrowed(within, {})
        return Child(agent, task, terms, holder)

    def _check_room(self) -> None:
        """Raise CallError if nothing more may be spawned here."""
        caller = self._caller
        if caller.nursery is None:
            raise CallError("unavailable", "this instance cannot spawn agents")
        for above in caller.ancestry():
            if above.owner.holder.kind not in BOUND:
                continue
            if above.spawned >= above.limits.agents:
                raise CallError("exhausted", _too_many(above, caller))
            if caller.generation - above.generation >= above.limits.depth:
                raise CallError("exhausted", _too_deep(above, caller))
        check_depth(caller)
        if caller.live.under_way >= MOST_STARTED:
            raise CallError("exhausted", "too many started calls are under way in this run")

    def _build(self, child: Child) -> Invocation:
        caller = self._caller
        cause = f"{caller.path}#{caller.number}"
        invocation = build_invocation(caller, child.holder, cause, child.terms.budget)
        invocation.generation += 1
        child.invocation = invocation
        invocation.handed = child.holder.rights.within
        return invocation

    def _begin(self, child: Child, invocation: Invocation) -> None:
        assert self._caller.nursery is not None
        self._count(1)
        self._caller.nursery.start_soon(self._work, child, invocation, name=child.agent)

    def _count(self, change: int) -> None:
        self._caller.live.under_way += change
        for above in self._caller.ancestry():
            above.spawned += change

    @trio.lowlevel.enable_ki_protection
    async def _work(self, child: Child, invocation: Invocation) -> None:
        try:
            with child.scope:
                try:
                    child.settle(await run_agent(invocation, child.agent, child.task, child))
                except CallError as exc:
                    child.settle(exc)
        finally:
            self._count(-1)
            child.settle(_cancelled())
            self._take_back(invocation, child)

    def _take_back(self, invocation: Invocation, child: Child) -> None:
        given = child.terms.budget
        if not given:
            return
        left = invocation.left_of(given)
        self._caller.take_back(given, left)
        returned = BudgetReturned(
            agent=child.agent, spawner=self._caller.holder, given=given, left=left
        )
        self._caller.owner.share.charge(invocation.record(returned))


def _is_cancelled(ended: Ended) -> bool:
    return isinstance(ended, AgentError) and ended.ending == "cancelled"


def _cancelled() -> CallError:
    return CallError("cancelled", "the agent was stopped")


def _too_many(above: Invocation, caller: Invocation) -> str:
    if above is not caller:
        return "agents: as many are at work beneath whoever spawned this one as may be"
    return f"agents: {above.limits.agents} are at work beneath this one, which is the limit"


def _too_deep(above: Invocation, caller: Invocation) -> str:
    if above is not caller:
        return "agents: whoever spawned this one may have none deeper"
    return f"agents: {above.limits.depth} deep beneath this one is the limit"
