"""Look here if you want to know how WIT types, as lion writes them, are read back and written as
types of the component model.

Rule: the text is lion's own or a system plugin's (values/wit.py renders it), never a guest's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from lion.errors import InternalError
from lion.values.wit import (
    PRIMITIVES,
    EnumOf,
    FlagsOf,
    Function,
    Handle,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    TupleOf,
    VariantOf,
    WitType,
    has_handle,
    render,
)
from lion.wasm.extism.binary import text, unsigned, vector

T = TypeVar("T")
_TOKEN: Final = re.compile(r"->|[\w-]+(?:[:/.][\w-]+)*|[<>{}(),:]")
_CODES: Final = {
    "bool": 0x7F, "s8": 0x7E, "u8": 0x7D, "s16": 0x7C, "u16": 0x7B, "s32": 0x7A, "u32": 0x79,
    "s64": 0x78, "u64": 0x77, "f32": 0x76, "f64": 0x75, "char": 0x74, "string": 0x73,
}  # fmt: skip


class _Reader:
    def __init__(self, written: str) -> None:
        self._left = _TOKEN.findall(written)[::-1]

    def next(self) -> str:
        found: str = self._left.pop()
        return found

    def take(self, token: str) -> bool:
        if self._left and self._left[-1] == token:
            self._left.pop()
            return True
        return False

    def many(self, one: Callable[[], T], end: str) -> tuple[T, ...]:
        found: list[T] = []
        while not self.take(end):
            found.append(one())
            self.take(",")
        return tuple(found)

    def field(self) -> tuple[str, WitType]:
        name = self.next()
        self.next()  # the colon
        return name, self.some()

    def case(self) -> tuple[str, WitType | None]:
        name = self.next()
        if not self.take("("):
            return name, None
        inner = self.type()
        self.next()
        return name, inner

    def some(self) -> WitType:
        found = self.type()
        if found is None:
            raise InternalError("a type is missing in an interface's text")
        return found

    def type(self) -> WitType | None:
        word = self.next()
        if word == "_":
            return None
        if word in PRIMITIVES:
            return Prim(word)
        opened = self.next()
        match word:
            case "record":
                return RecordOf(self.many(self.field, "}"))
            case "variant":
                return VariantOf(self.many(self.case, "}"))
            case "enum":
                return EnumOf(self.many(self.next, "}"))
            case "flags":
                return FlagsOf(self.many(self.next, "}"))
            case "own" | "borrow":
                return Handle(word, self.many(self.next, ">")[0])
            case "result":
                ok, err = self.many(self.type, ">")
                return ResultOf(ok, err)
            case "tuple":
                return TupleOf(self.many(self.some, ">"))
            case "list":
                return ListOf(self.many(self.some, ">")[0])
            case "option":
                return OptionOf(self.many(self.some, ">")[0])
        raise InternalError(f"{word}{opened} is no type of an interface's text")


def parse_function(written: str) -> Function:
    """What `values.wit.render_function` wrote."""
    reader = _Reader(written)
    reader.next()
    reader.next()
    params = reader.many(reader.field, ")")
    return Function(params, reader.type() if reader.take("->") else None)


class InstanceType:
    """The type of an instance that is imported, written declaration by declaration."""

    def __init__(self) -> None:
        self._declared: list[bytes] = []
        self._known: dict[str, bytes] = {}
        self._types = 0

    def _define(self, definition: bytes) -> int:
        self._declared.append(b"\x01" + definition)
        self._types += 1
        return self._types - 1

    def _export(self, name: str, description: bytes) -> None:
        self._declared.append(b"\x04\x00" + text(name) + description)

    def resource(self, name: str) -> None:
        """A resource that the instance exports."""
        self._export(name, b"\x03\x01")
        self._known[f"own {name}"] = unsigned(self._types)
        self._types += 1

    def value(self, t: WitType) -> bytes:
        """The type's number or byte; whatever has names is exported, as the model demands."""
        if isinstance(t, Prim):
            return bytes([_CODES[t.name]])
        written = render(t)
        if written not in self._known:
            number = self._define(self._definition(t))
            if isinstance(t, RecordOf | VariantOf | EnumOf | FlagsOf):
                self._export(f"t{number}", b"\x03\x00" + unsigned(number))
                number = self._types
                self._types += 1
            self._known[written] = unsigned(number)
        return self._known[written]

    def _definition(self, t: WitType) -> bytes:
        match t:
            case RecordOf():
                return b"\x72" + vector(text(n) + self.value(f) for n, f in t.fields)
            case VariantOf():
                cases = (text(n) + self._maybe(c) + b"\x00" for n, c in t.cases)
                return b"\x71" + vector(cases)
            case ListOf():
                return b"\x70" + self.value(t.element)
            case TupleOf():
                return b"\x6f" + vector(map(self.value, t.items))
            case FlagsOf():
                return b"\x6e" + vector(map(text, t.names))
            case EnumOf():
                return b"\x6d" + vector(map(text, t.names))
            case OptionOf():
                return b"\x6b" + self.value(t.inner)
            case ResultOf():
                return b"\x6a" + self._maybe(t.ok) + self._maybe(t.err)
            case Handle():
                own = self._known[f"own {t.resource.rpartition('.')[2]}"]
                return (b"\x69" if t.mode == "own" else b"\x68") + own
            case Prim():
                return self.value(t)

    def _maybe(self, t: WitType | None) -> bytes:
        return b"\x00" if t is None else b"\x01" + self.value(t)

    def function(self, name: str, kind: Function) -> None:
        """A function that the instance exports."""
        params = vector(text(n) + self.value(t) for n, t in kind.params)
        result = b"\x01\x00" if kind.result is None else b"\x00" + self.value(kind.result)
        number = self._define(b"\x40" + params + result)
        self._export(name, b"\x01" + unsigned(number))

    def write(self) -> bytes:
        return b"\x42" + vector(self._declared)


def instance_type(functions: Mapping[str, Function], resources: Sequence[str]) -> bytes:
    """The type of an instance with these functions and resources."""
    written = InstanceType()
    for name in resources:
        written.resource(name)
    for name, kind in functions.items():
        written.function(name, kind)
    return written.write()


def resources_of(functions: Mapping[str, Function]) -> list[str]:
    """Names of the resources that functions take or give."""
    found = {}
    for kind in functions.values():
        for t in (*(t for _, t in kind.params), kind.result):
            if t is not None and has_handle(t):
                found.update(
                    dict.fromkeys(re.findall(r"(?:own|borrow)<[^>]*\.([\w-]+)>", render(t)))
                )
    return list(found)
