"""Look here if you want to know what a component says of itself before its code: what it imports,
function by function, and at its end what it exports.

Source: the component model's binary format (github.com/WebAssembly/component-model).

Rule: the bytes are anybody's: what is not understood is refused, and nesting is bounded.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from lion.domain.text import show_line
from lion.errors import GuestError
from lion.wasm.extism.binary import signed, text, unsigned, vector

CORE, FUNC, VALUE, TYPE, COMPONENT, INSTANCE = range(6)
"""Sorts of a component's things."""
CUSTOM, CORE_MODULE, ALIASES, TYPES, IMPORTS, EXPORTS = 0, 1, 6, 7, 10, 11
_CODE: Final = frozenset((1, 2, 3, 4, 5, 8, 9))
"""Sections after which nothing more is imported."""
MOST_DEEP: Final = 50
_PRIMITIVES: Final = frozenset((*range(0x73, 0x80), 0x64))
KINDS: Final = ("core module", "function", "value", "type", "component", "instance")

Renumber = Callable[[int], int]


class Declared(msgspec.Struct, frozen=True):
    """One line of an instance's type: `definition` of a type (as it stands), type `outer` of the
    component around, or the export `name` of a sort; `type` is what an exported function or type
    is of, None for a new resource.
    """

    definition: bytes = b""
    outer: int | None = None
    name: str = ""
    sort: int = TYPE
    type: int | None = None


class Imported(msgspec.Struct, frozen=True):
    """What a component imports: an instance with these declarations, or the `type` of a sort."""

    name: str
    sort: int
    type: int
    declared: tuple[Declared, ...] = ()

    @property
    def functions(self) -> list[str]:
        return [one.name for one in self.declared if one.name and one.sort == FUNC]

    @property
    def types(self) -> list[str]:
        return [one.name for one in self.declared if one.name and one.sort == TYPE]


class Head(msgspec.Struct):
    """Types by number (an instance's declarations, a definition, an `(instance, name)` alias, or
    the number of another), imports, exports with their sorts, custom sections.
    """

    types: list[Any] = []
    imports: list[Imported] = []
    exports: list[tuple[str, int]] = []
    custom: list[tuple[str, bytes]] = []


def broken(why: str) -> GuestError:
    return GuestError(f"it cannot be read: {why}", ending="world")


class Reader:
    """A place in the bytes."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 28:
                raise broken("a number is too large")

    def name(self) -> str:
        length = self.number()
        self.at += length
        if self.at > len(self.data):
            raise broken("it is cut off")
        return self.data[self.at - length : self.at].decode()

    def extern_name(self) -> str:
        if self.byte() > 1:
            raise broken("a name of a form that is not known")
        return self.name()

    def sort(self) -> int:
        """A sort; of core things only modules."""
        sort = self.byte()
        if sort == CORE:
            self.byte()
        return sort

    def described(self) -> tuple[int, int | None]:
        """The sort of what is imported or exported, and the number of its type."""
        sort = self.byte()
        match sort:
            case 0:  # a core module
                self.byte()
                return sort, self.number()
            case 2:
                raise broken("it has values")
            case 3:
                return sort, self.number() if self.byte() == 0 else None
        return sort, self.number()


def _value(reader: Reader, renumber: Renumber) -> bytes:
    if reader.data[reader.at] in _PRIMITIVES:
        return bytes([reader.byte()])
    return signed(renumber(reader.number()))


def _maybe(reader: Reader, renumber: Renumber) -> bytes:
    return b"\x01" + _value(reader, renumber) if reader.byte() else b"\x00"


def _named(reader: Reader, one: Callable[[], bytes]) -> bytes:
    return vector([text(reader.name()) + one() for _ in range(reader.number())])


def _case(reader: Reader, renumber: Renumber) -> bytes:
    inner = _maybe(reader, renumber)
    if reader.byte():
        raise broken("a case refines another")
    return inner + b"\x00"


def copy_type(reader: Reader, renumber: Renumber) -> bytes:
    """The definition of a value's or function's type, with other numbers for those it names."""
    kind = reader.byte()
    begin = bytes([kind])
    match kind:
        case _ if kind in _PRIMITIVES:
            return begin
        case 0x40:
            params = _named(reader, lambda: _value(reader, renumber))
            result = reader.byte()
            if result == 0:
                return begin + params + b"\x00" + _value(reader, renumber)
            return begin + params + bytes([result, reader.byte()])
        case 0x72:
            return begin + _named(reader, lambda: _value(reader, renumber))
        case 0x71:
            return begin + _named(reader, lambda: _case(reader, renumber))
        case 0x70 | 0x6B:
            return begin + _value(reader, renumber)
        case 0x6F:
            return begin + vector([_value(reader, renumber) for _ in range(reader.number())])
        case 0x6E | 0x6D:
            return begin + _named(reader, bytes)
        case 0x6A:
            return begin + _maybe(reader, renumber) + _maybe(reader, renumber)
        case 0x69 | 0x68:
            return begin + unsigned(renumber(reader.number()))
    raise GuestError(
        f"it has a type of kind {kind:#x}, which lion does not carry", ending="world",
        hint="WASI 0.3 (async functions, streams and futures) is not here yet; build it for 0.2",
    )  # fmt: skip


def _declared(reader: Reader, deep: int) -> Declared:
    match reader.byte():
        case 0x01:
            at = reader.at
            _definition(reader, deep + 1)
            return Declared(definition=reader.data[at : reader.at])
        case 0x02:
            sort, kind = reader.sort(), reader.byte()
            if kind != 2 or sort != TYPE:
                raise broken("an alias within a type")
            if reader.number() != 1:
                raise broken("an alias that reaches too far")
            return Declared(outer=reader.number())
        case 0x04:
            name = reader.extern_name()
            sort, number = reader.described()
            return Declared(name=name, sort=sort, type=number)
    raise broken("a declaration that is not known")


def _definition(reader: Reader, deep: int = 0) -> bytes | tuple[Declared, ...]:
    """A definition of a type: an instance's declarations, or the bytes."""
    if deep > MOST_DEEP:
        raise broken("types are nested too deep")
    at = reader.at
    kind = reader.data[at]
    if kind == 0x42:
        reader.at += 1
        return tuple(_declared(reader, deep) for _ in range(reader.number()))
    if kind in (0x41, 0x3F):
        raise broken("a component or resource is declared before its code")
    copy_type(reader, lambda number: number)
    return reader.data[at : reader.at]


