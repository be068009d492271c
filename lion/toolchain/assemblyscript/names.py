"""Look here if you want to know what WIT names become in AssemblyScript."""

import re

from lion.values.wit import EnumOf, FlagsOf, RecordOf, VariantOf, WitType

NAMED = (RecordOf, VariantOf, EnumOf, FlagsOf)
"""The types that WIT gives names to; all others are written out where they are used."""

# What AssemblyScript keeps for itself, and what generated modules use.
_KEYWORDS = """
    async await break case catch class const continue debugger default delete do else enum export
    extends false finally for function if implements import in instanceof interface let new null of
    override package private protected public return static super switch this throw true try typeof
    var void while with yield
    abi abort changetype load reinterpret store unchecked unreachable
"""
# What cannot be the name of a method or of a static function: words that stand before one.
_MODIFIERS = """
    abstract constructor declare override private protected public readonly static
"""
_CLASSES = """
    Array ArrayBuffer Atomics Boolean DataView Date Error F32 F64 Float32Array Float64Array
    Function I16 I32 I64 I8 Infinity Int16Array Int32Array Int64Array Int8Array JSON Map Math NaN
    Number Object Option Proxy Reflect Resource Result Set StaticArray String Symbol U16 U32 U64 U8
    Uint16Array Uint32Array Uint64Array Uint8Array Uint8ClampedArray Unit
    Tuple1 Tuple2 Tuple3 Tuple4 Tuple5 Tuple6 Tuple7 Tuple8
"""
# Types that the bindings write; a function of this name would be taken for one.
_TYPES = """
    bool f32 f64 i16 i32 i64 i8 isize string u16 u32 u64 u8 usize v128
"""
_RESERVED, _BUILTIN = frozenset(_KEYWORDS.split()), frozenset(_CLASSES.split())
_NO_MEMBER, _NO_FUNCTION = frozenset(_MODIFIERS.split()), frozenset(_TYPES.split())
_CANONICAL = re.compile(r"(?:load|store|lift|lower|get|put|give|take|see)[A-Z0-9].*")
"""What functions of `canonical.ts` are called that a module may import."""


def pascal(name: str) -> str:
    """`read-at` as `ReadAt`."""
    return "".join(word[:1].upper() + word[1:].lower() for word in name.split("-"))


def camel(name: str) -> str:
    """`read-at` as `readAt`."""
    whole = pascal(name)
    first = len(name.split("-")[0])
    return whole[:first].lower() + whole[first:]


def value_name(name: str) -> str:
    """What a value is called."""
    found = camel(name)
    return f"{found}_" if found in _RESERVED else found


def function_name(name: str) -> str:
    """What a function of a module is called."""
    found = value_name(name)
    return f"{found}_" if found in _NO_FUNCTION else found


def field_name(name: str) -> str:
    """What a field is called; the word `constructor` makes a constructor of it."""
    found = value_name(name)
    return f"{found}_" if found == "constructor" else found


def parameter_name(name: str) -> str:
    """What a parameter is called, where functions of `canonical.ts` may be called too."""
    found = value_name(name)
    return f"{found}_" if _CANONICAL.fullmatch(found) else found


def case_name(name: str) -> str:
    """What the static function is called that makes a variant's case."""
    found = value_name(name)
    return f"{found}_" if found in _NO_MEMBER or found == "toString" else found


def member_name(name: str) -> str:
    """What a method is called; most words that are reserved elsewhere are not after a dot."""
    found = camel(name)
    return f"{found}_" if found in _NO_MEMBER else found


def word(name: str) -> str:
    """A name of anything as a part of an identifier: `dep-a-0-2-0` as `dep_a_0_2_0`."""
    return re.sub(r"[^A-Za-z0-9]", "_", name)


def type_name(name: str) -> str:
    """What a class or enum is called."""
    found = pascal(name)
    return f"{found}_" if found in _BUILTIN else found


def is_named(t: WitType) -> bool:
    """Whether WIT gives types of this kind a name."""
    return isinstance(t, NAMED)
