"""Look here if you want to know what `lion workflow` shows and does."""

import sys

import click
import msgspec

from lion.cli.options import Common, ask_option, common_options, set_option
from lion.cli.screen import open_screen
from lion.domain.approval import LONGEST_WORDS, Answer
from lion.domain.names import did_you_mean
from lion.domain.plan import Plan
from lion.domain.text import show_line
from lion.domain.workflow import Workflow
from lion.errors import OperatorError


@click.group("workflow", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """See a manifest's workflows, draw them, and run one."""


@command.command("list")
@click.argument("manifest")
@set_option
@common_options
def list_(common: Common, manifest: str, sets: dict[str, str]) -> int:
    """List the workflows of MANIFEST."""
    found = _workflows(manifest, sets)[1]
    screen = open_screen("stdout")
    if common.as_json:
        rows = [
            {
                "name": one.name,
                "strategy": one.strategy,
                "steps": len(one.steps),
                "input": one.input,
            }
            for one in found.values()
        ]
        screen.line(msgspec.json.encode(rows).decode())
        return 0
    width = max((len(name) for name in found), default=0)
    for name, one in found.items():
        given = ", ".join(one.input.get("properties", {})) or "no input"
        screen.line(
            f"{name:<{width}}  {one.strategy}, {len(one.steps):,} steps; {show_line(given)}"
        )
    if not found:
        screen.line(f"{show_line(manifest)} has no workflows")
    return 0


@command.command("show")
@click.argument("manifest")
@click.argument("name", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "dot", "svg", "mermaid"]),
    default="text",
    help="Lines for people, or a picture: for Graphviz, as SVG, for Mermaid.",
)
@set_option
@common_options
def show(common: Common, manifest: str, name: str | None, form: str, sets: dict[str, str]) -> int:
    """Draw the workflow NAME of MANIFEST; NAME may be left out if there is only one."""
    from lion.workflows.check import check_workflow
    from lion.workflows.drawing import FORMATS
    from lion.workflows.graph import graph_of

    workflow = _find(_workflows(manifest, sets)[1], name, manifest)
    graph = graph_of(workflow, check_workflow(workflow))
    if common.as_json:
        open_screen("stdout").line(msgspec.json.encode(graph).decode())
        return 0
    text = FORMATS[form](graph)
    if form == "text":
        for line in text.splitlines():
            open_screen("stdout").line(line)
    else:
        click.echo(text, nl=False)
    return 0


@command.command("run")
@click.argument("manifest")
@click.argument("words", metavar="[NAME] [JSON]", nargs=-1)
@set_option
@ask_option
@common_options
def run(
    common: Common, manifest: str, words: tuple[str, ...], sets: dict[str, str], asks: bool
) -> int:
    """Run the workflow NAME of MANIFEST on an input, a JSON object (- reads it from stdin).

    NAME may be left out if there is only one. Its result goes to stdout, everything else to
    stderr.
    """
    from lion.cli.commands.call import parse_arguments, tell
    from lion.cli.session import run_watched
    from lion.cli.summary import summary_json
    from lion.plans import with_call

    plan, found = _workflows(manifest, sets)
    name, text = _words(words, found)
    workflow = _find(found, name, manifest)
    given = sys.stdin.read() if text == "-" else text
    plan = with_call(plan, f"{workflow.name}.run", parse_arguments(given or "{}"))
    shown = None if common.as_json else open_screen("stderr")
    report = run_watched(common, plan, shown, asks=asks)
    if common.as_json:
        open_screen("stdout").line(summary_json(report))
    else:
        tell(report, plan)
    return report.exit_code


@command.command("answer")
@click.argument("request", metavar="ID")
@click.argument("text", metavar="JSON")
@common_options
def answer(common: Common, request: str, text: str) -> int:
    """Fill in the form that waits as ID (see `lion approvals`) with a JSON object.

    One that does not follow the form is asked about again. `lion refuse ID` says no.
    """
    from lion.cli.commands.call import parse_arguments
    from lion.fittings import user_name
    from lion.upkeep import answer_request

    value = msgspec.json.encode(parse_arguments(text)).decode()
    if len(value) > LONGEST_WORDS:
        raise OperatorError(
            f"the answer has {len(value):,} characters", hint=f"write at most {LONGEST_WORDS:,}"
        )
    said = Answer(allowed=True, by=user_name(), via="command", words=value)
    found = answer_request(common.settings(), request, said)
    open_screen("stdout").line(f"answered  {found.id}  {show_line(found.holder)}")
    return 0


def _workflows(manifest: str, sets: dict[str, str]) -> tuple[Plan, dict[str, Workflow]]:
    from lion.plans import read_manifest

    plan = read_manifest(manifest, sets)
    holders = plan.holders.items()
    return plan, {name: one.workflow for name, one in holders if one.workflow is not None}


def _find(found: dict[str, Workflow], name: str | None, manifest: str) -> Workflow:
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name is None:
        what = f"{manifest!r} has {len(found) or 'no'} workflows"
        known = ", ".join(found)
        raise OperatorError(what, hint=f"name one: {known}" if found else "add [workflows.NAME]")
    if name not in found:
        raise OperatorError(f"there is no workflow {name!r}", hint=did_you_mean(name, found))
    return found[name]


def _words(words: tuple[str, ...], found: dict[str, Workflow]) -> tuple[str | None, str]:
    """A name, if there is one, and an input."""
    match words:
        case ():
            return None, ""
        case (one,) if one in found or not (one == "-" or one.lstrip().startswith("{")):
            return one, ""
        case (one,):
            return None, one
        case (name, text):
            return name, text
        case _:
            raise OperatorError(
                "too many words", hint="write: lion workflow run MANIFEST NAME JSON"
            )
