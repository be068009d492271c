"""Look here if you want to know how one job is tried, again, and given up: deadlines and back-off.

Rule: each try has a key of its own; what comes late of a try that is over is ignored.
Rule: a job ends once.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from lion.domain.workflow import Job, Retry
from lion.workflows.engine import (
    Action,
    Cancel,
    Do,
    Done,
    Failed,
    Fault,
    Fired,
    Hear,
    Heard,
    Outcome,
    Part,
    Wait,
)

LONGEST_WAIT: Final = 366 * 86_400 * 1_000_000_000
"""Nanoseconds that a workflow waits for anything."""


class Task(msgspec.Struct, kw_only=True):
    """A job that is being done. `settled` is told its value or its fault, `heard` of records."""

    key: str
    step: str
    job: Job
    given: Any
    settled: Callable[[Any, Fault | None], None]
    heard: Callable[[Any], bool] | None = None
    retry: Retry | None = None
    deadline_ns: int | None = None
    is_after: bool = False
    """It cleans up or compensates: also when the workflow fails it is tried to its end."""
    tries: int = 0
    has_parts: bool = False


class Tasks:
    """The jobs of one workflow that are under way. `actions` are what was not handed out yet."""

    def __init__(
        self, most: int, noted: Callable[[str, str, str], None] = lambda *_: None
    ) -> None:
        self.actions: list[Action] = []
        self._most = most
        self._noted = noted
        self._begun = 0
        self._trying: dict[str, Task] = {}
        """By the key of the try."""
        self._waits: dict[str, Callable[[], None]] = {}
        self._deadlines: dict[str, str] = {}
        self._hears: dict[str, Callable[[Heard | Failed], None]] = {}
        self._cuts: dict[str, Callable[[], None]] = {}
        """What is told instead where a wait is cut."""
        self._is_closed = False
        self._count = 0

    @property
    def is_idle(self) -> bool:
        """Nothing is under way, and nothing will be."""
        return not self._trying and not self._waits

    def begin(self, task: Task) -> None:
        """Do a job to its end."""
        self._try(task)

    def wait(
        self, key: str, ns: int, then: Callable[[], None], cut: Callable[[], None] | None = None
    ) -> str:
        """Call `then` when the time has passed, or `cut` when the workflow fails before. Its key,
        by which it can be forgotten.
        """
        self._count += 1
        key = f"{key}~{self._count}"
        self._waits[key] = then
        if cut is not None:
            self._cuts[key] = cut
        self.actions.append(Wait(key=key, ns=max(0, min(ns, LONGEST_WAIT))))
        return key

    def hear(self, topic: str, then: Callable[[Heard | Failed], None]) -> None:
        """Call `then` with the next message on a topic, or why it cannot be heard."""
        self._count += 1
        key = f"bus {topic}~{self._count}"
        self._hears[key] = then
        self.actions.append(Hear(key=key, topic=topic))

    def forget(self, key: str) -> None:
        """A wait that is not needed."""
        self._cuts.pop(key, None)
        if self._waits.pop(key, None) is not None:
            self.actions.append(Cancel(key=key))

    def close(self) -> None:
        """Nothing is tried again; waits and questions are cut, which changes nothing outside."""
        self._is_closed = True
        self.actions.extend(Cancel(key=key) for key in self._hears)
        self._hears.clear()
        for key, cut in list(self._cuts.items()):
            self.forget(key)
            cut()
        for key, task in list(self._trying.items()):
            if task.job.kind == "ask" and not task.is_after:
                self.actions.append(Cancel(key=key))
                self._failed(task, Failed(key=key, case="cancelled", text="the workflow failed"))

    def stop(self) -> None:
        """Stop everything; nobody is told."""
        for key in (*self._trying, *self._waits, *self._hears):
            self.actions.append(Cancel(key=key))
        self._trying.clear()
        self._waits.clear()
        self._hears.clear()
        self._cuts.clear()
        self._deadlines.clear()

    def take(self, outcome: Outcome) -> None:
        """Hear what came of an action."""
        if isinstance(outcome, Fired):
            self._cuts.pop(outcome.key, None)
            then = self._waits.pop(outcome.key, None)
            if then is not None:
                then()
            return
        if isinstance(outcome, Heard | Failed) and outcome.key in self._hears:
            self._hears.pop(outcome.key)(outcome)
            return
        task = self._trying.get(outcome.key)
        if task is None:
            return
        match outcome:
            case Part(value=value):
                task.has_parts = True
                if task.heard is not None and not task.heard(value):
                    what = Failed(
                        key=outcome.key, case="exhausted", text="it has too many records"
                    )
                    self.actions.append(Cancel(key=outcome.key))
                    self._failed(task, what)
            case Done(value=value):
                self._leave(outcome.key)
                task.settled(value, None)
            case Failed():
                self._failed(task, outcome)

    def _try(self, task: Task) -> None:
        if self._begun >= self._most:
            what = f"the workflow has begun {self._most:,} jobs, which is all that it may"
            task.settled(None, Fault(step=task.step, case="exhausted", text=what))
            return
        self._begun += 1
        task.tries += 1
        key = f"{task.key}.{task.tries}"
        self._trying[key] = task
        job = task.job
        self.actions.append(Do(
            key=key, kind=job.kind, target=job.target, given=task.given, form=job.form,
            records=job.records,
        ))  # fmt: skip
        if task.deadline_ns is not None:
            late = self.wait(f"{key}/deadline", task.deadline_ns, lambda: self._late(key))
            self._deadlines[key] = late

    def _leave(self, key: str) -> None:
        del self._trying[key]
        late = self._deadlines.pop(key, None)
        if late is not None:
            self.forget(late)

    def _late(self, key: str) -> None:
        task = self._trying[key]
        self.actions.append(Cancel(key=key))
        seconds = (task.deadline_ns or 0) / 1e9
        self._deadlines.pop(key, None)
        self._failed(
            task, Failed(key=key, case="timeout", text=f"it took longer than {seconds:g} s")
        )

    def _failed(self, task: Task, failed: Failed) -> None:
        self._leave(failed.key)
        retry, fault = task.retry, Fault(step=task.step, case=failed.case, text=failed.text)
        is_last = retry is None or task.tries > retry.times or failed.case not in retry.on
        # What was heard of it is in use already, and would come twice.
        is_last = is_last or task.has_parts or (self._is_closed and not task.is_after)
        if retry is None or is_last:
            task.settled(None, fault)
            return
        pause = pause_of(retry, task.tries)
        self._noted(
            task.step, "waits to be tried again",
            f"{task.key}: {fault.case}: {fault.text}; in {pause / 1e9:g} s",
        )  # fmt: skip
        self.wait(
            f"{failed.key}/again", pause, lambda: self._try(task),
            None if task.is_after else lambda: task.settled(None, fault),
        )  # fmt: skip


def pause_of(retry: Retry, tries: int) -> int:
    """Nanoseconds before the next try, after so many."""
    pause = float(retry.wait_ns)
    for _ in range(tries - 1):
        if not 0 < pause < retry.most_ns:
            break
        pause *= retry.factor
    return int(min(pause, retry.most_ns))
