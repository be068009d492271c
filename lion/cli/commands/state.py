"""Look here if you want to know what `lion state` shows and does."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen
from lion.domain.text import show_line
from lion.domain.units import counted, round_size
from lion.errors import AuditError
from lion.ports import StateEntry

if TYPE_CHECKING:
    from lion.upkeep import Repaired


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


@command.command("repair")
@click.option("--dry-run", "is_dry", is_flag=True, help="Only say what verifies.")
@common_options
def repair(common: Common, is_dry: bool) -> int:
    """Copy what verifies of a damaged log into a new one, and move the damaged one aside.

    Runs are taken over whole or not at all; each that is not is recorded (`lion log log`), and
    stays to be looked at where the damaged log is then. With --dry-run exit code 5 if anything is
    damaged.
    """
    from lion.upkeep import look_at_log, repair_log

    done = look_at_log(common.settings()) if is_dry else repair_log(common.settings())
    screen = open_screen("stdout")
    is_whole = not done.stores and not any(one.fault for one in done.runs)
    if common.as_json:
        screen.line(msgspec.json.encode(done).decode())
    for line in () if common.as_json else _found(done, screen):
        screen.line(line)
    return AuditError.exit_code if is_dry and not is_whole else 0


def _found(done: "Repaired", screen: Screen) -> Iterator[str]:
    ok, bad = screen.paint("ok", "green"), screen.paint("damaged", "red")
    for one in done.runs:
        records = counted(one.records, "record")
        if one.fault:
            yield f"{bad}  run {show_line(one.run)}: {show_line(one.fault, longest=300)}"
            yield f"         {records} before that can be read"
        else:
            yield f"{ok}       run {show_line(one.run)}: {records}"
    for name in done.stores:
        yield f"{bad}  what guests keep in {show_line(name)}"
    if done.aside:
        is_whole = not done.stores and not any(one.fault for one in done.runs)
        which = "all of it verifies; the log as it was" if is_whole else "the damaged log"
        yield f"{which} is in {show_line(done.aside)} now: name that with --state"
