"""Look here if you want to know where on a timeline a call is drawn.

Rule: x and width are percents of the run's time and heights are pixels, so that text never
stretches and no style attribute is needed (a strict Content-Security-Policy).
Rule: whatever is drawn has words as well: a mark or a colour alone says nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from lion.page.story import Bar, Lane, Story
from lion.page.times import took

_TRACKS: Final = {"llm": (6, 11), "output": (19, 7)}
"""Of an agent's lane: pixels from the top, and height."""
_LOWER: Final = (29, 6)
_ONLY: Final = (9, 10)
"""Of a plugin's lane."""
_LEAST: Final = 0.15
"""Percent of the width that a bar has at least, so that it is seen."""
_KNOWN: Final = frozenset(("llm", "output", "tools", "http", "fs", "clock", "config", "kv"))
_STEPS: Final = (1, 2, 5, 10)
DEEPEST: Final = 6
"""Levels of the tree that are told apart."""
_HALF: Final = 60.0
"""Percent beyond which a bar's words stand before it."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A bar: where, how, and what is said of it where one points at it."""

    x: str
    width: str
    y: int
    height: int
    css: str
    words: str
    seq: int = 0


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What a lane is about, beside its first bar; `end` where it stands before it."""

    x: str
    end: bool
    denied: bool
    text: str


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A lane as it is drawn; `life` is from its begin to its end."""

    lane: Lane
    depth: int
    height: int
    life: Shape
    shapes: tuple[Shape, ...]
    label: Label | None


def draw(story: Story) -> Iterator[Drawn]:
    """The lanes in the order of the tree: each beneath the one that called it."""
    for lane, depth in _in_order(story.roots):
        own = _TRACKS if lane.is_agent else {}
        height = 40 if lane.is_agent else 28
        yield Drawn(
            lane=lane,
            depth=min(depth, DEEPEST),
            height=height,
            life=_life(story, lane, height),
            shapes=tuple(_bar(story, bar, own, lane.is_agent) for bar in lane.bars),
            label=None if lane.is_agent else _label(story, lane),
        )


def axis(span_ns: int) -> Iterator[tuple[str, str]]:
    """Where the lines of the time stand, and what they are called: at most ten of them."""
    power = 1
    while span_ns > 100 * power:
        power *= 10
    step = next(power * n for n in _STEPS if span_ns <= 10 * power * n)
    for at in range(0, span_ns, step):
        yield _percent(at, span_ns), took(at) if at else "0"


def _in_order(lanes: Sequence[Lane]) -> Iterator[tuple[Lane, int]]:
    waiting = [(lane, 0) for lane in reversed(lanes)]
    while waiting:
        lane, depth = waiting.pop()
        yield lane, depth
        waiting += [(child, depth + 1) for child in reversed(lane.children)]


def _life(story: Story, lane: Lane, height: int) -> Shape:
    words = f"{lane.holder}: {lane.ending}, {took(lane.ended_ns - lane.began_ns)}"
    css = "c-life" if lane.is_agent else "c-life thin"
    return _shape(story, lane.began_ns, lane.ended_ns, (3, height - 6), css, words)


def _bar(story: Story, bar: Bar, tracks: dict[str, tuple[int, int]], is_agent: bool) -> Shape:
    track = tracks.get(bar.capability, _LOWER if is_agent else _ONLY)
    kind = bar.capability if bar.capability in _KNOWN else "other"
    css = f"c-{kind}" + (f" c-{bar.tone}" if bar.tone else "")
    more = f", {bar.calls:,} calls" if bar.calls > 1 else ""
    tone = f"{bar.tone}: " if bar.tone else ""
    words = f"{bar.seq}  {tone}{bar.words}{more}, {took(bar.ended_ns - bar.began_ns)}"
    return _shape(story, bar.began_ns, bar.ended_ns, track, css, words, bar.seq)


def _label(story: Story, lane: Lane) -> Label:
    denied = next((bar for bar in lane.bars if bar.tone == "denied"), None)
    text = lane.title if denied is None else f"denied: {denied.words}"
    at = _share(lane.began_ns - story.began_ns, story.span_ns)
    is_late = at > _HALF
    if not is_late:
        at = _share(lane.ended_ns - story.began_ns, story.span_ns)
        is_late = at > _HALF
    if is_late:
        at = _share(lane.began_ns - story.began_ns, story.span_ns)
    return Label(x=f"{at:.3f}%", end=is_late, denied=denied is not None, text=text)


def _shape(
    story: Story,
    began_ns: int,
    ended_ns: int,
    track: tuple[int, int],
    css: str,
    words: str,
    seq: int = 0,
) -> Shape:
    begin = _share(began_ns - story.began_ns, story.span_ns)
    width = max(_share(ended_ns - began_ns, story.span_ns), _LEAST)
    x = min(max(begin, 0.0), 100.0 - _LEAST)
    return Shape(
        x=f"{x:.3f}%", width=f"{min(width, 100.0 - x):.3f}%", y=track[0], height=track[1],
        css=css, words=words, seq=seq,
    )  # fmt: skip


def _share(part_ns: int, span_ns: int) -> float:
    return 100.0 * part_ns / span_ns


def _percent(part_ns: int, span_ns: int) -> str:
    return f"{_share(part_ns, span_ns):.3f}%"
