"""Look here if you want to know what the screen Attention shows: what waits for a person, what
failed, budgets near their end, and plugins that are not what was agreed to.

Rule: a question shows all that its answer hangs on, lion's words first, the guest's apart.
Rule: what is read is bounded: the latest runs, and of each only records of the kinds meant here.
"""

from collections.abc import Iterator, Sequence
from difflib import ndiff
from functools import partial
from typing import Final

import msgspec

from lion.domain.approval import Request, Waiting
from lion.domain.events import ApprovalAsked, ApprovalDecided, ApprovalExpired, CallFinished
from lion.domain.task import TaskState
from lion.domain.text import show as shown
from lion.errors import LionError
from lion.history import open_history
from lion.page.drift import Drift
from lion.page.frame import Reading, line, render
from lion.page.screens.live import reading_of
from lion.page.seat import Seat
from lion.ports import LogReader
from lion.reading import beside
from lion.settings import Settings
from lion.telling.events import describe, word_of

MOST: Final = 50
"""Questions that are shown."""
LATEST: Final = 12
"""Runs that are looked at for what happened lately."""
_EACH: Final = 8
"""Of each kind of news."""
_NEAR: Final = 80
"""Percent of a budget from which it is near its end."""
_BAD: Final = (TaskState.FAILED, TaskState.SKIPPED, TaskState.ABORTED)
_ANSWERS: Final = frozenset(("ApprovalDecided", "ApprovalExpired"))
_LINES: Final = 60


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A question: `compared` are lines of a difference to the last one of its kind."""

    request: Request
    is_live: bool
    task: str
    why: tuple[tuple[str, str], ...]
    compared: tuple[tuple[str, str], ...]


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened: in a run, at a record."""

    run: str
    seq: int
    time_ns: int
    word: str
    tone: str
    about: str


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """A budget near its end, and in which run."""

    run: str
    holder: str
    reading: Reading


class Lately(msgspec.Struct, frozen=True, kw_only=True):
    """What the latest runs have to say."""

    denied: tuple[News, ...]
    answered: tuple[News, ...]
    near: tuple[Near, ...]
    compared: dict[str, tuple[tuple[str, str], ...]]


async def show(seat: Seat) -> str:
    """The screen. Raises LionError."""
    waiting = await seat.waiting()
    tasks = seat.tasks
    by_run = {one.run: one.id for one in tasks if one.run}
    runs = [one.run for one in tasks if one.run][-LATEST:]
    lately = await beside(partial(_lately, seat.settings, runs, waiting))
    asks = [_ask(one, by_run.get(one.request.run, ""), lately) for one in waiting[:MOST]]
    failed = [one for one in tasks if one.state in _BAD][-_EACH:][::-1]
    drifted: Sequence[Drift] = await seat.drifts()
    return await beside(partial(
        render, "attention", seat.by, seat.gauges(len(waiting)), asks=asks, waiting=len(waiting),
        failed=failed, lately=lately, drifted=drifted,
        bad=len(failed) + len(lately.denied), now_ns=seat.living.service.chain.now_ns,
    ))  # fmt: skip


def _ask(one: Waiting, task: str, lately: Lately) -> Ask:
    request = one.request
    why = tuple(zip(request.asked_by, request.reasons, strict=True))
    return Ask(
        request=request, is_live=one.is_live, task=task, why=why,
        compared=lately.compared.get(request.id, ()),
    )  # fmt: skip


def _lately(settings: Settings, runs: Sequence[str], waiting: Sequence[Waiting]) -> Lately:
    denied: list[News] = []
    answered: list[News] = []
    near: list[Near] = []
    with open_history(settings) as reader:
        for run in reversed(runs):
            try:
                denied += _denied(reader, run, _EACH - len(denied))
                answered += _answered(reader, run, _EACH - len(answered))
                near += _near(reader, run)
            except LionError:  # not on record yet, or gone since
                continue
        compared = {
            one.request.id: tuple(_compared(reader, one.request)) for one in waiting[:MOST]
        }
    return Lately(
        denied=tuple(denied), answered=tuple(answered), near=tuple(near[:_EACH]), compared=compared
    )


def _denied(reader: LogReader, run: str, most: int) -> list[News]:
    found: list[News] = []
    for record in reader.records(run, denied=True) if most > 0 else ():
        event = record.event()
        if not isinstance(event, CallFinished) or event.status != "denied":
            continue
        about = line(f"{record.principal}: {event.capability} {event.operation} {event.target}")
        found.append(News(
            run=run, seq=record.seq, time_ns=record.time_ns, word="denied", tone="denied",
            about=about,
        ))  # fmt: skip
        if len(found) > 100 * _EACH:
            break
    return found[-most:][::-1] if most > 0 else []


def _answered(reader: LogReader, run: str, most: int) -> list[News]:
    found: list[News] = []
    for record in reader.records(run, types=_ANSWERS) if most > 0 else ():
        event = record.event()
        if isinstance(event, ApprovalDecided):
            word, tone = ("allowed", "allowed") if event.answer.allowed else ("refused", "denied")
        elif isinstance(event, ApprovalExpired):
            word, tone = word_of(event), "quiet"
        else:
            continue
        found.append(News(
            run=run, seq=record.seq, time_ns=record.time_ns, word=word, tone=tone,
            about=line(f"{record.principal}: {describe(event)}"),
        ))  # fmt: skip
    return found[-most:][::-1] if most > 0 else []


def _near(reader: LogReader, run: str) -> Iterator[Near]:
    for one in reader.budgets(run):
        if one.limit and 100 * one.used >= _NEAR * one.limit:
            yield Near(run=run, holder=line(one.holder, 40), reading=reading_of(one))


def _compared(reader: LogReader, request: Request) -> Iterator[tuple[str, str]]:
    """What is asked now against what was asked last of this holder by this call: lines with a
    sign before each."""
    last = None
    for record in reader.records(request.run, types=frozenset(("ApprovalAsked",))):
        event = record.event()
        if not isinstance(event, ApprovalAsked) or event.request.id == request.id:
            continue
        other = event.request
        if (other.holder, other.capability, other.operation) == (
            request.holder, request.capability, request.operation,
        ):  # fmt: skip
            last = other
    if last is None or last.arguments == request.arguments:
        return
    lines = ndiff(shown(last.arguments).splitlines(), shown(request.arguments).splitlines())
    for found, _ in zip((one for one in lines if one[0] != "?"), range(_LINES), strict=False):
        yield found[0], found[2:]
