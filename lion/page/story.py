"""Look here if you want to know what a page has of a run: one pass over its verified records gives
lanes of time, a tree of who called whom, and a line for every record.

Rule: whatever a guest made long or many is cut here, and the page says so.
Rule: guest text is escaped where it is taken up, so that nothing later can forget to.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentPartialOutput,
    AgentSpawned,
    CallFinished,
    CallRequested,
    Event,
    PluginError,
    PluginInvoked,
    PluginResult,
)
from lion.domain.record import Record
from lion.domain.text import show, show_line
from lion.ports import LogReader
from lion.telling.calls import Calls
from lion.telling.events import tell, word_of

MOST_LINES: Final = 20_000
"""Records of which a page tells; of a longer run it has the first ones, and says so."""
MOST_LANES: Final = 400
MOST_BARS: Final = 2_000
"""Of a lane."""
MOST_SAID: Final = 256 * 1024
"""Characters of output of all agents together that a page can show again."""
_LONGEST: Final = 600
"""Characters of a line."""
_TITLE: Final = 80

Began = AgentSpawned | PluginInvoked
Ended = AgentCompleted | AgentError | PluginResult | PluginError


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A record in words. `tone` is empty, `denied`, `failed` or `waiting`; times in ns."""

    seq: int
    time_ns: int
    who: str
    word: str
    about: str
    outcome: str
    tone: str
    why: str
    is_said: bool


class Bar(msgspec.Struct, kw_only=True):
    """A host call, or several that are too near to be told apart."""

    seq: int
    began_ns: int
    ended_ns: int
    capability: str
    tone: str
    words: str
    calls: int = 1


class Lane(msgspec.Struct, kw_only=True):
    """An invocation: who, of what, from when until when, and what it did."""

    path: str
    holder: str
    is_agent: bool
    title: str
    seq: int
    began_ns: int
    ended_ns: int
    ending: str = "cut"
    tone: str = "waiting"
    cpu_ns: int = 0
    calls: int = 0
    denied: int = 0
    bars: list[Bar] = []
    children: list["Lane"] = []


class Story(msgspec.Struct, kw_only=True):
    """What a page has of a run. `said` is the output of each agent, by record."""

    began_ns: int = 0
    ended_ns: int = 0
    records: int = 0
    calls: int = 0
    lines: list[Line] = []
    lanes: list[Lane] = []
    roots: list[Lane] = []
    left_out_lanes: int = 0
    said: dict[str, list[tuple[int, str]]] = {}
    said_all: bool = True

    @property
    def span_ns(self) -> int:
        """How long it took; at least one."""
        return max(self.ended_ns - self.began_ns, 1)


def tell_story(reader: LogReader, run: str, records: Iterable[Record], after: int = 0) -> Story:
    """Read a run's records in order: all of them, or those `after` a seq. Raises AuditError for
    one that cannot be read."""
    return _Teller(Calls(reader, run, after)).tell(records)


