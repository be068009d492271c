"""Look here if you want to know what `lion verify` proves."""

import click
import msgspec

from lion.cli.logs import open_log
from lion.cli.options import Common, common_options
from lion.cli.progress import open_progress
from lion.cli.screen import open_screen
from lion.domain.units import counted


@click.command("verify")
@click.argument("run", default="last")
@common_options
def command(common: Common, run: str) -> int:
    """Check every record of RUN, the components it names, and what the log keeps beside.

    Exit code 5 for the first changed byte. A run that was cut short is no fault.
    """
    with open_log(common) as reader, open_progress("verifying") as progress:
        report = reader.verify(reader.find(run), progress)
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode(report).decode())
        return 0
    how = "finished" if report.finished else "not finished"
    how = f"{how}; it was dry, nothing left" if report.is_dry else how
    ok = screen.paint("ok", "green")
    screen.line(f"{ok}  run {report.run}: {counted(report.records, 'record')}, {how}")
    screen.line(f"    head sha256:{report.head}")
    return 0
