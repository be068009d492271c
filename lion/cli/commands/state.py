"""Look here if you want to know what `lion state` shows and does."""

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.domain.text import show_line
from lion.domain.units import round_size
from lion.ports import StateEntry


@click.group(
    "state", invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@common_options
def command(common: Common) -> int:
    """Show what lion keeps, where, and how large it is: log, locks, cache, key, policy."""
    from lion.upkeep import survey_state

    if click.get_current_context().invoked_subcommand is not None:
        return 0
    entries = survey_state(common.settings())
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode(entries, enc_hook=str).decode())
    for entry in () if common.as_json else entries:
        screen.line(_line(entry))
    if not entries:
        open_screen("stderr").line("there is nothing yet; start a run with: lion run MANIFEST")
    return 0


def _line(entry: StateEntry) -> str:
    note = f"  {show_line(entry.note, longest=200)}" if entry.note else ""
    path = show_line(str(entry.path))
    return f"{entry.what:<8}  {round_size(entry.bytes):>9}  {path}{note}"
