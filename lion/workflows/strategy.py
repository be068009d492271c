"""Look here if you want to know what the three strategies have in common: how a workflow begins,
fails, is compensated and ends.

Rule: when it fails, nothing further is begun; what is under way comes to its end, since cutting it
would leave nobody knowing what it did. Then what was done is compensated, the last first, one at a
time; a compensation that fails is told, and the others go on.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from lion.domain.workflow import Workflow
from lion.workflows.bench import Bench
from lion.workflows.cost import size_of
from lion.workflows.engine import Action, Emit, End, Fault, Note, Outcome
from lion.workflows.expressions import Names, Unanswered
from lion.workflows.ready import Ready, names_of
from lion.workflows.tasks import Task, Tasks
from lion.workflows.values import build_value
from lion.workflows.work import ONE, Finished, Work

MOST_VARIABLES: Final = 1024 * 1024
"""Bytes of all variables together."""
MOST_NOTES: Final = 100_000
"""Notes that are kept; what happens is not bounded by this."""


class Strategy(ABC):
    """An engine, but for what is done when (engine.Engine says what its methods are for)."""

    def __init__(self, workflow: Workflow, names: Names | None = None) -> None:
        self.workflow = workflow
        self.names = names_of(workflow) if names is None else names
        self.ready = {step.name: Ready(step, self.names) for step in workflow.steps}
        self.tasks = Tasks(workflow.jobs, self.note)
        self.bench = Bench(self.tasks, workflow.at_once, self, self.names.meter)
        self.values: dict[str, Any] = {
            "input": None, "steps": {}, "ended": {}, "errors": {}, "vars": dict(workflow.vars),
        }  # fmt: skip
        self._notes: list[Note] = []
        self._done: list[Finished] = []
        self._fault: Fault | None = None
        self._undone: list[str] = []
        self._stuck: list[Fault] = []
        self._is_undoing = False
        self._is_busy = False
        self._end: End | None = None

    @property
    def end(self) -> End | None:
        """How it ended; None as long as it goes on."""
        return self._end

    @property
    def notes(self) -> Sequence[Note]:
        """What was decided so far, in order."""
        return self._notes

    @property
    def has_failed(self) -> bool:
        """It will end with a fault."""
        return self._fault is not None

    def start(self, given: Any) -> Sequence[Action]:
        """What to do first."""
        self.values["input"] = given
        self.names.meter.renew()
        self._begin()
        return self._go_on()

    def on(self, outcome: Outcome) -> Sequence[Action]:
        """What to do next."""
        if self._end is not None:
            return ()
        self.names.meter.renew()
        self.tasks.take(outcome)
        return self._go_on()

    @property
    def is_busy(self) -> bool:
        """It has paused, and has more to decide: `go_on`."""
        return self._is_busy

    def go_on(self) -> Sequence[Action]:
        """What else to do, after a pause."""
        self.names.meter.renew()
        return self._go_on()

    @abstractmethod
    def _begin(self) -> None:
        """Begin the first steps."""

    @abstractmethod
    def _carry_on(self) -> None:
        """Go on where a pause came between."""

    @abstractmethod
    def _settle(self, work: Work) -> None:
        """A step is over, and the workflow goes on."""

    @abstractmethod
    def _is_over(self) -> bool:
        """Asked when nothing is under way: whether nothing more will be."""

    def _result(self) -> Any:
        """What the workflow gives. Raises Unanswered."""
        return self._written(self.workflow.output)

    def _written(self, value: Any) -> Any:
        return build_value(self.names, value)(self.values)

    def _go_on(self) -> Sequence[Action]:
        meter = self.names.meter
        self._carry_on()
        self.bench.pump()
        while self._end is None and not meter.is_spent and self.bench.is_idle:
            meter.add()
            if self._fault is not None:
                if not self._undo():
                    break
            elif self._is_over():
                self._finish()
            else:
                break
            self.bench.pump()
        self._is_busy = self._end is None and meter.is_spent
        actions, self.tasks.actions = self.tasks.actions, []
        return actions

    def _finish(self) -> None:
        try:
            value = self._result()
        except Unanswered as exc:
            self.fail(Fault(step="", case="invalid", text=f"its output: {exc}"))
            return
        self._stop(End(value=value))

    def _stop(self, end: End) -> None:
        self.tasks.stop()
        self._end = end

    def fail(self, fault: Fault) -> None:
        """The workflow will end with this fault, unless it has another already."""
        if self._fault is None:
            self._fault = fault
            self.note(fault.step, "stopped the workflow", f"{fault.case}: {fault.text}")
            self.bench.is_closed = True
            self.tasks.close()

    def note(self, step: str, what: str, why: str) -> None:
        """Keep what was decided of a step."""
        if len(self._notes) < MOST_NOTES:
            self._notes.append(Note(step=step, what=what, why=why))

    def settled(self, work: Work) -> None:
        """See work.Owner."""
        name, fault = work.ready.name, work.fault
        if fault is not None:
            self.values["errors"][name] = {"case": fault.case, "text": fault.text}
            self.note(name, "failed", f"{fault.case}: {fault.text}")
        elif work.is_over:
            self.note(name, "completed", "")
        # A fan-out that goes on has what its other items gave.
        if fault is None or work.items is not None:
            self.values["steps"][name] = work.value
        self.values["ended"][name] = "completed" if fault is None else "failed"
        if self._fault is None:
            self._settle(work)

    def set_variables(self, work: Work) -> bool:
        """Set what a step that is over sets; False if that failed, and the workflow with it."""
        ready = work.ready
        if not ready.step.set or work.fault is not None:
            return True
        try:
            found = {**self.values["vars"], **ready.set(self.values_after(work))}
            if size_of(found).bytes > MOST_VARIABLES:
                raise Unanswered(f"the variables have more than {MOST_VARIABLES:,} bytes together")
        except Unanswered as exc:
            self.fail(Fault(step=ready.name, case="invalid", text=f"set: {exc}"))
            return False
        self.values["vars"] = found
        return True

    def values_after(self, work: Work) -> dict[str, Any]:
        """What expressions may name when a step is over."""
        fault = work.fault
        error = {} if fault is None else {"case": fault.case, "text": fault.text}
        return {**work.values, **self.values, "result": work.value, "args": None, "error": error}

    def finished(self, done: Finished) -> None:
        """See work.Owner."""
        self._done.append(done)

    def heard(self, work: Work, record: Any) -> bool:
        """See work.Owner."""
        records = work.records
        if records is None or len(records) >= self.workflow.items:
            return False
        records.append(record)
        return True

    def emitted(self, name: str, value: Any) -> None:
        """See work.Owner."""
        self.tasks.actions.append(Emit(name=name, value=value))

    def work_on(self, name: str, key: str = "", event: Any = None) -> Work:
        """Begin a step; `key` is its own, if it is done more than once."""
        ready = self.ready[name]
        values = self.values if event is None else {**self.values, "event": event}
        work = Work(ready=ready, key=key or name, values=values)
        if ready.step.job is not None and ready.step.job.records:
            work.records = []
        try:
            if ready.each is not None:
                work.items = self._items(ready, values)
        except Unanswered as exc:
            work.fault = Fault(step=name, case="invalid", text=f"each: {exc}")
            work.items = []
        self.bench.add(work)
        return work

    def _items(self, ready: Ready, values: dict[str, Any]) -> list[Any]:
        assert ready.each is not None
        found = ready.each.evaluate(values)
        if not isinstance(found, list):
            raise Unanswered(f"it gives a {type(found).__name__}, and a fan-out goes over a list")
        if len(found) > self.workflow.items:
            raise Unanswered(
                f"it gives {len(found):,} items, and a fan-out has at most {self.workflow.items:,}"
            )
        return found

    def applies(self, name: str, event: Any = None) -> bool:
        """Whether a step's condition holds. A condition that comes to nothing fails the workflow,
        and the step does not apply.
        """
        ready = self.ready[name]
        if ready.when is None:
            return True
        values = self.values if event is None else {**self.values, "event": event}
        try:
            found = ready.when.evaluate(values)
            if not isinstance(found, bool):
                raise Unanswered(
                    f"it gives a {type(found).__name__}, and a condition true or false"
                )
        except Unanswered as exc:
            self.fail(Fault(step=name, case="invalid", text=f"when: {exc}"))
            return False
        return found

    def _undo(self) -> bool:
        """Compensate the next job; False while one is under way."""
        if self._is_undoing:
            return False
        if not self._done:
            end = End(fault=self._fault, undone=tuple(self._undone), stuck=tuple(self._stuck))
            self._stop(end)
            return True
        done = self._done.pop()
        step = done.work.ready.step
        place = "" if done.index == ONE else f"[{done.index}]"
        key = f"{done.work.key}{place}"
        values = {**done.work.values, "args": done.given, "result": done.result, "error": {}}
        if place:
            values |= {"item": done.item, "index": done.index}
        assert step.undo is not None
        try:
            given = done.work.ready.undo(values)
        except Unanswered as exc:
            self._stuck.append(Fault(step=key, case="invalid", text=f"undo: {exc}"))
            self.note(step.name, "could not be compensated", f"{key}: undo: {exc}")
            return True
        self._is_undoing = True
        self.note(step.name, "is compensated", f"{key} was done before the workflow failed")
        self.tasks.begin(Task(
            key=f"{key}/undo", step=key, job=step.undo, given=given, retry=step.retry,
            deadline_ns=step.deadline_ns, is_after=True,
            settled=lambda _, fault: self._undid(step.name, key, fault),
        ))  # fmt: skip
        return not self._is_undoing

    def _undid(self, step: str, key: str, fault: Fault | None) -> None:
        self._is_undoing = False
        if fault is None:
            self._undone.append(key)
            self.note(step, "was compensated", key)
        else:
            self.note(step, "could not be compensated", f"{key}: {fault.case}: {fault.text}")
            self._stuck.append(msgspec.structs.replace(fault, step=key))
