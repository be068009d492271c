"""Look here if you want to know how a step is worked through: its items, what is done before each
job and after it, and how many are under way.

Rule: what a step gives is in the order of its items, whenever each was done.
Rule: after one item failed no further one is begun, unless the step goes on.
Rule: what cleans up is done once for each job that was begun, whatever came of it.
"""

from collections import deque
from typing import Any, Final

import msgspec

from lion.values.answer_schema import Held, TooMuch
from lion.workflows.cost import size_of
from lion.workflows.engine import Fault
from lion.workflows.expressions import Unanswered
from lion.workflows.meter import Meter
from lion.workflows.serial import Unwritable, serialise
from lion.workflows.tasks import Task, Tasks
from lion.workflows.work import ONE, Finished, Owner, Work

MOST_KEPT: Final = 64 * 1024 * 1024
"""Bytes of all results that one workflow keeps."""


class Bench:
    """Where jobs of all steps are worked on: begins items as there is room."""

    def __init__(self, tasks: Tasks, at_once: int, owner: Owner, meter: Meter) -> None:
        self._tasks = tasks
        self._at_once = at_once
        self._owner = owner
        self._meter = meter
        self._waiting: dict[str, Work] = {}
        """Those with items that were not begun, in the order in which they came."""
        self._under_way = 0
        self._kept = 0.0
        self._over: deque[Work] = deque()
        self.is_closed = False
        """No further item is begun."""

    @property
    def is_idle(self) -> bool:
        """No item is under way, or could be begun."""
        return not self._under_way and not self._over

    def add(self, work: Work) -> None:
        """Work on a step."""
        if work.items is not None:
            work.results = [None] * len(work.items)
        else:
            work.results = [None]
        self._waiting[work.key] = work
        self._look(work)

    def grow(self, work: Work, item: Any) -> None:
        """One more item of a fan-out that grows."""
        assert work.items is not None
        work.items.append(item)
        work.results.append(None)
        self._waiting.setdefault(work.key, work)

    def close(self, work: Work) -> None:
        """No more items come."""
        work.grows = False
        self._look(work)

    def reset(self) -> None:
        """Forget all that is worked on; whoever asks for this has stopped the tasks."""
        self._waiting.clear()
        self._over.clear()
        self._under_way = 0

    def pump(self) -> None:
        """Begin what there is room for, and tell what is over, until nothing more happens, or it
        is time for a pause.
        """
        while not self._meter.is_spent:
            self._meter.add()
            if self._over:
                self._owner.settled(self._over.popleft())
                continue
            work = self._next()
            if work is None:
                return
            self._begin(work)

    def _next(self) -> Work | None:
        if self.is_closed or self._under_way >= self._at_once:
            return None
        empty: list[str] = []
        found: Work | None = None
        for key, work in self._waiting.items():
            if work.wants:
                found = work
                break
            if work.begun >= work.count and not work.grows:
                empty.append(key)
        for key in empty:
            del self._waiting[key]
        return found

    def _look(self, work: Work) -> None:
        if (work.is_over or (self.is_closed and work.ended == work.begun)) and not work.is_settled:
            work.is_settled = True
            self._waiting.pop(work.key, None)
            self._over.append(work)

    def _begin(self, work: Work) -> None:
        step, index = work.ready.step, work.begun
        work.begun += 1
        self._under_way += 1
        self._take_token(work)
        values = work.values
        place = ONE
        if work.items is not None:
            place = index
            values = {**values, "item": work.items[index], "index": index}
        key = work.key if place == ONE else f"{work.key}[{index}]"
        try:
            given = self._given(work, values)
        except (Unanswered, TooMuch, BadValue) as exc:
            self._end(work, index, None, Fault(step=step.name, case="invalid", text=str(exc)))
            return
        job = step.job
        if job is None or job.kind == "value":
            self._result(work, index, values, given, given)
            return
        if job.kind == "wait":
            cut = Fault(step=step.name, case="cancelled", text="the workflow failed")
            self._tasks.wait(
                key, int(given), lambda: self._result(work, index, values, given, None),
                lambda: self._end(work, index, None, cut),
            )  # fmt: skip
            return

        def settled(result: Any, fault: Fault | None) -> None:
            if fault is None:
                self._result(work, index, values, given, result)
            else:
                self._clean(work, index, {**values, "args": given}, None, fault)

        self._tasks.begin(Task(
            key=key, step=step.name, job=job, given=given, settled=settled, retry=step.retry,
            deadline_ns=step.deadline_ns,
            heard=None if not job.records else lambda value: self._owner.heard(work, value),
        ))  # fmt: skip

    def _given(self, work: Work, values: dict[str, Any]) -> Any:
        ready = work.ready
        given = ready.given(values)
        if ready.enrich is not None:
            added = ready.enrich({**values, "args": given})
            given = {**(given if isinstance(given, dict) else {}), **added}
        _hold(ready.check, given, "what it is given")
        job = ready.step.job
        if job is not None and job.kind in ("agent", "ask") and not isinstance(given, str):
            word = "task" if job.kind == "agent" else "question"
            raise BadValue(f"the {word} is no text: {_shown(given)}")
        return given

    def _take_token(self, work: Work) -> None:
        before = work.ready.step.before
        if before is None or not before.count:
            return
        work.tokens += 1

        def back() -> None:
            work.tokens -= 1

        self._tasks.wait(f"{work.key}/rate", before.period_ns, back)

    def _result(
        self, work: Work, index: int, values: dict[str, Any], given: Any, result: Any
    ) -> None:
        step, then = work.ready.step, work.ready.step.then
        item = values.get("item")
        fault: Fault | None = None
        if then is not None:
            try:
                _hold(work.ready.check_result, result, "its result")
                if then.serialise:
                    result = serialise(result, then.serialise)
            except (BadValue, Unwritable) as exc:
                fault = Fault(step=step.name, case="invalid", text=str(exc))
        # What was done has to be undone, also if its result is of no use.
        if step.job is not None and step.undo is not None:
            place = index if work.items is not None else ONE
            self._owner.finished(Finished(work, place, item, given, result))
        if fault is None and then is not None and then.emit:
            self._owner.emitted(then.emit, result)
        self._clean(work, index, {**values, "args": given}, result, fault)

    def _clean(
        self, work: Work, index: int, values: dict[str, Any], result: Any, fault: Fault | None
    ) -> None:
        step, then = work.ready.step, work.ready.step.then
        if then is None or then.clean is None:
            self._end(work, index, result, fault)
            return
        error = {} if fault is None else {"case": fault.case, "text": fault.text}
        try:
            given = work.ready.clean({**values, "result": result, "error": error})
        except Unanswered as exc:
            self._end(work, index, result, fault or Fault(
                step=step.name, case="invalid", text=f"what cleans up: {exc}"))  # fmt: skip
            return
        place = f"[{index}]" if work.items is not None else ""
        self._tasks.begin(Task(
            key=f"{work.key}{place}/clean", step=step.name, job=then.clean, given=given,
            settled=lambda _, late: self._end(work, index, result, fault or _of_clean(late)),
            retry=step.retry, deadline_ns=step.deadline_ns, is_after=True,
        ))  # fmt: skip

    def _end(self, work: Work, index: int, result: Any, fault: Fault | None) -> None:
        self._under_way -= 1
        work.ended += 1
        self._kept += size_of(result).bytes
        if fault is None and self._kept > MOST_KEPT:
            text = f"what the steps gave is more than {MOST_KEPT:,} bytes together"
            fault = Fault(step=work.ready.name, case="exhausted", text=text)
        if fault is None:
            work.results[index] = result
        elif work.fault is None:
            where = f"item {index}: " if work.items is not None else ""
            work.fault = msgspec.structs.replace(fault, text=f"{where}{fault.text}")
        self._look(work)


class BadValue(ValueError):
    """A value is not what a step says that it is."""


def _of_clean(fault: Fault | None) -> Fault | None:
    if fault is None:
        return None
    return msgspec.structs.replace(fault, text=f"what cleans up: {fault.text}")


def _hold(held: Held | None, value: Any, what: str) -> None:
    fault = None if held is None else held.find_fault(value)
    if fault is not None:
        raise BadValue(f"{what} does not follow its schema: {fault}")


def _shown(value: Any) -> str:
    return f"{type(value).__name__} {str(value)[:60]!r}"
