"""Look here if you want to know what can be commanded of a service, by whom, and what follows.

Rule: every command comes here with who asks for it: what may not be done is refused, what is done
is recorded with who asked, and then carried out. There is no other way in.
"""

import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from math import inf
from typing import Any

import trio

from lion.domain.events import ServiceStopped, TaskCancelled, TaskEnded, TaskRetried, TaskSubmitted
from lion.domain.plan import Plan
from lion.domain.record import Record
from lion.domain.service_terms import ServiceTerms
from lion.domain.task import Cause, Order, Principal, TaskEnd, TaskState, Terms
from lion.errors import LionError
from lion.host import Host
from lion.kernel.family import AtWork
from lion.service.chain import Chain
from lion.service.conductor import Conductor
from lion.service.errors import is_stopping, queue_full, unknown_task, wrong_state
from lion.service.following import Follows
from lion.service.messages import send
from lion.service.reach import plan_for
from lion.service.roles import check_allowed
from lion.service.tasks import Task, wait_before
from lion.service.terms import bounds_of, check_order, check_resources, queue_of, with_tokens
from lion.service.values import Values
from lion.service.working import LATE, Working
from lion.service.workspace import Installed, ready_for

USUAL_TERMS = Terms()
SERVICE = "service"  # who does what nobody asked for


