"""Look here if you want to know what `lion run` does."""

import click

from lion.cli.options import Common, common_options, set_option
from lion.cli.screen import open_screen
from lion.cli.session import run_watched
from lion.cli.stale import warn_of_stale
from lion.cli.summary import render_summary, summary_json
from lion.plans import check_starts, read_manifest


@click.command("run")
@click.argument("manifest")
@set_option
@common_options
def command(common: Common, manifest: str, sets: dict[str, str]) -> int:
    """Run MANIFEST: start its agents and calls together and show what they say.

    The exit code is the worst of what they came to; SIGINT, SIGTERM and SIGHUP end the run in
    order.
    """
    plan = read_manifest(manifest, sets)
    check_starts(plan, manifest, f"call a tool with: lion call {manifest} PLUGIN.TOOL JSON")
    warn_of_stale(plan)
    screen = open_screen("stdout")
    shown = None if common.as_json else screen
    report = run_watched(common, plan, shown)
    if common.as_json:
        screen.line(summary_json(report))
    else:
        for line in render_summary(report, plan, common, screen):
            screen.line(line)
    return report.exit_code
