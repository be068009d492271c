"""Look here if you want to know how rules follow events: each step is done whenever something of
which it says `on` has happened, or each time that `every` has passed.

Events are: `start` (with the input), those that a step's `then.emit` names (with its result), the
end of a step: `NAME` (with its result) or `NAME.failed` (with its error), and `bus PATTERN`, a
message on a topic of the bus.

Rule: events are taken one after another, in the order in which they came; rules in the order in
which they stand.
Rule: a tick is left out while the work of the one before is under way.
Rule: topics are heard from the start on. No message is taken while as many works as may be at
once are under way: what comes meanwhile waits on the bus, which is bounded.
Rule: it is over when a step with `end` was completed, or when nothing can happen any more; one
that hears a topic goes on until it ends or is stopped.
"""

from collections import deque
from functools import partial
from typing import Any, Final

import msgspec

from lion.domain.workflow import BUS, Workflow
from lion.workflows.engine import Failed, Fault, Heard
from lion.workflows.expressions import Names, Unanswered
from lion.workflows.strategy import Strategy
from lion.workflows.work import Work

START: Final = "start"
MOST_WAITING: Final = 10_000
"""Events that wait to be taken."""


class Events(Strategy):
    """Rules that follow events."""

    def __init__(self, workflow: Workflow, names: Names | None = None) -> None:
        super().__init__(workflow, names)
        self._queue: deque[dict[str, Any]] = deque()
        self._deaf = list(workflow.topics)
        """Topics of which the next message was not asked for yet."""
        self._follows: deque[tuple[str, dict[str, Any]]] = deque()
        """Rules that follow the event taken last."""
        self._happened = 0
        self._times: dict[str, int] = {}
        self._busy: dict[str, int] = {}
        """How many works of a step are under way."""
        self._rules: dict[str, list[str]] = {}
        for step in workflow.steps:
            for name in step.on:
                self._rules.setdefault(name, []).append(step.name)
        self._ticks: dict[str, str] = {}
        self._ended = False
        self._value: Any = msgspec.UNSET

    def _begin(self) -> None:
        self._listen()
        for step in self.workflow.steps:
            if step.every_ns is not None:
                self._tick_later(step.name, step.every_ns)
        self._happen(START, self.values["input"])
        self._take_events()

    def _tick_later(self, name: str, ns: int) -> None:
        self._ticks[name] = self.tasks.wait(f"{name}/every", ns, lambda: self._tick(name, ns))

    def _tick(self, name: str, ns: int) -> None:
        self._tick_later(name, ns)
        if self._ended or self.has_failed:
            return
        if self._busy.get(name):
            self.note(name, "left out a tick", "it was still at work")
            return
        self._count()
        self._follow(name, {"name": "every", "value": None})
        self._take_events()

    def _listen(self) -> None:
        """Ask for the next messages, if there is room for what they begin."""
        if self._ended or self.has_failed or sum(self._busy.values()) >= self.workflow.at_once:
            return
        for topic in self._deaf:
            self.tasks.hear(topic, partial(self._hear, topic))
        self._deaf.clear()

    def _hear(self, topic: str, what: Heard | Failed) -> None:
        if isinstance(what, Failed):
            text = f"topic {topic} cannot be heard: {what.text}"
            self.fail(Fault(step=self._rules[BUS + topic][0], case=what.case, text=text))
            return
        if what.missed:
            why = f"{what.missed:,} before it were not heard in time"
            self.note("", f"missed messages on {BUS}{topic}", why)
        self._deaf.append(topic)
        self._happen(BUS + topic, what.value, topic=what.topic, sender=what.sender)
        self._take_events()

    def _happen(self, name: str, value: Any, **more: str) -> None:
        if name not in self._rules:
            return
        self._count()
        if len(self._queue) >= MOST_WAITING:
            text = f"more than {MOST_WAITING:,} events wait"
            self.fail(Fault(step="", case="exhausted", text=text))
        else:
            self._queue.append({"name": name, "value": value, **more})

    def _count(self) -> None:
        self._happened += 1
        if self._happened > self.workflow.jobs:
            text = f"{self.workflow.jobs:,} events happened, which is all that may"
            self.fail(Fault(step="", case="exhausted", text=text))

    def _take_events(self) -> None:
        meter = self.names.meter
        while not (self._ended or self.has_failed or meter.is_spent):
            meter.add()
            if self._follows:
                self._follow(*self._follows.popleft())
            elif self._queue:
                event = self._queue.popleft()
                self._follows.extend((rule, event) for rule in self._rules.get(event["name"], ()))
            else:
                self._listen()
                return

    def _carry_on(self) -> None:
        self._take_events()

    def _follow(self, name: str, event: dict[str, Any]) -> None:
        if not self.applies(name, event):
            if not self.has_failed:
                when = self.ready[name].step.when
                self.note(name, "was skipped", f"on {event['name']}; it was false: {when}")
            return
        times = self._times[name] = self._times.get(name, 0) + 1
        self._busy[name] = self._busy.get(name, 0) + 1
        self.note(name, "began", f"on {event['name']}")
        self.work_on(name, name if times == 1 else f"{name}:{times}", event)

    def emitted(self, name: str, value: Any) -> None:
        """See work.Owner."""
        super().emitted(name, value)
        self._happen(name, value)

    def _settle(self, work: Work) -> None:
        name, fault, step = work.ready.name, work.fault, work.ready.step
        self._busy[name] -= 1
        if not self.set_variables(work):
            return
        if fault is None and step.ends:
            try:
                self._value = work.ready.end(self.values_after(work))
            except Unanswered as exc:
                self.fail(Fault(step=name, case="invalid", text=f"end: {exc}"))
                return
            self.note(name, "ended the workflow", "")
            self._ended = self.bench.is_closed = True
            self.tasks.close()
            return
        if fault is None:
            self._happen(name, work.value)
        elif f"{name}.failed" in self._rules:
            self._happen(f"{name}.failed", {"case": fault.case, "text": fault.text})
        elif not step.goes_on:
            self.fail(fault)
        self._take_events()

    def _is_over(self) -> bool:
        more = self._follows or self._queue or self._ticks or self.workflow.topics
        return self._ended or not more

    def _result(self) -> Any:
        if self._value is not msgspec.UNSET and self._value is not None:
            return self._value
        return super()._result() if self.workflow.output_is_set else self.values["vars"]
