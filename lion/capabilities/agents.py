"""Look here if you want to know what happens when a guest spawns an agent.

Rule: whom, under which grants and budgets, how deep and how many is the kernel's affair
(ports.Spawner); here are only the bounds and the handles.
Rule: a child belongs to its handle: dropped with it, stopped with it, and gone with the instance.
"""

from contextlib import suppress
from typing import Any

import msgspec

from lion.capabilities.bounds import check_size
from lion.domain.call import CallError
from lion.domain.events import CallFinished
from lion.ports import CallContext, Kind, Operation, SpawnedAgent

CHILD = "child"


def spawn(caller: CallContext, agent: str, task: str, terms: dict[str, Any]) -> dict[str, int]:
    """Have an agent begin a task; both fields of the answer are its rep. Raises CallError."""
    check_size("a task", task)
    child = caller.spawner.prepare(agent, task, terms)
    rep = caller.handles.add(CHILD, child, child.cancel)
    try:
        caller.spawner.begin(child)
    except CallError:
        caller.handles.drop(rep)
        raise
    return {"child": rep, "handle": rep}


async def next_(caller: CallContext, rep: int) -> str | None:
    """The next piece that the child showed; None when no more comes."""
    child: SpawnedAgent = caller.handles.get(rep, CHILD)
    return await child.next()


async def wait(caller: CallContext, rep: int) -> Any:
    """Wait for its output. Raises CallError: the child's, or `invalid` the second time."""
    child: SpawnedAgent = caller.handles.get(rep, CHILD)
    return msgspec.json.decode(await child.take())


def cancel(caller: CallContext, rep: int) -> None:
    """Stop it."""
    child: SpawnedAgent = caller.handles.get(rep, CHILD)
    child.cancel()


def list_(caller: CallContext) -> list[dict[str, Any]]:
    """The caller's children whose handles are there, oldest first."""
    return [
        {"agent": one.agent, "handle": rep, "state": one.state, "budgets": one.budgets()}
        for rep, one in caller.handles.all(CHILD)
    ]


def budgets(caller: CallContext) -> list[dict[str, Any]]:
    """The caller's own that are limited."""
    return caller.spawner.budgets()


def recall_spawn(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """The child that a recorded `spawn` began."""
    if call.value[0] == "ok":
        child = caller.spawner.recall(args[0], args[1], args[2])
        caller.handles.put(call.value[1]["child"], CHILD, child, child.cancel)


def recall_next(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """A piece that was read."""
    with suppress(CallError):
        if call.value[0] == "ok" and call.value[1] is not None:
            caller.handles.get(args[0], CHILD).note_read()


def recall_wait(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """An output that was taken."""
    with suppress(CallError):
        caller.handles.get(args[0], CHILD).note_taken()


def recall_cancel(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """A child that was stopped."""
    with suppress(CallError):
        caller.handles.get(args[0], CHILD).cancel()


def _agent(args: list[Any]) -> str:
    return str(args[0])


OPERATIONS = (
    Operation(
        "agents", "spawn", Kind.INSTANT, spawn, target=_agent, spawns=True, recall=recall_spawn
    ),
    Operation("agents", "list", Kind.INSTANT, list_),
    Operation("agents", "budgets", Kind.INSTANT, budgets),
    Operation("agents", "child.next", Kind.WAITING, next_, recall=recall_next),
    Operation("agents", "child.wait", Kind.WAITING, wait, recall=recall_wait),
    Operation("agents", "child.cancel", Kind.INSTANT, cancel, recall=recall_cancel),
)
