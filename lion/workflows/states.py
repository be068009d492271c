"""Look here if you want to know how a workflow goes from state to state: one at a time, each with
its work, and moves that lead on.

Rule: of a state's moves for how its work ended the first whose condition holds is taken; where
none is, the workflow fails, unless the state is an end.
Rule: after `timeout` what a state has under way is cut, and its moves on `timeout` count.
"""

from typing import Any

from lion.domain.workflow import Workflow
from lion.workflows.engine import Fault
from lion.workflows.expressions import Names, Unanswered
from lion.workflows.strategy import Strategy
from lion.workflows.work import Work


class States(Strategy):
    """A state machine."""

    def __init__(self, workflow: Workflow, names: Names | None = None) -> None:
        super().__init__(workflow, names)
        self._visits: dict[str, int] = {}
        self._moves = 0
        self._at = ""
        self._next = workflow.first or workflow.steps[0].name
        self._late: str | None = None
        self._ended = False
        self._value: Any = None
        self._has_value = False

    def _begin(self) -> None:
        self._enter()

    def _enter(self) -> None:
        """Enter the next state, and those after it that have no work."""
        while self._next and not self.has_failed and not self.names.meter.is_spent:
            self.names.meter.add()
            name, self._next = self._next, ""
            self._moves += 1
            if self._moves > self.workflow.jobs:
                text = f"it went through {self.workflow.jobs:,} states, which is all that it may"
                self.fail(Fault(step=name, case="exhausted", text=text))
                return
            self._arrive(name)

    def _carry_on(self) -> None:
        self._enter()

    def _arrive(self, name: str) -> None:
        visit = self._visits[name] = self._visits.get(name, 0) + 1
        self._at = name
        key = name if visit == 1 else f"{name}:{visit}"
        step = self.ready[name].step
        self.note(name, "was entered", f"visit {visit}")
        if not self.applies(name):
            if not self.has_failed:
                self.note(name, "was skipped", f"its condition was false: {step.when}")
                self.values["ended"][name] = "skipped"
                self._leave(name, "skipped", dict(self.values), None)
            return
        if step.timeout_ns is not None and step.job is not None:
            self._late = self.tasks.wait(
                f"{key}/timeout", step.timeout_ns, lambda: self._timeout(name)
            )
        self.work_on(name, key)

    def _timeout(self, name: str) -> None:
        self._late = None
        self.tasks.stop()
        self.bench.reset()
        self.note(name, "was cut", "its timeout passed")
        self.values["ended"][name] = "timeout"
        fault = Fault(step=name, case="timeout", text="the state's timeout passed")
        self._leave(name, "timeout", {**self.values, "error": {"case": "timeout"}}, fault)
        self._enter()

    def _settle(self, work: Work) -> None:
        if self._late is not None:
            self.tasks.forget(self._late)
            self._late = None
        name, fault = work.ready.name, work.fault
        if self.set_variables(work):
            ended = "completed" if fault is None else "failed"
            self._leave(name, ended, self.values_after(work), fault)
            self._enter()

    def _leave(self, name: str, ended: str, values: dict[str, Any], fault: Fault | None) -> None:
        ready = self.ready[name]
        values = {"result": None, "args": None, "error": {}, **values, "vars": self.values["vars"]}
        try:
            for move, when in zip(ready.step.next, ready.moves, strict=True):
                if move.on == ended and (when is None or when.evaluate(values) is True):
                    why = f"{ended}, and {move.when}" if move.when else ended
                    self.note(name, f"led to {move.to}", why)
                    self._next = move.to
                    return
            if ready.step.ends and fault is None:
                self._value, self._has_value = ready.end(values), True
                self._ended = True
                return
        except Unanswered as exc:
            fault = Fault(step=name, case="invalid", text=f"where it leads: {exc}")
        text = f"the state {name!r} was {ended}, and none of its moves applies"
        self.fail(fault or Fault(step=name, case="invalid", text=text))

    def _is_over(self) -> bool:
        return self._ended

    def _result(self) -> Any:
        if self._has_value and self._value is not None:
            return self._value
        return super()._result() if self.workflow.output_is_set else self._value
