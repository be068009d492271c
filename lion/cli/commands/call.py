"""Look here if you want to know what `lion call` does.

Rule: stdout gets the result and nothing else; what the tool says on the way goes to stderr.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from lion.cli.guests import is_program_call
from lion.cli.one_call import grant_options, read_given
from lion.cli.options import Common, ask_option, common_options, set_option
from lion.cli.screen import open_screen
from lion.cli.session import run_watched
from lion.cli.summary import json_text, render_denial, render_ending, summary_json
from lion.domain.plan import Plan
from lion.errors import OperatorError
from lion.foreign import function_name, takes_text
from lion.plans import Given, read_plan, read_source, with_call
from lion.review.report import RunReport


@click.command("call")
@click.argument("target", metavar="MANIFEST|COMPONENT")
@click.argument("tool", metavar="PLUGIN.TOOL")
@click.argument("arguments", metavar="[JSON]", required=False)
@set_option
@grant_options
@ask_option
@common_options
def command(
    common: Common,
    target: str,
    tool: str,
    arguments: str | None,
    sets: Mapping[str, str],
    asks: bool,
    **words: tuple[str, ...],
) -> int:
    """Call one tool with a JSON object of arguments (- reads it from stdin) and print its result.

    A bare component may do nothing but what --allow and --secret grant it for this one call; its
    plugin's name may be left out. An Extism plug-in (a core module) and an Extism manifest (.json)
    take their input as it stands: lion call plugin.json count_vowels "hello"

    \b
    lion call fetcher.wasm fetch '{"url": "https://example.com/"}' \\
      --allow 'http = ["GET https://example.com/**"]'
    """
    given = read_given(**words)
    plan = _plan(target, sets, given)
    if arguments == "-":
        arguments = sys.stdin.read()
    if takes_text(Path(target)) and not is_program_call(common, plan, target, tool):
        plan = with_call(plan, function_name(tool), {"input": arguments or ""})
    else:
        plan = with_call(plan, tool, parse_arguments(arguments or "{}"))
    errors = open_screen("stderr")
    shown = None if common.as_json else errors
    report = run_watched(common, plan, shown, asks=asks)
    if common.as_json:
        open_screen("stdout").line(summary_json(report))
    else:
        tell(report, plan)
    return report.exit_code


def _plan(target: str, sets: Mapping[str, str], given: Given | None) -> Plan:
    if given is None:
        return read_plan(target, sets)
    return read_source(Path(target), msgspec.structs.replace(given, vars=sets))


def parse_arguments(text: str) -> dict[str, Any]:
    """Arguments by parameter name. Raises OperatorError for what is no JSON object."""
    from lion.values.json_arguments import parse_json
    from lion.values.json_plain import check_plain
    from lion.values.json_scalars import JsonMismatch

    try:
        value = parse_json(text, "the arguments")
        check_plain(value, "the arguments")
    except JsonMismatch as exc:
        raise OperatorError(str(exc), hint="""write them like '{"name": "Ann"}'""") from None
    if not isinstance(value, dict):
        raise OperatorError(
            "the arguments are JSON, but not an object",
            hint="""write parameters by name, like '{"name": "Ann"}'""",
        )
    return value


def tell(report: RunReport, plan: Plan) -> None:
    """Show a result on stdout, and what kept one from being there on stderr."""
    errors = open_screen("stderr")
    for ending in report.endings:
        if ending.ok:
            open_screen("stdout").line(json_text(ending.value))
        else:
            for line in render_ending(ending, 0, errors):
                errors.line(line)
    for denial in report.denials:
        for line in render_denial(denial, plan, errors):
            errors.line(line)
