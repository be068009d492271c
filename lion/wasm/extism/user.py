"""Look here if you want to know how an embedder's own host functions become an extension that a
system plugin offers.

In Extism they take and give numbers, of which an i64 mostly is a handle of text. So what a system
plugin offers decides: where its function has a text, the number is a handle; where it has a
number, it is one. Nobody offers them while a plug-in is only looked at: each i64 is a handle then.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from lion.domain.call import ERROR_CASES
from lion.domain.text import show_line
from lion.errors import GuestError
from lion.ports import Extensions
from lion.values.wit import Function, ListOf, Prim, ResultOf, VariantOf, WitType, render_function
from lion.wasm.extism.abi import USER, USER_VERSION, label, labels
from lion.wasm.extism.binary import (
    F32,
    F64,
    I32,
    I64,
    ModuleWriter,
    Signature,
    call,
    const,
    get,
    put,
    unsigned,
)
from lion.wasm.extism.module import CoreImport
from lion.wasm.extism.rewrite import plain_name
from lion.wasm.extism.types import parse_function

_TEXT: Final = Prim("string")
_ERROR: Final = VariantOf(tuple((case, _TEXT) for case in ERROR_CASES))
_NUMBERS: Final = {
    **dict.fromkeys(("bool", "s8", "u8", "s16", "u16", "s32", "u32", "char"), I32),
    **dict.fromkeys(("s64", "u64"), I64),
    "f32": F32,
    "f64": F64,
}
_GUESSED: Final[Mapping[int, WitType]] = {
    I64: _TEXT, I32: Prim("s32"), F32: Prim("f32"), F64: Prim("f64"),
}  # fmt: skip
MOST_PARAMS: Final = 8
"""Parameters of one function: two flat values each are what the component model passes flat."""


class UserFunction(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is the plug-in's (with which time it is imported), `label` the interface's."""

    name: str
    label: str
    signature: Signature
    type: Function


class UserInterface(msgspec.Struct, frozen=True, kw_only=True):
    """The functions of one import module, which is `namespace` there."""

    namespace: str
    interface: str
    functions: tuple[UserFunction, ...]


def user_interfaces(
    imports: Sequence[CoreImport], extensions: Extensions | None
) -> list[UserInterface]:
    """The extensions that a plug-in imports, as they are offered. Raises GuestError."""
    spaces: dict[str, dict[str, CoreImport]] = {}
    for one in imports:
        spaces.setdefault(one.module, {})[one.name] = one
    return [
        _interface(namespace, f"{USER}{short}", list(spaces[namespace].values()), extensions or {})
        for namespace, short in labels(spaces, "the import modules")
    ]


def _interface(
    namespace: str, name: str, imports: Sequence[CoreImport], extensions: Extensions
) -> UserInterface:
    offered = next((full for full in extensions if full.partition("@")[0] == name), None)
    interface = offered if offered and "@" in offered else f"{name}@{USER_VERSION}"
    known = extensions.get(offered or "", {})
    list(labels(dict.fromkeys(plain_name(one.name) for one in imports), "the host functions"))
    functions = tuple(_function(one, name, known) for one in imports)
    return UserInterface(namespace=namespace, interface=interface, functions=functions)


def _function(one: CoreImport, interface: str, known: Mapping[str, str]) -> UserFunction:
    short, signature = label(plain_name(one.name)), one.signature
    if signature is None:
        what = f"it imports {show_line(one.module)}.{show_line(one.name)}, which is no function"
        raise GuestError(what, ending="world")
    said = known.get(short)
    kind = _guess(signature, one) if said is None else parse_function(said)
    if said is not None and _core(kind) != signature:
        raise GuestError(
            f"it imports {show_line(one.module)}.{show_line(one.name)} as {signature}, "
            f"but here {interface} has it as {_short(kind)}",
            ending="world",
            hint="offer it with a text or an integer of 64 bits for each i64",
        )
    return UserFunction(name=one.name, label=short, signature=signature, type=kind)


def _short(kind: Function) -> str:
    result = kind.result.ok if isinstance(kind.result, ResultOf) else kind.result
    return render_function(Function(kind.params, result))


