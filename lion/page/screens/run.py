"""Look here if you want to know what the screen of one run shows: its records over time, by call,
by right and one by one; and why one of them is there.

Rule: what is read for a screen is bounded: so many records at a time, wherever one looks.
Rule: what is shown is read, not proved: only `verify` says that a run is unchanged.
"""

from collections.abc import Mapping
from functools import partial
from itertools import islice
from typing import Any, Final

import msgspec

from lion.errors import AuditError, OperatorError
from lion.history import open_history
from lion.page.export import page_of
from lion.page.frame import render
from lion.page.html import authority_of, views_of
from lion.page.seat import Seat
from lion.page.story import Story, tell_story
from lion.page.times import took
from lion.places import homes_of
from lion.plans import read_policy
from lion.ports import LogReader, RunSummary, Verdict
from lion.proof import last_verdicts
from lion.reading import beside
from lion.review.explain import explain
from lion.review.explained import Explained
from lion.review.run import audit_run
from lion.service.tasks import Task
from lion.settings import Settings
from lion.telling.events import describe

WINDOW: Final = 1_500
"""Records that a screen tells of."""
MOST_AUDITED: Final = 100_000
"""Records of a run whose rights are looked at for a screen; longer ones are a command's."""
AT_ONCE: Final = 3_000
"""Records of a run whose rights are there at once; those of a longer one are asked for."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A run as far as it is shown: records after `after`, and its authority if that is short."""

    summary: RunSummary
    story: Story
    after: int
    verdict: Verdict | None
    authority: dict[str, Any] | None


async def show(seat: Seat) -> str:
    """The screen, `explain` of one record, `authority`, or the `export`. Raises OperatorError,
    AuditError.
    """
    match seat.path:
        case (word,):
            return await _whole(seat, word)
        case (word, "explain", seq) if seq.isdecimal() and len(seq) < 16:
            return await _explained(seat, word, int(seq))
        case (word, "authority"):
            return await _authority(seat, word)
        case (word, "export"):
            return await beside(partial(_exported, seat.settings, word))
        case _:
            hint = "begin at /runs"
            raise OperatorError("there is no such part of a run", hint=hint, status=404)


async def _whole(seat: Seat, word: str) -> str:
    waiting = await seat.waiting()
    record = _number(seat.query, "record")
    after = _number(seat.query, "after")
    if record is not None and after is None:
        after = (record - 1) // WINDOW * WINDOW
    found = await beside(partial(_read, seat.settings, word, after or 0))
    run = found.summary.run
    task = next((one for one in seat.tasks if run in one.runs), None)
    asks = sum(one.request.run == run for one in waiting)
    return await beside(partial(
        render, "run", seat.by, seat.gauges(len(waiting)), run=run, found=found, task=task,
        asks=asks, readings=tuple(_readings(found, task)), window=WINDOW, record=record or 0,
        after=found.after,
        **_chosen(views_of(found.story), record), **(found.authority or _NO_AUTHORITY),
    ))  # fmt: skip


_NO_AUTHORITY: Final[Mapping[str, Any]] = {"denials": (), "grants": (), "operations": ()}


def _chosen(views: dict[str, Any], record: int | None) -> dict[str, Any]:
    """The views, with the slider at a record if one was asked for."""
    lines = views["story"].lines
    at = next((n for n, line in enumerate(lines, 1) if line.seq == record), None)
    return views if at is None else {**views, "first": at}


def _exported(settings: Settings, word: str) -> str:
    with open_history(settings) as reader:
        run = _find(reader, word)
    return page_of(settings, run)[1]


def _read(settings: Settings, word: str, after: int) -> Shown:
    with open_history(settings) as reader:
        run = _find(reader, word)
        summary = next(one for one in reader.runs() if one.run == run)
        records = islice(reader.records(run, after), WINDOW)
        story = tell_story(reader, run, records, after)
        authority = _audited(settings, reader, run) if summary.records <= AT_ONCE else None
    return Shown(summary=summary, story=story, after=after, authority=authority,
                 verdict=last_verdicts(settings).get(run))  # fmt: skip


def _find(reader: LogReader, word: str) -> str:
    try:
        run = reader.find(word)
    except OperatorError as exc:
        raise OperatorError(exc.what, hint="see all: /runs", status=404) from exc
    if run in reader.chains():
        raise OperatorError(f"{run} is a service's chain, and no run", hint="/runs", status=404)
    return run


def _audited(settings: Settings, reader: LogReader, run: str) -> dict[str, Any] | None:
    policy = read_policy(settings.policy)
    try:
        audit = audit_run(
            run, reader.records(run), reader.budgets(run), policy, homes_of(settings.lookups)
        )
    except AuditError:  # it has no beginning yet
        return None
    return authority_of(audit)


async def _authority(seat: Seat, word: str) -> str:
    def read() -> tuple[str, dict[str, Any] | None]:
        with open_history(seat.settings) as reader:
            run = _find(reader, word)
            count = next(one.records for one in reader.runs() if one.run == run)
            is_long = count > MOST_AUDITED
            return run, None if is_long else _audited(seat.settings, reader, run)

    waiting = await seat.waiting()
    run, found = await beside(read)
    return await beside(partial(
        render, "authority-of", seat.by, seat.gauges(len(waiting)), run=run,
        is_known=found is not None, **(found or _NO_AUTHORITY),
    ))  # fmt: skip


async def _explained(seat: Seat, word: str, seq: int) -> str:
    waiting = await seat.waiting()
    found, event = await beside(partial(_explain, seat.settings, word, seq))
    return await beside(partial(
        render, "explain", seat.by, seat.gauges(len(waiting)), run=found.run, found=found,
        event=event,
    ))  # fmt: skip


def _explain(settings: Settings, word: str, seq: int) -> tuple[Explained, str]:
    policy = read_policy(settings.policy)
    with open_history(settings) as reader:
        run = _find(reader, word)
        read, budgets = partial(reader.records, run), partial(reader.budgets_at, run)
        try:
            found = explain(run, seq, reader.verified(run), read, budgets, policy)
        except OperatorError as exc:
            raise OperatorError(exc.what, hint=exc.hint, status=404) from exc
        if found.asked is not None:
            return found, ""
        record = next(one for one in reader.records(run, seq - 1) if one.seq == seq)
        return found, describe(record.event())


def _readings(found: Shown, task: Task | None) -> list[tuple[str, str, str]]:
    story, summary = found.story, found.summary
    denied = sum(line.tone == "denied" for line in story.lines)
    lasted = story.ended_ns - story.began_ns
    is_all = summary.records <= len(story.lines)
    if not is_all and task is not None and task.ended_ns and task.started_ns:
        lasted = task.ended_ns - task.started_ns
    return [
        ("took", took(max(lasted, 1)), ""),
        ("records", f"{summary.records:,}", ""),
        ("host calls" if is_all else "host calls here", f"{story.calls:,}", ""),
        ("denied" if is_all else "denied here", f"{denied:,}", "denied" if denied else ""),
        ("invocations", f"{len(story.lanes) + story.left_out_lanes:,}", ""),
        ("exit code", "none" if summary.exit_code is None else str(summary.exit_code), ""),
    ]


def _number(query: Mapping[str, str], name: str) -> int | None:
    word = query.get(name, "")
    if not word:
        return None
    if not word.isdecimal() or len(word) > 15:
        raise OperatorError(f"{name} is no number", hint=f"write ?{name}=12", status=400)
    return int(word)
