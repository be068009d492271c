"""Look here if you want to know what `lion runs` lists."""

import io
from collections.abc import Sequence

import click
import msgspec

from lion.cli.events import render_time
from lion.cli.logs import open_log
from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen
from lion.domain.text import show_line
from lion.ports import RunSummary


@click.command("runs")
@common_options
def command(common: Common) -> int:
    """List the recorded runs, oldest first: id, manifest, start (UTC), records, state.

    Ids are shown as short as they are unique, which is enough to type; --json has them whole.
    """
    with open_log(common) as reader:
        runs = reader.runs()
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode([_fields(run) for run in runs]).decode())
    else:
        screen.write(render_runs(runs, screen))
    return 0


def state_of(run: RunSummary) -> str:
    """`ok`, `exit 3`, `running`, or `cut short` if its process died."""
    if run.exit_code is not None:
        return "ok" if run.exit_code == 0 else f"exit {run.exit_code}"
    return "running" if run.is_live else "cut short"


def shortened(ids: Sequence[str]) -> list[str]:
    """The shortest beginnings, of at least 8 characters, that still tell all ids apart."""
    length = 8
    while len({one[:length] for one in ids}) < len(set(ids)):
        length += 1
    return [one[:length] for one in ids]


def render_runs(runs: Sequence[RunSummary], screen: Screen) -> str:
    """A table for people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("run", "manifest", "started", "records", "state"):
        table.add_column(title, no_wrap=True, justify="right" if title == "records" else "left")
    ids = shortened([run.run for run in runs])
    for short, run in zip(ids, runs, strict=True):
        name, started = show_line(run.manifest_name), render_time(run.started_ns)[:19] + "Z"
        cells = (short, name, started, str(run.records), state_of(run))
        table.add_row(*map(Text, cells))
    console = Console(
        file=io.StringIO(), width=screen.columns, force_terminal=screen.has_colour, highlight=False
    )
    with console.capture() as capture:
        console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _fields(run: RunSummary) -> dict[str, object]:
    return {**msgspec.structs.asdict(run), "state": state_of(run)}
