"""Look here if you want to know what is known of a recorded invocation while its records are
read, and how much of it is held.
"""

from collections import deque
from typing import Any

import msgspec
import trio

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    CallFinished,
    CallRequested,
    Event,
    PluginError,
    PluginInvoked,
    PluginResult,
)
from lion.domain.pairing import Pairs
from lion.domain.record import Record

CUT_ENDINGS = ("deadline", "cpu", "memory-sum", "log", "cancelled", "failed", "")
"""Endings that came from outside the guest; the rest the guest reaches again by itself."""

CALL_BYTES = 512
"""What a call takes in memory beside its values."""


class Held:
    """Bytes of calls that were read and that no guest has asked for yet."""

    __slots__ = ("bytes", "freed")

    def __init__(self) -> None:
        self.bytes = 0
        self.freed: trio.Event | None = None
        """Somebody waits for there to be fewer."""


class Recorded(msgspec.Struct):
    """One invocation as the log has it. `calls` are those that were not answered yet; they are
    all there are if it `is_whole`, else more may come.
    """

    path: str
    principal: str
    component_digest: str
    export: str
    args: list[Any]
    calls: deque[CallFinished] = msgspec.field(default_factory=deque)
    value: Any = None
    ending: str = ""
    is_returned: bool = False
    began: bool = True
    is_whole: bool = True
    sizes: deque[int] = msgspec.field(default_factory=deque)
    """Bytes of the records of `calls`."""
    held: Held = msgspec.field(default_factory=Held)
    """Where those are counted, with others'."""
    changed: trio.Event | None = None
    """Somebody waits for more of it."""

    @property
    def is_cut(self) -> bool:
        """It was ended from outside, or the log ends before it does."""
        return self.is_whole and not self.is_returned and self.ending in CUT_ENDINGS

    @property
    def can_go_on(self) -> bool:
        """Whether the next answer can be given: whether it is the last has to be known."""
        return self.is_whole or len(self.calls) > 1

    async def wait_known(self) -> None:
        """Wait until it can go on."""
        while not self.can_go_on:
            await self.wait_more()

    async def wait_more(self) -> None:
        """Wait until more of it is known."""
        if self.changed is None:
            self.changed = trio.Event()
        await self.changed.wait()

    def wake(self) -> None:
        """Tell who waits for more of it."""
        if self.changed is not None:
            self.changed.set()
            self.changed = None

    def pop(self) -> CallFinished:
        """Its next call, which is not held any more."""
        held = self.held
        if self.sizes:
            held.bytes -= self.sizes.popleft()
        if held.freed is not None:
            held.freed.set()
        return self.calls.popleft()

    def add(self, call: CallFinished, size: int) -> None:
        """Take its next call, whose record has so many bytes."""
        self.calls.append(call)
        self.sizes.append(size)
        self.held.bytes += size
        if self.changed is not None and len(self.calls) > 1:
            self.wake()

    def finish(self) -> None:
        """Nothing more of it comes."""
        self.is_whole = True
        self.wake()


def held_bytes(record: Record) -> int:
    """What it takes to hold a call until its guest asks for it, in bytes, about."""
    return len(record.body) + CALL_BYTES


def begin(
    record: Record, event: PluginInvoked | AgentSpawned, held: Held | None = None
) -> Recorded:
    """What is known of an invocation when it begins; `note` adds the rest. `held` counts what is
    held of it, with others'."""
    if isinstance(event, PluginInvoked):
        export, args = event.export, event.args
    else:
        export, args = "run", [event.task]
    return Recorded(
        record.invocation, record.principal, record.component_digest, export, args,
        is_whole=False, held=held or Held(),
    )  # fmt: skip


def note(recorded: Recorded, record: Record, event: Event, pairs: Pairs) -> None:
    """Add what a record says of an invocation."""
    match event:
        case CallFinished():
            recorded.add(pairs.join(record, event)[0], held_bytes(record))
        case CallRequested():
            pairs.note(record, event)
        case PluginResult() | AgentCompleted():
            recorded.value, recorded.is_returned = event.value, True
            recorded.finish()
        case PluginError() | AgentError():
            recorded.ending, recorded.began = event.ending, event.began
            recorded.finish()
        case _:
            pass