class _Teller:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._story = Story()
        self._lanes: dict[str, Lane] = {}
        self._last: dict[tuple[str, str, str], Bar] = {}
        self._kept = 0

    def tell(self, records: Iterable[Record]) -> Story:
        story = self._story
        for record in records:
            event = self._calls.read(record).event
            if not story.began_ns:
                story.began_ns = record.time_ns
            story.ended_ns, story.records = record.time_ns, record.seq
            if len(story.lines) < MOST_LINES:
                story.lines.append(_line(record, event))
            self._note(record, event)
        for lane in self._lanes.values():
            lane.ended_ns = lane.ended_ns or story.ended_ns
        story.roots = list(_rooted(story.lanes, self._lanes))
        return story

    def _note(self, record: Record, event: Event) -> None:
        match event:
            case AgentSpawned() | PluginInvoked():
                self._begin(record, event)
            case AgentCompleted() | AgentError() | PluginResult() | PluginError():
                self._end(record, event)
            case CallFinished():
                self._call(record, event)
                if isinstance(event, AgentPartialOutput):
                    self._say(record, event)

    def _begin(self, record: Record, event: Began) -> None:
        if record.invocation in self._lanes:  # another try of the same task
            return
        if len(self._story.lanes) >= MOST_LANES:
            self._story.left_out_lanes += 1
            return
        is_agent = isinstance(event, AgentSpawned)
        title = event.task if isinstance(event, AgentSpawned) else tell(event)[0]
        lane = Lane(
            path=show_line(record.invocation, longest=40),
            holder=show_line(record.principal, longest=40),
            is_agent=is_agent,
            title=show_line(title, longest=_TITLE),
            seq=record.seq,
            began_ns=record.time_ns,
            ended_ns=0,
        )
        self._lanes[record.invocation] = lane
        self._story.lanes.append(lane)

    def _end(self, record: Record, event: Ended) -> None:
        lane = self._lanes.get(record.invocation)
        if lane is None:
            return
        lane.ended_ns, lane.cpu_ns = record.time_ns, event.cpu_ns
        if isinstance(event, AgentError | PluginError):
            lane.ending, lane.tone = show_line(event.ending, longest=40), "failed"
        else:
            lane.ending, lane.tone = ("error", "failed") if event.is_error else ("returned", "")

    def _call(self, record: Record, event: CallFinished) -> None:
        self._story.calls += 1
        lane = self._lanes.get(record.invocation)
        if lane is None:
            return
        tone = tone_of(event)
        lane.calls += 1
        lane.denied += tone == "denied"
        bar = Bar(
            seq=record.seq,
            began_ns=record.time_ns - event.took_ns,
            ended_ns=record.time_ns,
            capability=event.capability,
            tone=tone,
            words=show_line(_short(event), longest=_TITLE),
        )
        last = self._last.get((lane.path, bar.capability, tone))
        # Nobody could tell apart what is nearer than a thousandth of what there was until now.
        near = (bar.ended_ns - self._story.began_ns) // 1_000
        if last is not None and bar.began_ns - last.ended_ns < near:
            last.ended_ns = bar.ended_ns
            last.calls += 1
        elif len(lane.bars) < MOST_BARS:
            lane.bars.append(bar)
            self._last[lane.path, bar.capability, tone] = bar

    def _say(self, record: Record, event: AgentPartialOutput) -> None:
        if event.status != "completed" or event.operation != "text":
            return
        text = show(tell(event)[0])
        self._kept += len(text)
        if self._kept > MOST_SAID:
            self._story.said_all = False
            return
        who = show_line(record.principal, longest=40)
        self._story.said.setdefault(who, []).append((record.seq, text))


def tone_of(event: Event) -> str:
    """Whether an event is of a denial, a failure, or of something that waits."""
    if isinstance(event, CallFinished):
        if event.status == "denied" or event.verdict == "deny":
            return "denied"
        return "" if event.status == "completed" else "failed"
    if isinstance(event, AgentError | PluginError):
        return "failed"
    if type(event).__name__ in ("ApprovalAsked", "CallWaits"):
        return "waiting"
    return ""


def _line(record: Record, event: Event) -> Line:
    about, outcome = tell(event)
    return Line(
        seq=record.seq,
        time_ns=record.time_ns,
        who=show_line(record.principal or "-", longest=40),
        word=show_line(word_of(event), longest=20),
        about=show_line(about, longest=_LONGEST),
        outcome=show_line(outcome, longest=_LONGEST),
        tone=tone_of(event),
        why=show_line(_why(event), longest=_LONGEST),
        is_said=isinstance(event, AgentPartialOutput),
    )


def _why(event: Event) -> str:
    """What decided a call, and by which line."""
    if not isinstance(event, CallFinished | CallRequested) or event.verdict is None:
        return ""
    line = f", by {event.grant}" if event.grant else ""
    return f"{event.verdict}, decided by {event.decided_by or 'nobody'}{line}: {event.reason}"


def _short(event: CallFinished) -> str:
    about = event.target or tell(event)[0]
    return f"{event.capability} {event.operation} {about}".strip()


def _rooted(lanes: Iterable[Lane], by_path: dict[str, Lane]) -> Iterator[Lane]:
    """Hang each invocation beneath the one that called it; what is left begins a tree."""
    for lane in sorted(lanes, key=lambda one: [part.zfill(20) for part in one.path.split(".")]):
        parent = by_path.get(lane.path.rpartition(".")[0])
        if parent is None:
            yield lane
        else:
            parent.children.append(lane)