class Service:
    """A service that lives. Made by serving.open_service; its methods are for one trio loop."""

    def __init__(
        self, host: Host, chain: Chain, terms: ServiceTerms, nursery: trio.Nursery
    ) -> None:
        self.host = host
        self.chain = chain
        self.terms = terms
        self.stopping = trio.Event()
        """Nothing new begins."""
        self.nursery = nursery
        """Where work goes on."""
        self.bus: Callable[[], dict[str, Any]] | None = None
        """How its bus is; None: it has none."""
        self._plans: dict[str, tuple[Installed, Plan]] = {}
        self._follows = Follows(chain)
        self.values = Values()
        queue, bounds = queue_of(terms), bounds_of(terms)
        self.conductor = Conductor(chain, queue, bounds, self._begin, self._end_late)

    # Tasks.

    async def submit(
        self, by: Principal, order: Order, terms: Terms = USUAL_TERMS, key: str = "", *,
        keeps: bool = False, cause: Cause | None = None,
    ) -> Task:  # fmt: skip
        """Take an order; answers when it is on record. `key` is the submitter's own word for it:
        the same again gives the same task; `keeps` its value (values.py). Raises OperatorError.
        """
        check_allowed(by, "task submit")
        key = f"{by.word}: {key}" if key else ""
        if (known := self.chain.state.keys.get(key)) is not None:
            return self.chain.state.tasks[known]
        self._check_open()
        installed = self._installed(order)
        check_order(order, terms, installed)
        if terms.parent and self._task(terms.parent).state.is_over:
            raise wrong_state(terms.parent, "over, and gets no more children", "leave it out")
        terms = with_tokens(terms, self.plan_of(installed), order.holder, self.terms)
        check_resources(terms, self.terms)
        if self.conductor.waiting >= self.terms.queue:
            raise queue_full(self.terms.queue)
        id = uuid.uuid4().hex[:12]
        self.values.expect(id, keeps)
        self.chain.tell(TaskSubmitted(by.word, id, order, terms, key, cause))
        self.conductor.admit(task := self.chain.state.tasks[id])
        await self.chain.commit()
        return self.chain.state.tasks.get(id, task)

    async def cancel(self, by: Principal, id: str, reason: str = "") -> list[Task]:
        """Take a task back, and those it is the parent of; which those are, itself first.

        Raises OperatorError.
        """
        check_allowed(by, "task cancel")
        task = self._task(id)
        if task.state.is_over:
            raise wrong_state(task.id, f"{task.state} already", f"look: lion task show {task.id}")
        found = {one.id: one for one in self._tree(task)}
        for one in found.values():
            self.chain.tell(TaskCancelled(by.word, one.id, reason))
            words = f"{by.word} cancelled it{f': {reason}' if reason else ''}"
            self._stop(one, TaskState.CANCELLED, words)
            found[one.id] = self.chain.state.tasks[one.id]
        await self.chain.commit()
        return [self.chain.state.tasks.get(id, one) for id, one in found.items()]

    async def retry(self, by: Principal, id: str, reason: str = "") -> Task:
        """Let a task that is over, and not completed, wait for its turn again. Raises
        OperatorError.
        """
        check_allowed(by, "task retry")
        self._check_open()
        task = self._task(id)
        if not task.state.is_over or task.state is TaskState.COMPLETED:
            raise wrong_state(task.id, str(task.state), "submit it anew: lion task submit")
        if self.conductor.waiting >= self.terms.queue:
            raise queue_full(self.terms.queue)
        self._again(task, by.word, reason or "by order", 0, counts=False)
        await self.chain.commit()
        return self.chain.state.tasks[task.id]

    def send(self, by: Principal, id: str, payload: str, to: str = "") -> Task:
        """Write to an agent at work, or to another holder of its run: JSON, which it reads from
        its inbox. Raises OperatorError.
        """
        check_allowed(by, "agent send")
        task = self._task(id)
        working = self.conductor.working.get(task.id)
        if working is None or working.run is None:
            state = f"{task.state}, and not at work"
            raise wrong_state(task.id, state, f"look: lion task show {task.id}")
        send(working.run, f"@{by.word}", to or task.order.holder, payload)
        return task

    def agents(self, by: Principal, id: str) -> tuple[AtWork, ...]:
        """The agents at work for a task now, each after the one that spawned it."""
        working = self.conductor.working.get(self.task(by, id).id)
        return () if working is None or working.run is None else working.run.agents()

    def tasks(self, by: Principal) -> list[Task]:
        """All that are listed, in the order in which they were submitted."""
        check_allowed(by, "task list")
        return list(self.chain.state.tasks.values())

    def task(self, by: Principal, id: str) -> Task:
        """A task by its id, or the beginning of it. Raises OperatorError."""
        check_allowed(by, "task show")
        return self._task(id)

    def follow(
        self, by: Principal, id: str, seen: Mapping[str, int] = {}, pause: float = inf
    ) -> AsyncGenerator[Task | Record | None, None]:
        """A task and what its runs record, until it is over: as Follows.follow says. Who leaves
        early closes it (contextlib.aclosing). Raises OperatorError.
        """
        return self._follows.follow(self.task(by, id).id, seen, pause)

    def is_followed(self, run: str) -> bool:
        """Whether `follow` tells the records of a run: it was begun here, not too long ago."""
        return self._follows.is_followed(run)

    async def wait_over(self, by: Principal, id: str) -> Task:
        """Wait until a task is over. Raises OperatorError."""
        return await self._follows.wait_over(self.task(by, id).id)

    # The service itself.

    async def stop(self, by: Principal, hurry: trio.Event) -> bool:
        """Begin nothing new, and let what works end within the grace, or until `hurry`. Returns
        when that is over and on record: whether anything still works, which goes on at the next
        start if its process ends now.
        """
        check_allowed(by, "stop")
        self.stopping.set()
        self.conductor.is_stopping = True
        with trio.move_on_after(self.terms.grace_ns / 1e9):
            await self._follows.wait_idle(self.conductor.working, hurry)
        left = tuple(self.conductor.working)
        self.chain.tell(ServiceStopped(by.word, left))
        await self.chain.commit()
        return bool(left)

    def go_on(self, tasks: Sequence[Task]) -> None:
        """Let tasks wait that the log has as pending; let those go on whose runs were under way
        when their process ended, without what was taken away since.
        """
        for task in tasks:
            if task.state is TaskState.PENDING:
                self.conductor.admit(task)
                continue
            one = self.conductor.working[task.id] = Working(task, None)
            for installed in self.chain.state.workspace.manifests.values():
                for holder in installed.holders:
                    if (reason := installed.why_not(holder)) is not None:
                        one.revoke(holder, reason)
            self.nursery.start_soon(self._work, one)

    def revoke(self, holders: Sequence[str], reason: str) -> None:
        """Refuse holders whatever they do in runs that work, from their next host call on."""
        for one in self.conductor.working.values():
            for holder in holders:
                if one.plan is None or holder in one.plan.holders:
                    one.revoke(holder, reason)

    def note_waits(self, run: str, change: int) -> None:
        """A run waits for a person in one call more, or less."""
        for one in self.conductor.working.values():
            if one.task.run == run:
                one.asks += change
                self.conductor.wake()

    # How work is done.

    def _begin(self, task: Task) -> None:
        try:
            plan = self._plan(task.order)
        except LionError as exc:
            end = TaskEnd(
                state=TaskState.SKIPPED, exit_code=exc.exit_code, ending="refused",
                error=exc.what, hint=exc.hint,
            )  # fmt: skip
            self._end(task, end)
            return
        one = self.conductor.working[task.id] = Working(task, plan)
        self.nursery.start_soon(self._work, one)
        self._follows.touch(task.id)

    async def _work(self, one: Working) -> None:
        await self.chain.commit()  # that it begins is durable before it does
        task = one.task = self.chain.state.tasks[one.task.id]
        began = partial(self._follows.note_begun, task)
        end = await one.carry_out(self.host, began, self.chain.now_ns)
        self.values.note(one.task.id, one.value)
        del self.conductor.working[one.task.id]
        self._end(self.chain.state.tasks[one.task.id], end)
        await self.chain.commit()

    def _end(self, task: Task, end: TaskEnd) -> None:
        since = task.started_ns or self.chain.now_ns
        self.chain.tell(TaskEnded(task.id, task.run, end, self.chain.now_ns - since))
        if task.says_retry(end) and not self.stopping.is_set():
            wait = wait_before(task.terms.retry, task.retries)
            at = self.chain.now_ns + wait
            if task.due_ns is None or at < task.due_ns:
                self._again(task, SERVICE, f"its terms: {end.ending}", at, counts=True)
        self.conductor.wake()
        self._follows.touch(task.id)

    def _end_late(self, task: Task) -> None:
        self._end(task, TaskEnd(state=TaskState.SKIPPED, ending="deadline", error=LATE))

    def _again(self, task: Task, by: str, reason: str, at_ns: int, *, counts: bool) -> None:
        self.chain.tell(TaskRetried(by, task.id, at_ns, reason, counts))
        self.conductor.admit(self.chain.state.tasks[task.id])
        self._follows.touch(task.id)

    def _stop(self, task: Task, state: TaskState, words: str) -> None:
        working = self.conductor.working.get(task.id)
        if working is not None:
            working.stop(state, words)
            return
        self.conductor.withdraw(task.id)
        end = TaskEnd(state=state, ending="cancelled", error=words)
        self._end(self.chain.state.tasks[task.id], end)

    def _tree(self, task: Task) -> list[Task]:
        found = [task]
        for one in found:
            children = self.chain.state.children(one.id)
            found += [child for child in children if not child.state.is_over]
        return found

    def _task(self, id: str) -> Task:
        tasks = self.chain.state.tasks
        if id in tasks:
            return tasks[id]
        matching = [one for one in tasks if id and one.startswith(id)]
        if len(matching) != 1:
            raise unknown_task(id, list(tasks))
        return tasks[matching[0]]

    def _installed(self, order: Order) -> Installed:
        return ready_for(self.chain.state.workspace, order.holder)

    def _plan(self, order: Order) -> Plan:
        """What a run of this order is to carry out, by the workspace of now."""
        return plan_for(self.plan_of(self._installed(order)), order)

    def plan_of(self, installed: Installed) -> Plan:
        """What an installed manifest comes to, made once."""
        known = self._plans.get(installed.name)
        if known is None or known[0] is not installed:
            known = self._plans[installed.name] = installed, installed.plan()
        return known[1]

    def _check_open(self) -> None:
        if self.stopping.is_set():
            raise is_stopping()
