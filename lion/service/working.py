"""Look here if you want to know how a task is carried out by a run, and what it comes to.

Rule: one way to run: a task's run is one of the host's, through the same door as any.
Rule: one's failure is its own: whatever a run comes to is the end of its task, and nothing else.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import trio

from lion.domain.plan import Plan
from lion.domain.task import TaskEnd, TaskState
from lion.errors import INTERRUPTED, GuestError, LionError, OperatorError, OutsideError
from lion.host import Host
from lion.kernel.run import Run
from lion.review.report import Ending, RunReport
from lion.service.schedule import Held
from lion.service.tasks import Task

SHORT: Final = 16 * 1024
"""Bytes of a result as JSON that a task's record holds; a longer one is in the run's."""
LATE: Final = "it was not over within its deadline"


class Working:
    """A task that works: its run, once that has begun, and how it is stopped."""

    def __init__(self, task: Task, plan: Plan | None) -> None:
        """No `plan`: its run was begun by a process that is gone, and goes on as it was."""
        self.task = task
        self.plan = plan
        self.run: Run | None = None
        self.begun = trio.Event()
        """Its run has begun, or will not."""
        self.asks = 0
        """Calls of it that wait for people."""
        self.value: Any = None
        """What its run gave, however long that is."""
        self._stopped: TaskEnd | None = None
        self._revoked: dict[str, str] = {}

    @property
    def held(self) -> Held:
        """What it holds now: nothing while it only waits."""
        resources = self.task.terms.resources
        return Held(id=self.task.id, resources=resources, idle=self.asks > 0)

    def stop(self, state: TaskState, words: str, ending: str = "cancelled") -> None:
        """Stop it, the first time; that is then its end."""
        if self._stopped is None:
            self._stopped = TaskEnd(state=state, exit_code=INTERRUPTED, ending=ending, error=words)
        if self.run is not None:
            self.run.cancel()

    def revoke(self, holder: str, reason: str) -> None:
        """Refuse a holder's next host call."""
        self._revoked[holder] = reason
        if self.run is not None:
            self.run.revoke(holder, reason)

    async def carry_out(self, host: Host, began: Callable[[], None], now_ns: int) -> TaskEnd:
        """Run it to its end. Raises what is no failure of its own (the log's)."""
        try:
            return await self._carried(host, began, now_ns)
        finally:
            self.begun.set()

    async def _carried(self, host: Host, began: Callable[[], None], now_ns: int) -> TaskEnd:
        try:
            run = await self._begun(host)
        except LionError as exc:
            return self._not_begun(exc)
        except OSError as exc:  # no file can be opened any more, for instance
            return failed(OutsideError(f"its run could not begin: {exc.strerror or exc}"))
        if isinstance(run, RunReport):  # it had ended, and nobody had said so
            return end_of(run)
        self.run = run
        self.begun.set()
        for holder, reason in self._revoked.items():
            run.revoke(holder, reason)
        if self._stopped is not None:
            run.cancel()
        began()
        try:
            report = await self._waited(run, now_ns)
        except LionError as exc:
            return self._stopped or self._not_begun(exc)
        if report.interrupted:
            return self._stopped or _interrupted()
        self.value = value_of(report.endings[0])
        return end_of(report)

    async def _begun(self, host: Host) -> Run | RunReport:
        if self.plan is None:
            return await host.go_on(self.task.run)
        return await host.start(self.plan, run=self.task.run, by=self.task.by)

    def _not_begun(self, exc: LionError) -> TaskEnd:
        end = failed(exc)
        if self.plan is None:  # it had begun before: what there is of it stays
            return msgspec.structs.replace(end, state=TaskState.ABORTED)
        return end

    async def _waited(self, run: Run, now_ns: int) -> RunReport:
        due = self.task.due_ns
        left = float("inf") if due is None else max(due - now_ns, 0) / 1e9
        with trio.move_on_after(left):
            return await run.wait()
        self.stop(TaskState.FAILED, LATE, "deadline")
        return await run.wait()


def failed(exc: LionError) -> TaskEnd:
    """The end of a task whose run could not begin, or had to stop."""
    is_refused = isinstance(exc, OperatorError)
    ending = exc.ending if isinstance(exc, GuestError) else "failed"
    return TaskEnd(
        state=TaskState.SKIPPED if is_refused else TaskState.FAILED, exit_code=exc.exit_code,
        ending="refused" if is_refused else ending, error=exc.what, hint=exc.hint,
    )  # fmt: skip


def end_of(report: RunReport) -> TaskEnd:
    """The end of a task whose run is over."""
    (ending,) = report.endings
    if not ending.ok:
        state = TaskState.SKIPPED if ending.ending == "refused" else TaskState.FAILED
        kind = "outside" if ending.exit_code == OutsideError.exit_code else ending.ending
        return TaskEnd(
            state=state, exit_code=report.exit_code, ending=kind, error=ending.error,
            hint=ending.hint,
        )  # fmt: skip
    value = value_of(ending)
    is_long = _size(value) > SHORT
    return TaskEnd(
        state=TaskState.COMPLETED, exit_code=report.exit_code,
        value=None if is_long else value, is_long=is_long,
    )  # fmt: skip


def value_of(ending: Ending) -> Any:
    """What a call or an agent gave, as JSON."""
    if ending.answer is not None:
        return ending.answer
    return ending.text if ending.kind == "agent" else ending.value


def _size(value: Any) -> int:
    try:
        return len(msgspec.json.encode(value))
    except (TypeError, ValueError, RecursionError):  # no JSON: it is in the run's record
        return SHORT + 1


def _interrupted() -> TaskEnd:
    return TaskEnd(
        state=TaskState.ABORTED, exit_code=INTERRUPTED, ending="cancelled",
        error="its run was interrupted", hint="give it again: lion task retry ID",
    )  # fmt: skip
