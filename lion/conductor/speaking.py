"""Look here if you want to know how lion speaks with the program of an agent of others: what that
says becomes host calls, and what those give is said to it.

Rule: one call at a time, in the order of what it said; what is decided here depends on nothing but
what calls answered, so a replay goes the same way without the program.
Rule: it has one ending. What it says afterwards is dropped, and that is in the log.
Rule: a line that is no message ends it: who speaks another protocol is not guessed at.
"""

from collections.abc import Sequence
from typing import Any, Final, assert_never

import msgspec
import trio

from lion.conductor.asking import chat_of, flaw_of, given, shown_tool, text_of, whole_line
from lion.conductor.words import (
    VERSION,
    Ask,
    BadLine,
    Call,
    Cancel,
    Done,
    Failed,
    Id,
    Log,
    Models,
    Partial,
    Said,
    Text,
    Tools,
    read_line,
    write_line,
)
from lion.domain.reply import Said as Answer
from lion.domain.text import show_line
from lion.errors import GuestError
from lion.ports import HandleCall, Handles, Import

PIECE: Final = 16 * 1024
"""Characters of text that are shown at once."""
LARGE: Final = 64 * 1024
"""Characters of a line that is read beside the loop."""
MOST_ANSWER: Final = 1024 * 1024
"""Characters of a model's answer in one piece; a longer one has to be streamed."""
_PRINTED: Final = 4_000
"""Characters of a printed line that are kept."""


class Job(msgspec.Struct):
    """What the program waits for: a tool's result (`answer` is None), or a model's answer."""

    id: Id
    rep: int
    answer: Answer | None = None
    streams: bool = False
    size: int = 0


