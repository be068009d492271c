"""Look here if you want to know how the bench is printed, and which keys its JSON has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.goals import Results, judge
from benchmarks.measure import Contest, Times


@dataclass(kw_only=True)
class Bench:
    """All that a run of the bench found.

    `parts` are microseconds per recorded call, `start_parts` milliseconds of a start,
    `guest_starts` of that of a guest with an interpreter; `log` is what a long log costs, with
    units in the names.
    """

    machine: Mapping[str, str]
    rounds: int
    is_quick: bool
    contests: list[Contest] = field(default_factory=list)
    results: dict[str, dict[str, Times]] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    start_parts: dict[str, float] = field(default_factory=dict)
    guest_starts: dict[str, float] = field(default_factory=dict)
    log: dict[str, float] = field(default_factory=dict)
    agent_kib: float | None = None


def _megabytes(contest: Contest, times: Times) -> float:
    return contest.byte_count * 1_000 / times.best


def _ratios(times: Mapping[str, Times]) -> dict[str, float]:
    """Best against best: the first contestant's time in each other's."""
    first, *others = times
    return {other: times[first].best / times[other].best for other in others}


def _shares(contest: Contest, times: Mapping[str, Times]) -> dict[str, float]:
    """What part of the first contestant's time each part of lion takes, 0 to 1."""
    whole = next(iter(times.values())).best
    return {
        part: max(0.0, 1 - times[other].best / whole)
        for part, other in contest.shares.items()
        if other in times
    }


def contest_lines(contest: Contest, times: Mapping[str, Times]) -> list[str]:
    """A contest in words: ratios, then microseconds, then bytes."""
    first = next(iter(times))
    ratios = [f"{ratio:.2f} x {other}" for other, ratio in _ratios(times).items()]
    lines = [contest.title, f"  {first} is {', '.join(ratios)}" if ratios else ""]
    for name, taken in times.items():
        speed = f"{_megabytes(contest, taken):>9,.0f} MB/s" if contest.byte_count else ""
        best, median = taken.best / 1_000, taken.median / 1_000
        lines.append(f"  {name:<14} best {best:>11,.2f} us   median {median:>11,.2f} us {speed}")
    if shares := _shares(contest, times):
        told = ", ".join(f"{part} {share:.0%}" for part, share in shares.items())
        lines.append(f"  of {first}'s time: {told}")
    if contest.note:
        lines.append(f"  ({contest.note})")
    return [line.rstrip() for line in lines if line]


def goal_lines(results: Results) -> list[str]:
    """Each goal with its figure and yes or no."""
    lines = []
    for verdict in judge(results):
        goal, word = verdict.goal, "yes" if verdict.is_met else "NO "
        sign = ">=" if goal.at_least else "<="
        figure = f"{verdict.figure:,.2f} {goal.unit}"
        lines.append(f"  {word}  {figure:>14}  ({sign} {goal.limit:g} {goal.unit})  {goal.title}")
    return lines


def part_lines(parts: Mapping[str, float], unit: str) -> list[str]:
    """Where a time goes."""
    return [f"  {name:<16} {figure:>6,.2f} {unit}".rstrip() for name, figure in parts.items()]


def _times(times: Times) -> dict[str, float]:
    return {"best_us": times.best / 1_000, "median_us": times.median / 1_000}


def _contest_json(contest: Contest, times: Mapping[str, Times]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": contest.title,
        "note": contest.note,
        "ratios": _ratios(times),
        "contestants": {name: _times(taken) for name, taken in times.items()},
    }
    if contest.byte_count:
        found["megabytes_per_second"] = {n: _megabytes(contest, t) for n, t in times.items()}
    if contest.shares:
        found["shares"] = _shares(contest, times)
    return found


def to_json(bench: Bench) -> dict[str, Any]:
    """The same figures: machine, rounds, quick, contests, goals, recorded_call_us, start_ms,
    guest_start_ms, log, agent_kib.
    """
    return {
        "machine": dict(bench.machine),
        "rounds": bench.rounds,
        "quick": bench.is_quick,
        "contests": {c.name: _contest_json(c, bench.results[c.name]) for c in bench.contests},
        "goals": {
            v.goal.name: {
                "title": v.goal.title, "figure": v.figure, "limit": v.goal.limit,
                "unit": v.goal.unit, "at_least": v.goal.at_least, "met": v.is_met,
            }
            for v in judge(bench.results)
        },
        "recorded_call_us": bench.parts,
        "start_ms": bench.start_parts,
        "guest_start_ms": bench.guest_starts,
        "log": bench.log,
        "agent_kib": bench.agent_kib,
    }  # fmt: skip
