"""Look here if you want to know what happens when a guest calls another plugin's tool.

Rule: who may be called, under which grants and how deep is the kernel's affair (ports.Tools); here
are only the bounds and the handles.
Rule: a call under way belongs to its handle: dropped with it, cancelled with it, and gone with the
instance.
"""

from contextlib import suppress
from typing import Any

from lion.capabilities.bounds import check_size, utf8_size
from lion.domain.call import BULK, CallError
from lion.domain.events import CallFinished
from lion.ports import CallContext, Kind, Operation, PendingCall

PENDING = "pending"


async def list_(caller: CallContext) -> list[dict[str, str]]:
    """The tools the caller may call, sorted by name."""
    return await caller.tools.list_tools()


async def call(caller: CallContext, name: str, arguments: str) -> str:
    """Call a tool: JSON in, JSON out. Raises CallError."""
    check_size("the arguments of a tool", arguments)
    return _checked(await caller.tools.call(name, arguments))


def start(caller: CallContext, name: str, arguments: str) -> dict[str, int]:
    """Begin a call; both fields of the answer are its rep. Raises CallError."""
    check_size("the arguments of a tool", arguments)
    pending = caller.tools.start(name, arguments)
    try:
        rep = caller.handles.add(PENDING, pending, pending.cancel)
    except CallError:
        pending.cancel()
        raise
    return {"call": rep, "handle": rep}


async def take(caller: CallContext, rep: int) -> str:
    """Wait for a call's result. Raises CallError: the tool's, or `invalid` the second time."""
    pending: PendingCall = caller.handles.get(rep, PENDING)
    return _checked(await pending.take())


def recall_start(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """The call under way that a recorded `start` began."""
    if call.value[0] == "ok":
        pending = caller.tools.recall(args[0], args[1])
        caller.handles.put(call.value[1]["call"], PENDING, pending, pending.cancel)


def recall_take(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """A result that was taken."""
    with suppress(CallError):
        caller.handles.get(args[0], PENDING).note_taken()


def _checked(result: str) -> str:
    size = utf8_size(result)
    if size > BULK:
        words = f"the result of a tool has at most {BULK:,} bytes, this one has {size:,}"
        raise CallError("exhausted", words)
    return result


def _name(args: list[Any]) -> str:
    return str(args[0])


OPERATIONS = (
    Operation("tools", "list", Kind.WAITING, list_),
    Operation("tools", "call", Kind.WAITING, call, target=_name),
    Operation(
        "tools", "start", Kind.INSTANT, start, target=_name, spawns=True, recall=recall_start
    ),
    Operation("tools", "pending.take", Kind.WAITING, take, recall=recall_take),
)
