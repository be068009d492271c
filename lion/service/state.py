"""Look here if you want to know all that a service holds: the fold of its chain.

Rule: a fold in two parts is the fold at once, whatever lies between: a snapshot, a kill.
Rule: tasks that are over are remembered, the latest KEPT of them; the log has all.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from lion.domain.events import (
    BusOpened,
    Event,
    LettersSent,
    LettersTaken,
    PluginDisabled,
    PluginEnabled,
    PluginInstalled,
    PluginRemoved,
    PluginUpdated,
    ServiceSnapshot,
    SessionClosed,
    SessionOpened,
    TaskCancelled,
    TaskEnded,
    TaskRetried,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TokenCreated,
    TokenRevoked,
)
from lion.domain.record import Record
from lion.service.keyring import Keyring
from lion.service.marks import Marks
from lion.service.tasks import Task, begun, moved
from lion.service.times import Times
from lion.service.workspace import Workspace, changed

KEPT: Final = 1_000
"""Tasks that are over and still listed."""


class State:
    """What a service holds. Tasks are in the order in which they were submitted."""

    def __init__(self) -> None:
        self.workspace = Workspace()
        self.keyring = Keyring()
        self.marks = Marks()
        self.times = Times()
        self.tasks: dict[str, Task] = {}
        self.keys: dict[str, str] = {}
        """Tasks by their submitters' own words for them."""
        self.decisions = 0
        self._over: dict[str, None] = {}
        self._below: dict[str, dict[str, None]] = {}
        """Tasks that are listed, by the one that is their parent."""

    def apply(self, event: Event, time_ns: int) -> None:
        """Take a fact in. Raises AuditError for one that cannot follow."""
        match event:
            case TaskSubmitted():
                self._put(begun(event, time_ns))
                self.times = self.times.changed(event, time_ns)
            case TaskScheduled() | TaskStarted() | TaskRetried() | TaskCancelled() | TaskEnded():
                self._move(event, time_ns)
            case (
                PluginInstalled() | PluginUpdated() | PluginEnabled() | PluginDisabled()
                | PluginRemoved()
            ):  # fmt: skip
                self.workspace = changed(self.workspace, event, time_ns)
                self.times = self.times.changed(event, time_ns)
            case TokenCreated() | TokenRevoked() | SessionOpened() | SessionClosed():
                self.keyring = self.keyring.changed(event, time_ns)
            case BusOpened() | LettersSent() | LettersTaken():
                self.marks = self.marks.changed(event)
            case ServiceSnapshot():
                self._restore(event.state)
            case _:
                pass

    def unfinished(self) -> list[Task]:
        """Those that are not over, in order."""
        return [task for task in self.tasks.values() if not task.state.is_over]

    def children(self, id: str) -> list[Task]:
        """The tasks whose parent this is, in order."""
        return [self.tasks[child] for child in self._below.get(id, ())]

    def snapshot(self) -> dict[str, Any]:
        """All of it, as plain values."""
        found: dict[str, Any] = msgspec.to_builtins(
            {
                "workspace": self.workspace,
                "keyring": self.keyring,
                "marks": self.marks,
                "times": self.times,
                "tasks": list(self.tasks.values()),
                "over": list(self._over),
                "decisions": self.decisions,
            }
        )
        return found

    def _restore(self, state: dict[str, Any]) -> None:
        self.workspace = msgspec.convert(state["workspace"], Workspace)
        self.keyring = msgspec.convert(state.get("keyring", {}), Keyring)
        self.marks = msgspec.convert(state.get("marks", {}), Marks)
        self.times = msgspec.convert(state.get("times", {}), Times)
        tasks = msgspec.convert(state["tasks"], list[Task])
        self.tasks, self.keys, self._below = {}, {}, {}
        for task in tasks:
            self._put(task)
        self._over = dict.fromkeys(state["over"])
        self.decisions = state["decisions"]

    def _put(self, task: Task) -> None:
        self.tasks[task.id] = task
        if task.key:
            self.keys[task.key] = task.id
        if task.terms.parent:
            self._below.setdefault(task.terms.parent, {})[task.id] = None

    def _move(
        self,
        event: TaskScheduled | TaskStarted | TaskRetried | TaskCancelled | TaskEnded,
        time_ns: int,
    ) -> None:
        task = self.tasks.get(event.id)
        if task is None:  # over for so long that it is not kept
            return
        task = self.tasks[event.id] = moved(task, event, time_ns)
        self._over.pop(task.id, None)
        if isinstance(event, TaskScheduled):
            self.decisions = event.decision
        if task.state.is_over:
            self._over[task.id] = None
            self._forget()

    def _forget(self) -> None:
        while len(self._over) > KEPT:
            oldest = next(iter(self._over))
            del self._over[oldest]
            task = self.tasks.pop(oldest)
            if self.keys.get(task.key) == oldest:
                del self.keys[task.key]
            self._leave(task)

    def _leave(self, task: Task) -> None:
        below = self._below.get(task.terms.parent, {})
        below.pop(task.id, None)
        if not below:
            self._below.pop(task.terms.parent, None)


def folded(records: Iterable[Record], state: State | None = None) -> State:
    """What some records come to, after what a state has already."""
    found = State() if state is None else state
    for record in records:
        found.apply(record.event(), record.time_ns)
    return found
