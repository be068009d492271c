"""Look here if you want to know what the screen Runs shows: tasks and runs as tables.

Rule: the latest are shown, and how many there are besides is said.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

import msgspec

from lion.domain.task import TaskState
from lion.domain.units import round_size
from lion.errors import LionError
from lion.history import open_history
from lion.page.frame import render
from lion.page.seat import Seat
from lion.page.times import took
from lion.ports import LogReader, RunSummary
from lion.proof import last_verdicts
from lion.reading import beside
from lion.service.tasks import Task
from lion.settings import Settings
from lion.telling.amounts import render_spent

MOST: Final = 200
"""Rows of a table."""
_SPENT: Final = ("tokens", "money")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A run: `proof` is empty, `verified` or `damaged`; `costs` by the kind of budget."""

    summary: RunSummary
    task: Task | None
    what: str
    state: str
    lasted_ns: int
    proof: str
    tokens: int
    money: str
    size: str


async def show(seat: Seat) -> str:
    """The screen. Raises LionError."""
    waiting = await seat.waiting()
    tasks = {one.run: one for one in seat.tasks if one.run}
    asks = {one.request.run for one in waiting}
    now = seat.living.service.chain.now_ns
    rows, count = await beside(partial(_rows, seat.settings, tasks, asks, now))
    shown = seat.tasks[-MOST:][::-1]
    states = {str(one): sum(task.state is one for task in seat.tasks) for one in TaskState}
    return await beside(partial(
        render, "runs", seat.by, seat.gauges(len(waiting)), rows=rows, count=count, tasks=shown,
        states={name: n for name, n in states.items() if n}, all_tasks=len(seat.tasks),
        lasted=lasted,
    ))  # fmt: skip


def lasted(task: Task) -> str:
    """How long a task took."""
    if not task.started_ns or not task.ended_ns:
        return ""
    return took(max(task.ended_ns - task.started_ns, 1))


def _rows(
    settings: Settings, tasks: Mapping[str, Task], asks: set[str], now_ns: int
) -> tuple[list[Row], int]:
    verdicts = last_verdicts(settings)
    with open_history(settings) as reader:
        runs = reader.runs()
        found = []
        for one in reversed(runs[-MOST:]):
            verdict = verdicts.get(one.run)
            proof = "" if verdict is None else "damaged" if verdict.fault else "verified"
            found.append(_row(reader, one, tasks.get(one.run), asks, proof, now_ns))
    return found, len(runs)


def _row(
    reader: LogReader, one: RunSummary, task: Task | None, asks: set[str], proof: str, now_ns: int
) -> Row:
    spent = dict(_spent(reader, one.run))
    ended = now_ns if task is None or not task.ended_ns else task.ended_ns
    lasted_ns = max(ended - one.started_ns, 0) if task is not None else 0
    state = str(one.state) if task is None or not task.state.is_over else str(task.state)
    if one.run in asks:
        state = "asks you"
    return Row(
        summary=one, task=task, state=state, lasted_ns=lasted_ns, proof=proof,
        what="" if task is None else task.order.agent or task.order.call,
        tokens=spent.get("tokens", 0), size=round_size(one.bytes),
        money=render_spent("llm.money", spent["money"]) if spent.get("money") else "",
    )  # fmt: skip


def _spent(reader: LogReader, run: str) -> Iterator[tuple[str, int]]:
    """What a run cost, by the kind of budget."""
    try:
        budgets = reader.budgets(run)
    except LionError:
        return
    for kind in _SPENT:
        yield kind, sum(one.used for one in budgets if one.budget.startswith(f"llm.{kind}"))
