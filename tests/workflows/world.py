"""Look here if you want to know how engines are tried without a host: a world that answers what
they ask, in any order.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from lion.domain.workflow import Job, Step, Workflow
from lion.scopes.pattern import compile_pattern
from lion.workflows.engine import (
    Action,
    Cancel,
    Do,
    Done,
    Emit,
    End,
    Engine,
    Failed,
    Fired,
    Hear,
    Heard,
    Outcome,
    Part,
    Wait,
)
from lion.workflows.registry import build_engine

ANY: dict[str, Any] = {"type": "object"}
Answer = Callable[[Do], Any]
"""What comes of a job: a value, a Failed, or a list of outcomes (Parts first)."""


def call(target: str, **given: Any) -> Job:
    return Job(kind="call", target=target, given=given)


def step(name: str, job: Job | None = None, **more: Any) -> Step:
    return Step(name=name, job=call(f"t.{name}") if job is None else job, **more)


def flow(*steps: Step, strategy: str = "dag", **more: Any) -> Workflow:
    return Workflow(name="w", strategy=strategy, input=more.pop("input", ANY), steps=steps, **more)


def says_its_name(do: Do) -> Any:
    return f"{do.key} {do.target}"


class World:
    """Drives one engine to its end; `order` picks which outcome comes next."""

    def __init__(
        self,
        workflow: Workflow,
        answer: Answer = says_its_name,
        order: random.Random | None = None,
    ) -> None:
        self.engine: Engine = build_engine(workflow)
        self.answer = answer
        self.order = order
        self.done: list[Do] = []
        self.cancelled: list[str] = []
        self.emitted: list[Emit] = []
        self.waits: dict[str, int] = {}
        self.hears: dict[str, str] = {}
        """Topics by the key of whoever wants their next message."""
        self.letters: list[tuple[str, Any]] = []
        """What comes on the bus when nothing else is under way: topic and value."""
        self.under_way: dict[str, list[Outcome]] = {}
        self.most = 0
        self.pauses = 0
        self.keys: list[str] = []

    def run(self, given: Any = None) -> End:
        self.take(self.engine.start({} if given is None else given))
        self.go_on()
        while self.engine.end is None:
            assert self.under_way or self.waits or self.letters, "it waits for nothing"
            self.take(self.engine.on(self.next()))
            self.go_on()
        assert not self.engine.on(Fired(key="late")) or True
        return self.engine.end

    def go_on(self) -> None:
        """Let it decide what it has left, as often as it pauses."""
        while getattr(self.engine, "is_busy", False):
            self.pauses += 1
            self.take(self.engine.go_on())  # type: ignore[attr-defined]

    def take(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Do(key=key):
                    self.keys.append(key)
                    self.done.append(action)
                    self.under_way[key] = self.outcomes(action)
                case Wait(key=key, ns=ns):
                    self.keys.append(key)
                    self.waits[key] = ns
                case Cancel(key=key):
                    self.cancelled.append(key)
                    self.under_way.pop(key, None)
                    self.waits.pop(key, None)
                    self.hears.pop(key, None)
                case Hear(key=key, topic=topic):
                    self.keys.append(key)
                    self.hears[key] = topic
                case Emit():
                    self.emitted.append(action)
        jobs = [k for k in self.under_way if "/" not in k]
        self.most = max(self.most, len(jobs))

    def outcomes(self, do: Do) -> list[Outcome]:
        found = self.answer(do)
        if isinstance(found, Failed):
            return [Failed(key=do.key, case=found.case, text=found.text)]
        if isinstance(found, list) and found and isinstance(found[0], Part):
            return [type(one)(key=do.key, value=one.value) for one in found]
        return [Done(key=do.key, value=found)]

    def next(self) -> Outcome:
        """Jobs before waits, unless an order is given; then anything."""
        if self.order is None:
            if self.under_way:
                return self.take_from(next(iter(self.under_way)))
            if self.letters:
                return self.hear()
            key = min(self.waits, key=lambda one: self.waits[one])
        else:
            key = self.order.choice([*self.under_way, *(() if self.under_way else self.waits)])
        if key in self.under_way:
            return self.take_from(key)
        del self.waits[key]
        return Fired(key=key)

    def hear(self) -> Outcome:
        topic, value = self.letters.pop(0)
        matching = [k for k, one in self.hears.items() if compile_pattern(one, ".").matches(topic)]
        del self.hears[matching[0]]
        return Heard(key=matching[0], topic=topic, sender="ann", value=value)

    def take_from(self, key: str) -> Outcome:
        outcomes = self.under_way[key]
        found = outcomes.pop(0)
        if not outcomes:
            del self.under_way[key]
        return found

    def targets(self) -> list[str]:
        return [one.target for one in self.done]


FAILS = Failed(key="", case="other", text="it broke")
SLOW = Failed(key="", case="unavailable", text="not now")
