"""Look here if you want to know how a command opens the host, watches a run and gets its report.

Rule: while a run lasts SIGINT, SIGTERM and SIGHUP are the host's; no handler raises in a guest.
"""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lion.cli.diagnostics import open_diagnostics
from lion.cli.logs import open_log
from lion.cli.options import Common
from lion.cli.printer import Page, View, open_printer
from lion.cli.progress import tell_compiling
from lion.cli.screen import Screen, open_screen
from lion.domain.plan import Plan, RunAgent
from lion.domain.record import Record
from lion.review.report import RunReport

if TYPE_CHECKING:
    from lion.forking import Changes
    from lion.host import Host

T = TypeVar("T")
Watch = Callable[[Record], None]
Act = Callable[["Host", Watch], Coroutine[Any, Any, RunReport]]


def run_trio(session: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run an async function to its end; an interrupt is raised at its checkpoints only."""
    import trio

    from lion.cli.main import settle

    settle()
    with tell_compiling():
        return trio.run(session, restrict_keyboard_interrupt_to_checkpoints=True)


def run_watched(
    common: Common, plan: Plan, screen: Screen | None, *, asks: bool = True,
    park_after: str | None = None,
) -> RunReport:  # fmt: skip
    """Open the host and run a plan; show on `screen` (None: nowhere) what is said. Unless it
    `asks`, nobody approves a call; it leaves if all have waited for as long as `park_after`.

    Raises LionError.
    """
    return run_shown(common, plan, _pages(screen, plan), asks=asks, park_after=park_after)


def run_shown(
    common: Common, plan: Plan, shown: Sequence[View], *, asks: bool,
    park_after: str | None = None,
) -> RunReport:  # fmt: skip
    """The same, shown in some views. Raises LionError."""

    def act(host: "Host", watch: Watch) -> Coroutine[Any, Any, RunReport]:
        return host.run(plan, watch=watch)

    return _session(common, shown, act, asks=asks, park_after=park_after)


def _pages(screen: Screen | None, plan: Plan) -> list[Page]:
    return [] if screen is None else [Page(screen, speakers(plan))]


def resume_watched(
    common: Common, word: str, screen: Screen | None, *, asks: bool, is_forced: bool,
    park_after: str | None = None,
) -> tuple[RunReport, Plan]:  # fmt: skip
    """Open the host and go on with a run; show on `screen` (None: nowhere) what is said from now
    on. The report, and the plan that was recorded. Raises LionError.
    """
    plan = recorded(common, word)
    pages = _pages(screen, plan)
    hear = pages[0].pass_over if pages else None

    def act(host: "Host", watch: Watch) -> Coroutine[Any, Any, RunReport]:
        return host.resume(word, is_forced=is_forced, hear=hear, watch=watch)

    return _session(common, pages, act, asks=asks, park_after=park_after), plan


def fork_watched(
    common: Common, word: str, at: int | None, changes: "Changes", screen: Screen | None,
    *, asks: bool, begins: Callable[[], None],
) -> tuple[RunReport, Plan]:  # fmt: skip
    """The same of a new run that goes on from record `at` of another one; `begins` is called
    before it does anything.
    """
    plan = recorded(common, word)

    def act(host: "Host", watch: Watch) -> Coroutine[Any, Any, RunReport]:
        return host.fork(word, at, changes, watch=watch, begins=begins)

    return _session(common, _pages(screen, plan), act, asks=asks), plan


def _session(
    common: Common, shown: Sequence[View], act: Act, *, asks: bool, park_after: str | None = None
) -> RunReport:
    from lion.cli.asking import open_console
    from lion.opening import open_host

    settings = common.settings()
    views: list[View] = [*open_diagnostics(common), *shown]
    with open_printer(views) as printer:

        async def session() -> RunReport:
            async with (
                open_host(settings, signals=True, asks=asks, park_after=park_after) as host,
                open_console(host, open_screen("stderr")) as ask,
            ):

                def watch(record: Record) -> None:
                    printer.watch(record)
                    ask(record)

                return await act(host, watch)

        return run_trio(session)


def recorded(common: Common, word: str) -> Plan:
    """The plan that a run recorded. Raises LionError."""
    from lion.manifest.parse import recorded_plan
    from lion.review.run import started_of

    with open_log(common) as reader:
        run = reader.find(word)
        started = started_of(run, reader.records(run))
    path = Path(started.path) if started.path else None
    return recorded_plan(started.manifest, started.manifest_text, path)


def speakers(plan: Plan) -> list[str]:
    """Who is likely to speak: whom the manifest starts, or else everybody."""
    started = [r.agent if isinstance(r, RunAgent) else r.call.partition(".")[0] for r in plan.runs]
    return started or list(plan.holders)
