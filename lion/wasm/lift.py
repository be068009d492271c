"""Look here if you want to know how a guest's values become Python's: one flat function generated
per type.

wasmtime hands values as an array of 32-byte structs. A generated function reads a whole array with
one `unpack_from` where it lies, then builds the values in a single expression (many times faster
than asking C for types).

Rule: everything is copied; what the addresses point to is freed when the callback returns.
Rule: whatever a guest chooses the size of is bounded before it is copied, list by list and text by
text, at every depth (bounds.py).
Rule: the source that is generated depends on types only, never on names or bytes a guest chose:
names enter as constants
in the function's namespace, so there is nothing to escape.
"""

import struct
from collections.abc import Callable, Sequence
from ctypes import string_at
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
    render,
)
from lion.wasm import capi
from lion.wasm.bounds import LONGEST, VALUE, Room, octets_at, too_long

Lift = Callable[[int, int], list[Any]]
"""(address of an array of values, store context) -> the values. Raises TooLarge."""
LiftWithin = Callable[[int, Room], list[Any]]
"""The same of values whose size is what a room has place for."""

_FORMATS = {
    "bool": "?23x", "u8": "B23x", "s8": "b23x", "u16": "H22x", "s16": "h22x", "u32": "I20x",
    "s32": "i20x",
    "u64": "Q16x", "s64": "q16x", "f32": "f20x", "f64": "d16x", "char": "I20x", "string": "QQ8x",
}  # fmt: skip
_U8 = Prim("u8")


