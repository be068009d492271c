"""Look here if you want to know how a workflow is drawn: as text, for Graphviz (DOT), for Mermaid,
and as a picture (SVG) that needs nothing else.

Rule: whatever stands in a manifest is text in each of them: it is escaped as the form wants.
"""

import html
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lion.domain.text import show_line
from lion.workflows.graph import START, Edge, Graph, Node

LONGEST: Final = 60
"""Characters of a line of a label."""
_SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
)
_HEAD: Final = (
    '<defs><marker id="a" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>'
)
_WIDTH, _HEIGHT, _ACROSS, _DOWN = 210, 60, 40, 50


def as_text(graph: Graph) -> str:
    """Lines for people."""
    lines = [f"{graph.name}  ({graph.strategy}, {len(graph.nodes):,} steps)"]
    width = max(len(node.name) for node in graph.nodes)
    for node in graph.nodes:
        end = "  (end)" if node.is_end else ""
        lines.append(f"  {node.name:<{width}}  {_cut(node.does)}{end}".rstrip())
        lines += [f"  {'':<{width}}    {_cut(fact)}" for fact in node.facts]
        before = [e for e in graph.edges if e.end == node.name and graph.strategy != "states"]
        if before:
            lines.append(f"  {'':<{width}}    after {', '.join(map(_from, before))}")
        if graph.strategy == "states":
            after = [e for e in graph.edges if e.begin == node.name]
            lines += [f"  {'':<{width}}    to {_to(edge)}" for edge in after]
    return "\n".join(lines) + "\n"


def _from(edge: Edge) -> str:
    return f"{edge.begin} ({_cut(edge.label)})" if edge.label else edge.begin


def _to(edge: Edge) -> str:
    return f"{edge.end}: {_cut(edge.label)}" if edge.label else edge.end


