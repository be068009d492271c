"""Look here if you want to know how a command notices components that are older than their source.

Rule: nothing of this costs a run whose sources are as old as its components.
"""

import shlex
from pathlib import Path

from lion.cli.screen import open_screen
from lion.cli.summary import near
from lion.domain.plan import Plan
from lion.domain.surroundings import older_than_source
from lion.domain.text import show_line


def stale_sources(plan: Plan, *, by_time: bool = False) -> dict[str, str]:
    """By holder what `lion build` is to be given, where the source has changed since. `by_time`
    looks only into those with a file that is younger than the component, which is quick.
    """
    from lion.toolchain.stamp import newer_source

    found = {
        name: newer_source(holder.component, by_time=by_time)
        for name, holder in plan.holders.items()
        if holder.has_file
    }
    return {name: _typed(folder) for name, folder in found.items() if folder is not None}


def warn_of_stale(plan: Plan) -> None:
    """Tell on stderr which components are older than their source, before they run."""
    stale = stale_sources(plan, by_time=True)
    screen = open_screen("stderr") if stale else None
    for name, folder in stale.items():
        assert screen is not None
        word = screen.paint("warning", "yellow")
        what = f"{name} is {older_than_source(folder)}"
        screen.line(f"{word}  {show_line(what)}")


def _typed(folder: Path) -> str:
    return shlex.quote(near(folder))
