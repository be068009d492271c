"""Look here if you want to know how Python's values become a guest's: one flat function generated
per type.

A generated function puts a value together as wasmtime's structs in memory of Python's, which point
at each other and at Python's texts, and has wasmtime copy the whole in one call. What is the same
for all values of the type (kinds, names, where parts lie) is written once; of a value only what
differs. Parts of lists lie in a buffer of their own: n values, then what these point at.

Rule: nothing is wasmtime's before all of it is known to fit: a value that does not fit leaves
nothing behind, and raises LowerError naming what is wrong (misfit.py).
Rule: the source that is generated depends on types only, never on names a guest chose: these are
constants in the function's namespace.
Rule: a function writes into memory of its own, so it is called by one thread, and never by itself.
"""

import struct
from collections.abc import Callable, Mapping
from ctypes import addressof, create_string_buffer
from typing import Any, assert_never

from lion.values.wit import (
    EnumOf,
    FlagsOf,
    Handle,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    TupleOf,
    VariantOf,
    WitType,
)
from lion.wasm import capi
from lion.wasm.misfit import FORMATS, LowerError, misfit
from lion.wasm.parts import Place, address_of, code, extra, flags, octets, several

__all__ = ["Lower", "LowerError", "compile_lower"]

Lower = Callable[[Any, int, int], None]
"""(value, store context, address): write it there, 32 bytes that the caller owns then. Raises
LowerError."""

DEPTH = 8
"""Types in each other that one function writes; deeper ones are a function of their own."""
_U8 = Prim("u8")
_MISFITS = (AttributeError, KeyError, LookupError, OverflowError, TypeError, ValueError,
            struct.error, RecursionError)  # fmt: skip


