"""Look here if you want to know how a workflow has an agent work, or asks a person: an agent in an
instance of its own, under the agent's own grants, as a called tool does.

Rule: who writes faster than he is read waits, so what is on the way is bounded.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import trio

from lion.domain.call import BULK, CallError
from lion.errors import BrokenCall, GuestError
from lion.kernel.execution import as_agent, execute
from lion.kernel.exports import find_agent
from lion.kernel.invocation import Invocation
from lion.kernel.tool_calls import (
    MOST_STARTED,
    Pending,
    build_invocation,
    check_depth,
    cut,
    dump_json,
    told_caller,
)

PIECES: Final = 64
"""Pieces of output that wait to be read."""
LONGEST: Final = 16 * 1024
"""Characters of one."""


class Work(Pending):
    """An agent under way; implements ports.PendingWork. What it writes is read by `next`."""

    def __init__(self, streams: bool) -> None:
        super().__init__()
        self._send, self._receive = trio.open_memory_channel[str](PIECES if streams else 0)
        self.streams = streams
        self._pieces = 0
        self._news = trio.Event()

    @property
    def is_ready(self) -> bool:
        """There is a piece to read, or an output."""
        return super().is_ready or self._receive.statistics().current_buffer_used > 0

    async def wait_ready(self) -> None:
        """Wait until there is."""
        while not self.is_ready:
            await self._news.wait()

    async def hear(self, piece: str) -> None:
        """Take what the agent wrote; waits while there is no room."""
        self._pieces += 1
        for at in range(0, len(piece), LONGEST):
            await self._send.send(piece[at : at + LONGEST])
            self._tell()

    def settle(self, result: str | CallError) -> None:
        """Give the output, once."""
        super().settle(result)
        self._send.close()
        self._tell()

    async def next(self) -> str | None:
        """The next piece; None when no more comes."""
        if not self.streams:
            raise CallError("invalid", "what it writes was not asked for")
        try:
            return await self._receive.receive()
        except trio.EndOfChannel:
            return None

    @property
    def has_written(self) -> bool:
        """It wrote something, and need not be read from its output."""
        return self._pieces > 0

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()


async def run_agent(invocation: Invocation, name: str, task: str, work: Work) -> str:
    """Its output as JSON: an object with `text`, and `json` where it gave some. Raises CallError,
    the agent's own too.
    """
    if work.streams:
        invocation.heard = work.hear
    try:
        export = find_agent(name, invocation.owner.component)
        tag, value = await execute(invocation, export, [task], as_agent(name, task))
    except (GuestError, BrokenCall) as exc:
        raise told_caller("the agent", exc) from exc
    if tag == "err":
        case, words = value
        if said := invocation.outside.told_by(value):
            parent = invocation.parent
            assert parent is not None
            parent.outside.remember(words, said)
        raise CallError(case, cut(words))
    if work.streams and not work.has_written and value["text"]:
        await work.hear(value["text"])
    text = "" if work.streams else value["text"]
    written = dump_json({"text": text, "json": _read(value["json"])})
    if len(written.encode("utf-8", "replace")) > BULK:
        raise CallError("exhausted", f"the agent's output has more than {BULK:,} bytes")
    return written


class JobPort:
    """What one workflow has others do; implements ports.Jobs."""

    def __init__(self, invocation: Invocation) -> None:
        self._caller = invocation
        self._under_way = 0

    def start_agent(self, name: str, task: str, streams: bool) -> Work:
        """Have an agent begin a task. Raises CallError."""
        caller = self._caller
        self._check_room()
        holder = caller.live.holders.get(name)
        if holder is None or holder.holder.kind != "agent":
            raise CallError("not-found", f"there is no agent {name!r}")
        check_depth(caller)
        invocation = build_invocation(caller, holder, f"{caller.path}#{caller.number}")
        work = Work(streams)
        self._begin(work, lambda: run_agent(invocation, name, task, work), name)
        return work

    def ask_person(self, question: str, form: str) -> Pending:
        """Ask a person to fill in a form. Raises CallError."""
        caller, number = self._caller, self._caller.number
        self._check_room()
        ask = caller.live.people
        if ask is None:
            raise CallError("unavailable", "there is nobody to ask")
        pending = Pending()
        self._begin(pending, lambda: ask(caller, number, question, form), "a question")
        return pending

    def _check_room(self) -> None:
        """Raise CallError if no more may be under way."""
        caller = self._caller
        if self._under_way >= caller.limits.concurrent:
            what = f"{caller.limits.concurrent} jobs are under way, which is the limit"
            raise CallError("exhausted", what)
        if caller.live.under_way >= MOST_STARTED:
            raise CallError("exhausted", "too many started calls are under way in this run")
        if caller.nursery is None:
            raise CallError("unavailable", "this instance cannot start calls")

    def _begin(self, pending: Pending, work: Callable[[], Awaitable[str]], name: str) -> None:
        assert self._caller.nursery is not None
        self._caller.nursery.start_soon(self._work, pending, work, name=name)
        self._under_way += 1
        self._caller.live.under_way += 1

    async def _work(self, pending: Pending, work: Callable[[], Awaitable[str]]) -> None:
        try:
            with pending.scope:
                try:
                    pending.settle(await work())
                except CallError as exc:
                    pending.settle(exc)
        finally:
            self._under_way -= 1
            self._caller.live.under_way -= 1
            pending.settle(CallError("cancelled", "the job was cancelled"))


def _read(json: str | None) -> object:
    """What an agent's JSON says; nothing, if it is none."""
    try:
        return None if json is None else msgspec.json.decode(json)
    except (msgspec.DecodeError, RecursionError):
        return None
