"""Look here if you want to know what `lion log` prints."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final

import click
import msgspec

from lion.cli.log_filter import Filter, read_types
from lion.cli.log_lines import Lines
from lion.cli.log_top import A_SERVICE, find_fault, interrupted, render_top
from lion.cli.logs import open_log
from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen
from lion.domain.events import RunFinished, RunStarted
from lion.errors import AuditError
from lion.ports import LogReader, RunState, RunSummary
from lion.telling.calls import Calls, Entry
from lion.telling.events import record_json

_PAUSE_SECONDS: Final = 0.1
"""Between two looks for new records."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What of a run is to be shown."""

    filter: Filter
    tail: int | None
    is_open: bool
    is_followed: bool


@click.command("log")
@click.argument("run", default="last")
@click.option("--follow", "-f", "is_followed", is_flag=True, help="Go on while the run goes on.")
@click.option("--tail", metavar="N", type=click.IntRange(0), help="Only the last N records.")
@click.option("--holder", "holders", metavar="NAME", multiple=True, help="Only of this holder.")
@click.option(
    "--capability", "capabilities", metavar="NAME[.OPERATION]", multiple=True,
    help="Only calls of this capability, or operation.",
)  # fmt: skip
@click.option("--type", "types", metavar="TYPE", multiple=True, help="Only this type of record.")
@click.option("--text", metavar="TEXT", default="", help="Only records that have this in them.")
@click.option("--denied", "is_denied", is_flag=True, help="Only what was refused.")
@click.option("--open", "is_open", is_flag=True, help="Only calls without an outcome.")
@common_options
def command(common: Common, run: str, **words: Any) -> int:
    """Show what was recorded of RUN: an id, a unique beginning of one, or last.

    A line for each record: number, time (UTC), who, what. A call's outcome names the call, equal
    lines are folded, and long ones cut to the terminal or 100 columns. Options that may be
    repeated take any of their words; several options all have to hold. With --json one object a
    line, with all fields of the record and nothing cut.
    """
    wanted = _wanted(**words)
    screen = open_screen("stdout")
    with open_log(common) as reader:
        found = reader.find(run)
        summary = _summary(reader, found)
        entries = _chosen(_Source(reader, summary, wanted), wanted)
        if common.as_json:
            _write(screen, (record_json(entry.record) for entry in entries))
            return 0
        code = _show(common, reader, summary, entries, screen)
        if wanted.is_followed and _state(reader, found) is RunState.INTERRUPTED:
            _write(screen, [interrupted(screen)])
        return code


def _wanted(
    *, holders: tuple[str, ...], capabilities: tuple[str, ...], types: tuple[str, ...], text: str,
    is_denied: bool, is_open: bool, is_followed: bool, tail: int | None,
) -> Wanted:  # fmt: skip
    if is_open and is_followed:
        raise click.UsageError("--open is about what is there now, and cannot be followed")
    chosen = Filter(
        holders=frozenset(holders), capabilities=frozenset(capabilities), types=read_types(types),
        text=text.casefold(), is_denied=is_denied,
    )  # fmt: skip
    return Wanted(filter=chosen, tail=tail, is_open=is_open, is_followed=is_followed)


class _Source:
    """The entries of a run, and those that come while it is followed."""

    def __init__(self, reader: LogReader, run: RunSummary, wanted: Wanted) -> None:
        is_tail = wanted.tail is not None and wanted.filter.takes_all and not wanted.is_open
        self.after = max(run.records - (wanted.tail or 0), 0) if is_tail else 0
        self.calls = Calls(reader, run.run, self.after)
        self._reader = reader
        self._run = run
        # Calls that were refused have no intent; but of those without an outcome all are needed.
        self._denied = wanted.filter.is_denied and not wanted.is_open
        self._types = frozenset() if wanted.is_open else wanted.filter.types_alone

    def there(self) -> Iterator[Entry]:
        """What is recorded by now."""
        wanted = self._reader.records(
            self._run.run, self.after, types=self._types, denied=self._denied
        )
        for record in wanted:
            self.after = record.seq
            yield self.calls.read(record)

    def to_come(self) -> Iterator[Entry]:
        """What is recorded from now on, until the run ends or its process does."""
        is_last = False
        while not is_last:
            # A process that is gone has written all it ever will: so look once more after that.
            is_last = _state(self._reader, self._run.run) is not RunState.RUNNING
            for entry in self.there():
                yield entry
                is_last = is_last or isinstance(entry.event, RunFinished)
            if not is_last:
                time.sleep(_PAUSE_SECONDS)


def _summary(reader: LogReader, run: str) -> RunSummary:
    """What is known of a run; a chain that nothing lists has ended as far as it is."""
    for one in reader.runs():
        if one.run == run:
            return one
    every = list(reader.records(run))
    name = A_SERVICE if run in reader.chains() else "the log itself"
    return RunSummary(run, name, every[0].time_ns, len(every), 0, False)


def _state(reader: LogReader, run: str) -> RunState:
    return _summary(reader, run).state


def _chosen(source: _Source, wanted: Wanted) -> Iterator[Entry]:
    found: Iterable[Entry] = source.there()
    if wanted.is_open:
        for _ in found:
            pass
        found = source.calls.still_open()
    chosen = filter(wanted.filter.takes, found)
    yield from chosen if wanted.tail is None else deque(chosen, wanted.tail)
    if wanted.is_followed:
        yield from filter(wanted.filter.takes, source.to_come())


def _show(
    common: Common, reader: LogReader, run: RunSummary, entries: Iterator[Entry], screen: Screen
) -> int:
    from lion.proof import last_verdicts

    fault = find_fault(reader, run, last_verdicts(common.settings()).get(run.run))
    _write(screen, render_top(run, fault, screen))
    lines = Lines(screen, _names(reader, run), run.records)
    _write(screen, (line for entry in entries for line in lines.add(entry)))
    _write(screen, lines.finish())
    return AuditError.exit_code if fault else 0


def _names(reader: LogReader, run: RunSummary) -> list[str]:
    """The holders, for the width of their column; whatever is wrong with it comes later."""
    try:
        started = next(iter(reader.records(run.run))).event()
    except (AuditError, StopIteration):
        return []
    if not isinstance(started, RunStarted):
        return []
    trusted = started.manifest.get("system")
    return [*started.components, *(trusted if isinstance(trusted, dict) else ())]


def _write(screen: Screen, lines: Iterable[str]) -> None:
    for line in lines:
        if screen.is_closed:
            return
        screen.line(line)
