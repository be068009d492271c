"""Look here if you want to know how one task is followed over HTTP, and where who was cut off goes
on.

Rule: each record is told once, in the order of the log; who says which position he has is told
what comes after it, also of a run that another process had begun.
Rule: what has no more to come says so: a client that comes again by itself is told to stop.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec

from lion.domain.events import RunFinished
from lion.domain.record import Record
from lion.domain.task import Principal, Role
from lion.errors import LionError
from lion.ports import LogReader
from lion.service.following import ALL
from lion.service.living import Living
from lion.service.problems import problem_of
from lion.service.tasks import Task
from lion.telling.told import told
from lion.web.api import shown
from lion.web.asked import POSITION
from lion.web.connection import LINES, Answer, Request
from lion.web.events import EVENTS, KEEP_ALIVE_SECONDS, RETRY_MS, position_of
from lion.web.guard import is_still
from lion.web.routes import ANY, Endpoint, Routes, unauthorized
from lion.web.runs import read

_Heard: TypeAlias = AsyncGenerator[Task | Record | None, None]

OVER: Final = "-over"
"""What an event's id ends with after which nothing comes."""
_MOST: Final = 256
"""Records of an old run that are read at once, of at most so many bytes, but for the last one."""
_MOST_BYTES: Final = 1024 * 1024


async def _follow(living: Living, request: Request, by: Principal) -> Answer:
    task = living.service.task(by, request.path[2])
    is_event = EVENTS in request.headers.get("accept", "")
    last = request.headers.get("last-event-id") if is_event else None
    if last is not None and last.endswith(OVER) and task.state.is_over:
        return Answer(status=204)
    after = position_of(last.removesuffix(OVER) if last else request.query.get("after", "0"))
    heard = _heard(living, by, task, after, partial(is_still, living.access, request))
    if is_event:
        return Answer(pieces=_events(heard, after), kind=EVENTS)
    return Answer(pieces=_lines(heard), kind=LINES)


async def _heard(
    living: Living, by: Principal, task: Task, after: int, is_still: Callable[[Principal], bool]
) -> _Heard:
    """A task and its records after a position; None now and then. Raises OperatorError for who may
    no longer hear it.
    """

    def check() -> None:
        if not is_still(by):
            raise unauthorized("who follows has signed out, or his token is worth nothing more")

    yield task
    seen = await read(living, partial(_seen, task, after))
    for run in task.runs:
        while not living.service.is_followed(run) and (page := await _page(living, run, seen)):
            check()
            for record in page:
                yield record
    async with aclosing(living.service.follow(by, task.id, seen, KEEP_ALIVE_SECONDS)) as followed:
        async for one in followed:
            check()
            if one is not task:  # which is told already
                yield one


async def _page(living: Living, run: str, seen: dict[str, int]) -> list[Record]:
    """The next records of a run that this process did not begin, or not yet; they are seen now."""

    def look(reader: LogReader) -> list[Record]:
        page: list[Record] = []
        size = 0
        for record in reader.records(run, seen[run]):
            page.append(record)
            size += len(record.body)
            if len(page) == _MOST or size > _MOST_BYTES:
                break
        return page

    page = await read(living, look)
    if page:
        seen[run] = page[-1].seq
    return page


def _seen(task: Task, after: int, reader: LogReader) -> dict[str, int]:
    """By run the last record at or before a position; of one that has ended before it, ALL."""
    return {run: _last_seen(reader, run, after) if after else 0 for run in task.runs}


def _last_seen(reader: LogReader, run: str, after: int) -> int:
    """The same of one run: positions grow as its records do, so few of them are looked at."""

    def at(seq: int) -> Record | None:
        record = next(reader.records(run, seq - 1), None)
        return record if record is not None and record.position <= after else None

    low, high = 0, 1
    while at(high) is not None:
        low, high = high, high * 2
    while high - low > 1:  # `low` was seen, `high` was not
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) is None else (middle, high)
    last = at(low) if low else None
    return ALL if last is not None and last.type == RunFinished.__name__ else low


async def _lines(heard: _Heard) -> AsyncGenerator[bytes, None]:
    async with aclosing(heard) as those:
        async for one in those:
            if one is not None:
                line = {"record": told(one)} if isinstance(one, Record) else {"task": shown(one)}
                yield msgspec.json.encode(line) + b"\n"


async def _events(heard: _Heard, last: int) -> AsyncGenerator[bytes, None]:
    task: Task | None = None
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        async with aclosing(heard) as those:
            async for one in those:
                if isinstance(one, Record):
                    last = one.position
                    yield _event(one.type, told(one), str(last))
                elif one is None:
                    yield b": nothing new\n\n"
                else:
                    task = one
                    yield _event("lion.task", shown(one))
    except LionError as exc:
        yield _event("lion.failed", problem_of(exc))
        return
    if task is not None and task.state.is_over:
        yield _event("lion.over", {}, f"{last}{OVER}")


def _event(name: str, value: Mapping[str, Any], id: str = "") -> bytes:
    """An event; what is no record leaves the reader's id as it is, but for the end."""
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(value) + b"\n\n"


ROUTES: Final[Routes] = {
    ("GET", "api", "tasks", ANY, "events"): Endpoint(
        run=_follow, role=Role.VIEWER, gives=f"{LINES}, {EVENTS}",
        query={"after": "after this position in the log"}, forms={"after": POSITION},
        besides={204: "It is over, and nothing comes after `Last-Event-ID`."},
        summary="Follow a task until it is over: lines of JSON, or server-sent events.",
    ),
}  # fmt: skip
"""How a task is followed."""
