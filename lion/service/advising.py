"""Look here if you want to know how an adviser is asked, and what becomes of its word.

Rule: nobody waits for an adviser: tasks begin without its word until there is one.
Rule: it is told of tasks, never what is in them; it acts under its own grants, as a run like any.
Rule: what it answers is bounded in time and number, checked, and on record; it orders, within the
scheduler's window, and decides nothing.
"""

import uuid
from collections.abc import Mapping
from typing import Any, Final

import trio

from lion.domain.events import TaskAdvised
from lion.domain.task import Order, TaskState
from lion.errors import AuditError, LionError
from lion.kernel.run import Run
from lion.review.report import RunReport
from lion.service.reach import plan_for
from lion.service.schedule import WINDOW
from lion.service.service import SERVICE, Service
from lion.service.tasks import Task
from lion.service.workspace import ready_for

ADVISE: Final = "advise"
"""The tool that an adviser has."""
PATIENCE: Final = 10.0
"""Seconds that an adviser has for its word."""
PAUSE: Final = 0.05
"""Seconds between two questions, at least."""
MOST_TOLD: Final = 4 * WINDOW
"""Of so many tasks at the head an adviser is told."""


class BadAdvice(Exception):
    """An answer that cannot be used; the sentence says why."""


class Adviser:
    """Asks the adviser of a service whenever what waits has changed."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._asked: tuple[str, ...] = ()

    async def advise(self) -> None:
        """Ask, for ever. Raises AuditError."""
        while True:
            moved = self._service.conductor.moved
            told = self._told()
            ids = tuple(one["id"] for one in told)
            if len(told) > 1 and ids != self._asked:
                self._asked = ids
                await self._ask(told)
            await moved.wait()
            await trio.sleep(PAUSE)

    async def _ask(self, told: list[dict[str, Any]]) -> None:
        name, chain = self._service.terms.adviser, self._service.chain
        began, run, error = trio.current_time(), str(uuid.uuid4()), ""
        order: tuple[str, ...] = ()
        try:
            report = await self._answered(name, run, told)
            order = checked(report, {one["id"] for one in told})
        except BadAdvice as exc:
            error = str(exc)
        except AuditError:
            raise
        except LionError as exc:
            error = exc.what
        wall_ns = int((trio.current_time() - began) * 1e9)
        chain.tell(TaskAdvised(name, run, order, error, wall_ns))
        self._service.conductor.advice = order
        self._service.conductor.wake()

    async def _answered(self, name: str, run: str, told: list[dict[str, Any]]) -> RunReport:
        workspace = self._service.chain.state.workspace
        plan = self._service.plan_of(ready_for(workspace, name))
        plan = plan_for(plan, Order(call=f"{name}.{ADVISE}", arguments={"tasks": told}))
        started: Run = await self._service.host.start(plan, run=run, by=SERVICE)
        try:
            with trio.move_on_after(PATIENCE):
                return await started.wait()
        finally:
            started.cancel()
        await started.wait_ended()
        raise BadAdvice(f"it gave no answer within {PATIENCE:g} s")

    def _told(self) -> list[dict[str, Any]]:
        """What an adviser is told of those at the head."""
        now, tasks = self._service.chain.now_ns, self._service.chain.state.tasks
        places = self._service.conductor.queue.head(MOST_TOLD)
        took = self._took()
        return [_metadata(tasks[place.task.id], now, took) for place in places]

    def _took(self) -> dict[str, int]:
        """How long tasks took by what they were, in milliseconds, in the mean."""
        found: dict[str, list[int]] = {}
        for one in self._service.chain.state.tasks.values():
            if one.state is TaskState.COMPLETED:
                found.setdefault(_what(one), []).append(one.ended_ns - one.started_ns)
        return {what: sum(ns) // len(ns) // 1_000_000 for what, ns in found.items()}


def _what(task: Task) -> str:
    return task.order.agent or task.order.call


def _metadata(task: Task, now: int, took: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": task.id,
        "by": task.by,
        "what": _what(task),
        "priority": task.terms.priority,
        "waited-ms": max(now - task.submitted_ns, 0) // 1_000_000,
        "attempts": task.attempts,
        "expected-ms": took.get(_what(task)),
    }


def checked(report: RunReport, known: set[str]) -> tuple[str, ...]:
    """The order that an adviser gave. Raises BadAdvice for what is none."""
    (ending,) = report.endings
    if not ending.ok:
        raise BadAdvice(ending.error[:500])
    value = ending.value
    if not isinstance(value, list) or len(value) > MOST_TOLD:
        raise BadAdvice(f"its answer is no list of at most {MOST_TOLD} ids")
    if not all(isinstance(one, str) and one in known for one in value):
        raise BadAdvice("its answer names what is no task that waits")
    if len(set(value)) < len(value):
        raise BadAdvice("its answer names a task twice")
    return tuple(value)
