"""Look here if you want to know what becomes of tasks that worked when their service was killed.

Rule: none runs twice and none is forgotten: a task whose run is not in the log has not begun, and
waits for its turn again; one whose run has ended came to that; any other goes on where its run's
records end.
Rule: that is read in a thread, and told on the loop, whose log and state they are.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AnswerJudged,
    Event,
    PluginError,
    PluginResult,
    RunFinished,
    TaskEnded,
    TaskRetried,
)
from lion.domain.record import Record
from lion.domain.task import TaskEnd, TaskState
from lion.errors import INTERRUPTED
from lion.ports import LogReader, RunSummary
from lion.service.tasks import Task
from lion.service.working import completed

KILLED: Final = "its service ended while it worked"
_ENDS: Final = frozenset(
    one.__name__
    for one in (
        RunFinished, AgentError, PluginError, AgentCompleted, PluginResult, AnswerJudged,
    )
)  # fmt: skip
_LONG: Final = TaskEnd(state=TaskState.COMPLETED, is_long=True)


def recovered(unfinished: Iterable[Task], reader: LogReader) -> list[Event]:
    """What became of tasks that worked, for the chain to tell. Raises AuditError."""
    working = [task for task in unfinished if task.state is TaskState.PROCESSING]
    if not working:
        return []
    runs = {one.run: one for one in reader.runs()}
    found = (_settled(reader, task, runs) for task in working)
    return [event for event in found if event is not None]


def _settled(reader: LogReader, task: Task, runs: Mapping[str, RunSummary]) -> Event | None:
    """What became of one; None: it goes on."""
    known = runs.get(task.run)
    if known is None and not task.is_cancelled:
        why = "its service ended before its run began"
        return TaskRetried("service", task.id, 0, why, counts=False)
    if task.is_cancelled:
        end = TaskEnd(
            state=TaskState.CANCELLED, exit_code=INTERRUPTED, ending="cancelled",
            error="it was cancelled, and its service ended",
        )  # fmt: skip
    elif known is None or known.exit_code is None:
        return None
    else:
        end = _end_of(reader, task.run)
    return TaskEnded(task.id, task.run, end)


def _end_of(reader: LogReader, run: str) -> TaskEnd:
    """What a run in the log came to."""
    ending, error, code, is_cut = "failed", "", 0, False
    value: Any = None
    for record in reader.records(run, types=_ENDS):
        match record.event():
            case AgentError() | PluginError() as event if _is_its(record):
                ending, error = event.ending, event.error
            case AgentCompleted() | PluginResult() as event if _is_its(record):
                value = _plain(event)
            case AnswerJudged():  # what it was read as is in the run's records
                value = None
            case RunFinished() as event:
                code, is_cut = event.exit_code, event.interrupted
                error = event.error or error
            case _:
                pass
    if is_cut:
        return TaskEnd(
            state=TaskState.ABORTED, exit_code=code, ending="cancelled", error=KILLED,
        )  # fmt: skip
    if code == 0:
        return completed(value, code) if value is not None else _LONG
    return TaskEnd(state=TaskState.FAILED, exit_code=code, ending=ending, error=error)


def _is_its(record: Record) -> bool:
    """Whether a record is of what the task ordered, at whichever try."""
    return record.invocation.partition("+")[0] == "0"


def _plain(event: AgentCompleted | PluginResult) -> Any:
    """What an agent said, or a tool's result if that is the same in JSON whatever its type; else
    None: it is in the run's records.
    """
    value = event.value
    if isinstance(value, list) and len(value) == 2 and value[0] == "ok":
        value = value[1]
    if isinstance(event, AgentCompleted):
        return value["text"]
    return value if isinstance(value, str | int) else None
