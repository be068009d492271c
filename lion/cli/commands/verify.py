"""Look here if you want to know what `lion verify` proves."""

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.domain.units import counted


@click.command("verify")
@click.argument("run", default="last")
@common_options
def command(common: Common, run: str) -> int:
    """Check every record of RUN and the components it names.

    Exit code 5 for the first changed byte. A run that was interrupted is no fault.
    What was found is kept, and shown by `lion runs`.
    """
    from lion.history import verify_run

    report = verify_run(common.settings(), run)
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode(report).decode())
        return 0
    how = "finished" if report.finished else "not finished"
    ok = screen.paint("ok", "green")
    screen.line(f"{ok}  run {report.run}: {counted(report.records, 'record')}, {how}")
    screen.line(f"    head sha256:{report.head}")
    return 0
