"""Look here if you want to know what `lion record` does."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import msgspec

from lion.cli.diagnostics import open_diagnostics
from lion.cli.logs import open_log
from lion.cli.options import Common, common_options, set_option
from lion.cli.printer import Page, View, open_printer
from lion.cli.screen import Screen, open_screen
from lion.cli.session import run_trio, speakers
from lion.cli.summary import render_ending, typed_command
from lion.cli.writing import check_target, write_whole
from lion.domain.plan import Plan
from lion.domain.text import show_line
from lion.domain.units import counted
from lion.errors import AuditError, InternalError, Interrupted
from lion.plans import check_starts, read_manifest
from lion.policy.suggest import Suggestion
from lion.review.missing import Missing, changes_of, missing_of
from lion.review.report import RunReport, split_suggestion

_HARD = (Interrupted.exit_code, AuditError.exit_code, InternalError.exit_code)
"""What ends a dry run for another reason than what guests make of made-up answers."""
_MOST = 20


@click.command("record")
@click.argument("manifest")
@click.option("--samples", metavar="DIR", help="Answers of servers, tools and models.")
@click.option("--write", "target", metavar="FILE", help="Write the manifest with what is missing.")
@set_option
@common_options
def command(
    common: Common, manifest: str, samples: str | None, target: str | None, sets: Mapping[str, str]
) -> int:
    """Run MANIFEST dry and list every line that it lacks.

    Nothing leaves: no request is sent, no model asked, no system plugin opened; writes go to
    copies, and what guests keep (kv) stays as it is. What is denied for want of a grant is
    answered all the same, by a sample or by the emptiest answer there is, so that one run finds
    all. The operator's policy holds as ever. The record says that the run was dry.
    """
    plan = read_manifest(manifest, sets)
    check_starts(plan, manifest, f"call a tool with: lion call {manifest} PLUGIN.TOOL JSON")
    if target is not None:
        check_target(Path(target), Path(manifest))
    screen = open_screen("stdout")
    report, made_up = _run_dry(common, plan, samples, None if common.as_json else screen)
    with open_log(common) as reader:
        missing = missing_of(report.run, reader.records(report.run))[1]
    if target is not None:
        from lion.manifest.edit import edited

        write_whole(Path(target), edited(plan.text, changes_of(plan, missing.lines)))
    if common.as_json:
        screen.line(_json(report, missing, made_up, target))
    else:
        for line in render(report, missing, made_up, screen):
            screen.line(line)
        if target is not None:
            screen.line(f"written: {show_line(target)}")
        screen.line(f"what was denied:   {typed_command(common)('audit', report.run[:8])}")
    return report.exit_code if report.exit_code in _HARD else 0


def _run_dry(
    common: Common, plan: Plan, samples: str | None, screen: Screen | None
) -> tuple[RunReport, Mapping[str, int]]:
    from lion.dry.host import open_dry_host
    from lion.dry.samples import read_samples

    given = read_samples(None if samples is None else Path(samples))
    settings = common.settings()
    views: list[View] = [*open_diagnostics(common)]
    if screen is not None:
        views.append(Page(screen, speakers(plan)))
    with open_printer(views) as printer:
        watch = printer.watch if views else None

        async def session() -> RunReport:
            async with open_dry_host(settings, given, signals=True) as host:
                return await host.run(plan, watch=watch)

        return run_trio(session), given.made_up


def render(
    report: RunReport, missing: Missing, made_up: Mapping[str, int], screen: Screen
) -> Iterator[str]:
    """What a dry run came to, for people."""
    width = max((len(e.name) for e in report.endings), default=0)
    for ending in report.endings:
        yield from render_ending(ending, width, screen)
    calls = counted(report.calls, "call")
    yield f"run {report.run[:8]} was {screen.paint('dry', 'yellow')}: {calls}, and nothing left"
    for what, times in list(made_up.items())[:_MOST]:
        often = "" if times == 1 else f"  ({times} times)"
        yield f"made up  {show_line(what, longest=200)}{often}"
    if len(made_up) > _MOST:
        yield f"made up  … and {len(made_up) - _MOST} more"
    for one in missing.refused:
        asked = f"{one.capability} {one.operation} {one.target}".rstrip()
        why = f"{show_line(one.reason, longest=200)} ({show_line(one.decided_by)})"
        yield f"refused  {one.holder}  {show_line(asked, longest=200)}   {why}"
    if not missing.lines:
        yield "the manifest lacks nothing that a line of it could allow"
        return
    yield f"the manifest lacks {counted(len(missing.lines), 'line')}:"
    yield from render_lines(missing.lines)


def render_lines(lines: tuple[Suggestion, ...]) -> Iterator[str]:
    """Lines by the tables that they belong to, ready to paste."""
    by_table: dict[str, list[str]] = {}
    for one in lines:
        table, line = split_suggestion(one.line)
        by_table.setdefault(table, []).append(line)
    for table, own in by_table.items():
        yield ""
        yield f"[{show_line(table)}]"
        yield from own
    yield ""


def _json(
    report: RunReport, missing: Missing, made_up: Mapping[str, int], target: str | None
) -> str:
    told = {
        "run": report.run,
        "is_dry": True,
        "exit_code": report.exit_code,
        "calls": report.calls,
        "endings": report.endings,
        "missing": [
            {"place": one.place, "value": one.value, "line": one.line} for one in missing.lines
        ],
        "refused": missing.refused,
        "more": missing.more,
        "made_up": made_up,
        "written": target,
    }
    return msgspec.json.encode(told).decode()
