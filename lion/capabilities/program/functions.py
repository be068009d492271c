"""Look here if you want to know what happens when an agent of others begins: its program is
started, spoken with line by line, and ended with all that it has started.

Rule: imported by lion's own code that speaks for it (lion/conductor) and by no component.
Rule: the command is the manifest's, whatever is asked for; the grant is the line that has it.
Rule: no process outlives lion's: when its run goes on, the program of before is lost.
"""

from typing import Any, Final

from lion.capabilities.program.running import Running, say_to
from lion.domain.call import CallError, Effect
from lion.domain.events import CallFinished
from lion.ports import CallContext, Kind, Operation

RUNNING: Final = "running"


async def start(caller: CallContext, command: list[str]) -> dict[str, int]:
    """Start the caller's own program; both fields of the answer are its rep. Raises CallError."""
    program = caller.program
    if tuple(command) != program.args or not command:
        raise CallError("denied", "that is not the program of this agent")
    running = Running(program)
    rep = caller.handles.add(RUNNING, running, running.close)
    try:
        await running.open()
        caller.start_task(running.tend)
    except CallError:
        caller.handles.drop(rep)
        raise
    return {"running": rep, "handle": rep}


async def next_(caller: CallContext, rep: int) -> dict[str, Any]:
    """Wait for what it says next: some lines, or how it ended. Raises CallError."""
    running: Running = caller.handles.get(rep, RUNNING)
    return await running.next()


async def say(caller: CallContext, rep: int, lines: list[str]) -> None:
    """Say something to it. Raises CallError: `unavailable` if it is gone, `timeout` if it does not
    listen.
    """
    running: Running = caller.handles.get(rep, RUNNING)
    await say_to(running, lines)


def recall_start(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """A program that ran before the run was resumed: it is gone."""
    if call.value[0] == "ok":
        running = Running(caller.program)
        running.lose()
        caller.handles.put(call.value[1]["running"], RUNNING, running, running.close)


OPERATIONS = (
    Operation(
        "program", "start", Kind.WAITING, start, effect=Effect.OUTSIDE, spawns=True,
        recall=recall_start,
    ),
    Operation("program", "running.next", Kind.WAITING, next_),
    Operation("program", "running.say", Kind.WAITING, say),
)  # fmt: skip