class _Source:
    """The source of one function: its lines, its constants, and what its memory begins as."""

    def __init__(self, type_ids: Mapping[str, int], size: int, base: int, after: str = "") -> None:
        """`base` is the memory's address; of list's parts, which are `after` something, that is
        known when they are written only."""
        self.ids = type_ids
        self.image = bytearray(size)
        self.base = base
        self.after = after
        self.used = capi.VAL
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "Q": struct.Struct("<Q").pack_into, "QQ": struct.Struct("<QQ").pack_into,
            "QQQ": struct.Struct("<QQQ").pack_into, "I": struct.Struct("<I").pack_into,
            "code": code, "octets": octets, "flags": flags, "several": several,
            "give": capi.give_resource, "misfit": misfit, "LowerError": LowerError,
            "MISFITS": _MISFITS, "forget": capi.any_delete, "clone": capi.val_clone,
        }  # fmt: skip
        self.variables = 0
        self.depth = 1

    def constant(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def variable(self) -> str:
        self.variables += 1
        return f"v{self.variables}"

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def take(self, size: int) -> Place:
        """Room for what a value points at."""
        place = Place("x" if self.after else "", self.used - (capi.VAL if self.after else 0))
        self.used += size
        return place

    def set(self, place: Place, *words: int, more: int = 0) -> None:
        """Write words that are the same for all values."""
        at = place.offset + more + (capi.VAL if place.after == "x" else 0)
        struct.pack_into(f"<{len(words)}Q", self.image, at, *words)

    def address(self, place: Place) -> str:
        """Of a place, as an expression."""
        return f"a+{place.at(0)}" if self.after else str(self.base + place.offset)

    def point(self, place: Place, count: int, target: Place) -> None:
        """Say that at `target` are so many parts of the value at `place`."""
        if self.after:
            self.line(f"QQ(b, {place.at(8)}, {count}, {self.address(target)})")
        else:
            self.set(place, count, self.base + target.offset, more=8)

    def value(self, t: WitType, v: str, place: Place) -> None:
        """Write the value in the variable `v` at a place."""
        self.set(place, capi.KINDS[_kind(t)])
        if self.depth > DEPTH and extra(t):
            self._apart(t, v, place)
            return
        match t:
            case Prim():
                self._primitive(t, v, place)
            case ListOf():
                fill = "octets" if t.element == _U8 else self.constant(_fill(t.element, self.ids))
                self.line(f"QQ(b, {place.at(8)}, *{fill}({v}, c, keep))")
            case TupleOf() | RecordOf():
                self._parts(t, v, place)
            case EnumOf():
                known = {name: _name(self, name) for name in t.names}
                self.line(f"QQ(b, {place.at(8)}, *{self.constant(known)}[{v}])")
            case FlagsOf():
                known, array = {name: _name(self, name) for name in t.names}, self.take(extra(t))
                count = f"flags(b, {array.at(0)}, {v}, {self.constant(known)})"
                self.line(f"QQ(b, {place.at(8)}, {count}, {self.address(array)})")
            case OptionOf():
                self._option(t, v, place)
            case ResultOf() | VariantOf():
                self._cases(t, v, place)
            case Handle():
                self.line(f"given.append(give(c, {v}, {self.ids[t.resource]}))")
                self.line(f"Q(b, {place.at(8)}, given[-1])")
            case _:
                assert_never(t)

    def _primitive(self, t: Prim, v: str, place: Place) -> None:
        if t.name == "string":
            text = self.variable()
            self.line(f"{text} = {v}.encode()")
            if self.after:
                self.line(f"keep.append({text})")
            self.line(f"QQ(b, {place.at(8)}, len({text}), id({text}) + {capi.BYTES})")
        elif t.name == "char":
            self.line(f"I(b, {place.at(8)}, code({v}))")
        else:
            pack = self.constant(struct.Struct(f"<{FORMATS[t.name]}").pack_into)
            self.line(f"{pack}(b, {place.at(8)}, {v})")

    def _parts(self, t: TupleOf | RecordOf, v: str, place: Place) -> None:
        is_record = isinstance(t, RecordOf)
        named = t.fields if isinstance(t, RecordOf) else [("", item) for item in t.items]
        size = capi.ENTRY if is_record else capi.VAL
        first = self.take(size * len(named))
        self.point(place, len(named), first)
        parts = [self.variable() for _ in named]
        if not is_record:
            self.line(f"{''.join(f'{part}, ' for part in parts)} = several({v})")
        for at, (part, (name, kind)) in enumerate(zip(parts, named, strict=True)):
            here = Place(first.after, first.offset + size * at)
            if is_record:
                self.set(here, *_name(self, name))
                self.line(f"{part} = {v}[{self.constant(name)}]")
                here = Place(here.after, here.offset + 16)
            self.value(kind, part, here)

    def _option(self, t: OptionOf, v: str, place: Place) -> None:
        inner = self.take(capi.VAL)
        self.line(f"if {v} is None:")
        self.line(f"    Q(b, {place.at(8)}, 0)")
        self.line("else:")
        self.depth += 1
        self.line(f"Q(b, {place.at(8)}, {self.address(inner)})")
        if isinstance(t.inner, OptionOf):
            some = self.variable()
            self.line(f"_, {some} = several({v})")
            v = some
        self.value(t.inner, v, inner)
        self.depth -= 1

    def _cases(self, t: ResultOf | VariantOf, v: str, place: Place) -> None:
        cases = (("ok", t.ok), ("err", t.err)) if isinstance(t, ResultOf) else t.cases
        case, payload, word = self.variable(), self.variable(), "if"
        self.line(f"{case}, {payload} = {v}")
        for name, kind in cases:
            self.line(f"{word} {case} == {self.constant(name)}:")
            word = "elif"
            self.depth += 1
            inner = None if kind is None else self.take(capi.VAL)
            where = "0" if inner is None else self.address(inner)
            if isinstance(t, ResultOf):
                self.line(f"QQ(b, {place.at(8)}, {int(name == 'ok')}, {where})")
            else:
                size, at = _name(self, name)
                self.line(f"QQQ(b, {place.at(8)}, {size}, {at}, {where})")
            if kind is not None and inner is not None:
                self.value(kind, payload, inner)
            self.depth -= 1
        self.line("else:")
        self.line("    raise ValueError")

    def _apart(self, t: WitType, v: str, place: Place) -> None:
        """Write a value that lies deep in others by a function of its own."""
        lines, depth = self.lines, self.depth
        self.lines, self.depth = [], 0
        self.value(t, "v", place)
        body = self.function("v, c, b, keep, given, a, o, x", [f"    {x}" for x in self.lines])
        self.lines, self.depth = lines, depth
        where = "a, o, x" if self.after else "0, 0, 0"
        self.line(f"{self.constant(body)}({v}, c, b, keep, given, {where})")

    def function(self, header: str, body: list[str]) -> Any:
        """The function of these lines."""
        exec(f"def lower({header}):\n" + "\n".join(body), self.names)
        return self.names.pop("lower")


def _kind(t: WitType) -> str:
    match t:
        case Prim():
            return t.name
        case Handle():
            return "resource"
        case _:
            return type(t).__name__.removesuffix("Of").lower()


def _name(source: _Source, name: str) -> tuple[int, int]:
    """Size and address of a name's bytes, which stay."""
    data = name.encode()
    source.constant(data)
    return len(data), id(data) + capi.BYTES


def _fill(element: WitType, type_ids: Mapping[str, int]) -> Any:
    """What writes the parts of a list, and gives their number and address."""
    source = _Source(type_ids, capi.VAL + extra(element), 0, after="o")
    source.depth = 2
    source.value(element, "v", Place("o", 0))
    names = {"bytearray": bytearray, "address": address_of}
    source.names.update(names, head=bytes(source.image[: capi.VAL]))
    source.names["rest"] = bytes(source.image[capi.VAL :])
    opening = [
        "    n = len(several(vs))", "    if not n:", "        return 0, 0", "    o, x = 0, 32 * n",
        "    b = bytearray(head * n + rest * n)", "    a = address(b)", "    keep.append(b)",
        "    given = keep[0]", "    for v in vs:",
    ]  # fmt: skip
    closing = [f"        o += 32; x += {extra(element)}", "    return n, a"]
    return source.function("vs, c, keep", [*opening, *source.lines, *closing])


def compile_lower(t: WitType, type_ids: Mapping[str, int]) -> Lower:
    """Compile the function that writes a value of this type."""
    size = capi.VAL + extra(t)
    buffer = create_string_buffer(size)
    source = _Source(type_ids, size, addressof(buffer))
    source.depth = 2
    source.value(t, "v", Place("", 0))
    buffer.raw = bytes(source.image)
    source.names.update(b=buffer, t=t)
    body = [
        "    try:", *source.lines, f"        clone({source.base}, out)",
        "    except MISFITS as exc:",
        "        raise LowerError(misfit(t, v) or repr(exc)) from exc",
    ]  # fmt: skip
    if any("keep" in line or "given" in line for line in source.lines):
        opening, closing = ["    given = []", "    keep = [given]"], ["    finally:"]
        body = [*opening, *body, *closing, "        for one in given:", "            forget(one)"]
    lower: Lower = source.function("v, c, out", body)
    return lower
