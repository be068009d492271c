"""Look here if you want to know what `lion resume` does."""

import click

from lion.cli.options import Common, ask_option, common_options
from lion.cli.screen import open_screen
from lion.cli.session import resume_watched
from lion.cli.summary import render_summary, summary_json


@click.command("resume")
@click.argument("run", default="last")
@ask_option
@click.option("--force", is_flag=True, help="Also if it came no further three times in a row.")
@common_options
def command(common: Common, run: str, asks: bool, force: bool) -> int:
    """Go on with RUN (an id, the beginning of one, or "last"), whose process has ended, from where
    its records end. What it had done is not done again; docs/resume.md says what is.

    Of a run that has ended by itself this shows how, and gives its exit code.
    """
    screen = open_screen("stdout")
    shown = None if common.as_json else screen
    report, plan = resume_watched(common, run, shown, asks=asks, is_forced=force)
    if common.as_json:
        screen.line(summary_json(report))
    else:
        for line in render_summary(report, plan, common, screen):
            screen.line(line)
    return report.exit_code
