"""Look here if you want to know what `lion log` prints."""

import click

from lion.cli.events import record_json, render_record
from lion.cli.logs import open_log
from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen


@click.command("log")
@click.argument("run", default="last")
@common_options
def command(common: Common, run: str) -> int:
    """Show every record of RUN: an id, a unique beginning of one, or last.

    Sequence, time (UTC), who, what. With --json one object a line, with all fields.
    """
    render = record_json if common.as_json else render_record
    screen = open_screen("stdout")
    with open_log(common) as reader:
        for record in reader.records(reader.find(run)):
            if screen.is_closed:
                break
            screen.line(render(record))
    return 0