class _Source:
    """Names and expressions of one generated function. `c` is the store's context there, or the
    Room that has it where sizes are `counted`.
    """

    def __init__(self, counted: bool) -> None:
        self.counted = counted
        self.names: dict[str, Any] = {"M": capi.MEMORY, "rep": capi.take_rep, "O": octets_at}
        self.names["over"] = too_long
        self.formats: list[str] = []
        self.variables: list[str] = []

    def constant(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def read(self, fmt: str, count: int) -> list[str]:
        self.formats.append(fmt)
        new = [f"v{len(self.variables) + i}" for i in range(count)]
        self.variables += new
        return new

    def function(self, types: Sequence[WitType], stride: int, taken: int = 0) -> str:
        return self.constant(_array(types, stride, self.counted, taken))

    def value(self, t: WitType) -> str:
        """Read one value's payload; the expression that makes it a Python value."""
        match t:
            case Prim():
                return self._primitive(t)
            case ListOf():
                n, p = self.read("QQ8x", 2)
                if t.element == _U8:
                    return f"(O({p}, c.octets({n})) if {n} else b'')"
                lift = self.constant(_list(t.element))
                return f"({lift}({p}, {n}, c) if {n} else [])"
            case TupleOf():
                _, p = self.read("QQ8x", 2)
                return f"tuple({self.function(t.items, capi.VAL)}({p}, c))"
            case RecordOf():
                _, p = self.read("QQ8x", 2)
                return f"{self.constant(_record(t, self.counted))}({p}, c)"
            case EnumOf():
                n, p = self.read("QQ8x", 2)
                return f"{self.constant({x.encode(): x for x in t.names})}[bytes(M[{p}:{p}+{n}])]"
            case FlagsOf():
                n, p = self.read("QQ8x", 2)
                return f"{self.constant(_flags(t))}({p}, {n})"
            case _:
                return self._boxed(t)

    def _primitive(self, t: Prim) -> str:
        if t.name == "string":
            n, p = self.read("QQ8x", 2)
            fits = f"c.text({n})" if self.counted else f"{n} if {n} <= {LONGEST} else over({n})"
            return f"str(M[{p}:{p}+({fits})], 'utf-8')"
        (v,) = self.read(_FORMATS[t.name], 1)
        return f"chr({v})" if t.name == "char" else v

    def _boxed(self, t: OptionOf | ResultOf | VariantOf | Handle) -> str:
        match t:
            case OptionOf():
                (p,) = self.read("Q16x", 1)
                taken = nodes(t.inner) - 1
                inner = f"{self.function((t.inner,), capi.VAL, taken)}({p}, c)[0]"
                if isinstance(t.inner, OptionOf):
                    inner = f'("some", {inner})'
                return f"({inner} if {p} else None)"
            case ResultOf():
                ok, p = self.read("?7xQ8x", 2)
                good, bad = (self._payload(x, p) for x in (t.ok, t.err))
                return f'(("ok", {good}) if {ok} else ("err", {bad}))'
            case VariantOf():
                n, d, p = self.read("QQQ", 3)
                return f"{self.constant(_variant(t, self.counted))}(bytes(M[{d}:{d}+{n}]), {p}, c)"
            case Handle():
                (p,) = self.read("Q16x", 1)
                return f"rep({'c.context' if self.counted else 'c'}, {p})"
            case _:
                assert_never(t)

    def _payload(self, t: WitType | None, pointer: str) -> str:
        if t is None:
            return "None"
        return f"{self.function((t,), capi.VAL, nodes(t))}({pointer}, c)[0]"

    def build(self, header: str, body: str) -> Any:
        exec(f"def lift({header}):\n{body}", self.names)
        return self.names["lift"]


def _unpack(source: _Source, padding: str) -> struct.Struct:
    return struct.Struct("<" + "".join(padding + f for f in source.formats))


def nodes(t: WitType) -> int:
    """Values that one of this type consists of at least: parts of lists, options and cases come
    on top when there are some.
    """
    match t:
        case TupleOf():
            return 1 + sum(map(nodes, t.items))
        case RecordOf():
            return 1 + sum(nodes(f) for _, f in t.fields)
        case _:
            return 1


def _take(taken: int, counted: bool) -> str:
    return f"    c.take({taken * VALUE})\n" if taken and counted else ""


def _array(types: Sequence[WitType], stride: int, counted: bool, taken: int = 0) -> Any:
    """`taken` are the values that nobody has counted yet who calls it."""
    source = _Source(counted)
    values = [source.value(t) for t in types]
    if not values:
        return lambda a, c: []
    layout = _unpack(source, f"{stride - capi.VAL + 8}x")
    unpack = source.constant(layout.unpack_from)
    names = ", ".join(source.variables)
    body = f"    ({names},) = {unpack}(M, a)\n    return [{', '.join(values)}]"
    return source.build("a, c", _take(taken, counted) + body)


def _record(t: RecordOf, counted: bool) -> Any:
    source = _Source(counted)
    values = [source.value(f) for _, f in t.fields]
    layout = _unpack(source, f"{capi.ENTRY - capi.VAL + 8}x")
    unpack = source.constant(layout.unpack_from)
    items = ", ".join(
        f"{source.constant(n)}: {v}" for (n, _), v in zip(t.fields, values, strict=True)
    )
    names = ", ".join(source.variables)
    return source.build("a, c", f"    ({names},) = {unpack}(M, a)\n    return {{{items}}}")


def _list(element: WitType) -> Any:
    source = _Source(counted=True)
    value = source.value(element)
    layout = _unpack(source, "8x")
    each = source.constant(layout.iter_unpack)
    names = ", ".join(source.variables)
    body = (
        f"    c.take(n * {nodes(element) * VALUE})\n"
        f"    return [{value} for ({names},) in {each}(M[a:a+n*{capi.VAL}])]"
    )
    return source.build("a, n, c", body)


def _variant(t: VariantOf, counted: bool) -> Any:
    def payload_of(p: WitType) -> Any:
        return _array((p,), capi.VAL, counted, nodes(p))

    cases = {name.encode(): (name, None if p is None else payload_of(p)) for name, p in t.cases}

    def lift(case: bytes, pointer: int, c: Any) -> Any:
        name, payload = cases[case]
        return name, None if payload is None else payload(pointer, c)[0]

    return lift


def _flags(t: FlagsOf) -> Any:
    known = {name.encode(): name for name in t.names}
    pairs = struct.Struct("<QQ").iter_unpack

    def lift(address: int, count: int) -> tuple[str, ...]:
        if not count:
            return ()
        found = {known[string_at(p, n)] for n, p in pairs(string_at(address, count * 16))}
        return tuple(name for name in t.names if name in found)

    return lift


def has_list(t: WitType | None) -> bool:
    """Whether a value of this type has parts whose number is the guest's choice."""
    return t is not None and "list<" in render(t)


def compile_lift(types: Sequence[WitType]) -> Lift:
    """Compile the function that reads the arguments of a host call: no more of them than any host
    function takes (bounds.py).
    """
    if not any(map(has_list, types)):
        return _array(types, capi.VAL, counted=False)  # type: ignore[no-any-return]
    within = compile_within(types)
    return lambda address, context: within(address, Room(context))


def compile_within(types: Sequence[WitType]) -> LiftWithin:
    """Compile the function that reads an array of values of these types into a room."""
    return _array(types, capi.VAL, counted=True)  # type: ignore[no-any-return]
