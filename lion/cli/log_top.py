"""Look here if you want to know what stands on top of `lion log`: which run it is, how far it is,
and whether its record is whole.

Rule: a run of at most CHECKED records is verified before it is shown; of a longer one it is said
what `verify` last found.
"""

from collections.abc import Iterator
from typing import Final

from lion.cli.screen import Screen
from lion.domain.text import show_line
from lion.domain.units import counted
from lion.errors import AuditError
from lion.ports import LogReader, RunState, RunSummary, Verdict
from lion.telling.events import render_time

A_SERVICE: Final = "a service"
"""What stands for a manifest's name where the record is of a service; no manifest has it."""
CHECKED: Final = 20_000
"""Records that are verified in a tenth of a second or so."""


def state_of(run: RunSummary) -> str:
    """`running`, `interrupted`, `ended`, or `ended, exit 3`."""
    return f"{run.state}, exit {run.exit_code}" if run.exit_code else str(run.state)


def find_fault(reader: LogReader, run: RunSummary, verdict: Verdict | None) -> str:
    """What is wrong with a run's record, as far as can be said soon; empty if nothing is known."""
    if run.records > CHECKED:
        return verdict.what if verdict is not None else ""
    try:
        for _ in reader.verified_alone(run.run):
            pass
    except AuditError as exc:
        return exc.what
    return ""


def interrupted(screen: Screen) -> str:
    """What an interrupted run is."""
    return f"{screen.paint('interrupted', 'yellow')}: its process is gone and wrote no ending"


def render_top(run: RunSummary, fault: str, screen: Screen) -> Iterator[str]:
    """The lines on top."""
    started = f"{render_time(run.started_ns)[:19]}Z"
    counts = counted(run.records, "record")
    yield f"run {run.run} of {show_line(run.manifest_name, longest=40)}"
    state = "a month's chain" if run.manifest_name == A_SERVICE else state_of(run)
    yield f"    {started}, {state}, {counts}"
    if run.state is RunState.INTERRUPTED:
        yield f"    {interrupted(screen)}; what was under way then: --open"
    if fault:
        yield f"    {screen.paint('damaged', 'red')}: {show_line(fault, longest=300)}"
        yield "    what follows is as it stands there, and proves nothing;"
        yield "    what verifies can be saved with: lion state repair"