def sections(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The kind of each section, where it begins and where it ends."""
    reader = Reader(data, 8)
    while reader.at < len(data):
        kind, size = reader.byte(), reader.number()
        if reader.at + size > len(data):
            raise broken("it is cut off")
        yield kind, reader.at, reader.at + size
        reader.at += size


def _import(reader: Reader, head: Head) -> None:
    name = reader.extern_name()
    sort, number = reader.described()
    declared: tuple[Declared, ...] = ()
    if sort == INSTANCE and number is not None:
        found = head.types[number]
        if not isinstance(found, tuple) or (found and not isinstance(found[0], Declared)):
            raise broken("an instance of no type")
        declared = found
    head.imports.append(Imported(name, sort, -1 if number is None else number, declared))
    if sort == TYPE:
        head.types.append(number)


def _alias(reader: Reader, head: Head) -> None:
    sort, kind = reader.sort(), reader.byte()
    if kind == 0 and sort == TYPE:
        head.types.append((reader.number(), reader.name()))
    else:
        raise broken(f"a {KINDS[sort] if sort < 6 else sort} of elsewhere before its code")


def _export(reader: Reader, head: Head) -> None:
    name, sort = reader.extern_name(), reader.sort()
    reader.number()
    if reader.byte():
        reader.described()
    head.exports.append((name, sort))


def read_head(data: bytes) -> Head:
    """What a component says. Raises GuestError(ending="world")."""
    head = Head()
    is_code = False
    try:
        for kind, begin, end in sections(data):
            reader = Reader(data, begin)
            if kind == CUSTOM:
                head.custom.append((reader.name(), data[reader.at : end]))
            elif kind == EXPORTS:
                for _ in range(reader.number()):
                    _export(reader, head)
            elif kind == IMPORTS and is_code:
                raise broken("it imports something after its code")
            elif kind in (IMPORTS, TYPES, ALIASES) and not is_code:
                for _ in range(reader.number()):
                    if kind == TYPES:
                        head.types.append(_definition(reader))
                    else:
                        (_import if kind == IMPORTS else _alias)(reader, head)
            elif kind in _CODE:
                is_code = True
    except (IndexError, UnicodeDecodeError) as exc:
        raise broken("it is cut off, or names are no text") from exc
    return head


def named(imported: Imported, function: str) -> str:
    """An imported function, for people."""
    return f"{show_line(imported.name)}.{show_line(function)}"
