"""Look here if you want to know how tasks get their turns: what waits, what works, what comes
later.

Rule: that a task's turn has come, why, and as which run it begins is durable before the run
begins: so after a kill each is known to have begun or not.
Rule: a decision waits for nobody: not for an adviser, not for a task.
"""

import uuid
from collections.abc import Callable
from heapq import heappop, heappush

import trio

from lion.domain.events import TaskScheduled, TaskStarted
from lion.domain.task import TaskState
from lion.service.chain import Chain
from lion.service.queue import Queue, Waiting
from lion.service.schedule import Bounds, Choice, choose
from lion.service.tasks import Task
from lion.service.working import Working

HOUR: float = 3_600.0
YIELD = 16
"""Tasks that begin before others have their turn on the loop."""


class Conductor:
    """Decides whose turn it is. `begin` is called for each whose turn has come, `late` for each
    that was not over within its deadline while it waited.
    """

    def __init__(
        self, chain: Chain, queue: Queue, bounds: Bounds,
        begin: Callable[[Task], None], late: Callable[[Task], None],
    ) -> None:  # fmt: skip
        self.queue = queue
        self.bounds = bounds
        self.working: dict[str, Working] = {}
        self.advice: tuple[str, ...] = ()
        self.is_stopping = False
        self.moved = trio.Event()
        """Set when somebody joins those that wait, or begins; another is in its place then."""
        self._chain = chain
        self._begin = begin
        self._late = late
        self._later: list[tuple[int, str]] = []
        self._resting: set[str] = set()
        self._changed = trio.Event()
        queue.decisions = chain.state.decisions

    @property
    def waiting(self) -> int:
        """How many tasks wait, for their turn or for a time."""
        return len(self.queue) + len(self._resting)

    def wake(self) -> None:
        """Look again: something may have its turn."""
        self._changed.set()

    def admit(self, task: Task) -> None:
        """Let a pending task wait for its turn, or for its time."""
        if task.due_ns is not None:
            heappush(self._later, (task.due_ns, task.id))
        if task.not_before_ns > self._chain.now_ns:
            heappush(self._later, (task.not_before_ns, task.id))
            self._resting.add(task.id)
        else:
            self._join(task)
        self.wake()

    def withdraw(self, id: str) -> None:
        """Let it wait no longer."""
        self._resting.discard(id)
        if id in self.queue:
            self.queue.leave(id)

    async def conduct(self) -> None:
        """Give turns, for ever. Raises AuditError."""
        while True:
            self._changed = trio.Event()
            begun = 0
            while not self.is_stopping and self._decide():
                begun += 1
                if begun % YIELD == 0:
                    await trio.lowlevel.checkpoint()
            await self._chain.keep()
            with trio.move_on_after(self._until()):
                await self._changed.wait()
            self._ripen()

    def _join(self, task: Task) -> None:
        terms = task.terms
        self.queue.join(
            Waiting(
                id=task.id, by=task.by, priority=terms.priority, resources=terms.resources,
                joined_ns=max(task.submitted_ns, task.not_before_ns),
            )
        )  # fmt: skip
        self._note_moved()

    def _note_moved(self) -> None:
        self.moved.set()
        self.moved = trio.Event()

    def _decide(self) -> bool:
        """Give somebody a turn, if anybody can begin."""
        held = [one.held for one in self.working.values()]
        choice = choose(self.queue, held, self.bounds, self.advice)
        if not choice.id:
            return False
        waiting = len(self.queue)
        self.queue.begin(choice.id, choice.over)
        self._tell(choice, waiting)
        self._note_moved()
        self._begin(self._chain.state.tasks[choice.id])
        return True

    def _tell(self, choice: Choice, waiting: int) -> None:
        self._chain.tell(
            TaskScheduled(
                id=choice.id, decision=self.queue.decisions, strategy=self.queue.strategy,
                waiting=waiting, reason=choice.reason, passed=choice.passed,
                advice=choice.advice,
            )
        )  # fmt: skip
        attempt = self._chain.state.tasks[choice.id].attempts + 1
        self._chain.tell(TaskStarted(choice.id, str(uuid.uuid4()), attempt))

    def _until(self) -> float:
        """Seconds until somebody's time comes, an hour at most."""
        if not self._later:
            return HOUR
        return min(max(self._later[0][0] - self._chain.now_ns, 0) / 1e9, HOUR)

    def _ripen(self) -> None:
        """Let those wait for their turns whose time has come, and end those who are late."""
        now = self._chain.now_ns
        while self._later and self._later[0][0] <= now:
            _, id = heappop(self._later)
            task = self._chain.state.tasks.get(id)
            if task is None or task.state is not TaskState.PENDING:
                continue
            if task.due_ns is not None and task.due_ns <= now:
                self.withdraw(id)
                self._late(task)
            elif id in self._resting and task.not_before_ns <= now:
                self._resting.discard(id)
                self._join(task)