def _guess(signature: Signature, one: CoreImport) -> Function:
    both = signature.params + signature.results
    if any(v not in _GUESSED for v in both) or len(signature.results) > 1:
        raise GuestError(
            f"it imports {show_line(one.module)}.{show_line(one.name)} as {signature}, "
            "which is no host function of Extism's",
            ending="world",
        )
    params = tuple((f"p{i}", _GUESSED[v]) for i, v in enumerate(signature.params))
    result = _GUESSED[signature.results[0]] if signature.results else None
    return Function(params, ResultOf(result, _ERROR))


def _is_text(t: WitType | None) -> bool:
    return t == _TEXT or t == ListOf(Prim("u8"))


def _value(t: WitType | None) -> bytes | None:
    """What a plug-in has for a type, None if there is nothing."""
    if _is_text(t):
        return bytes([I64])
    return bytes([_NUMBERS[t.name]]) if isinstance(t, Prim) and t.name in _NUMBERS else None


def _core(kind: Function) -> Signature | None:
    """The type it has in a plug-in, None if it can have none."""
    params = [_value(t) for _, t in kind.params]
    if not isinstance(kind.result, ResultOf) or len(params) > MOST_PARAMS:
        return None
    result = b"" if kind.result.ok is None else _value(kind.result.ok)
    if result is None or None in params:
        return None
    return Signature(b"".join(filter(None, params)), result)


def _lowered(kind: Function) -> Signature:
    """The type it has once the component model lowered it; the result goes to a place."""
    flat = b"".join(bytes([I32, I32]) if _is_text(t) else _value(t) or b"" for _, t in kind.params)
    return Signature(flat + bytes([I32]))


_LOADS: Final = {I32: b"\x28\x02", I64: b"\x29\x03", F32: b"\x2a\x02", F64: b"\x2b\x03"}
PLACE: Final = 24
"""Bytes of the place for a result: a case, and a number or two words."""


def glue(interface: UserInterface) -> bytes:
    """The functions as a plug-in calls them. An error of one ends the plug-in's call."""
    module = ModuleWriter()
    module.import_memory("a", "memory")
    length = module.import_function("a", "length", Signature(bytes([I64]), bytes([I64])))
    take = module.import_function("a", "cabi_realloc", Signature(bytes([I32]) * 4, bytes([I32])))
    failed = module.import_function("a", "user_failed", Signature(bytes([I32]) * 3))
    as_text = module.import_function("a", "user_text", Signature(bytes([I64]), bytes([I64])))
    gave = module.import_function("a", "user_gave", Signature(bytes([I32, I32]), bytes([I64])))
    inner = {
        f.name: module.import_function("l", f.name, _lowered(f.type)) for f in interface.functions
    }
    for one in interface.functions:
        count = len(one.signature.params)
        code = const(0) + const(0) + const(8) + const(PLACE) + call(take) + put(count)
        for i, (_, t) in enumerate(one.type.params):
            code += get(i) + call(as_text) + put(i) if t == _TEXT else b""
            code += get(i) + (b"\xa7" + get(i) + call(length) + b"\xa7" if _is_text(t) else b"")
        code += get(count) + call(inner[one.name])
        code += _answer(one, count, take, failed, gave)
        module.add_function(one.name, one.signature, code, (I32, I32))
    return module.write()


def _answer(one: UserFunction, place: int, take: int, failed: int, gave: int) -> bytes:
    """What stands in `place` became: an error, nothing, a number, or a handle."""
    result = one.type.result
    ok = result.ok if isinstance(result, ResultOf) else None
    wide = one.signature.results and one.signature.results[0] in (I64, F64) and not _is_text(ok)
    at = 8 if wide else 4
    name = one.label.encode()
    # The name is written where the error's words are made: a text of its own in memory.
    say = const(0) + const(0) + const(1) + const(len(name)) + call(take) + put(place + 1)
    for i, byte in enumerate(name):
        say += get(place + 1) + const(byte) + b"\x3a\x00" + unsigned(i)
    say += get(place) + const(at) + b"\x6a" + get(place + 1) + const(len(name)) + call(failed)
    code = get(place) + b"\x2d\x00\x00" + b"\x04\x40" + say + b"\x00" + b"\x0b"
    if not one.signature.results:
        return code
    if _is_text(ok):
        pointer = get(place) + b"\x28\x02\x04"
        if ok != _TEXT:
            return code + pointer + b"\xad"
        return code + pointer + get(place) + b"\x28\x02\x08" + call(gave)
    return code + get(place) + _LOADS[one.signature.results[0]] + bytes([at])
