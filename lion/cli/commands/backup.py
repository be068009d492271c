"""Look here if you want to know what `lion backup` does."""

from pathlib import Path

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.domain.text import show_line
from lion.domain.units import round_size


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@common_options
def command(common: Common, file: Path) -> int:
    """Copy the log, with what guests keep, into a new FILE; also while runs write it.

    The copy is of one moment. To use it, put it into a directory as `log.sqlite` and name that
    with --state. A run that was under way is an interrupted one there.
    """
    from lion.upkeep import backup_log

    size = backup_log(common.settings(), file)
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode({"file": str(file), "bytes": size}).decode())
    else:
        screen.line(f"copied  {round_size(size)} into {show_line(str(file))}")
    return 0
