"""Look here if you want to know how a command opens the host, watches a run and gets its report.

Rule: while a run lasts SIGINT and SIGTERM are the host's; no handler raises in a guest.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from typing import Any, TypeVar

from lion.cli.diagnostics import open_diagnostics
from lion.cli.options import Common
from lion.cli.printer import open_printer
from lion.cli.screen import Screen
from lion.domain.event import Record
from lion.domain.plan import Plan
from lion.kernel.report import RunReport

T = TypeVar("T")
Watch = Callable[[Record], None]
Act = Callable[[Any, Watch | None], Awaitable[RunReport]]
"""What to do with an open Host (untyped here: importing it is costly) and a watcher."""


def run_trio(session: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run an async function to its end; an interrupt is raised at its checkpoints only."""
    import trio

    return trio.run(session, restrict_keyboard_interrupt_to_checkpoints=True)


def run_watched(common: Common, plan: Plan, screen: Screen | None, act: Act) -> RunReport:
    """Open the host and `act`; show on `screen` (None: nowhere) what is said. Raises LionError."""
    settings = common.settings()
    watchers: list[Watch] = []
    if (diagnose := open_diagnostics(common)) is not None:
        watchers.append(diagnose)
    with ExitStack() as stack:
        if screen is not None:
            names = list(plan.holders)
            watchers.append(stack.enter_context(open_printer(screen, names)).watch)

        async def session() -> RunReport:
            from lion.host import open_host

            async with open_host(settings) as host:
                return await act(host, _join(watchers))

        return run_trio(session)


def _join(watchers: list[Watch]) -> Watch | None:
    if not watchers:
        return None

    def watch(record: Record) -> None:
        for one in watchers:
            one(record)

    return watch
