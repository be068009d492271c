"""Look here if you want to know what the live page keeps of an agent that works: the last that it
said and did, in pieces.

Rule: what is kept is bounded whatever a guest says; who reads late is told to begin anew.
Rule: guest text is escaped where it is taken up.
"""

from collections import deque
from typing import Any, Final

import msgspec

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentPartialOutput,
    ApprovalAsked,
    CallFinished,
    CallRequested,
    Event,
    MessageArrived,
    PluginError,
    PluginInvoked,
    PluginResult,
)
from lion.domain.pairing import Pairs
from lion.domain.record import Record
from lion.domain.text import show, show_line
from lion.page.story import tone_of
from lion.page.times import took
from lion.telling.events import short_result, tell, word_of

KEPT: Final = 400
"""Pieces of a column that are kept."""
LONGEST: Final = 16 * 1024
"""Characters of one piece."""
_LINE: Final = 160
_OUTCOME: Final = 60
_BRIEF: Final = 24
_QUIET: Final = frozenset(("llm", "output", "config", "clock", "log", "tools"))
"""Of an agent's own calls those that are no step to be seen unless they are denied: what it says
and what it has tools do has pieces of its own."""


class Piece(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What is added to a column: `kind` is say (text that joins) or call (a row of its own, with
    what came of it, in a `tone` as in story.tone_of)."""

    kind: str
    text: str
    tone: str = ""
    outcome: str = ""
    seq: int = 0


class Row(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A record in words, for the tail of all records."""

    run: str
    seq: int
    who: str
    word: str
    about: str
    tone: str


class Column:
    """One run's pieces; `total` counts all that ever were."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.pieces: deque[Piece] = deque(maxlen=KEPT)
        self.total = 0
        self._pairs = Pairs()
        self._invoked: dict[str, tuple[str, int]] = {}
        """What was begun of tools, and when, by invocation."""

    def since(self, seen: int) -> tuple[bool, list[Piece]]:
        """What comes after the first `seen`, text joined; True if that is not all there was in
        between, so that who reads has to begin anew.
        """
        missing = self.total - seen
        is_cut = missing > len(self.pieces) or missing < 0
        count = len(self.pieces) if is_cut else missing
        return is_cut, joined(list(self.pieces)[len(self.pieces) - count :])

    def take(self, record: Record) -> tuple[Event, Row]:
        """Take up a record, in order. Raises AuditError for one that cannot be read."""
        event = record.event()
        if isinstance(event, CallRequested):
            self._pairs.note(record, event)
        elif isinstance(event, CallFinished):
            event = self._pairs.join(record, event)[0]
        piece = self._piece(record, event)
        if piece is not None:
            self.pieces.append(piece)
            self.total += 1
        return event, _row(record, event)

    def _piece(self, record: Record, event: Event) -> Piece | None:
        match event:
            case AgentPartialOutput() if event.status == "completed":
                return _said(event)
            case PluginInvoked() if record.invocation != record.correlation:
                what = f"{record.principal}.{tell(event)[0]}"
                self._invoked[record.invocation] = what, record.time_ns
                return None
            case PluginResult() if record.invocation in self._invoked:
                tone = "failed" if event.is_error else ""
                return self._returned(record, tone, _brief(event.value))
            case CallFinished():
                return self._call(record, event)
            case ApprovalAsked():
                asked = event.request
                what = f"{record.principal}: {asked.capability} {asked.operation} {asked.target}"
                return Piece(kind="ask", text=show_line(what, longest=_LINE), tone="waiting",
                             outcome="asks you", seq=record.seq)  # fmt: skip
            case MessageArrived():
                text = show_line(f"{event.sender} to {event.to}: {event.payload}", longest=_LINE)
                return Piece(kind="call", text=text, outcome="message", seq=record.seq)
            case AgentCompleted():
                word = "ended with its own error" if event.is_error else "returned"
                tone = "failed" if event.is_error else ""
                return Piece(kind="call", text=word, tone=tone, seq=record.seq)
            case PluginError() if record.invocation in self._invoked:
                return self._returned(record, "failed", event.ending)
            case AgentError() | PluginError():
                text = show_line(f"{event.ending}: {event.error}", longest=_LINE)
                return Piece(kind="call", text=text, tone="failed", seq=record.seq)
            case _:
                return None

    def _returned(self, record: Record, tone: str, outcome: str) -> Piece | None:
        what, began = self._invoked.pop(record.invocation)
        if record.invocation.count(".") > 1:  # what a plugin had others do is in its record
            return None
        words = f"{outcome} · {took(record.time_ns - began)}"
        return Piece(
            kind="call", text=show_line(what, longest=_LINE), tone=tone, seq=record.seq,
            outcome=show_line(words, longest=_OUTCOME),
        )  # fmt: skip

    def _call(self, record: Record, event: CallFinished) -> Piece | None:
        tone = tone_of(event)
        is_own = record.invocation == record.correlation
        is_step = is_own and event.capability not in _QUIET
        if tone != "denied" and not is_step:
            return None
        who = "" if is_own else f"{record.principal}: "
        what = f"{who}{event.capability} {event.operation} {event.target}".rstrip()
        outcome = tone or short_result(event.value)[:_OUTCOME]
        return Piece(
            kind="call", text=show_line(what, longest=_LINE), tone=tone, seq=record.seq,
            outcome=show_line(outcome, longest=_OUTCOME),
        )  # fmt: skip


def joined(pieces: list[Piece]) -> list[Piece]:
    """The same with text that follows text as one."""
    found: list[Piece] = []
    texts: list[str] = []
    for piece in pieces:
        if piece.kind == "say":
            texts.append(piece.text)
            continue
        if texts:
            found.append(Piece(kind="say", text="".join(texts)))
            texts = []
        found.append(piece)
    if texts:
        found.append(Piece(kind="say", text="".join(texts)))
    return found


def _said(event: AgentPartialOutput) -> Piece | None:
    if event.operation != "text":
        return None
    text = str((event.args or [""])[0])
    more = f" … {len(text) - LONGEST:,} more characters " if len(text) > LONGEST else ""
    return Piece(kind="say", text=show(text[:LONGEST]) + more)


def _brief(value: Any) -> str:
    """What came of a tool in a word or two: of an answer over the network its status."""
    match value:
        case ["ok", {"status": int(status)}]:
            return str(status)
        case ["err", [str(case), *_]]:
            return case[:_BRIEF]
        case ["err", str(words)]:
            return words.partition(":")[0][:_BRIEF]
    words = short_result(value)
    return words if len(words) <= _BRIEF else f"{words[: _BRIEF - 1]}…"


def _row(record: Record, event: Event) -> Row:
    about, outcome = tell(event)
    words = f"{about} → {outcome}" if outcome else about
    return Row(
        run=record.run, seq=record.seq, who=show_line(record.principal or "-", longest=30),
        word=show_line(word_of(event), longest=20), about=show_line(words, longest=_LINE),
        tone=tone_of(event),
    )  # fmt: skip
