"""Look here if you want to know what of a plug-in is called: its exports, and what runs before
them; and whether what it imports is there.

Source: Extism's runtime (plugin.rs, guest runtimes): Haskell's `hs_init` after `_initialize`,
else `__wasm_call_ctors`, else `_initialize`.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from lion.domain.text import show_line
from lion.errors import GuestError
from lion.wasm.extism.abi import ENV, INTERNAL, PRESENT, WASI
from lion.wasm.extism.binary import I32, Signature
from lion.wasm.extism.glue import Entry, Initialiser
from lion.wasm.extism.module import CoreModule
from lion.wasm.extism.rewrite import plain_name

MOST_TOOLS: Final = 500
"""Functions of one plug-in that can be called."""
_NOTHING: Final = Signature()


class Face(msgspec.Struct, frozen=True):
    """What can be called of a plug-in, and what runs before."""

    entries: tuple[Entry, ...]
    first: tuple[Initialiser, ...]


def find_face(modules: Sequence[tuple[str, CoreModule]], main: int) -> Face:
    """What is called of a plug-in's modules. Raises GuestError(ending="world")."""
    first = tuple(
        Initialiser(number, name, len(module.functions[name].params))
        for number, (_, module) in enumerate(modules)
        for name in _initialisers(module)
    )
    entries = tuple(_entries(modules[main][1]))
    if len(entries) > MOST_TOOLS:
        what = f"it exports {len(entries):,} functions, of which {MOST_TOOLS:,} can be called"
        raise GuestError(what, ending="world")
    return Face(entries, first)


def _initialisers(module: CoreModule) -> list[str]:
    def has(name: str, params: int = 0) -> bool:
        kind = module.functions.get(name)
        return kind == Signature(bytes([I32]) * params)

    if has("hs_init", 2):
        return [*(["_initialize"] if has("_initialize") else []), "hs_init"]
    return [name for name in ("__wasm_call_ctors", "_initialize") if has(name)][:1]


def _entries(module: CoreModule) -> Iterator[Entry]:
    """Functions without parameters that give a number or nothing; a program's `_start` where there
    are no others.
    """
    callable_ = {
        name: bool(kind.results)
        for name, kind in module.functions.items()
        if not kind.params and kind.results in (b"", bytes([I32]))
    }
    named = [n for n in callable_ if n not in INTERNAL and not n.startswith("asyncify_")]
    for name in named:
        yield Entry(name=name, gives=callable_[name])
    if not named and "_start" in callable_:
        yield Entry(name="_start", gives=callable_["_start"], is_first=False)


def check_imports(modules: Sequence[tuple[str, CoreModule]], adapter: CoreModule) -> None:
    """Raise GuestError(ending="world") for an import of Extism's or WASI's that is not there, or
    not of that type.
    """
    for _, module in modules:
        for one in module.imports:
            if one.module not in PRESENT:
                continue
            name = plain_name(one.name)
            where = f"it imports {one.module}.{show_line(name)}"
            if name not in PRESENT[one.module]:
                raise GuestError(f"{where}, a function that lion does not have", ending="world")
            known = adapter.functions[name if one.module == ENV else f"wasi_{name}"]
            if one.module == WASI:
                known = Signature(known.params[1:], known.results)
            if one.signature != known:
                asked = "no function" if one.signature is None else str(one.signature)
                raise GuestError(f"{where} as {asked}, but here it is {known}", ending="world")
