"""Look here if you want to know what happens when a workflow has an agent work.

Rule: as with tools, whom, under which grants and how deep is the kernel's affair; here are only
the bounds and the handles.
Rule: an agent under way belongs to its handle: dropped with it, and cancelled.
"""

from contextlib import suppress
from typing import Any

from lion.capabilities.bounds import check_size
from lion.domain.call import CallError
from lion.domain.events import CallFinished
from lion.ports import CallContext, Kind, Operation, PendingWork

WORK = "work"


def start(caller: CallContext, agent: str, task: str, streams: bool) -> dict[str, int]:
    """Begin a task; both fields of the answer are its rep. `streams`: what it writes is asked for
    while it does. Raises CallError.
    """
    check_size("a task", task)
    work = caller.jobs.start_agent(agent, task, streams)
    try:
        rep = caller.handles.add(WORK, work, work.cancel)
    except CallError:
        work.cancel()
        raise
    return {"work": rep, "handle": rep}


async def next_(caller: CallContext, rep: int) -> str | None:
    """The next piece that the agent wrote; None when no more comes."""
    work: PendingWork = caller.handles.get(rep, WORK)
    return await work.next()


async def take(caller: CallContext, rep: int) -> str:
    """Wait for its output: JSON with `text` and `json`. Raises CallError: the agent's, or
    `invalid` the second time.
    """
    work: PendingWork = caller.handles.get(rep, WORK)
    return await work.take()


def recall_start(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """The agent under way that a recorded `start` began."""
    if call.value[0] == "ok":
        work = caller.jobs.recall_agent(args[0], args[1], args[2])
        caller.handles.put(call.value[1]["work"], WORK, work, work.cancel)


def recall_next(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """A piece that was read."""
    with suppress(CallError):
        if call.value[0] == "ok" and call.value[1] is not None:
            caller.handles.get(args[0], WORK).note_read()


def recall_take(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """An output that was taken."""
    with suppress(CallError):
        caller.handles.get(args[0], WORK).note_taken()


def _agent(args: list[Any]) -> str:
    return str(args[0])


OPERATIONS = (
    Operation(
        "agents", "start", Kind.INSTANT, start, target=_agent, spawns=True, recall=recall_start
    ),
    Operation("agents", "work.next", Kind.WAITING, next_, recall=recall_next),
    Operation("agents", "work.take", Kind.WAITING, take, recall=recall_take),
)
"""Imported by workflows only (lion/conductor)."""
