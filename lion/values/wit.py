"""Look here if you want to know how a WIT type is written down once it has left wasmtime.

Rule: types are structural (no names of records or variants): two components that declare the same
shape agree.

Values of these types, everywhere in lion:

    bool, string, char, enum    bool, str, str of one character, str (the case's name)
    integers, floats            int, float
    list<u8>                    bytes
    list, tuple                 list, tuple (a list is taken wherever a tuple is)
    record                      dict by field name, in the declared order
    variant                     (case, value or None)
    flags                       tuple of names, in the declared order
    option                      None or the value; an option inside an option: None or ("some",
    value)
    result                      ("ok", value or None) or ("err", value or None)
    own, borrow                 int, the rep: an index into the instance's own table
"""

from typing import Final, assert_never

import msgspec

PRIMITIVES = (
    "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
)  # fmt: skip


_WORDS: Final = """as async bool borrow char constructor enum error-context export f32 f64 flags
from func future import include interface list map option own package record resource result s16
s32 s64 s8 static stream string tuple type u16 u32 u64 u8 use variant with world"""
KEYWORDS: Final = frozenset(_WORDS.split())
"""Words that mean something in WIT's text already."""


class Prim(msgspec.Struct, frozen=True):
    """A primitive: `name` is one of PRIMITIVES."""

    name: str


class ListOf(msgspec.Struct, frozen=True):
    element: "WitType"


class TupleOf(msgspec.Struct, frozen=True):
    items: "tuple[WitType, ...]"


class RecordOf(msgspec.Struct, frozen=True):
    fields: "tuple[tuple[str, WitType], ...]"


class VariantOf(msgspec.Struct, frozen=True):
    cases: "tuple[tuple[str, WitType | None], ...]"


class EnumOf(msgspec.Struct, frozen=True):
    names: tuple[str, ...]


class FlagsOf(msgspec.Struct, frozen=True):
    names: tuple[str, ...]


class OptionOf(msgspec.Struct, frozen=True):
    inner: "WitType"


class ResultOf(msgspec.Struct, frozen=True):
    ok: "WitType | None"
    err: "WitType | None"


class Handle(msgspec.Struct, frozen=True):
    """A resource: `mode` is own or borrow, `resource` the name its interface exports it under."""

    mode: str
    resource: str


WitType = (
    Prim
    | ListOf
    | TupleOf
    | RecordOf
    | VariantOf
    | EnumOf
    | FlagsOf
    | OptionOf
    | ResultOf
    | Handle
)


class Function(msgspec.Struct, frozen=True):
    """One function: parameters by name, result or none."""

    params: tuple[tuple[str, WitType], ...]
    result: WitType | None


def render(t: "WitType | None") -> str:
    """Write a type as canonical structural text, for instance `result<option<string>,
    enum{a,b}>`.
    """
    match t:
        case None:
            return "_"
        case Prim():
            return t.name
        case ListOf():
            return f"list<{render(t.element)}>"
        case TupleOf():
            return f"tuple<{', '.join(map(render, t.items))}>"
        case RecordOf():
            return f"record{{{', '.join(f'{n}: {render(f)}' for n, f in t.fields)}}}"
        case VariantOf():
            cases = (n if c is None else f"{n}({render(c)})" for n, c in t.cases)
            return f"variant{{{', '.join(cases)}}}"
        case EnumOf():
            return f"enum{{{', '.join(t.names)}}}"
        case FlagsOf():
            return f"flags{{{', '.join(t.names)}}}"
        case OptionOf():
            return f"option<{render(t.inner)}>"
        case ResultOf():
            return f"result<{render(t.ok)}, {render(t.err)}>"
        case Handle():
            return f"{t.mode}<{t.resource}>"
        case _:
            assert_never(t)


def render_function(f: Function) -> str:
    """Write a function as canonical text, for instance `func(key: string) -> u32`."""
    params = ", ".join(f"{n}: {render(t)}" for n, t in f.params)
    return f"func({params})" + (f" -> {render(f.result)}" if f.result is not None else "")


def has_handle(t: "WitType | None") -> bool:
    """True if a resource occurs anywhere in the type; such a function cannot be a tool."""
    match t:
        case None | Prim() | EnumOf() | FlagsOf():
            return False
        case ListOf():
            return has_handle(t.element)
        case TupleOf():
            return any(map(has_handle, t.items))
        case RecordOf():
            return any(has_handle(f) for _, f in t.fields)
        case VariantOf():
            return any(has_handle(c) for _, c in t.cases)
        case OptionOf():
            return has_handle(t.inner)
        case ResultOf():
            return has_handle(t.ok) or has_handle(t.err)
        case Handle():
            return True
        case _:
            assert_never(t)
