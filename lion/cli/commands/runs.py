"""Look here if you want to know what `lion runs` lists."""

import io
from collections.abc import Mapping, Sequence

import click
import msgspec

from lion.cli.log_top import state_of
from lion.cli.logs import open_log
from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen
from lion.domain.text import show_line
from lion.domain.units import round_size
from lion.errors import OperatorError
from lion.ports import RunSummary, Verdict
from lion.telling.events import render_time


@click.command("runs")
@click.option("--size", "with_size", is_flag=True, help="Also what each takes in the log.")
@common_options
def command(common: Common, with_size: bool) -> int:
    """List the recorded runs, oldest first: id, manifest, start (UTC), records, state, and when
    `lion verify` last looked at it and what it found.

    Ids are shown as short as they are unique, which is enough to type; --json has them whole.
    """
    from lion.proof import last_verdicts

    runs, sizes = _runs(common, with_size=with_size)
    verdicts = last_verdicts(common.settings()) if runs else {}
    screen = open_screen("stdout")
    if common.as_json:
        fields = [_fields(run, verdicts, sizes) for run in runs]
        screen.line(msgspec.json.encode(fields).decode())
    elif runs:
        screen.write(render_runs(runs, verdicts, sizes, screen))
    else:
        open_screen("stderr").line("no runs yet; start one with: lion run MANIFEST")
    return 0


def _runs(common: Common, *, with_size: bool) -> tuple[list[RunSummary], dict[str, int] | None]:
    """No log, or none with a run, is a list of none and no mistake."""
    try:
        with open_log(common) as reader:
            return reader.runs(), reader.sizes() if with_size else None
    except OperatorError as exc:
        if exc.facts.get("is_empty"):
            return [], None
        raise


def verified(run: RunSummary, verdict: Verdict | None) -> str:
    """`ok 2026-11-27`, `ok to 40 ...` if it has grown since, `damaged at 7 ...`; `-` for never."""
    if verdict is None:
        return "-"
    day = render_time(verdict.time_ns)[:10]
    if verdict.fault:
        return f"damaged at {verdict.seq} {day}"
    return f"ok {day}" if verdict.records == run.records else f"ok to {verdict.records} {day}"


def shortened(ids: Sequence[str]) -> list[str]:
    """The shortest beginnings, of at least 8 characters, that still tell all ids apart."""
    length = 8
    while len({one[:length] for one in ids}) < len(set(ids)):
        length += 1
    return [one[:length] for one in ids]


def render_runs(
    runs: Sequence[RunSummary], verdicts: Mapping[str, Verdict],
    sizes: Mapping[str, int] | None, screen: Screen,
) -> str:  # fmt: skip
    """A table for people; on a terminal one that fits into it."""
    ids = shortened([run.run for run in runs])
    titles = [*_TITLES] if sizes is None else [*_TITLES, "size"]
    rows = [titles]
    for short, run in zip(ids, runs, strict=True):
        size = [] if sizes is None else [round_size(sizes.get(run.run, 0))]
        rows.append([*_cells(short, run, verdicts.get(run.run)), *size])
    return _fitted(rows, screen) if screen.is_terminal else _aligned(rows)


_TITLES = ("run", "manifest", "started", "records", "state", "verified")
_NUMBERS = (_TITLES.index("records"), len(_TITLES))


def _cells(short: str, run: RunSummary, verdict: Verdict | None) -> list[str]:
    started = render_time(run.started_ns)[:19] + "Z"
    return [
        short, show_line(run.manifest_name), started, str(run.records), state_of(run),
        verified(run, verdict),
    ]  # fmt: skip


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns under their titles, as wide as they are: for pipes and files, without rich."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if at in _NUMBERS else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _fitted(rows: Sequence[Sequence[str]], screen: Screen) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for at, title in enumerate(rows[0]):
        table.add_column(title, no_wrap=True, justify="right" if at in _NUMBERS else "left")
    for row in rows[1:]:
        table.add_row(*map(Text, row))
    console = Console(
        file=io.StringIO(), width=screen.columns, force_terminal=screen.has_colour, highlight=False
    )
    with console.capture() as capture:
        console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _fields(
    run: RunSummary, verdicts: Mapping[str, Verdict], sizes: Mapping[str, int] | None
) -> dict[str, object]:
    size = {} if sizes is None else {"size": sizes.get(run.run, 0)}
    told = {"state": run.state, "verified": verdicts.get(run.run)}
    return {**msgspec.structs.asdict(run), **told, **size}
