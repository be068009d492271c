"""Look here if you want to know what `lion replay` prints.

Rule: what is shown is what was recorded; executing it proves that the guests still say the same.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
import msgspec

from lion.cli.logs import open_log
from lion.cli.options import Common, common_options
from lion.cli.printer import Page
from lion.cli.progress import open_progress
from lion.cli.screen import Screen, open_screen
from lion.cli.session import run_trio
from lion.domain.events import RunStarted
from lion.domain.text import show_line
from lion.domain.units import counted
from lion.errors import AuditError

if TYPE_CHECKING:
    from lion.history import ReplayReport


@click.command("replay")
@click.argument("run", default="last")
@common_options
def command(common: Common, run: str) -> int:
    """Execute RUN again from its log, without any means to act, and compare what guests return.

    The first difference shows both sides; then the exit code is 5.
    """
    report = _replay(common, run)
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode(report).decode())
    else:
        show_output(common, report.run, screen)
        for line in render_report(report, screen):
            screen.line(line)
    return 0 if report.identical else AuditError.exit_code


def _replay(common: Common, run: str) -> "ReplayReport":
    settings = common.settings()

    async def session() -> "ReplayReport":
        from lion.history import replay_run

        with open_progress("replaying") as progress:
            return await replay_run(settings, run, progress)

    return run_trio(session)


def show_output(common: Common, run: str, screen: Screen) -> None:
    """Write what the guests said, in the order of the log. Raises OutsideError."""
    with open_log(common) as reader:
        records = reader.records(run)
        first = next(records)
        started = first.event()
        page = Page(screen, _speakers(started) if isinstance(started, RunStarted) else ())
        for record in records:
            page.show([record])
        page.finish()


class _Run(msgspec.Struct, frozen=True):
    """An entry of a manifest's [[run]]."""

    agent: str = ""
    call: str = ""


def _speakers(started: RunStarted) -> list[str]:
    """Whom the run's manifest started, or else everybody: as it was shown then."""
    try:
        runs = msgspec.convert(started.manifest.get("run", []), list[_Run])
    except msgspec.ValidationError:  # of another lion's manifest; only the width depends on it
        runs = []
    names = [run.agent or run.call.partition(".")[0] for run in runs]
    return names or list(started.components)


def _cut(report: "ReplayReport") -> str:
    if report.is_live:
        return "; the run is still going, and was replayed as far as it had got"
    return "; the run was cut short, and replayed as far as it got"


def render_report(report: "ReplayReport", screen: Screen) -> Iterator[str]:
    """What the comparison came to."""
    what = f"{counted(report.invocations, 'invocation')}, {counted(report.calls, 'host call')}"
    if report.trusted:
        calls = counted(report.trusted, "call")
        what += f", {calls} of system plugins not executed again"
    if report.difference is None:
        cut = "" if report.finished else _cut(report)
        same = screen.paint("identical", "green")
        yield f"{same}  run {report.run}: {what}, {report.wall_ns / 1e9:.2f} s{cut}"
    else:
        found = report.difference
        where = f"call {found.call}" if found.call else "its result"
        yield f"{screen.paint('differs', 'red')}  invocation {found.invocation}, {where}"
        yield f"         recorded  {show_line(found.recorded, longest=2000)}"
        yield f"         replayed  {show_line(found.replayed, longest=2000)}"
    if report.engine_changed:
        yield "note: it was recorded with other engine settings or another wasmtime"
