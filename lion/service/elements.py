"""Look here if you want to know how a service shows what it holds as elements: a task is an event,
the queue a progression over the tasks, plugins and runs are elements.

Rule: it is a view: what is shown follows from the record, and nothing is kept beside it.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, TypeVar
from uuid import UUID, uuid5

import msgspec
import trio

from lion.domain.task import Principal
from lion.elements import Element, Event, Execution, Pile, Progression
from lion.errors import OperatorError
from lion.service.roles import check_allowed
from lion.service.service import Service
from lion.service.tasks import Task
from lion.service.workspace import Installed

_OWN: Final = UUID("5b1a4c0e-7b0d-5d0e-9c53-6c696f6e0001")
"""Ids of what has none of its own are made within it (RFC 9562, version 5)."""
T = TypeVar("T")
YIELD: Final = 256
"""Elements that are made before others have their turn on the loop."""
QUEUE: Final = uuid5(_OWN, "queue")


class TaskElement(Event):
    """A task: `metadata` has its id, by whom, its order and its runs."""

    kind = "Task"


class PluginElement(Element):
    """A holder that is installed: `metadata` has its name, kind and manifest."""

    kind = "Plugin"


class RunElement(Element):
    """A run that carried out a task; `metadata` has the task's id."""

    kind = "Run"


def tasks_of(service: Service) -> Pile[TaskElement]:
    """All tasks, in the order in which they were submitted."""
    tasks = service.chain.state.tasks.values()
    return Pile([_task(task) for task in tasks], item_type=TaskElement)


def queue_of(service: Service) -> Progression:
    """Those that wait for their turn, the next one first."""
    order = (task_id(place.task.id) for place in service.conductor.queue)
    return Progression(order, name="queue", id=QUEUE, created_at=_at(0))


async def elements_of(service: Service, by: Principal) -> Pile[Element]:
    """Tasks, their runs, plugins. Raises OperatorError for who may not ask."""
    check_allowed(by, "element list")
    found = Pile[Element]()
    async for one in in_turns(_elements(service)):
        found.include(one)
    return found


async def in_turns(things: Iterable[T]) -> AsyncIterator[T]:
    """The same, others having their turn on the loop in between."""
    for number, one in enumerate(things, 1):
        yield one
        if number % YIELD == 0:
            await trio.lowlevel.checkpoint()


def _elements(service: Service) -> Iterator[Element]:
    tasks, workspace = list(service.chain.state.tasks.values()), service.chain.state.workspace
    yield from map(_task, tasks)
    for task in tasks:
        for run in task.runs:
            about = {"task": task.id}
            yield RunElement(id=UUID(run), created_at=_at(task.started_ns), metadata=about)
    for installed in workspace:
        yield from _plugins(installed)


async def element_of(service: Service, by: Principal, id: str) -> Element:
    """One of them, by the beginning of its id or a task's own. Raises OperatorError."""
    found = [
        one for one in await elements_of(service, by)
        if str(one.id).startswith(id) or (one.kind == "Task" and one.metadata["task"] == id)
    ]  # fmt: skip
    if len(found) != 1 or not id:
        raise OperatorError(
            f"{'several elements begin' if found else 'no element begins'} with {id[:40]!r}",
            hint="see: lion element list",
            status=409 if found else 404,
        )
    return found[0]


def progression_of(service: Service, by: Principal, name: str) -> Progression:
    """The queue; there is no other. Raises OperatorError."""
    check_allowed(by, "element list")
    if name not in ("queue", str(QUEUE)):
        raise OperatorError(
            f"there is no progression {name[:40]!r}", hint="there is: queue", status=404
        )
    return queue_of(service)


def task_id(id: str) -> UUID:
    """The id of a task as an element."""
    return uuid5(_OWN, f"task {id}")


def _task(task: Task) -> TaskElement:
    end = task.end
    seconds = (
        (task.ended_ns - task.started_ns) / 1e9 if task.ended_ns and task.started_ns else None
    )
    execution = Execution(
        status=task.state, duration=seconds, response=None if end is None else end.value,
        error=end.error if end is not None and end.error else None,
        retryable=end is not None and task.says_retry(end),
    )  # fmt: skip
    about = {"task": task.id, "by": task.by, "order": msgspec.to_builtins(task.order)}
    return TaskElement(
        id=task_id(task.id), created_at=_at(task.submitted_ns), execution=execution,
        metadata={**about, "runs": list(task.runs)},
    )  # fmt: skip


def _plugins(installed: Installed) -> Iterator[PluginElement]:
    for name, kind in installed.holders.items():
        about = {"name": name, "kind": kind, "manifest": installed.name, "by": installed.by}
        yield PluginElement(
            id=uuid5(_OWN, f"plugin {name}"), created_at=_at(installed.installed_ns),
            metadata={**about, "disabled": installed.why_not(name)},
        )  # fmt: skip


def _at(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns / 1e9, UTC)
