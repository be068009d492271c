"""Look here if you want to know what is read of a core module: its imports, its exports, and where
its sections are.

Rule: the bytes are anybody's: every count is bounded before it is followed, and what cannot be
read is a GuestError that says so. Whether the rest is valid is the compiler's to say, in its own
process.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from lion.domain.text import show_line
from lion.errors import GuestError
from lion.wasm.extism.binary import FUNC, GLOBAL, MEMORY, NAMES, TABLE, Signature

HEAD: Final = b"\0asm\x01\0\0\0"
MOST_TYPES: Final = 20_000
MOST_IMPORTS: Final = 1_000
MOST_EXPORTS: Final = 5_000
MOST_FUNCTIONS: Final = 1_000_000
MOST_SECTIONS: Final = 1_000
MOST_PARAMS: Final = 1_000
MOST_NAME: Final = 1_000
"""Bytes of a name."""

TYPES, IMPORTS, FUNCTIONS, MEMORIES, EXPORTS, DATA, DATA_COUNT = 1, 2, 3, 5, 7, 11, 12


class CoreImport(msgspec.Struct, frozen=True, kw_only=True):
    """`signature` is a function's; `described` the bytes that say what else it is."""

    module: str
    name: str
    kind: int
    signature: Signature | None
    described: bytes


class CoreModule(msgspec.Struct, frozen=True, kw_only=True):
    """A core module's face. `functions` are types of exported functions by name, `memories` names
    of exported memories; `sections` are (kind, begin, end of the body).
    """

    data: bytes
    imports: tuple[CoreImport, ...]
    functions: dict[str, Signature]
    memories: tuple[str, ...]
    sections: tuple[tuple[int, int, int], ...]


class Cursor:
    """A place in bytes; reading beyond `end` raises IndexError."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def byte(self) -> int:
        if self.at >= self.end:
            raise IndexError
        self.at += 1
        return self.data[self.at - 1]

    def number(self, bits: int = 32) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift >= bits:
                raise IndexError

    def count(self, most: int, what: str) -> int:
        number = self.number()
        if number > most:
            raise GuestError(
                f"it has {number:,} {what}, of which {most:,} are read", ending="world"
            )
        return number

    def take(self, size: int) -> bytes:
        if self.at + size > self.end:
            raise IndexError
        self.at += size
        return self.data[self.at - size : self.at]

    def name(self) -> str:
        return self.take(self.count(MOST_NAME, "bytes in a name")).decode("utf-8", "strict")


def read_module(data: bytes) -> CoreModule:
    """Read a core module. Raises GuestError(ending="world")."""
    try:
        return _read(data)
    except (IndexError, UnicodeDecodeError) as exc:
        raise GuestError("it is truncated, or no valid core module", ending="world") from exc


def _read(data: bytes) -> CoreModule:
    sections = tuple(_sections(data))
    found = {kind: (at, end) for kind, at, end in sections if kind}

    def cursor(kind: int) -> Cursor | None:
        return Cursor(data, *found[kind]) if kind in found else None

    types = list(_types(cursor(TYPES)))
    imports = tuple(_imports(cursor(IMPORTS), types))
    numbers = [i.signature for i in imports if i.signature is not None]
    own = cursor(FUNCTIONS)
    begin = len(numbers)
    indexes = [] if own is None else _indexes(own)
    functions: dict[str, Signature] = {}
    memories: list[str] = []
    for name, kind, index in _exports(cursor(EXPORTS)):
        if kind == FUNC:
            one = numbers[index] if index < begin else types[indexes[index - begin]]
            functions[name] = one
        elif kind == MEMORY:
            memories.append(name)
    return CoreModule(
        data=data, imports=imports, functions=functions, memories=tuple(memories),
        sections=sections,
    )  # fmt: skip


def _sections(data: bytes) -> Iterator[tuple[int, int, int]]:
    cursor = Cursor(data, 8, len(data))
    for _ in range(MOST_SECTIONS):
        if cursor.at == cursor.end:
            return
        kind, size = cursor.byte(), cursor.number()
        begin = cursor.at
        _skip(cursor, size)
        yield kind, begin, cursor.at
    raise GuestError(f"it has more than {MOST_SECTIONS:,} sections", ending="world")


def _skip(cursor: Cursor, size: int) -> None:
    if cursor.at + size > cursor.end:
        raise IndexError
    cursor.at += size


def _indexes(cursor: Cursor) -> list[int]:
    return [cursor.number() for _ in range(cursor.count(MOST_FUNCTIONS, "functions"))]


_FORMS: Final = {0x4E: "GC", 0x4F: "GC", 0x50: "GC", 0x5E: "GC", 0x5F: "GC"}


def _types(cursor: Cursor | None) -> Iterator[Signature]:
    for _ in range(cursor.count(MOST_TYPES, "types") if cursor else 0):
        assert cursor is not None
        form = cursor.byte()
        if form != 0x60:
            raise _feature(_FORMS.get(form, f"types of the form {form:#04x}"))
        yield Signature(_values(cursor), _values(cursor))


def _values(cursor: Cursor) -> bytes:
    found = cursor.take(cursor.count(MOST_PARAMS, "parameters"))
    for one in found:
        if one not in NAMES:
            raise _feature("function references" if one in (0x63, 0x64) else "GC")
    return found


def _feature(name: str) -> GuestError:
    return GuestError(
        f"it uses {name}, a feature of WebAssembly that lion does not carry",
        ending="world",
        hint="build it without",
    )


def _imports(cursor: Cursor | None, types: list[Signature]) -> Iterator[CoreImport]:
    for _ in range(cursor.count(MOST_IMPORTS, "imports") if cursor else 0):
        assert cursor is not None
        module, name = cursor.name(), cursor.name()
        begin, kind = cursor.at, cursor.byte()
        signature = None
        if kind == FUNC:
            signature = types[cursor.number()]
        elif kind == TABLE:
            cursor.byte()
            _limits(cursor)
        elif kind == MEMORY:
            _limits(cursor)
        elif kind == GLOBAL:
            cursor.take(2)
        else:
            raise _feature(f"imports of the kind {kind} ({show_line(name)})")
        described = cursor.data[begin : cursor.at]
        yield CoreImport(
            module=module, name=name, kind=kind, signature=signature, described=described
        )


def _limits(cursor: Cursor) -> None:
    flags = cursor.byte()
    if flags > 1:
        raise _feature("threads" if flags & 2 else "memory64")
    cursor.number()
    if flags:
        cursor.number()


def _exports(cursor: Cursor | None) -> Iterator[tuple[str, int, int]]:
    for _ in range(cursor.count(MOST_EXPORTS, "exports") if cursor else 0):
        assert cursor is not None
        yield cursor.name(), cursor.byte(), cursor.number()
