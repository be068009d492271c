"""Look here if you want to know how `lion run` tells that a run of the same manifest could go on.

Rule: what cannot be read here is no fault of the run that begins; whoever reads the log is told.
"""

import os
from contextlib import suppress

from lion.cli.logs import open_log
from lion.cli.options import Common
from lion.cli.screen import open_screen
from lion.cli.summary import typed_command
from lion.domain.plan import Plan
from lion.errors import LionError
from lion.ports import LogReader, RunState


def warn_of_unfinished(common: Common, plan: Plan) -> None:
    """Say on stderr if the last run of this manifest was interrupted, and how to go on."""
    with suppress(LionError), open_log(common) as reader:
        if (run := find_unfinished(reader, plan)) is not None:
            typed = typed_command(common)("resume", run[:8])
            open_screen("stderr").line(f"note: run {run[:8]} of this manifest was interrupted")
            open_screen("stderr").line(f"      go on with it: {typed}")


def find_unfinished(reader: LogReader, plan: Plan) -> str | None:
    """The newest run of a manifest's file, if it was interrupted."""
    path = "" if plan.path is None else os.path.realpath(plan.path)
    for summary in reversed(reader.runs()):
        if summary.manifest_name != plan.name:
            continue
        first = next(reader.records(summary.run), None)
        if first is not None and getattr(first.event(), "path", "") == path:
            is_left = summary.state in (RunState.INTERRUPTED, RunState.QUARANTINED)
            return summary.run if is_left else None
    return None
