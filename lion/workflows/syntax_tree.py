"""Look here if you want to know how a checked CEL expression is read as a tree: which names it
uses, and what it does with them.

The library checks and evaluates; what it does not tell is in the bytes that it writes an
expression as: `cel.expr.CheckedExpr` (github.com/google/cel-spec), a protobuf message.

Rule: only what the bounds (cost.py) and the names of an expression need is kept.
"""

from collections.abc import Iterator
from typing import TypeAlias

import msgspec


class Const(msgspec.Struct, frozen=True):
    """A value that stands in the text, and its size in bytes."""

    size: int


class Ident(msgspec.Struct, frozen=True):
    """A variable by its whole name, `steps.page`."""

    name: str


class Select(msgspec.Struct, frozen=True):
    """A field; `asks`: whether it is there (`has`)."""

    operand: "Node"
    field: str
    asks: bool


class Call(msgspec.Struct, frozen=True):
    """A function or an operator (`_+_`); the target of a method is its first argument."""

    function: str
    args: tuple["Node", ...]


class Made(msgspec.Struct, frozen=True):
    """A list, or keys and values of a map, one after another."""

    parts: tuple["Node", ...]


class Loop(msgspec.Struct, frozen=True):
    """What `map`, `filter`, `all`, `exists` and the like become."""

    names: tuple[str, ...]
    range: "Node"
    accumulator: str
    initial: "Node"
    step: "Node"
    result: "Node"


Node: TypeAlias = Const | Ident | Select | Call | Made | Loop


def read_tree(data: bytes) -> Node:
    """The expression of a serialised CheckedExpr (within an Any)."""
    checked = _last(_last(data, 2), 4)
    return _expr(checked)


def _expr(data: bytes) -> Node:
    for number, value in _fields(data):
        if isinstance(value, int):
            continue
        match number:
            case 3:
                return Const(_const_size(value))
            case 4:
                return Ident(_text(value, 1))
            case 5:
                asks = any(n == 3 and v for n, v in _fields(value))
                return Select(_expr(_last(value, 1)), _text(value, 2), asks)
            case 6:
                return _call(value)
            case 7:
                return Made(tuple(_expr(part) for part in _all(value, 1)))
            case 8:
                return _made_map(value)
            case 9:
                return _loop(value)
            case _:
                pass
    return Const(1)


def _call(data: bytes) -> Call:
    parts = [*_all(data, 1), *_all(data, 3)]
    return Call(_text(data, 2), tuple(_expr(part) for part in parts))


def _made_map(data: bytes) -> Made:
    parts: list[Node] = []
    for entry in _all(data, 2):
        for number, value in _fields(entry):
            if isinstance(value, bytes):
                parts.append(Const(len(value)) if number == 2 else _expr(value))
    return Made(tuple(parts))


def _loop(data: bytes) -> Loop:
    names = tuple(name for n in (1, 8) if (name := _text(data, n)))
    return Loop(
        names, _expr(_last(data, 2)), _text(data, 3), _expr(_last(data, 4)),
        _expr(_last(data, 6)), _expr(_last(data, 7)),
    )  # fmt: skip


def _const_size(data: bytes) -> int:
    return max((len(v) if isinstance(v, bytes) else 8 for _, v in _fields(data)), default=4) + 2


def _all(data: bytes, number: int) -> list[bytes]:
    return [v for n, v in _fields(data) if n == number and isinstance(v, bytes)]


def _last(data: bytes, number: int) -> bytes:
    found = _all(data, number)
    return found[-1] if found else b""


def _text(data: bytes, number: int) -> str:
    return _last(data, number).decode()


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a message's fields (protobuf.dev/programming-guides/encoding)."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
                yield tag >> 3, value
            case 1:
                yield tag >> 3, 0
                at += 8
            case 5:
                yield tag >> 3, 0
                at += 4
            case _:
                size, at = _varint(data, at)
                yield tag >> 3, data[at : at + size]
                at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