class Speaker:
    """Speaks with one program. `handle` answers host calls of `imports`, by index."""

    def __init__(
        self, imports: Sequence[Import], handle: HandleCall, handles: Handles, at_once: int
    ) -> None:
        self._indexes = {
            f"{one.interface.rpartition('/')[2].partition('@')[0]}.{one.name}": index
            for index, one in enumerate(imports)
        }
        self._handle = handle
        self._handles = handles
        self._at_once = at_once
        self._program = 0
        self._jobs: dict[Id, Job] = {}
        self._due: list[str] = []
        """What is to be said to it."""
        self._end: tuple[str, Any] | None = None

    async def work(self, command: Sequence[str], task: str) -> Any:
        """Start it, and hear it to its end: the value of an agent's `run`. Raises GuestError."""
        status, value = await self._call("program.start", list(command))
        if status == "err":
            raise GuestError(
                f"its program was not started ({value[0]}): {value[1]}", ending="exit"
            )
        self._program = value["running"]
        self._due.append(write_line(type="task", version=VERSION, task=task))
        while self._end is None:
            await self._tell()
            await self._hear()
        return self._end

    async def _call(self, name: str, *args: Any) -> tuple[str, Any]:
        status, value = await self._handle(self._indexes[name], list(args))
        return status, value

    async def _tell(self) -> None:
        """Say what is due. A program that is gone does not hear it; that is heard next."""
        due, self._due = self._due, []
        if not due:
            return
        status, value = await self._call("program.[method]running.say", self._program, due)
        if status == "err" and value[0] == "timeout":
            raise GuestError(f"its program does not listen: {value[1]}", ending="exit")

    async def _hear(self) -> None:
        """Wait for the first that happens, and do what follows from it."""
        jobs = list(self._jobs.values())
        if not jobs:
            await self._read()
            return
        reps = " ".join(map(str, (self._program, *(job.rep for job in jobs))))
        status, ready = await self._call("poll.wait", reps, None)
        if status == "err":
            raise GuestError(f"it cannot be waited for ({ready[0]}): {ready[1]}", ending="exit")
        for index in ready:
            if self._end is not None:
                return
            if index == 0:
                await self._read()
            elif (job := jobs[index - 1]).id in self._jobs:
                await self._take(job)

    async def _read(self) -> None:
        status, heard = await self._call("program.[method]running.next", self._program)
        if status == "err":
            raise GuestError(f"its program was lost ({heard[0]}): {heard[1]}", ending="exit")
        lines = heard["lines"]
        for number, line in enumerate(lines):
            if self._end is not None:
                left = len(lines) - number
                await self._call("log.write", "warn", f"{left} lines after its end were dropped")
                return
            try:
                long = len(line) > LARGE
                said = await trio.to_thread.run_sync(read_line, line) if long else read_line(line)
            except BadLine as exc:
                shown = show_line(line, longest=200)
                raise GuestError(
                    f"its program wrote a line that is no message: {exc}: {shown}",
                    ending="result", hint="docs/agents-of-others.md has the protocol",
                ) from exc  # fmt: skip
            await (self._print(line) if said is None else self._take_in(said))
        if heard["fault"] and self._end is None:
            raise GuestError(f"its program {heard['fault']}", ending=heard["ending"])

    async def _print(self, line: str) -> None:
        if line.strip():
            await self._call("log.write", "info", line[:_PRINTED])

    async def _take_in(self, said: Said) -> None:
        match said:
            case Text():
                for at in range(0, len(said.text), PIECE):
                    await self._show("output.text", said.text[at : at + PIECE])
            case Partial():
                await self._show("output.partial", text_of(said.value))
            case Log():
                if said.level not in ("debug", "info", "warn", "error"):
                    self._refuse(None, "invalid", f"there is no level {said.level[:40]!r}")
                else:
                    await self._show("log.write", said.level, said.text)
            case Call() | Ask():
                await self._begin(said)
            case Tools():
                await self._list(said.id, "tools.list", "tools")
            case Models():
                await self._list(said.id, "llm.models", "models")
            case Cancel():
                self._cancel(said.id)
            case Done():
                self._end = "ok", {"text": said.text, "json": given(said.value)}
            case Failed():
                self._end = "err", ("other", said.text)
            case _:
                assert_never(said)

    async def _show(self, name: str, *args: Any) -> None:
        status, value = await self._call(name, *args)
        if status == "err":
            self._refuse(None, *value)

    async def _begin(self, said: Call | Ask) -> None:
        if said.id in self._jobs:
            self._refuse(said.id, "invalid", "this id stands for something that is under way")
            return
        if len(self._jobs) >= self._at_once:
            words = f"{self._at_once} are under way, which is the limit"
            self._refuse(said.id, "exhausted", words)
            return
        if (flaw := flaw_of(said)) is not None:
            self._refuse(said.id, "invalid", flaw)
            return
        if isinstance(said, Call):
            status, value = await self._call("tools.start", said.tool, text_of(said.given))
        else:
            status, value = await self._call("llm.start", chat_of(said))
        if status == "err":
            self._refuse(said.id, *value)
            return
        job = Job(said.id, value["handle"])
        if isinstance(said, Ask):
            job.answer, job.streams = Answer(), said.stream
        self._jobs[said.id] = job

    async def _take(self, job: Job) -> None:
        if job.answer is not None:
            await self._take_event(job, job.answer)
            return
        status, value = await self._call("tools.[method]pending.take", job.rep)
        self._leave(job)
        if status == "err":
            self._refuse(job.id, *value)
        else:
            value = msgspec.Raw(value.encode())
            self._due.append(write_line(type="result", id=job.id, value=value))

    async def _take_event(self, job: Job, answer: Answer) -> None:
        status, event = await self._call("llm.[method]answer.next", job.rep)
        if status == "err":
            self._leave(job)
            self._refuse(job.id, *event)
        elif event is None:
            self._leave(job)
            if job.streams:
                self._due.append(write_line(type="end", id=job.id))
            else:
                self._due.append(whole_line(job.id, answer))
        elif job.streams:
            kind, value = event
            self._due.append(write_line(type="event", id=job.id, kind=kind, value=value))
        else:
            answer.add(*event)
            job.size += len(event[1]) if isinstance(event[1], str) else 0
            if job.size > MOST_ANSWER:
                self._leave(job)
                words = f"the answer has more than {MOST_ANSWER:,} characters: ask for a stream"
                self._refuse(job.id, "exhausted", words)

    async def _list(self, id: Id, name: str, key: str) -> None:
        status, value = await self._call(name)
        if status == "err":
            self._refuse(id, *value)
            return
        if key == "tools":
            value = [shown_tool(one) for one in value]
        self._due.append(write_line(type=key, id=id, **{key: value}))

    def _cancel(self, id: Id) -> None:
        job = self._jobs.get(id)
        if job is not None:
            self._leave(job)
            self._refuse(id, "cancelled", "it was cancelled")

    def _refuse(self, id: Id | None, case: str, text: str) -> None:
        self._due.append(write_line(type="error", id=id, case=case, text=text))

    def _leave(self, job: Job) -> None:
        del self._jobs[job.id]
        self._handles.drop(job.rep)
