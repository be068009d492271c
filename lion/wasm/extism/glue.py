"""Look here if you want to know which small core modules stand between adapter, plug-in and host.

The adapter's imports are lowered with the adapter's own memory, and the plug-in's memory exists
only after the plug-in does: both circles are broken by a table that is filled later.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from lion.wasm.extism.binary import I32, ModuleWriter, Signature, call, const, get, unsigned

_UNREACHABLE: Final = b"\x00"
_COPY: Final = {
    "read": lambda one: b"\xfc\x0a\x00" + bytes([one]),
    "write": lambda one: b"\xfc\x0a" + bytes([one]) + b"\x00",
}
"""memory.copy to the adapter's memory (the first) from one of the plug-in's, and back."""


def forwards(slots: Mapping[str, Signature], absent: Mapping[str, Signature]) -> bytes:
    """A function for each of `slots`, in their order, that calls what the table `t` has there;
    those of `absent` are never called and stop whoever does.
    """
    module = ModuleWriter()
    module.add_table("t", len(slots))
    for number, (name, kind) in enumerate(slots.items()):
        through = b"\x11" + unsigned(module.type(kind)) + b"\x00"
        code = get(*range(len(kind.params))) + const(number) + through
        module.add_function(name, kind, code)
    for name, kind in absent.items():
        module.add_function(name, kind, _UNREACHABLE)
    return module.write()


def fills(slots: Mapping[str, Signature], begin: int, size: int) -> bytes:
    """A module that puts its imports into the table `t` from `begin` on."""
    module = ModuleWriter()
    module.import_table("", "t", size)
    numbers = [module.import_function("", name, kind) for name, kind in slots.items()]
    module.fill_table(begin, numbers)
    return module.write()


def wasi(functions: Mapping[str, Signature], number: int) -> bytes:
    """WASI for one of a plug-in's modules: the adapter's functions, told which module it is."""
    module = ModuleWriter()
    inner = {
        name: module.import_function("a", name, Signature(bytes([I32]) + s.params, s.results))
        for name, s in functions.items()
    }
    for name, s in functions.items():
        code = const(number) + get(*range(len(s.params))) + call(inner[name])
        module.add_function(name, s, code)
    return module.write()


def bridge(modules: int, functions: Mapping[str, Signature]) -> bytes:
    """Copies between the adapter's memory and those of the plug-in's modules, by their number."""
    module = ModuleWriter()
    module.import_memory("a", "memory")
    for one in range(modules):
        module.import_memory(f"p{one}", "memory")
    for name, kind in functions.items():
        code = b""
        for one in range(modules):
            if name == "size":
                # memory.size, in bytes
                work = b"\x3f" + bytes([one + 1]) + b"\xad\x42\x10\x86\x0f"
            else:
                work = get(1, 2, 3) + _COPY[name](one + 1) + b"\x0f"
            code += get(0) + const(one) + b"\x46\x04\x40" + work + b"\x0b"
        module.add_function(name, kind, code + _UNREACHABLE)
    return module.write()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An export to call: its name, whether it gives a number, whether initialisers run first."""

    name: str
    gives: bool
    is_first: bool = True


class Initialiser(msgspec.Struct, frozen=True):
    """A function of module `module` that runs before any other; Haskell's takes two numbers."""

    module: int
    name: str
    params: int


def entries(all_of: Sequence[Entry], first: Sequence[Initialiser], main: int) -> bytes:
    """What the component exports: (text) -> place of the result."""
    module = ModuleWriter()
    begin = module.import_function("a", "begin", Signature(bytes([I32, I32])))
    done = module.import_function("a", "done", Signature(bytes([I32]), bytes([I32])))
    before = b""
    for one in first:
        kind = Signature(bytes([I32]) * one.params)
        before += const(0) * one.params
        before += call(module.import_function(f"p{one.module}", one.name, kind))
    kinds = {e.name: Signature(b"", bytes([I32]) if e.gives else b"") for e in all_of}
    inner = {name: module.import_function(f"p{main}", name, k) for name, k in kinds.items()}
    signature = Signature(bytes([I32, I32]), bytes([I32]))
    for one_entry in all_of:
        code = (before if one_entry.is_first else b"") + get(0, 1) + call(begin)
        code += call(inner[one_entry.name]) + (b"" if one_entry.gives else const(0)) + call(done)
        module.add_function(one_entry.name, signature, code)
    return module.write()