def as_dot(graph: Graph) -> str:
    """The DOT language (graphviz.org/doc/info/lang.html)."""
    lines = [f"digraph {_quoted(graph.name)} {{", "  node [shape=box];"]
    for node in _all(graph):
        shape = ", peripheries=2" if node.is_end else ""
        label = "\\n".join(_quoted(line)[1:-1] for line in _label(node))
        lines.append(f'  {_quoted(node.name)} [label="{label}"{shape}];')
    for edge in graph.edges:
        label = f" [label={_quoted(_cut(edge.label))}]" if edge.label else ""
        lines.append(f"  {_quoted(edge.begin)} -> {_quoted(edge.end)}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def as_mermaid(graph: Graph) -> str:
    """A flowchart of Mermaid (mermaid.js.org/syntax/flowchart.html)."""
    numbers = {node.name: f"n{index}" for index, node in enumerate(_all(graph))}
    lines = ["flowchart TD"]
    for node in _all(graph):
        label = "<br/>".join(_entities(line) for line in _label(node))
        left, right = ("([", "])") if node.is_end else ("[", "]")
        lines.append(f'  {numbers[node.name]}{left}"{label}"{right}')
    for edge in graph.edges:
        label = f'|"{_entities(_cut(edge.label))}"|' if edge.label else ""
        lines.append(f"  {numbers[edge.begin]} -->{label} {numbers[edge.end]}")
    return "\n".join(lines) + "\n"


def as_svg(graph: Graph) -> str:
    """A picture: steps in rows, each below those that lead to it."""
    rows = _rows(graph)
    widest = max(len(row) for row in rows)
    width = widest * (_WIDTH + _ACROSS) + _ACROSS
    height = len(rows) * (_HEIGHT + _DOWN) + _DOWN
    places: dict[str, tuple[int, int]] = {}
    for y, row in enumerate(rows):
        left = (width - len(row) * (_WIDTH + _ACROSS) + _ACROSS) // 2
        for x, node in enumerate(row):
            places[node.name] = (left + x * (_WIDTH + _ACROSS), _DOWN + y * (_HEIGHT + _DOWN))
    parts = [
        _SVG.format(width=width, height=height),
        f"<title>{html.escape(graph.name)}</title>",
        _HEAD,
        '<rect width="100%" height="100%" fill="white"/>',
        *(part for edge in graph.edges for part in _arrow(edge, places)),
        *(part for row in rows for node in row for part in _box(node, places[node.name])),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _arrow(edge: Edge, places: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    (x1, y1), (x2, y2) = places[edge.begin], places[edge.end]
    if y2 > y1:
        begin, end = (x1 + _WIDTH // 2, y1 + _HEIGHT), (x2 + _WIDTH // 2, y2)
        bend = f"C{begin[0]},{begin[1] + 30} {end[0]},{end[1] - 30}"
    else:
        # Back up, or to itself: around the right side.
        begin, end = (x1 + _WIDTH, y1 + _HEIGHT // 2), (x2 + _WIDTH, y2 + _HEIGHT // 2 - 8)
        bend = f"C{begin[0] + 60},{begin[1]} {end[0] + 60},{end[1]}"
    path = f"M{begin[0]},{begin[1]} {bend} {end[0]},{end[1]}"
    yield f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#a)"/>'
    if edge.label:
        x, y = (begin[0] + end[0]) // 2, (begin[1] + end[1]) // 2
        where = f'x="{x}" y="{y}" fill="#555" text-anchor="middle"'
        yield f"<text {where}>{_xml(edge.label, 34)}</text>"


def _box(node: Node, place: tuple[int, int]) -> Iterator[str]:
    x, y = place
    thick = 3 if node.is_end else 1
    yield f"<g><title>{html.escape(show_line('; '.join(_label(node)), longest=400))}</title>"
    yield (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="#f4f6fa" '
        f'stroke="#345" stroke-width="{thick}"/>'
    )
    for index, line in enumerate(_label(node)[:3]):
        weight = ' font-weight="bold"' if index == 0 else ""
        where = f'x="{x + _WIDTH // 2}" y="{y + 18 + 17 * index}"'
        yield f'<text {where} text-anchor="middle"{weight}>{_xml(line, 34)}</text>'
    yield "</g>"


def _rows(graph: Graph) -> list[list[Node]]:
    """Steps by how far they are from the first; an edge that leads back does not count."""
    order = {node.name: index for index, node in enumerate(_all(graph))}
    ways: dict[str, list[str]] = {name: [] for name in order}
    for edge in graph.edges:
        ways[edge.end].append(edge.begin)
    depth: dict[str, int] = {}
    for _ in range(2):
        for name in sorted(order, key=lambda one: depth.get(one, 0)):
            before = [depth[o] for o in ways[name] if o in depth and o != name]
            ahead = [d for d in before if d < len(order)]
            depth[name] = max(depth.get(name, 0), 1 + max(ahead)) if ahead else depth.get(name, 0)
    rows: dict[int, list[Node]] = {}
    for node in _all(graph):
        rows.setdefault(depth[node.name], []).append(node)
    return [rows[level] for level in sorted(rows)]


def _all(graph: Graph) -> list[Node]:
    """The steps, and what begins a workflow of events."""
    known = {node.name for node in graph.nodes}
    begins = any(edge.begin == START for edge in graph.edges) and START not in known
    return [*([Node(name=START, does="")] if begins else []), *graph.nodes]


def _label(node: Node) -> list[str]:
    return [node.name, *([_cut(node.does)] if node.does else []), *map(_cut, node.facts)]


def _cut(text: str) -> str:
    return show_line(text, longest=LONGEST)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _entities(text: str) -> str:
    """Text of Mermaid's, whose signs are numbers between # and ;."""
    return "".join(c if c.isalnum() or c in " .,:_-()/+=!" else f"#{ord(c)};" for c in text)


def _xml(text: str, longest: int) -> str:
    return html.escape(show_line(text, longest=longest))


FORMATS: Final[dict[str, Callable[[Graph], str]]] = {
    "text": as_text, "dot": as_dot, "svg": as_svg, "mermaid": as_mermaid,
}  # fmt: skip
