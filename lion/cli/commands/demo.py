"""Look here if you want to know what `lion demo` shows."""

from pathlib import Path

import click

from lion.cli.options import Common, common_options
from lion.cli.printer import Page, View
from lion.cli.screen import Screen, open_screen
from lion.cli.session import run_shown, speakers
from lion.cli.summary import render_summary, summary_json
from lion.domain.plan import Plan
from lion.plans import read_manifest

MANIFEST = Path(__file__).parents[1] / "demo" / "manifest.toml"


@click.command("demo")
@click.option("--lines", "is_lines", is_flag=True, help="Line by line, not side by side.")
@common_options
def command(common: Common, is_lines: bool) -> int:
    """Show three agents at work at the same time, side by side, as their words come.

    Offline: their model is a file of answers. What they did is recorded like any run.
    """
    plan = read_manifest(str(MANIFEST), {})
    screen = open_screen("stdout")
    views = [] if common.as_json else [_view(plan, screen, is_lines)]
    report = run_shown(common, plan, views, asks=False)
    if common.as_json:
        screen.line(summary_json(report))
    else:
        for line in render_summary(report, plan, common, screen):
            screen.line(line)
    return report.exit_code


def _view(plan: Plan, screen: Screen, is_lines: bool) -> View:
    from lion.cli.side_by_side import NARROWEST, SideBySide

    names = speakers(plan)
    if is_lines or not screen.can_erase or screen.columns < NARROWEST * len(names):
        return Page(screen, names)
    return SideBySide(names)
