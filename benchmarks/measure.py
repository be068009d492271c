"""Look here if you want to know how a time in the bench comes about.

Rule: CPU time of the whole process (all its threads) and of the children it has waited for, never
wall time.
Rule: contestants take turns within each round, and every other round backwards, so that a change
of the machine's speed touches all of them.
Rule: before each turn the one before is let settle: a thread that still winds down is nobody
else's cost.
"""

import gc
import resource
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from statistics import median
from time import process_time_ns

import trio

ROUNDS = 5
SETTLE_SECONDS = 0.04
"""Longer than lion's ticker takes to fall asleep."""

Work = Callable[[int], Awaitable[object]]
"""Does the work this many times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """CPU time of one contestant: nanoseconds per unit of work."""

    median: float
    best: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One piece of work: `open` gives the contestants, ours first; `count` is one turn's work.

    `byte_count` says how many bytes cross in one unit of work, where that is what matters.
    `shares` names the contestants that do the first one's work without a part of lion, by part.
    `lacks` says why this machine cannot hold it, if it cannot.
    """

    name: str
    title: str
    count: int
    open: Callable[[], AbstractAsyncContextManager[dict[str, Work]]]
    byte_count: int = 0
    note: str = ""
    shares: Mapping[str, str] = field(default_factory=dict)
    lacks: Callable[[], str] = str


def cpu_ns() -> int:
    """CPU nanoseconds used so far by this process and the children it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time_ns() + int((children.ru_utime + children.ru_stime) * 1e9)


async def take_turn(work: Work, count: int) -> float:
    """CPU nanoseconds per unit of work in one turn."""
    gc.collect()
    await trio.sleep(SETTLE_SECONDS)
    began = cpu_ns()
    await work(count)
    return (cpu_ns() - began) / count


async def hold(contest: Contest, rounds: int, count: int) -> dict[str, Times]:
    """Let all contestants do the same work `count` times a round, after a warm-up turn."""
    taken: dict[str, list[float]] = {}
    async with contest.open() as contestants:
        for work in contestants.values():
            await work(max(1, count // 20))
        for number in range(rounds):
            order = list(contestants) if number % 2 == 0 else list(reversed(contestants))
            for name in order:
                taken.setdefault(name, []).append(await take_turn(contestants[name], count))
        names = list(contestants)
    return {n: Times(median=median(taken[n]), best=min(taken[n])) for n in names}
