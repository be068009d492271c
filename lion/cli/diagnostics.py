"""Look here if you want to know what -v prints: the run's records as diagnostics on stderr.

Rule: structlog is imported only for this.
"""

import sys
from collections.abc import Callable
from typing import Any, TypeGuard

from lion.cli.events import describe, render_time
from lion.cli.options import Common
from lion.domain.event import CallFinished, Event, Record
from lion.domain.text import show_line

_LEVELS = {
    "RunStarted": "info", "RunFinished": "info", "PluginLoaded": "info", "BudgetWarned": "warning",
    "PluginFailed": "error", "PluginError": "error", "AgentError": "error",
}  # fmt: skip
"""Level of a record's diagnostics; the others are debug."""


def open_diagnostics(common: Common) -> Callable[[Record], None] | None:
    """A watcher that prints: with -v what matters, with -vv every record; None without."""
    if not common.verbosity:
        return None
    logger = _build_logger(common.log_format)
    is_all = common.verbosity > 1

    def watch(record: Record) -> None:
        event = record.event()
        level = level_of(event)
        if is_all or level != "debug" or _is_line(event):
            text = event.args[1] if _is_line(event) and event.args else describe(event)
            getattr(logger, level)(
                text if common.log_format == "json" else show_line(text),
                time=render_time(record.time_ns), run=record.run, seq=record.seq, type=record.type,
                principal=record.principal, invocation=record.invocation, cause=record.cause,
            )  # fmt: skip

    return watch


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


def _build_logger(log_format: str) -> Any:
    import structlog

    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=is_terminal)
    )
    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.add_log_level, renderer],
    )
