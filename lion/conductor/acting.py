"""Look here if you want to know how a strategy's actions become host calls, and what comes of them
its outcomes.

Rule: one call at a time, in the order of the actions; what is decided here depends on nothing but
what calls answered, so a replay goes the same way.
"""

from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any, Final

import msgspec

from lion.conductor.functions import (
    CLOCK,
    MESSAGE,
    NEXT,
    POLL,
    START,
    SUBSCRIBE,
    TAKE,
    TELL,
    kind_of,
)
from lion.domain.call import BULK
from lion.parsers import Fault as Unread
from lion.parsers import Parser, Record, open_parser
from lion.ports import HandleCall, Handles, Import
from lion.workflows.engine import (
    Action,
    Cancel,
    Do,
    Done,
    Emit,
    Failed,
    Fired,
    Hear,
    Heard,
    Outcome,
    Part,
    Wait,
)

MOST_TIMERS: Final = 100_000
"""Waits at the same time."""


class Held(msgspec.Struct):
    """A job under way: its handle, and the reader of its records."""

    key: str
    kind: str
    rep: int
    parser: Parser | None = None


class Ear(msgspec.Struct):
    """A subscription: its handle, and the key of whoever wants the next message (empty: nobody
    does now).
    """

    rep: int
    key: str


class Conductor:
    """Acts for one strategy. `handle` answers host calls of `imports`, by index."""

    def __init__(self, imports: Sequence[Import], handle: HandleCall, handles: Handles) -> None:
        self._indexes = {(one.interface, one.name): index for index, one in enumerate(imports)}
        self._handle = handle
        self._handles = handles
        self._jobs: dict[str, Held] = {}
        self._ears: dict[str, Ear] = {}
        """By pattern of topics."""
        self._timers: list[tuple[int, int, str]] = []
        self._waits: set[str] = set()
        self._count = 0
        self._known: deque[Outcome] = deque()
        """Outcomes that nobody has heard of yet."""

    async def act(self, actions: Sequence[Action]) -> None:
        """Do what a strategy asks for."""
        now: int | None = None
        for action in actions:
            match action:
                case Do():
                    await self._begin(action)
                case Wait(key=key, ns=ns):
                    if now is None:
                        now = await self._ask(CLOCK)
                    self._waits.add(key)
                    self._count += 1
                    heappush(self._timers, (now + ns, self._count, key))
                case Cancel(key=key):
                    self._cancel(key)
                case Emit():
                    await self._tell(action)
                case Hear():
                    await self._hear(action)

    async def next(self) -> Outcome:
        """What happened next."""
        while not self._known:
            await self._wait()
        return self._known.popleft()

    async def _call(self, function: Import, *args: Any) -> tuple[str, Any]:
        status, value = await self._handle(
            self._indexes[function.interface, function.name], list(args)
        )
        return status, value

    async def _ask(self, function: Import, *args: Any) -> Any:
        """The answer of a call that gives one in any case, or there is no going on."""
        status, value = await self._call(function, *args)
        if status == "err":
            raise Refused(function, value)
        return value

    async def _begin(self, do: Do) -> None:
        kind = kind_of(do.kind)
        target = f"{do.target}.run" if do.kind == "workflow" else do.target
        match kind:
            case "agent":
                args = [target, do.given, bool(do.records)]
            case "ask":
                args = [do.given, _json(do.form)]
            case _:
                args = [target, _json({} if do.given is None else do.given)]
        status, value = await self._call(START[kind], *args)
        if status == "err":
            self._known.append(Failed(key=do.key, case=value[0], text=value[1]))
            return
        parser = open_parser(do.records) if do.records else None
        self._jobs[do.key] = Held(do.key, kind, value["handle"], parser)

    async def _hear(self, hear: Hear) -> None:
        ear = self._ears.get(hear.topic)
        if ear is not None:
            ear.key = hear.key
            return
        status, value = await self._call(SUBSCRIBE, hear.topic)
        if status == "err":
            self._known.append(Failed(key=hear.key, case=value[0], text=value[1]))
        else:
            self._ears[hear.topic] = Ear(value["handle"], hear.key)

    def _cancel(self, key: str) -> None:
        self._waits.discard(key)
        for ear in self._ears.values():
            if ear.key == key:
                ear.key = ""
        job = self._jobs.pop(key, None)
        if job is not None:
            self._handles.drop(job.rep)
        if self._known:
            self._known = deque(one for one in self._known if one.key != key)

    async def _tell(self, emit: Emit) -> None:
        text = _json({"event": emit.name, "value": emit.value})
        if len(text.encode("utf-8", "replace")) > BULK:
            text = _json({"event": emit.name})
        await self._call(TELL, text)

    async def _wait(self) -> None:
        """Wait for the first that happens. Raises AssertionError if nothing could."""
        while self._timers and self._timers[0][2] not in self._waits:
            heappop(self._timers)
        jobs: list[Held | Ear] = [*self._jobs.values()]
        jobs += [ear for ear in self._ears.values() if ear.key]
        until = self._timers[0][0] if self._timers else None
        assert jobs or until is not None, "a workflow waits for nothing"
        first = jobs[0] if jobs else None
        if len(jobs) == 1 and until is None and getattr(first, "parser", None) is None:
            await self._look(jobs[0])
            return
        ready = await self._ask(POLL, " ".join(str(job.rep) for job in jobs), until)
        if not ready:
            assert until is not None
            self._fire(until)
        for index in ready:
            await self._look(jobs[index])

    async def _look(self, job: Held | Ear) -> None:
        """Take what one of them has, or wait for it."""
        if isinstance(job, Ear):
            await self._listen(job)
        elif job.parser is None:
            await self._take(job)
        else:
            await self._read(job, job.parser)

    async def _listen(self, ear: Ear) -> None:
        said = await self._ask(MESSAGE, ear.rep)
        key, ear.key = ear.key, ""
        try:
            value = msgspec.json.decode(said["payload"])
        except (msgspec.DecodeError, RecursionError) as exc:
            text = f"what {said['sender']} wrote cannot be read: {exc}"
            self._known.append(Failed(key=key, case="invalid", text=text))
            return
        self._known.append(Heard(
            key=key, topic=said["topic"], sender=said["sender"], value=value,
            missed=said["missed"],
        ))  # fmt: skip

    def _fire(self, until: int) -> None:
        while self._timers and self._timers[0][0] <= until:
            _, _, key = heappop(self._timers)
            if key in self._waits:
                self._waits.discard(key)
                self._known.append(Fired(key=key))

    async def _take(self, job: Held) -> None:
        status, value = await self._call(TAKE[job.kind], job.rep)
        self._leave(job)
        if status == "err":
            self._known.append(Failed(key=job.key, case=value[0], text=value[1]))
            return
        try:
            self._known.append(Done(key=job.key, value=msgspec.json.decode(value)))
        except (msgspec.DecodeError, RecursionError) as exc:
            text = f"what it gave cannot be read: {exc}"
            self._known.append(Failed(key=job.key, case="invalid", text=text))

    async def _read(self, job: Held, parser: Parser) -> None:
        """Read the next piece of what an agent writes."""
        piece = await self._ask(NEXT, job.rep)
        events = parser.feed(piece) if piece is not None else []
        if piece is None:
            end = parser.finish()
            events = parser.rest()
        self._known.extend(
            Part(key=job.key, value=one.value) for one in events if isinstance(one, Record)
        )
        fault = next((one for one in events if isinstance(one, Unread)), None)
        if piece is None and fault is None and isinstance(end, Unread):
            fault = end
        if fault is not None:
            self._leave(job)
            text = f"its records cannot be read: {fault.what}"
            self._known.append(Failed(key=job.key, case="invalid", text=text))
        elif piece is None:
            await self._take(job)

    def _leave(self, job: Held) -> None:
        del self._jobs[job.key]
        self._handles.drop(job.rep)


class Refused(Exception):
    """A call without which no workflow goes on was refused or failed."""

    def __init__(self, function: Import, error: tuple[str, str]) -> None:
        super().__init__(function.name)
        self.what = f"{function.interface.rpartition('/')[2].partition('@')[0]}.{function.name}"
        self.error = error


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
