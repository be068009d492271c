"""Look here if you want to know how it is found which of a core module's imports each of its
exports can reach: by its calls, instruction for instruction.

Source: WebAssembly's binary format (webassembly.github.io/spec/core/binary).

Rule: an instruction that is not known, or a call through a table, is an error: nothing is guessed.
"""

from collections.abc import Iterator
from typing import Final

from lion.wasm.extism import module as m
from lion.wasm.extism.binary import FUNC
from lion.wasm.extism.module import Cursor, read_module

_CODE: Final = 10
_CALL: Final = 0x10
_BARE: Final = frozenset((0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B, *range(0x45, 0xC5)))
"""Instructions without anything behind them."""
_ONE: Final = frozenset((0x0C, 0x0D, *range(0x20, 0x25)))
"""With a number: branches, locals, globals."""
_BLOCKS: Final = frozenset((0x02, 0x03, 0x04))
_BULK: Final = {8: 2, 10: 2, 11: 1, **dict.fromkeys(range(8), 0)}
"""Numbers behind instructions of two bytes: memory.init, memory.copy, memory.fill, conversions."""


def _calls(code: Cursor) -> Iterator[int]:
    while code.at < code.end:
        one = code.byte()
        if one == _CALL:
            yield code.number()
        elif one in _ONE or one in (0x3F, 0x40):
            code.number()
        elif one in _BLOCKS:
            code.number(35)
        elif one == 0x0E:
            for _ in range(code.number() + 1):
                code.number()
        elif 0x28 <= one <= 0x3E:
            code.number()
            code.number(64)
        elif one in (0x41, 0x42):
            code.number(70)
        elif one in (0x43, 0x44):
            code.take(4 if one == 0x43 else 8)
        elif one == 0xFC:
            for _ in range(_BULK[code.number()]):
                code.number()
        elif one not in _BARE:
            raise ValueError(f"an instruction {one:#04x}")


def _bodies(data: bytes, begin: int, end: int) -> Iterator[set[int]]:
    cursor = Cursor(data, begin, end)
    for _ in range(cursor.number()):
        size = cursor.number()
        code = Cursor(data, cursor.at, cursor.at + size)
        cursor.at += size
        for _ in range(code.number()):
            code.number()
            code.byte()
        yield set(_calls(code))


def reached_imports(data: bytes) -> dict[str, list[str]]:
    """By exported function: `module#name` of each imported one that it can come to call."""
    module = read_module(data)
    imports = [f"{i.module}#{i.name}" for i in module.imports if i.kind == FUNC]
    found = {kind: (begin, end) for kind, begin, end in module.sections}
    bodies = list(_bodies(data, *found[_CODE]))
    cursor = Cursor(data, *found[m.EXPORTS])
    reached: dict[str, list[str]] = {}
    for _ in range(cursor.number()):
        name, kind, number = cursor.name(), cursor.byte(), cursor.number()
        if kind == FUNC:
            reached[name] = _from(number, imports, bodies)
    return reached


def _from(number: int, imports: list[str], bodies: list[set[int]]) -> list[str]:
    seen, waiting = set[int](), [number]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += bodies[one - len(imports)] if one >= len(imports) else ()
    return sorted(imports[one] for one in seen if one < len(imports))
