"""Look here if you want to know what `lion forget` takes away."""

from datetime import UTC, datetime

import click
import msgspec

from lion.cli.commands.runs import shortened
from lion.cli.logs import open_log
from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.domain.text import show_line
from lion.domain.units import counted, round_size
from lion.errors import OperatorError
from lion.ports import RunState, RunSummary


@click.command("forget")
@click.argument("runs", metavar="[RUN]...", nargs=-1)
@click.option("--before", metavar="DATE", help="All that began before, as 2026-11-30 (UTC).")
@click.option("--keep", metavar="N", type=click.IntRange(0), help="All but the N newest.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Only say which.")
@common_options
def command(
    common: Common, runs: tuple[str, ...], before: str | None, keep: int | None, is_dry: bool
) -> int:
    """Remove the records of runs, and the components that no other needs.

    What stays is that they were there: how many records, the head, when; and what was signed
    (`lion log log`). What guests keep stays. A run that goes on is never forgotten. With --before
    and --keep both have to hold.
    """
    from lion.upkeep import forget_runs

    settings = common.settings()
    if not runs and before is None and keep is None:
        raise OperatorError("no run is named", hint="name some, or say --before DATE or --keep N")
    if runs and (before is not None or keep is not None):
        raise click.UsageError("name runs, or say --before and --keep; not both")
    with open_log(common) as reader:
        every = reader.runs()
        named = {reader.find(run) for run in runs}
    chosen = [one for one in every if one.run in named] if runs else _older(every, before, keep)
    screen = open_screen("stdout")
    if is_dry or not chosen:
        gone = msgspec.json.encode({"runs": [one.run for one in chosen]}).decode()
        lines = [gone] if common.as_json else [*_lines(chosen, "would be forgotten")]
        for line in lines:
            screen.line(line)
        return 0
    found = forget_runs(settings, [one.run for one in chosen])
    if common.as_json:
        screen.line(msgspec.json.encode(found).decode())
        return 0
    for line in _lines(chosen, "forgotten"):
        screen.line(line)
    freed = round_size(max(found.bytes_before - found.bytes_after, 0))
    blobs = f"{counted(found.blobs, 'blob')} that no other needs went too"
    screen.line(f"{blobs}; the log takes {round_size(found.bytes_after)}, {freed} less")
    return 0


def _older(every: list[RunSummary], before: str | None, keep: int | None) -> list[RunSummary]:
    """Runs that do not go on, by age and number."""
    candidates = every if keep is None else every[: max(len(every) - keep, 0)]
    until = _nanoseconds(before) if before is not None else None
    return [
        one
        for one in candidates
        if one.state is not RunState.RUNNING and (until is None or one.started_ns < until)
    ]


def _nanoseconds(word: str) -> int:
    try:
        when = datetime.fromisoformat(word)
    except ValueError:
        raise OperatorError(
            f"{word!r} is no date", hint="write it as 2026-11-30, or 2026-11-30T12:00:00Z"
        ) from None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return int(when.timestamp()) * 1_000_000_000


def _lines(chosen: list[RunSummary], what: str) -> list[str]:
    if not chosen:
        return ["there is none to forget"]
    ids = shortened([one.run for one in chosen])
    return [
        f"{what}  {short}  {show_line(one.manifest_name)}, {counted(one.records, 'record')}"
        for short, one in zip(ids, chosen, strict=True)
    ]
