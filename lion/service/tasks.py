"""Look here if you want to know how a task goes from state to state: a fold of its events.

Rule: what cannot follow is an error of the log, not a guess.
"""

import msgspec

from lion.domain.events import (
    Event,
    TaskCancelled,
    TaskEnded,
    TaskRetried,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
)
from lion.domain.task import Cause, Order, Retry, TaskEnd, TaskState, Terms
from lion.errors import AuditError

TaskEvent = TaskSubmitted | TaskScheduled | TaskStarted | TaskRetried | TaskCancelled | TaskEnded


class Scheduled(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How its turn came: as in TaskScheduled."""

    decision: int
    strategy: str
    waiting: int
    reason: str
    passed: dict[str, str] = {}
    advice: str = ""


class Task(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A task as its records have it. Times are nanoseconds since 1970; `runs` carried it out, one
    after another; `due_ns` is when it has to be over, `not_before_ns` when it may begin.
    """

    id: str
    by: str
    order: Order
    terms: Terms
    key: str = ""
    cause: Cause | None = None
    state: TaskState = TaskState.PENDING
    submitted_ns: int = 0
    started_ns: int = 0
    ended_ns: int = 0
    not_before_ns: int = 0
    attempts: int = 0
    retries: int = 0
    runs: tuple[str, ...] = ()
    scheduled: Scheduled | None = None
    end: TaskEnd | None = None
    is_cancelled: bool = False
    """Somebody has taken it back, and its run is being stopped."""

    @property
    def run(self) -> str:
        """The run that carries it out, or did last; empty: none yet."""
        return self.runs[-1] if self.runs else ""

    @property
    def due_ns(self) -> int | None:
        """When it has to be over."""
        limit = self.terms.deadline_ns
        return None if limit is None else self.submitted_ns + limit

    def says_retry(self, end: TaskEnd) -> bool:
        """Whether its terms have it tried again after this."""
        terms = self.terms.retry
        if end.state is not TaskState.FAILED or self.is_cancelled or self.retries >= terms.times:
            return False
        return not terms.on or end.ending in terms.on


LONGEST_WAIT_NS = 24 * 3_600 * 10**9


def wait_before(retry: Retry, done: int) -> int:
    """Nanoseconds before the next attempt, `done` retries being over; a day at most."""
    try:
        return int(min(retry.wait_ns * retry.factor**done, LONGEST_WAIT_NS))
    except OverflowError:
        return LONGEST_WAIT_NS


MOVES: dict[type[Event], frozenset[TaskState]] = {
    TaskScheduled: frozenset({TaskState.PENDING}),
    TaskStarted: frozenset({TaskState.PENDING}),
    TaskCancelled: frozenset({TaskState.PENDING, TaskState.PROCESSING}),
    TaskEnded: frozenset({TaskState.PENDING, TaskState.PROCESSING}),
    TaskRetried: frozenset(TaskState) - {TaskState.PENDING, TaskState.COMPLETED},
}
"""In which states each fact can be told of a task."""


def begun(event: TaskSubmitted, time_ns: int) -> Task:
    """A task at its beginning."""
    return Task(
        id=event.id, by=event.by, order=event.order, terms=event.terms, key=event.key,
        cause=event.cause, submitted_ns=time_ns,
    )  # fmt: skip


def moved(task: Task, event: TaskEvent, time_ns: int) -> Task:
    """A task after a fact of it. Raises AuditError for what cannot follow."""
    if task.state not in MOVES.get(type(event), frozenset()):
        name = type(event).__name__
        raise AuditError(
            f"the log tells {name} of task {task.id}, which is {task.state}",
            hint="prove what was recorded with: lion verify service-YYYY-MM", task=task.id,
        )  # fmt: skip
    change = msgspec.structs.replace
    match event:
        case TaskScheduled():
            fields = {name: getattr(event, name) for name in Scheduled.__struct_fields__}
            return change(task, scheduled=Scheduled(**fields))
        case TaskStarted():
            return change(
                task, state=TaskState.PROCESSING, started_ns=time_ns,
                attempts=event.attempt, runs=(*task.runs, event.run),
            )  # fmt: skip
        case TaskRetried():
            return change(
                task, state=TaskState.PENDING, not_before_ns=event.at_ns, end=None, ended_ns=0,
                retries=task.retries + event.counts, is_cancelled=False,
            )  # fmt: skip
        case TaskCancelled():
            return change(task, is_cancelled=True)
        case TaskEnded():
            return change(task, state=event.end.state, ended_ns=time_ns, end=event.end)
        case _:
            raise AssertionError(event)
