"""Look here if you want to know what -v prints: the run's records as diagnostics on stderr.

Rule: structlog is imported only for this.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeGuard

from lion.cli.options import Common
from lion.cli.screen import Screen, open_screen
from lion.domain.events import CallFinished, Event, TaskEnded, TaskStarted
from lion.domain.record import Record
from lion.domain.text import show_line
from lion.errors import AuditError, OutsideError
from lion.telling.events import describe, render_time

if TYPE_CHECKING:
    from lion.service.living import Living

_LEVELS = {
    "TaskSubmitted": "info", "TaskStarted": "info", "TaskEnded": "info", "TaskCancelled": "info",
    "SessionOpened": "info", "TokenCreated": "info", "TokenRevoked": "info",
    "RunStarted": "info", "RunFinished": "info", "PluginLoaded": "info", "BudgetWarned": "warning",
    "PluginFailed": "error", "PluginError": "error", "AgentError": "error",
}  # fmt: skip
"""Level of a record's diagnostics; the others are debug."""
LEVEL_NUMBERS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
LONGEST = 1000
"""Characters of a line for people."""


class Diagnostics:
    """Prints records: with -v those that matter, with -vv every one."""

    types = None

    def __init__(self, screen: Screen, *, is_all: bool, is_json: bool) -> None:
        self._logger = _build_logger(screen, is_json)
        self._is_all = is_all
        self._is_json = is_json
        self._tasks: dict[str, str] = {}
        """Of a service: which task a run carries out."""

    def show(self, records: Sequence[Record]) -> None:
        """Write some records. Raises OutsideError."""
        for record in records:
            try:
                event = record.event()
            except AuditError:  # too large to be told, or a newer lion's
                continue
            level = level_of(event)
            if self._is_all or level != "debug" or _is_line(event):
                self._tell(record, event, level)

    def finish(self) -> None:
        """Nothing is kept back."""

    def _tell(self, record: Record, event: Event, level: str) -> None:
        text = event.args[1] if _is_line(event) and event.args else describe(event)
        facts = {
            "principal": record.principal or getattr(event, "by", ""), "type": record.type,
            "invocation": record.invocation, "cause": record.cause, "run": record.run,
            "seq": record.seq, "task": self._task(record, event),
        }  # fmt: skip
        self._logger.log(
            LEVEL_NUMBERS[level],
            text if self._is_json else show_line(text, longest=LONGEST),
            time=render_time(record.time_ns),
            **{name: value for name, value in facts.items() if value != ""},
        )

    def _task(self, record: Record, event: Event) -> str:
        """The task that a record is about; empty: it is about none, or nobody knows."""
        if isinstance(event, TaskStarted):
            self._tasks[event.run] = event.id
        elif isinstance(event, TaskEnded):
            self._tasks.pop(event.run, None)
        return getattr(event, "id", "") if is_task(event) else self._tasks.get(record.run, "")


def is_task(event: Event) -> bool:
    """Whether it tells of a service's task."""
    return type(event).__name__.startswith("Task")


async def hear_diagnostics(common: Common, living: "Living") -> None:
    """Print what a service's runs record, if -v asks for it, as long as anybody takes it."""
    for one in open_diagnostics(common):

        def hear(records: Sequence[Record], one: Diagnostics = one) -> None:
            with suppress(OutsideError):  # nobody reads: the service goes on
                one.show(records)

        await living.tail.hear(hear)


def open_diagnostics(common: Common) -> list[Diagnostics]:
    """The diagnostics that -v asks for, if any."""
    if not common.verbosity:
        return []
    is_json = common.log_format == "json"
    return [Diagnostics(open_screen("stderr"), is_all=common.verbosity > 1, is_json=is_json)]


def level_of(event: Event) -> str:
    """How much an event matters: debug, info, warning or error. A guest's line says so itself."""
    if _is_line(event) and event.args:
        return {"warn": "warning"}.get(event.args[0], str(event.args[0]))
    if isinstance(event, CallFinished) and event.status == "denied":
        return "warning"
    return _LEVELS.get(type(event).__name__, "debug")


def _is_line(event: Event) -> TypeGuard[CallFinished]:
    return (
        isinstance(event, CallFinished)
        and event.capability == "log"
        and event.status == "completed"
    )


class _ScreenLogger:
    """What structlog hands its finished lines to."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def msg(self, line: str) -> None:
        self._screen.line(line)

    debug = info = warning = error = msg


def _build_logger(screen: Screen, is_json: bool) -> Any:
    import structlog

    renderer: Any = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(colors=screen.has_colour)
    )
    return structlog.wrap_logger(
        _ScreenLogger(screen),
        processors=[structlog.processors.add_log_level, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
