"""Look here if you want to know how what guests say becomes lines with the speaker's name.

Rule: pieces of one invocation join; those of several never do, however they interleave.
Rule: what a guest says is shown escaped, so that it cannot speak for somebody else.
Rule: the same records give the same lines: a replay shows what the run showed.
"""

from collections.abc import Iterable
from enum import Enum

import msgspec

from lion.domain.events import AgentPartialOutput, BudgetWarned
from lion.domain.record import Record
from lion.domain.text import show, show_line
from lion.telling.events import render_use

LONGEST = 4096
"""Characters of an unfinished line that are kept back; then it is broken."""
WIDEST = 16
"""Columns for the speaker's name; longer names are shown whole and not aligned."""

_ENDS = ("PluginResult", "PluginError", "AgentCompleted", "AgentError")
SHOWN = (AgentPartialOutput.__name__, BudgetWarned.__name__, *_ENDS)
"""Types of records that change what is seen."""


class Stay(Enum):
    """How long a line is worth reading."""

    LASTING = "lasting"
    PASSING = "passing"
    """Progress: on a terminal the next one takes its place."""
    FLEETING = "fleeting"
    """The same, but not shown at all in a pipe or file, where no later line can take its place."""


class Spoken(msgspec.Struct, frozen=True):
    """A line of a speaker."""

    speaker: str
    text: str
    stay: Stay = Stay.LASTING


class Live:
    """Turns a run's records into lines."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, str]] = {}

    def feed(self, record: Record) -> list[Spoken]:
        """The lines that a record completes."""
        if record.type in _ENDS:
            return self._close(record.invocation)
        if record.type not in SHOWN:
            return []
        event = record.event()
        if isinstance(event, BudgetWarned):
            what = f"! {render_use(event)} used of the budget {event.budget!r}"
            return [Spoken(event.holder, show_line(what))]
        if isinstance(event, AgentPartialOutput) and event.status == "completed" and event.args:
            return self._output(record, event)
        return []

    def finish(self) -> list[Spoken]:
        """What is left of unfinished lines."""
        return [line for invocation in list(self._open) for line in self._close(invocation)]

    @property
    def tail(self) -> Spoken | None:
        """The unfinished line that was added to last."""
        if not self._open:
            return None
        speaker, text = next(reversed(self._open.values()))
        return Spoken(speaker, show_line(text), Stay.FLEETING)

    @property
    def unfinished(self) -> dict[str, str]:
        """What each speaker has begun to say; of several of one name the last."""
        return {speaker: show_line(text) for speaker, text in self._open.values()}

    def _output(self, record: Record, event: AgentPartialOutput) -> list[Spoken]:
        args = event.args or []
        if event.operation == "text":
            return self._join(record, args[0])
        if event.operation == "partial":
            return [Spoken(record.principal, show_line(args[0]), Stay.FLEETING)]
        line = Spoken(record.principal, show_line(_progress(*args)), Stay.PASSING)
        return [*self._close(record.invocation), line]

    def _join(self, record: Record, piece: str) -> list[Spoken]:
        _, before = self._open.pop(record.invocation, ("", ""))
        *lines, rest = (before + piece).split("\n")
        while len(rest) > LONGEST:
            lines.append(rest[:LONGEST])
            rest = rest[LONGEST:]
        if rest:
            self._open[record.invocation] = (record.principal, rest)
        return _spoken(record.principal, lines)

    def _close(self, invocation: str) -> list[Spoken]:
        speaker, rest = self._open.pop(invocation, ("", ""))
        return _spoken(speaker, [rest] if rest else [])


def _spoken(speaker: str, lines: Iterable[str]) -> list[Spoken]:
    return [Spoken(speaker, show(line.removesuffix("\r"))) for line in lines]


def _progress(done: int, total: int | None, message: str) -> str:
    return f"[{done}/{total}] {message}" if total is not None else f"[{done}] {message}"


def name_width(names: Iterable[str]) -> int:
    """Columns for the speakers' names."""
    return max((len(n) for n in names if len(n) <= WIDEST), default=0)
