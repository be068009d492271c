"""Look here if you want to know how a run's end is told, and what to type next."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from lion.cli.options import Common
from lion.cli.screen import Screen
from lion.domain.decider import Decider, decider_of
from lion.domain.plan import Plan
from lion.domain.text import show_line, show_lines
from lion.domain.units import counted
from lion.review.report import Denial, Ending, RunReport, split_suggestion

_MOST_LINES = 40
"""Lines of one answer that are shown; the log has all of it."""
_MOST_WORDS = 10
_MOST_DENIALS = 10


def render_summary(report: RunReport, plan: Plan, common: Common, screen: Screen) -> Iterator[str]:
    """The lines a person sees when a run has ended."""
    width = max((len(e.name) for e in report.endings), default=0)
    for ending in report.endings:
        yield from render_ending(ending, width, screen)
    typed = typed_command(common)
    shown = report.denials[:_MOST_DENIALS]
    for index, denial in enumerate(shown):
        yield from render_denial(denial, plan, screen, is_last=is_last_of(shown, index))
    if len(report.denials) > _MOST_DENIALS:
        yield f"denied  … and more, all of them in: {typed('log')}"
    for bug in report.bugs:
        yield f"{screen.paint('bug', 'red')}     in lion: {show_line(bug)}; please report it"
    yield _counts(report)
    yield f"again offline:     {typed('replay')}"
    yield f"who may do what:   {typed('audit')}"
    yield f"what happened:     {typed('log')}"
    yield f"is it unchanged:   {typed('verify')}"


def summary_json(report: RunReport) -> str:
    """The same as one JSON object on a line."""
    return msgspec.json.encode(report).decode()


def render_ending(ending: Ending, width: int, screen: Screen) -> Iterator[str]:
    """How one agent or call ended, and its answer or why there is none."""
    name = f"{ending.name:<{width}}"
    if ending.ok:
        answer = ending.text if ending.kind == "agent" else json_text(ending.value)
        first, *more = show_lines(answer) or [""]
        yield f"{screen.paint('ok', 'green')}      {name}  {first}".rstrip()
        yield from _indented(more, 10 + width, _MOST_LINES)
        return
    word = "failed" if ending.ending != "cancelled" else "cut   "
    yield f"{screen.paint(word, 'red')}  {name}  {show_line(ending.error)}"
    yield from _indented(show_lines(ending.words), 10 + width, _MOST_WORDS)
    if ending.outside:
        yield f"{' ' * (10 + width)}from outside: {show_line(ending.outside, longest=400)}"
    if ending.hint:
        yield f"{' ' * (10 + width)}{show_line(ending.hint)}"


def is_last_of(denials: Sequence[Denial], index: int) -> bool:
    """Whether no later denial has the same joined line, which is shown once."""
    return all(after.together != denials[index].together for after in denials[index + 1 :])


def render_denial(
    denial: Denial, plan: Plan, screen: Screen, *, is_last: bool = True
) -> Iterator[str]:
    """What was refused, why, and the manifest line that would allow it.

    One line for several is told with the last of them.
    """
    what = f"{denial.capability} {denial.operation} {denial.target}".rstrip()
    times = f"  ({denial.times:,} times)" if denial.times > 1 else ""
    yield (
        f"{screen.paint('denied', 'yellow')}  {show_line(denial.holder)}  "
        f"{show_line(what, longest=200)}   {why_denied(denial)}{times}"
    )
    if denial.suggestion and (is_last or not denial.together):
        table, line = split_suggestion(denial.together or denial.suggestion)
        what = "allow all:" if denial.together else "allow it: "
        if plan.path is None:
            typed = shlex.quote(line.removeprefix("allow."))
            yield f"        {what} for this call by  --allow {show_line(typed, longest=400)}"
            return
        where = show_line(near(plan.path))
        yield f"        {what} under [{show_line(table)}] in {where} write"
        yield f"                   {show_line(line)}"


def why_denied(denial: Denial) -> str:
    """Who refused it, unless that is plain from the reason, and why."""
    reason = show_line(denial.reason, longest=400)
    if decider_of(denial.decided_by) in (Decider.POLICY, Decider.SYSTEM, Decider.BUDGET):
        return f"{show_line(denial.decided_by)}: {reason}"
    return reason


def json_text(value: object) -> str:
    """A value as JSON on one line."""
    return msgspec.json.encode(value).decode()


def _counts(report: RunReport) -> str:
    how = "interrupted after " if report.interrupted else ""
    counts = f"{counted(report.calls, 'call')}, {report.denied:,} denied"
    return f"run {report.run[:8]}: {counts}, {how}{report.wall_ns / 1e9:.2f} s"


def _indented(lines: list[str], columns: int, most: int) -> Iterator[str]:
    for line in lines[:most]:
        yield f"{' ' * columns}{line}"
    if len(lines) > most:
        yield f"{' ' * columns}… {len(lines) - most} more lines"


def typed_command(common: Common) -> Callable[..., str]:
    """Writes commands about a run as this person would have to type them here."""
    program = _program()
    state = f" --state {shlex.quote(common.state)}" if common.state is not None else ""
    return lambda command, run="last": show_line(f"{program} {command} {run}{state}")


def _program() -> str:
    """How lion was started: `lion`, `.venv/bin/lion` or `python -m lion`."""
    said = Path(sys.argv[0])
    if said.name != "lion":
        return f"{shlex.quote(near(Path(sys.executable)))} -m lion"
    from shutil import which

    found = which("lion")
    if found is not None and os.path.abspath(found) == os.path.abspath(said):
        return "lion"
    return shlex.quote(near(said))


def near(path: Path) -> str:
    """A path as seen from here, if it lies below."""
    absolute = Path(os.path.abspath(path))
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)
