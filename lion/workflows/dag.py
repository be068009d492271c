"""Look here if you want to know how steps that depend on each other are done: each when what it
needs is there.

Rule: a step needs those that it names, in `after` or in an expression. It is begun when all of
them have ended, and is skipped if one was skipped; `join = "any"`: begun if one was completed;
`join = "ended"`: begun whatever they came to.
Rule: without a failure, in whatever order outcomes come, the workflow ends with the same value.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any

from lion.domain.workflow import Step, Workflow
from lion.workflows.expressions import Names
from lion.workflows.ready import BY_STEP, Ready, places_of, streamed_step
from lion.workflows.strategy import Strategy
from lion.workflows.work import Work


def needs_of(ready: Ready, names: Names) -> tuple[str, ...]:
    """The steps that a step needs, each once. Raises BadExpression."""
    step = ready.step
    needed = dict.fromkeys(step.after)
    for place in places_of(step):
        for name in sorted(names.read(place.text).names):
            root, _, second = name.partition(".")
            if root in BY_STEP and second and second != step.name:
                needed[second] = None
    return tuple(needed)


def order_of(needs: dict[str, tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """Steps in an order in which each comes after those it needs; and a cycle, if there is one,
    in which each needs the next.
    """
    open_ = {name: len(needed) for name, needed in needs.items()}
    wanted: dict[str, list[str]] = {}
    for name, needed in needs.items():
        for other in needed:
            wanted.setdefault(other, []).append(name)
    free = deque(name for name, count in open_.items() if not count)
    order: list[str] = []
    while free:
        name = free.popleft()
        order.append(name)
        for other in wanted.get(name, ()):
            open_[other] -= 1
            if not open_[other]:
                free.append(other)
    if len(order) == len(needs):
        return order, []
    stuck = {name for name, count in open_.items() if count}
    at = next(name for name in needs if name in stuck)
    seen: dict[str, int] = {}
    while at not in seen:
        seen[at] = len(seen)
        at = next(other for other in needs[at] if other in stuck)
    return order, [name for name, place in seen.items() if place >= seen[at]]


class Dag(Strategy):
    """Steps when what they need is there."""

    def __init__(self, workflow: Workflow, names: Names | None = None) -> None:
        super().__init__(workflow, names)
        self._needs = {name: needs_of(one, self.names) for name, one in self.ready.items()}
        self._open = {name: len(needed) for name, needed in self._needs.items()}
        self._wanted: dict[str, list[str]] = {name: [] for name in self.ready}
        for name, needed in self._needs.items():
            for other in needed:
                self._wanted[other].append(name)
        self._left = len(self.ready)
        self._streams: dict[str, list[str]] = {}
        """Steps that go over the records of one while it writes, by its name."""
        for name, one in self.ready.items():
            if (source := streamed_step(one)) is not None and self._writes(source):
                self._streams.setdefault(source, []).append(name)
        self._writers: dict[str, Work] = {}
        self._growing: dict[str, list[Work]] = {}
        self._free: deque[str] = deque()
        self._is_looking = False

    def _writes(self, name: str) -> bool:
        job = self.ready[name].step.job
        return job is not None and bool(job.records)

    def _begin(self) -> None:
        for source, followers in self._streams.items():
            for name in followers:
                self._wanted[source].remove(name)
        self._free.extend(name for name, count in self._open.items() if not count)
        self._look()

    def _look(self) -> None:
        """Begin or skip all that is free; no recursion, however long a chain of skips is."""
        if self._is_looking:
            return
        self._is_looking = True
        while self._free and not self.has_failed and not self.names.meter.is_spent:
            self.names.meter.add()
            self._try(self._free.popleft())
        self._is_looking = False

    def _carry_on(self) -> None:
        self._look()

    def _try(self, name: str) -> None:
        step = self.ready[name].step
        why = self._blocked(step)
        if why is None and not self.applies(name):
            if self.has_failed:
                return
            why = f"its condition was false: {step.when}"
        if why is not None:
            self.note(name, "was skipped", why)
            self.values["ended"][name] = "skipped"
            self.values["steps"][name] = None
            self._release(self._streams.get(name, ()))
            self._leave(name)
            return
        source = streamed_step(self.ready[name])
        needs = self._needs[name]
        self.note(name, "began", f"after {', '.join(needs)}" if needs else "it needs nothing")
        if source is not None and name in self._streams.get(source, ()):
            self._follow(name, source)
            return
        work = self.work_on(name)
        if name in self._streams:
            # Those that go over its records begin with it.
            self._writers[name] = work
            self._release(self._streams[name])

    def _follow(self, name: str, source: str) -> None:
        """Work on the records of a step that is writing, or has written."""
        writer = self._writers[source]
        grows = not writer.is_settled
        known = list(writer.records or ())
        work = Work(ready=self.ready[name], key=name, values=self.values, items=known, grows=grows)
        if grows:
            self._growing.setdefault(source, []).append(work)
        self.bench.add(work)

    def _blocked(self, step: Step) -> str | None:
        """Why a step cannot be begun though all that it needs has ended."""
        ended: dict[str, str] = self.values["ended"]
        needs = [name for name in self._needs[step.name] if name in ended]
        if step.join == "ended" or not needs:
            return None
        skipped = [name for name in needs if ended[name] == "skipped"]
        if step.join == "any":
            able = any(ended[name] == "completed" for name in needs)
            return None if able else f"none of {', '.join(needs)} was completed"
        return f"{skipped[0]} was skipped" if skipped else None

    def heard(self, work: Work, record: Any) -> bool:
        """See work.Owner."""
        if not super().heard(work, record):
            return False
        for follower in self._growing.get(work.ready.name, ()):
            self.bench.grow(follower, record)
        return True

    def _settle(self, work: Work) -> None:
        name = work.ready.name
        for follower in self._growing.pop(name, ()):
            self.bench.close(follower)
        if work.fault is not None and not work.ready.step.goes_on:
            self.fail(work.fault)
            return
        self._leave(name)

    def _leave(self, name: str) -> None:
        self._left -= 1
        self._release(self._wanted[name])
        self._look()

    def _release(self, names: Iterable[str]) -> None:
        """One thing fewer that they wait for."""
        for name in names:
            self._open[name] -= 1
            if not self._open[name]:
                self._free.append(name)

    def _is_over(self) -> bool:
        return not self._left

    def _result(self) -> Any:
        if self.workflow.output_is_set:
            return super()._result()
        needed = {other for needs in self._needs.values() for other in needs}
        steps = self.values["steps"]
        return {name: steps.get(name) for name in self.ready if name not in needed}
