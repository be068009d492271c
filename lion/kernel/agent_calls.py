"""Look here if you want to know how a workflow has an agent work, or asks a person: an agent in an
instance of its own, under the agent's own grants, as a called tool does.

Rule: who writes faster than he is read waits, so what is on the way is bounded.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import trio

from lion.domain.call import BULK, CallError
from lion.errors import BrokenCall, GuestError
from lion.kernel.execution import Form, as_agent, execute
from lion.kernel.exports import find_agent
from lion.kernel.going_on import cut as cut_past
from lion.kernel.going_on import recorded_value
from lion.kernel.invocation import Invocation
from lion.kernel.past import Ended, PastInvocation
from lion.kernel.pending import Pending
from lion.kernel.tool_calls import (
    MOST_STARTED,
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
        self.streams = streams
        self._pieces: list[str] = []
        """All that it wrote, in order; what was read is not held."""
        self._read = 0
        """How many of them were read; if the run was resumed, perhaps before they are known."""
        self._news = trio.Event()

    @property
    def is_ready(self) -> bool:
        """There is a piece to read, or an output."""
        return super().is_ready or self._read < len(self._pieces)

    async def wait_ready(self) -> None:
        """Wait until there is."""
        while not self.is_ready:
            await self._news.wait()

    async def hear(self, piece: str) -> None:
        """Take what the agent wrote; waits while there is no room."""
        for part in _parts(piece):
            while len(self._pieces) - self._read >= PIECES:
                await self._news.wait()
            self._pieces.append(part)
            self._tell()

    def hear_again(self, piece: str) -> None:
        """Take what it wrote before the run was resumed."""
        self._pieces += _parts(piece)
        self._tell()

    def note_read(self) -> None:
        """A piece was read before the run was resumed."""
        self._read += 1

    def settle(self, result: str | CallError) -> None:
        """Give the output, once."""
        super().settle(result)
        self._tell()

    async def next(self) -> str | None:
        """The next piece; None when no more comes."""
        if not self.streams:
            raise CallError("invalid", "what it writes was not asked for")
        await self.wait_ready()
        if self._read >= len(self._pieces):
            return None
        piece, self._pieces[self._read] = self._pieces[self._read], ""
        self._read += 1
        self._tell()
        return piece

    def form(self, name: str, task: str) -> Form:
        """What the log says of it."""
        return as_agent(name, task)

    def written(self, value: Any) -> str:
        """An agent's output as its caller takes it: JSON. Raises CallError if it is too long."""
        text = "" if self.streams else value["text"]
        return dump_json({"text": text, "json": _read(value["json"])})

    @property
    def has_written(self) -> bool:
        """It wrote something, and need not be read from its output."""
        return bool(self._pieces)

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()


async def run_agent(invocation: Invocation, name: str, task: str, work: Work) -> str:
    """Its output as JSON: an object with `text`, and `json` where it gave some. Raises CallError,
    the agent's own too.
    """
    if work.streams:
        invocation.heard, invocation.heard_before = work.hear, work.hear_again
    try:
        export = find_agent(name, invocation.owner.component)
        value = await execute(invocation, export, [task], work.form(name, task))
    except (GuestError, BrokenCall) as exc:
        raise told_caller("the agent", exc) from exc
    if work.streams and not work.has_written and value[0] == "ok" and value[1]["text"]:
        await work.hear(value[1]["text"])
    return _written(invocation, value, work)


def _written(invocation: Invocation, given: Any, work: Work) -> str:
    """What an agent's output is to its caller. Raises CallError."""
    tag, value = given
    if tag == "err":
        case, words = value
        if said := invocation.outside.told_by(value):
            parent = invocation.parent
            assert parent is not None
            parent.outside.remember(words, said)
        raise CallError(case, cut(words))
    written = work.written(value)
    if len(written.encode("utf-8", "replace")) > BULK:
        raise CallError("exhausted", f"the agent's output has more than {BULK:,} bytes")
    return written


class Question(Pending):
    """A question that a person is asked."""

    @property
    def is_taken(self) -> bool:
        """Somebody has the answer."""
        return self._is_taken


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

    def recall_agent(self, name: str, task: str, streams: bool) -> Work:
        """A task that was begun before the run was resumed; it goes on when its caller does."""
        caller, work = self._caller, Work(streams)
        holder = caller.live.holders[name]
        invocation = build_invocation(caller, holder, f"{caller.path}#{caller.number}")

        def revive() -> Callable[[], None] | None:
            past = invocation.past
            if past is not None and past.ended is not None:
                recall_ended(invocation, work, past, past.ended)
                return None
            if work.scope.cancel_called:
                cut_past(caller.live, invocation.path)
                return None
            return lambda: self._begin(work, lambda: run_agent(invocation, name, task, work), name)

        caller.revivals.append(revive)
        return work

    def recall_question(self, question: str, form: str) -> Pending:
        """A question that was asked before the run was resumed: it is asked again."""
        caller, number, pending = self._caller, self._caller.number, Question()
        ask = caller.live.people

        def revive() -> Callable[[], None] | None:
            if ask is None:
                pending.settle(CallError("unavailable", "there is nobody to ask"))
            if ask is None or pending.scope.cancel_called or pending.is_taken:
                return None
            return lambda: self._begin(
                pending, lambda: ask(caller, number, question, form), "a question"
            )

        caller.revivals.append(revive)
        return pending

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

    @trio.lowlevel.enable_ki_protection
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


def recall_ended(invocation: Invocation, work: Work, past: PastInvocation, ended: Ended) -> None:
    """What an agent came to that had ended when the run was resumed."""
    for piece in past.told:
        work.hear_again(piece)
    try:
        value = recorded_value(ended)
        if work.streams and not past.told and value[0] == "ok" and value[1]["text"]:
            work.hear_again(value[1]["text"])
        work.settle(_written(invocation, value, work))
    except (GuestError, BrokenCall) as exc:
        work.settle(told_caller("the agent", exc))
    except CallError as exc:
        work.settle(exc)


def _parts(piece: str) -> list[str]:
    return [piece[at : at + LONGEST] for at in range(0, len(piece), LONGEST)]


def _read(json: str | None) -> object:
    """What an agent's JSON says; nothing, if it is none."""
    try:
        return None if json is None else msgspec.json.decode(json)
    except (msgspec.DecodeError, RecursionError):
        return None
