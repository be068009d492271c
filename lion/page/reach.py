"""Look here if you want to know how the picture of reach is laid out: agents, tools, plugins, and
what of the host they use.

Rule: columns are sorted by the mean place of their neighbours, so that few lines cross.
Rule: whatever a line says by its look it says by a number or a mark as well.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from lion.domain.text import show_line
from lion.page.authority import Row

MOST: Final = 14
"""Boxes of a column; what is left out is counted."""
_X: Final = (12, 190, 372, 540)
_WIDE: Final = (104, 128, 112, 208)
_HIGH: Final = 34
_GAP: Final = 12
_TOP: Final = 30
_MODELS: Final = 3


class Box(msgspec.Struct, kw_only=True):
    """A box: `tone` is empty, t (unsandboxed) or x (refused)."""

    name: str
    under: str
    column: int
    tone: str = ""
    y: int = 0

    @property
    def x(self) -> int:
        """Of its left side."""
        return _X[self.column]

    @property
    def width(self) -> int:
        """How wide it is."""
        return _WIDE[self.column]


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """A line: `tone` is empty (used), off (never used) or x (denied)."""

    path: str
    width: str
    tone: str
    calls: int
    x: int
    y: int


class Bus(msgspec.Struct, frozen=True, kw_only=True):
    """What many use, below the others: a model, and who asked it how often."""

    path: str
    name: str
    words: str
    y: int


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The whole: sizes in pixels; `left_out` counts boxes that are not drawn."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    buses: tuple[Bus, ...]
    left_out: int


Links = dict[tuple[str, str], tuple[int, str]]
"""From box to box: how many calls, and the tone."""


def draw(rows: Sequence[Row]) -> Picture:
    """The picture of who reaches what."""
    boxes, links = _graph(rows)
    left_out = 0
    columns: list[list[str]] = []
    for column in range(4):
        found = [key for key, box in boxes.items() if box.column == column]
        left_out += max(len(found) - MOST, 0)
        columns.append(found[:MOST])
    kept = {key for column in columns for key in column}
    links = {ends: link for ends, link in links.items() if ends[0] in kept and ends[1] in kept}
    _place(boxes, columns, links)
    tallest = max((len(column) for column in columns), default=1)
    height = _TOP + max(tallest, 1) * (_HIGH + _GAP) + 8
    buses = tuple(_buses(rows, boxes, height))
    height += len(buses) * (_HIGH + _GAP)
    busiest = max((calls for calls, _ in links.values()), default=1) or 1
    edges = tuple(
        _edge(boxes[begin], boxes[end], calls, tone, busiest)
        for (begin, end), (calls, tone) in links.items()
    )
    shown = tuple(boxes[key] for column in columns for key in column)
    return Picture(width=760, height=height, boxes=shown, edges=edges, buses=buses,
                   left_out=left_out)  # fmt: skip


def _graph(rows: Sequence[Row]) -> tuple[dict[str, Box], Links]:
    boxes: dict[str, Box] = {}
    links: Links = {}
    by_name = {row.name: row for row in rows}
    for row in rows:
        if row.kind in ("agent", "workflow"):
            boxes[f"a {row.name}"] = _box(row.name, row.kind, 0)
    for row in rows:
        begin = f"a {row.name}" if f"a {row.name}" in boxes else f"p {row.name}"
        tools = {t: (n, "") for t, n in row.tools.items()}
        tools |= {t: (n, "x") for t, n in row.denied_tools.items()}
        for tool, (calls, tone) in tools.items():
            boxes.setdefault(f"t {tool}", _box(tool, "", 1, tone))
            links[begin, f"t {tool}"] = calls, tone
            owner = tool.partition(".")[0]
            if owner in by_name and not tone:
                links[f"t {tool}", f"p {owner}"] = (
                    links.get((f"t {tool}", f"p {owner}"), (0, ""))[0] + calls, "",
                )  # fmt: skip
    for row in rows:
        if row.kind not in ("agent", "workflow"):
            boxes[f"p {row.name}"] = _plugin(row)
        _add_host(row, boxes, links)
    return boxes, links


def _buses(rows: Sequence[Row], boxes: Mapping[str, Box], top: int) -> Iterator[Bus]:
    """A line for each model from all who ask it, around the left, so that it crosses nothing."""
    asked: dict[str, list[tuple[Row, int]]] = {}
    for row in rows:
        for (capability, scope), calls in row.scopes.items():
            if capability == "llm":
                asked.setdefault(scope, []).append((row, calls))
    for at, (model, users) in enumerate(list(asked.items())[:_MODELS]):
        y = top + at * (_HIGH + _GAP) + _HIGH // 2
        left = 3 + 3 * at
        ways = [
            f"M{_X[0]},{box.y + _HIGH // 2} H{left} V{y}"
            for row, _ in users if (box := boxes.get(f"a {row.name}")) is not None and box.y
        ]  # fmt: skip
        words = ", ".join(f"{row.name} {calls:,}" for row, calls in users)
        yield Bus(
            path=" ".join([*ways, f"M{left},{y} H{_X[3]}"]), y=y,
            name=_middle(model, _WIDE[3] // 7), words=show_line(words, longest=60),
        )  # fmt: skip


def _plugin(row: Row) -> Box:
    names = ", ".join(name for name, cell in row.cells.items() if cell.granted and name != "log")
    under = "unsandboxed" if not row.is_sandboxed else names or "nothing"
    return _box(row.name, under, 2, "" if row.is_sandboxed else "t")


def _add_host(row: Row, boxes: dict[str, Box], links: Links) -> None:
    begin = f"a {row.name}" if f"a {row.name}" in boxes else f"p {row.name}"
    for (capability, scope), calls in row.scopes.items():
        if capability in ("tools", "log", "clock", "config", "output", "llm"):
            continue
        key = f"h {capability} {scope}"
        boxes.setdefault(key, _box(_short(scope) or capability, capability, 3))
        links[begin, key] = calls, "" if calls else "off"
    for (capability, target), calls in row.refused.items():
        key = f"x {capability} {target}"
        boxes.setdefault(key, _box(_short(target) or capability, f"{capability}, denied", 3, "x"))
        links[begin, key] = calls, "x"


def _box(name: str, under: str, column: int, tone: str = "") -> Box:
    return Box(name=_middle(name, _WIDE[column] // 7), under=show_line(under, longest=24),
               column=column, tone=tone)  # fmt: skip


def _short(scope: str) -> str:
    return scope.replace("https://", "").replace("http://", "")


def _middle(text: str, longest: int) -> str:
    """Text shortened in its middle, as paths are."""
    text = show_line(text, longest=400)
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-(longest - 1 - half) :]}"


def _place(boxes: dict[str, Box], columns: list[list[str]], links: Links) -> None:
    near: dict[str, list[str]] = defaultdict(list)
    for begin, end in links:
        near[begin].append(end)
        near[end].append(begin)
    place = {key: at for column in columns for at, key in enumerate(column)}
    for _ in range(4):
        for column in columns:
            mean = {k: _mean([place[o] for o in near[k]], place[k]) for k in column}
            column.sort(key=lambda key: (mean[key], key))
            place |= {key: at for at, key in enumerate(column)}
    tallest = max(map(len, columns), default=1)
    for column in columns:
        step = (_HIGH + _GAP) * tallest / max(len(column), 1)
        for at, key in enumerate(column):
            boxes[key].y = int(_TOP + step * at + (step - _HIGH) / 2)


def _mean(places: Sequence[int], own: int) -> float:
    return sum(places) / len(places) if places else float(own)


def _edge(begin: Box, end: Box, calls: int, tone: str, busiest: int) -> Edge:
    x1, y1 = begin.x + begin.width, begin.y + _HIGH // 2
    x2, y2 = end.x, end.y + _HIGH // 2
    if end.column <= begin.column:  # a plugin that calls a tool: around the left
        x1, x2 = begin.x, end.x + end.width
    bend = max(abs(x2 - x1) // 2, 24)
    path = f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"
    width = f"{1.4 + 2.6 * calls / busiest:.1f}"
    return Edge(path=path, width=width, tone=tone, calls=calls,
                x=x1 + (x2 - x1) * 2 // 3 - 4, y=y1 + (y2 - y1) * 4 // 5 + 4)  # fmt: skip
