"""Look here if you want to know how a service begins tasks that nobody submits: when an instant of
a schedule comes, or a message on its topic.

Rule: what comes begins a task by the same way as whoever submits one; its record says why, and
that is how it is known after a kill what has come already.
Rule: an instant that finds no room (a full queue, a holder that gets no work, tasks of it that are
not over) waits for it; a message that finds none is told to be lost, and why.
Rule: a message is for whoever may hear it: its holder has a grant that covers the topic, and the
operator's rules do not speak against it.
Rule: tasks that begin each other by messages do not go round for ever: so many in a row, and the
next is refused.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import trio

from lion.domain.call import Verdict
from lion.domain.letter import Letter
from lion.domain.question import Question
from lion.domain.schedule import Schedule
from lion.domain.task import Cause, Order, Principal, Role
from lion.errors import OperatorError
from lion.policy.decide import decide_static
from lion.policy.rights import build_rights
from lion.scopes.pattern import compile_pattern
from lion.service.service import Service
from lion.service.times import whole_name
from lion.service.workspace import Installed
from lion.workflows.begun import fill_order
from lion.workflows.expressions import Unanswered

LONGEST: Final = 60.0
"""Seconds after which the time is looked at anew: a clock may be set, a machine sleep."""

MOST_IN_A_ROW: Final = 64
"""Tasks that begin each other by messages."""


class Timekeeper:
    """Begins what the schedules of the workspace say."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._chain = service.chain
        self._seen: object = None
        self._known: list[tuple[str, Installed, Schedule]] = []

    async def keep(self) -> None:
        """Begin what its time has come for, for ever. Raises AuditError."""
        while True:
            changed = self._chain.changed
            wait = await self._begin_due()
            if self._service.stopping.is_set():
                return
            with trio.move_on_after(wait):
                await changed.wait()

    async def hear(self, letter: Letter) -> str:
        """Begin what a message on a topic begins, durably; why something was not (empty: nothing
        had to, or all of it was).
        """
        reasons = []
        for name, installed, schedule in self.all():
            if schedule.topic and compile_pattern(schedule.topic, ".").matches(letter.topic):
                why = await self._begin_heard(name, installed, schedule, letter)
                reasons += [f"schedule {name}: {why}"] if why else []
        return "; ".join(reasons)[:1_000]

    def all(self) -> list[tuple[str, Installed, Schedule]]:
        """Those of the workspace, by their whole names."""
        workspace = self._chain.state.workspace
        if workspace is not self._seen:
            self._seen, self._known = workspace, list(self._found())
        return self._known

    def next_ns(self, name: str, schedule: Schedule) -> int:
        """The instant that comes next; one that waits for room lies behind."""
        since = self._chain.state.times.since[name].at_ns
        due = schedule.due(since, self._chain.now_ns)
        return schedule.next(since) if due is None else due[0]

    def _found(self) -> Iterator[tuple[str, Installed, Schedule]]:
        for installed in self._chain.state.workspace:
            for schedule in self._service.plan_of(installed).schedules:
                yield whole_name(installed.name, schedule.name), installed, schedule

    async def _begin_due(self) -> float:
        """Begin all that is due and finds room; seconds until the next one comes."""
        wait = LONGEST
        for name, installed, schedule in self.all():
            if not schedule.every_ns:
                continue
            now = self._chain.now_ns
            due = schedule.due(self._chain.state.times.since[name].at_ns, now)
            if due is not None and not self._no_room(name, installed, schedule):
                cause = Cause(schedule=name, at_ns=due[0], missed=due[1])
                event = {"at": written(due[0]), "missed": due[1]}
                await self._begin(schedule, cause, event, str(due[0]))
            wait = min(wait, (schedule.next(now) - now) / 1e9)
        return max(wait, 0.0)

    async def _begin_heard(
        self, name: str, installed: Installed, schedule: Schedule, letter: Letter
    ) -> str:
        if why := self._no_right(installed, schedule):
            return why
        if why := self._no_room(name, installed, schedule, letter.id):
            return why
        try:
            value = msgspec.json.decode(letter.payload)
        except (msgspec.DecodeError, RecursionError) as exc:
            return f"the message cannot be read: {exc}"
        event = {"value": value, "topic": letter.topic, "sender": letter.sender}
        deep = self._deep(letter) + 1
        if deep > MOST_IN_A_ROW:
            return f"{MOST_IN_A_ROW} tasks began each other by messages: do they go round?"
        cause = Cause(
            schedule=name, message=letter.id, topic=letter.topic, sender=letter.sender, deep=deep
        )
        return await self._begin(schedule, cause, event, letter.id)

    def _deep(self, letter: Letter) -> int:
        """How many tasks began each other by messages until this one was written."""
        tasks = self._chain.state.tasks.values() if letter.run else ()
        cause = next((one.cause for one in tasks if one.run == letter.run), None)
        return 0 if cause is None else cause.deep

    async def _begin(
        self, schedule: Schedule, cause: Cause, event: dict[str, Any], key: str
    ) -> str:
        """Submit its task; why that was refused (empty: it was not)."""
        by = Principal("schedule", cause.schedule, Role.OPERATOR)
        try:
            order: Order = fill_order(schedule.order, event)
            await self._service.submit(by, order, key=key, cause=cause)
        except Unanswered as exc:
            return str(exc)
        except OperatorError as exc:
            return exc.what
        return ""

    def _no_room(
        self, name: str, installed: Installed, schedule: Schedule, message: str = ""
    ) -> str:
        """Why no task of it can begin now; empty: one can."""
        service = self._service
        if f"schedule {name}: {message}" in self._chain.state.keys and message:
            return ""  # it has begun, and its service ended before it said that it was read
        if (why := installed.why_not(schedule.order.holder)) is not None:
            return f"{schedule.order.holder!r} gets no work: {why}"
        if service.stopping.is_set():
            return "the service is stopping"
        if service.conductor.waiting >= service.terms.queue:
            return f"the queue is full: {service.terms.queue:,} tasks wait"
        if schedule.at_once and self._unfinished(name) >= schedule.at_once:
            return f"{schedule.at_once} of its tasks are not over"
        return ""

    def _unfinished(self, name: str) -> int:
        tasks = self._chain.state.unfinished()
        return sum(one.cause is not None and one.cause.schedule == name for one in tasks)

    def _no_right(self, installed: Installed, schedule: Schedule) -> str:
        """Why its holder may not hear the topic; empty: it may."""
        holder = self._service.plan_of(installed).holders[schedule.order.holder]
        rights = build_rights(holder, ("bus",), self._service.host.policy)
        asked = Question(holder.name, "bus", "subscribe", schedule.topic)
        decision = decide_static(asked, rights)
        if decision.verdict is Verdict.ALLOW:
            return ""
        return f"{holder.name!r} may not hear {schedule.topic}: {decision.reason}"


def written(at_ns: int) -> str:
    """An instant for people and expressions: `2026-11-28T02:30:00Z`."""
    return f"{datetime.fromtimestamp(at_ns / 1e9, UTC):%Y-%m-%dT%H:%M:%SZ}"
