"""Look here if you want to know what `lion models` does.

Rule: a trial asks the model itself, four short questions, as a run that is recorded and judged;
`--list` asks nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import click
import msgspec

from lion.cli.models import failed_exit, run_asking
from lion.cli.options import Common, common_options, set_option
from lion.cli.screen import Screen, open_screen
from lion.cli.summary import render_denial, typed_command
from lion.domain.plan import Model, Plan
from lion.domain.text import show_line
from lion.domain.units import render_money
from lion.plans import read_manifest
from lion.review.report import RunReport


@click.command("models")
@click.argument("manifest")
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option("--list", "is_list", is_flag=True, help="Only list them; ask nothing.")
@set_option
@common_options
def command(
    common: Common, manifest: str, names: tuple[str, ...], is_list: bool, sets: Mapping[str, str]
) -> int:
    """List the models of MANIFEST and try each: one word, one call of a tool, one schema.

    What works, what it cost and how long it took is said for each; costs are the server's
    numbers of tokens by the manifest's prices. Models run at the same time.
    """
    from lion.asking import asking_plan, check_model

    plan = read_manifest(manifest, dict(sets))
    for name in names:
        check_model(plan, name)
    chosen = tuple(dict.fromkeys(names)) or tuple(plan.models)
    screen = open_screen("stdout")
    if is_list or not chosen:
        _list(common, plan, chosen, screen)
        return 0
    asking = asking_plan(plan, "try-out", {name: {} for name in chosen})
    report = run_asking(common, asking)
    tried = dict(zip(chosen, report.endings, strict=True))
    found: dict[str, list[dict[str, Any]]] = {
        name: ending.value if ending.ok else [] for name, ending in tried.items()
    }
    if common.as_json:
        rows = [
            {**_fields(plan.models[name]), "trials": found[name], "error": tried[name].error}
            for name in chosen
        ]
        screen.line(msgspec.json.encode({"run": report.run, "models": rows}).decode())
    else:
        _tell(asking, report, found, screen, common)
    cases = [one["case"] for trials in found.values() for one in trials if one["case"]]
    return report.exit_code or failed_exit(cases)


def _list(common: Common, plan: Plan, names: tuple[str, ...], screen: Screen) -> None:
    if common.as_json:
        rows = [_fields(plan.models[name]) for name in names]
        screen.line(msgspec.json.encode({"models": rows}).decode())
        return
    for name in names:
        screen.line(f"{name}  {_where(plan.models[name])}")
    if not names:
        open_screen("stderr").line("no models: add [models.NAME] to the manifest")


def _where(model: Model) -> str:
    if model.script is not None:
        return f"{model.provider}  {show_line(str(model.script))}"
    words = f"{model.provider}  {show_line(model.model)} at {show_line(model.base_url)}"
    return f"{words}, key {model.key}" if model.key else words


def _fields(model: Model) -> dict[str, Any]:
    return {
        "name": model.name, "provider": model.provider, "model": model.model,
        "base-url": model.base_url, "key": model.key or None,
        "script": None if model.script is None else str(model.script),
    }  # fmt: skip


def _tell(
    plan: Plan,
    report: RunReport,
    found: Mapping[str, list[dict[str, Any]]],
    screen: Screen,
    common: Common,
) -> None:
    for (name, trials), ending in zip(found.items(), report.endings, strict=True):
        screen.line(f"{screen.paint(name, 'bold')}  {_where(plan.models[name])}")
        for trial in trials:
            for line in _trial(plan, name, trial, screen):
                screen.line(line)
        if not ending.ok:
            screen.line(f"  {screen.paint('failed', 'red')}  {show_line(ending.error)}")
    for denial in report.denials:
        for line in render_denial(denial, plan, screen):
            screen.line(line)
    screen.line(f"what was asked: {typed_command(common)('log')}")


def _trial(plan: Plan, name: str, trial: dict[str, Any], screen: Screen) -> Iterator[str]:
    from lion.asking import cost_of

    mark = screen.paint("no ", "red") if trial["case"] else screen.paint("yes", "green")
    numbers = f"{trial['first']:6.2f} s first  {trial['total']:6.2f} s in all"
    tokens = (
        f"{'about ' if trial['estimated'] else ''}{trial['input']:,} in, {trial['output']:,} out"
    )
    cost = cost_of(plan, name, trial["input"], trial["output"])
    money = f"  costs {render_money(cost)}" if cost else ""
    yield f"  {trial['what']:<6}  {mark}  {numbers}  {tokens}{money}"
    said = f"{trial['case']}: {trial['said']}" if trial["case"] else trial["said"]
    yield f"          {show_line(said, longest=160)}"
