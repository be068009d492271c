"""Look here if you want to know what `lion run` does."""

from pathlib import Path
from typing import Any

import click

from lion.cli.guests import with_only_function
from lion.cli.options import Common, ask_option, common_options, park_option, set_option
from lion.cli.program import (
    Typed,
    check_there,
    is_component,
    program_options,
    program_plan,
)
from lion.cli.screen import open_screen
from lion.cli.session import run_watched
from lion.cli.stale import warn_of_stale
from lion.cli.summary import render_summary, summary_json
from lion.cli.unfinished import warn_of_unfinished
from lion.cli.walls import render_wall
from lion.foreign import is_extism_manifest
from lion.plans import check_starts, read_manifest


@click.command("run")
@click.argument("manifest")
@set_option
@ask_option
@park_option
@click.option(
    "--harden", is_flag=True, help="Wall the whole process in, as far as the kernel can."
)
@program_options
@common_options
def command(
    common: Common, manifest: str, sets: dict[str, str], asks: bool, park_after: str | None,
    harden: bool, **typed: Any,
) -> int:  # fmt: skip
    """Run MANIFEST: start its agents and calls together and show what they say.

    The exit code is the worst of what they came to; SIGINT, SIGTERM and SIGHUP end the run in
    order. Of an Extism manifest (.json) the only function runs, without an input. A program for
    WASI (.wasm) runs without a manifest, with its arguments after `--`: what it would be given is
    shown, and asked.
    """
    if is_component(manifest):
        plan = program_plan(common, manifest, Typed(**typed))
    else:
        check_there(manifest)
        plan = read_manifest(manifest, sets)
        Typed(**typed).check_none(manifest)
        if is_extism_manifest(Path(manifest)):
            plan = with_only_function(common, plan, manifest)
    check_starts(plan, manifest, f"call a tool with: lion call {manifest} PLUGIN.TOOL JSON")
    warn_of_stale(plan)
    warn_of_unfinished(common, plan)
    if harden:
        from lion.wall import raise_wall

        screen = open_screen("stderr")
        for line in render_wall(raise_wall.harden(plan, common.settings())):
            screen.line(line)
    screen = open_screen("stdout")
    shown = None if common.as_json else screen
    report = run_watched(common, plan, shown, asks=asks, park_after=park_after)
    if common.as_json:
        screen.line(summary_json(report))
    else:
        for line in render_summary(report, plan, common, screen):
            screen.line(line)
    return report.exit_code
