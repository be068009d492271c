"""Look here if you want to know what the screen Live shows: the agents of now, what waits for its
turn and why, and all records as they come.

Rule: streams come by the page's own feed; what is rendered here is what stands around them.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from lion.domain.plan import Holder
from lion.domain.task import TaskState
from lion.errors import LionError
from lion.history import open_history
from lion.page.frame import Reading, line, render
from lion.page.seat import Seat
from lion.page.times import took
from lion.ports import BudgetUse
from lion.reading import beside
from lion.service.schedule import free_tokens
from lion.service.service import Service
from lion.service.tasks import Task
from lion.settings import Settings
from lion.telling.amounts import render_spent

MANY: Final = 6
"""Columns beyond which they are drawn small."""
MOST_QUEUED: Final = 50
_MOST_READINGS: Final = 2


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """A column: a task, and the code that carries it out."""

    task: Task
    code: str
    state: str
    readings: tuple[Reading, ...]
    hears: bool
    """It reads messages."""


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """A task that waits, and why it has not begun."""

    task: Task
    what: str
    said: str
    why: str


async def show(seat: Seat) -> str:
    """The screen. Raises LionError."""
    waiting = await seat.waiting()
    service = seat.living.service
    runs = seat.streams.shown()
    tasks = {one.run: one for one in seat.tasks if one.run and one.order.agent}
    shown = [tasks[run] for run in runs if run in tasks]
    holders = _holders(service)
    spent = await beside(partial(_spent, seat.settings, [one.run for one in shown]))
    asks = {one.request.run for one in waiting}
    agents = [_agent(one, holders, spent.get(one.run, []), asks) for one in shown]
    queued = list(_queued(service))
    held = sum(not one.held.idle for one in service.conductor.working.values())
    return await beside(partial(
        render, "live", seat.by, seat.gauges(len(waiting)), agents=agents, many=len(agents) > MANY,
        live=sum(one.task.state is TaskState.PROCESSING for one in agents),
        asking=sum(one.state == "asks you" for one in agents),
        calls=[one for one in seat.tasks
               if one.state is TaskState.PROCESSING and not one.order.agent],
        choices=[one for one in holders.values() if one.kind == "agent"],
        queued=queued, more=max(service.conductor.waiting - len(queued), 0),
        strategy=service.terms.strategy, waiting=len(waiting),
        free=service.terms.slots - held,
    ))  # fmt: skip


def _holders(service: Service) -> dict[str, Holder]:
    """All holders that get work."""
    found: dict[str, Holder] = {}
    for installed in service.chain.state.workspace:
        plan = service.plan_of(installed)
        found |= {n: h for n, h in plan.holders.items() if installed.why_not(n) is None}
    return found


def _agent(
    task: Task, holders: Mapping[str, Holder], spent: list[BudgetUse], asks: set[str]
) -> Agent:
    holder = holders.get(task.order.agent)
    code = "" if holder is None else f"{holder.origin.rpartition('/')[2]} {holder.digest[:8]}"
    state = "asks you" if task.run in asks and not task.state.is_over else str(task.state)
    own = [one for one in spent if one.holder == task.order.agent]
    own.sort(key=lambda one: (not one.budget.startswith("llm"), -len(one.budget)))
    readings = tuple(reading_of(one) for one in own)[:_MOST_READINGS]
    hears = holder is not None and any(one.capability == "bus" for one in holder.grants)
    return Agent(task=task, code=code, state=state, readings=readings, hears=hears)


def reading_of(one: BudgetUse) -> Reading:
    """How far a budget is used."""
    value = f"{render_spent(one.budget, one.used)} / {render_spent(one.budget, one.limit)}"
    share = 100 * one.used // one.limit if one.limit else 100
    name = one.budget.removeprefix("llm.").partition(" of ")[0]
    return Reading(name=line(name, 60), value=value, share=share)


def _spent(settings: Settings, runs: list[str]) -> dict[str, list[BudgetUse]]:
    found: dict[str, list[BudgetUse]] = {}
    with open_history(settings) as reader:
        for run in runs:
            try:
                found[run] = reader.budgets(run)
            except LionError:  # not on record yet
                continue
    return found


def _queued(service: Service) -> Iterator[Queued]:
    """What waits for its turn, in order, with the reason."""
    conductor, now = service.conductor, service.chain.now_ns
    held = [one.held for one in conductor.working.values()]
    free = free_tokens(held, conductor.bounds)
    slots = conductor.bounds.slots - sum(not one.idle for one in held)
    for place in conductor.queue.head(MOST_QUEUED):
        task = service.chain.state.tasks[place.task.id]
        lacks = next((n for n, count in place.signature if free.get(n, count) < count), "")
        waited = took(max(now - task.submitted_ns, 0) // 10**9 * 10**9 or 1)
        if lacks:
            of = conductor.bounds.resources.get(lacks, 0)
            why = f"not yet: {lacks} is taken, {of - free[lacks]} of {of}"
        elif slots <= 0:
            why = f"not yet: all {conductor.bounds.slots} slots are taken"
        else:
            why = "next"
        yield _row(task, f"{why}; waited {waited}")


def _row(task: Task, why: str) -> Queued:
    order: Any = task.order
    what = order.agent or order.call
    return Queued(task=task, what=line(what, 60), said=order.task, why=line(why))
