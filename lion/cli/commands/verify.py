"""Look here if you want to know what `lion verify` proves."""

import os
from pathlib import Path

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.progress import open_progress
from lion.cli.screen import Screen, open_screen
from lion.domain.text import show_line
from lion.domain.units import counted
from lion.ports import VerifyReport


@click.command("verify")
@click.argument("run", metavar="RUN|FILE", default="last")
@click.option("--signed", "is_signed", is_flag=True, help="Fail unless all of it is signed.")
@click.option(
    "--key", metavar="FILE", type=click.Path(path_type=Path),
    help="Only what this public key signed counts.",
)  # fmt: skip
@common_options
def command(common: Common, run: str, is_signed: bool, key: Path | None) -> int:
    """Check every record of RUN, the components it names, the heads that were signed, and what
    the log keeps beside; or of FILE, which `lion export` made, without a log.

    Exit code 5 for the first changed byte. A run that was interrupted is no fault. What was found
    of a run is kept, and shown by `lion runs`.
    """
    from lion.proof import own_key, read_public_key, verify_file, verify_run

    only = read_public_key(key) if key is not None else ""
    if run != "last" and os.path.isfile(run):
        report = verify_file(Path(run), key=only, is_signed=is_signed)
    else:
        with open_progress("verifying") as told:
            report = verify_run(
                common.settings(), run, key=only, is_signed=is_signed, progress=told
            )
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode(report).decode())
        return 0
    _render(report, own_key(common.settings()), screen)
    return 0


def _render(report: VerifyReport, own: str, screen: Screen) -> None:
    how = "finished" if report.finished else "not finished"
    how = f"{how}; it was dry, nothing left" if report.is_dry else how
    ok = screen.paint("ok", "green")
    screen.line(f"{ok}  run {report.run}: {counted(report.records, 'record')}, {how}")
    screen.line(f"    head sha256:{report.head}")
    if report.parent:
        screen.line(f"    forked from run {show_line(report.parent)}, which is as it was then")
    if not report.signed:
        screen.line("    not signed")
        return
    upto = "" if report.signed == report.records else f" up to record {report.signed}"
    whose = "your key" if report.key == own else "a key that is not in your configuration"
    screen.line(f"    signed{upto} by {whose}, ed25519:{report.key}")
