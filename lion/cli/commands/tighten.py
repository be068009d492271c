"""Look here if you want to know what `lion tighten` shows, and writes."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import click
import msgspec

from lion.cli.logs import open_log
from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.cli.summary import near
from lion.cli.writing import render_diff, write_whole
from lion.domain.plan import Plan
from lion.domain.text import show_line
from lion.domain.units import counted
from lion.errors import OperatorError
from lion.manifest.edit import edited
from lion.plans import read_manifest
from lion.ports import LogReader
from lion.review.run import plan_of, started_of
from lion.review.tighten import Needs


@click.command("tighten")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--manifest", metavar="FILE", help="The manifest, if it is not where it was.")
@click.option("--write", "is_written", is_flag=True, help="Write it, once it is shown.")
@common_options
def command(common: Common, runs: tuple[str, ...], manifest: str | None, is_written: bool) -> int:
    """Show the smallest grants that would have let RUNs through, as a diff of their manifest.

    What no run used goes, what they used is narrowed to that; comments and order stay. Never is it
    more than the manifest gives today. The runs are verified first. A guest that lists its tools,
    models or directories is shown fewer then.
    """
    with open_log(common) as reader:
        names = tuple(dict.fromkeys(map(reader.find, runs)))
        path, sets = _origin(reader, names, manifest)
        plan = read_manifest(str(path), sets)
        needs = _needs(reader, names, plan)
    changes, told = needs.tightened()
    text = edited(plan.text, changes)
    screen = open_screen("stdout")
    if common.as_json:
        facts = {
            "manifest": str(path),
            "runs": names,
            "changes": told,
            "calls": needs.calls,
            "uncovered": needs.uncovered,
            "text": text,
            "is_written": is_written,
        }
        screen.line(msgspec.json.encode(facts).decode())
    else:
        shown = near(path)
        for line in render_diff(shown, plan.text, text, screen):
            screen.line(line)
        if needs.uncovered:
            what = counted(needs.uncovered, "call")
            screen.line(f"note: {what} of then would not be allowed by {show_line(shown)} today")
        if not told:
            screen.line(f"nothing to tighten: {counted(needs.calls, 'call')} needed every line")
    if is_written and told:
        write_whole(path, text)
        if not common.as_json:
            screen.line(f"written: {show_line(near(path))}")
    return 0


def _origin(
    reader: LogReader, names: tuple[str, ...], said: str | None
) -> tuple[Path, Mapping[str, str]]:
    """Where the manifest of these runs is, and with which variables they ran."""
    found: dict[tuple[str, str], tuple[Path, Mapping[str, str]]] = {}
    for name in names:
        started = started_of(name, reader.records(name))
        given: Any = plan_of(name, started).resolved.get("vars", {})
        path = started.path if said is None else said
        if not path:
            raise OperatorError(
                f"run {name} was of no manifest in a file",
                hint="name the one to tighten: --manifest FILE",
            )
        key = path, repr(sorted(given.items()))
        found[key] = Path(path), {str(k): str(v) for k, v in given.items()}
    if len(found) > 1:
        raise OperatorError(
            "these runs are of different manifests, or had different variables",
            hint="tighten by one of them after the other",
        )
    return next(iter(found.values()))


def _needs(reader: LogReader, names: tuple[str, ...], plan: Plan) -> Needs:
    """What was needed, by records that verify. Raises AuditError."""
    needs = Needs(plan)
    for name in names:
        for record in chain(reader.before(name), reader.verified(name)):
            needs.add(record)
    return needs
