"""Look here if you want to know how large the value of an expression can become, and how much
work it can be, before it is evaluated.

The library bounds how often loops go round, and how deep an expression is nested, but not what
texts and lists grow to: `.map(a, a + a)` ten times over a short text is a kilobyte, thirty times a
gigabyte.

Rule: a bound is never less than what it bounds: the size of a loop's body as it depends on the
size of an element is a sum of products, which is convex, so that all elements together give no
more than one that has the size of them all, beside what each gives that has none.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from lion.workflows.syntax_tree import Call, Const, Ident, Loop, Made, Node, Select

MOST_SIZE: Final = 4 * 1024 * 1024
"""Bytes that a value may come to."""
MOST_WORK: Final = 64 * 1024 * 1024
"""Bytes that may be looked at on the way: a twentieth of a second."""
MOST_TURNS: Final = 10_000
"""Turns of loops that the library allows."""
MOST_LOOPS: Final = 8
"""Loops of one expression."""
MOST_NESTED: Final = 3
"""Loops within loops."""

_ANSWERS: Final = frozenset({
    "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_&&_", "_||_", "!_", "@in", "_in_", "size",
    "startsWith", "endsWith", "contains", "matches", "indexOf", "lastIndexOf", "bool", "int",
    "uint", "double", "type", "has", "@not_strictly_false", "_-_", "_*_", "_/_", "_%_", "-_",
})  # fmt: skip
"""Functions that give a number or a yes, whatever they are given."""
_NUMBER: Final = 32
"""Bytes of a number as text."""
_GROWING: Final = frozenset({"replace", "join", "format", "strings.quote"})
"""Functions that give more than they are given."""
_ELEMENT: Final = 8
"""Bytes that an element of a list has at least (size_of)."""
_SEARCHES: Final = frozenset({"contains", "indexOf", "lastIndexOf", "replace", "split"})
"""Functions that look for one text in another, at each of its places."""
_SEARCHED: Final = 32
"""Bytes that such a function compares while another would look at one."""
_GROWN: Final = 64
"""What an element costs that the library copies: it makes a list of `map` anew with each turn."""


class Size(msgspec.Struct, frozen=True):
    """Of a value: its bytes, all of it written out, and the most elements that a list or a map in
    it has. Floats, since a bound may be beyond every integer worth having.
    """

    bytes: float
    items: float = 0


class TooMuch(ValueError):
    """What an expression would come to is more than may be."""


def size_of(value: Any) -> Size:
    """The size of a JSON value."""
    total, most = 0, 0
    level = [value]
    while level:
        below: list[Any] = []
        for one in level:
            total += 8
            if isinstance(one, str):
                total += len(one)
            elif isinstance(one, dict):
                most = max(most, len(one))
                total += sum(map(len, one)) + 8 * len(one)
                below.extend(one.values())
            elif isinstance(one, list):
                most = max(most, len(one))
                below.extend(one)
        level = below
    return Size(total, most)


class Cost:
    """Bounds one expression. `size` says of a path (`steps.page`, then fields) how large it is."""

    def __init__(self, size: Callable[[str, tuple[str, ...]], Size]) -> None:
        self._size = size
        self.work = 0.0

    def check(self, tree: Node) -> None:
        """Raise TooMuch for an expression whose value could be too large, or too much work."""
        found = self.bound(tree)
        if found.bytes > MOST_SIZE:
            raise TooMuch(f"it could give more than {MOST_SIZE:,} bytes")
        if self.work > MOST_WORK:
            raise TooMuch("it could take too long")

    def bound(self, tree: Node) -> Size:
        """The most that the value of a tree can be; the work is added up."""
        return self._bound(tree, {}, 1.0)

    def _bound(self, node: Node, names: dict[str, Size], times: float) -> Size:
        match node:
            case Const(size):
                return Size(size)
            case Ident(name):
                return names[name] if name in names else self._size(name, ())
            case Select():
                return self._select(node, names, times)
            case Made(parts):
                return self._made(parts, names, times)
            case Call(function, args):
                found = [self._bound(one, names, times) for one in args]
                return self._call(function, found, args, times)
            case Loop():
                return self._loop(node, names, times)

    def _select(self, node: Select, names: dict[str, Size], times: float) -> Size:
        self.work += times
        root, fields = path_of(node)
        if root is not None and root not in names:
            return self._size(root, fields)
        found = self._bound(node.operand, names, times)
        return Size(1) if node.asks else found

    def _made(self, parts: tuple[Node, ...], names: dict[str, Size], times: float) -> Size:
        found = [self._bound(part, names, times) for part in parts]
        self.work += times * len(parts)
        items = max((one.items for one in found), default=0)
        return Size(sum(one.bytes for one in found) + 8 * len(parts) + 8, max(len(parts), items))

    def _call(
        self, function: str, args: list[Size], nodes: tuple[Node, ...], times: float
    ) -> Size:
        total = sum(one.bytes for one in args)
        items = sum(one.items for one in args)
        work = total
        if function == "matches":
            work = args[0].bytes * max(1.0, args[-1].bytes)
        size = Size(total + _NUMBER, items)
        if function in _ANSWERS:
            size = Size(_NUMBER)
        elif function == "_?_:_":
            most = max(args[1:], key=lambda one: one.bytes)
            size, work = Size(most.bytes, max(one.items for one in args)), 1
        elif function == "_[_]":
            size, work = args[0], 1
        elif function in _GROWING:
            size = Size(_grown(function, args, nodes) + _NUMBER, items)
            work = size.bytes
        elif function == "split":
            size = Size(9 * total + 8, total + 1)
        if function in _SEARCHES and len(args) > 1:
            work += args[0].bytes * args[1].bytes / _SEARCHED
        self.work += times * work
        return size

    def _loop(self, loop: Loop, names: dict[str, Size], times: float) -> Size:
        range_ = self._bound(loop.range, names, times)
        turns = min(range_.items, MOST_TURNS)
        inner = {**names, loop.accumulator: Size(0)}
        none = {**inner, **dict.fromkeys(loop.names, Size(0))}
        each = {**inner, **dict.fromkeys(loop.names, range_)}
        before = self.work
        empty = self._bound(loop.step, none, times)
        self.work = before + turns * (self.work - before + times)
        if isinstance(loop.initial, Made):
            self.work += times * turns * turns * _GROWN
        whole = self._bound(loop.step, each, times)
        initial = self._bound(loop.initial, names, times)
        size = initial.bytes + turns * empty.bytes + whole.bytes
        items = max(initial.items + turns, whole.items)
        return self._bound(loop.result, {**names, loop.accumulator: Size(size, items)}, times)


def _grown(function: str, args: list[Size], nodes: tuple[Node, ...]) -> float:
    """Bytes of what comes of these, where that can be more than they are."""
    size = args[0].bytes
    match function:
        case "replace" if len(args) > 2:
            # Whatever is looked for, and whether or not a last argument says how often.
            return size * (1 + args[2].bytes)
        case "join":
            return size + size / _ELEMENT * (args[1].bytes if len(args) > 1 else 0)
        case "format" if len(args) > 1:
            given = nodes[1]
            parts = len(given.parts) if isinstance(given, Made) else args[1].bytes / _ELEMENT
            return size * (1 + args[1].bytes) + parts * _longest_number(size)
        case _:  # strings.quote(text): each character may become two.
            return 2 * size


def _longest_number(size: float) -> float:
    """Bytes of the longest number that a `format` of this size gives: 309 digits, and as many
    decimals as it has characters to ask for (`%.2f`), of which the library gives 1,000.
    """
    most: float = 10 ** min(3.0, max(0.0, size - 5))
    return 330 + most


def path_of(node: Node) -> tuple[str | None, tuple[str, ...]]:
    """Variable and fields of a chain of fields; None if it begins with something else."""
    fields: list[str] = []
    while isinstance(node, Select):
        fields.append(node.field)
        node = node.operand
    return (node.name if isinstance(node, Ident) else None), tuple(reversed(fields))


def loops_of(node: Node) -> tuple[int, int]:
    """How many loops a tree has, and how deep they are nested."""
    match node:
        case Const() | Ident():
            return 0, 0
        case Select(operand=operand):
            return loops_of(operand)
        case Made(parts) | Call(args=parts):
            found = [loops_of(part) for part in parts]
            return sum(n for n, _ in found), max((d for _, d in found), default=0)
        case Loop():
            count, depth = loops_of(node.step)
            outer = [loops_of(node.range), loops_of(node.result)]
            return (
                1 + count + sum(n for n, _ in outer),
                max(depth + 1, *(d for _, d in outer)),
            )
