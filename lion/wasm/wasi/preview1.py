"""Look here if you want to know which core modules are programs for WASI preview 1, and what of
WASI 0.2 stands behind each function that they import.

`preview1.wasm` is the adapter that comes with wasmtime 50 (crate
wasi-preview1-component-adapter-provider 50.0.1, LICENSE-preview1), as wit-component
sets it up for a command; `preview1.json` says which of its imports each function can reach.
tests/wasi/preview1.py makes both again.

Rule: the bytes are anybody's; what is imported and not there is refused by name.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from lion.domain.text import show_line
from lion.errors import GuestError
from lion.wasm.extism.abi import INTERNAL, WASI
from lion.wasm.extism.binary import I32, Signature
from lion.wasm.extism.module import CoreModule, read_module
from lion.wasm.extism.rewrite import plain_name
from lion.wasm.wasi.bridge import FUNCTIONS
from lion.wasm.wasi.host import base_name
from lion.wasm.wasi.table import NEEDS

START: Final = "_start"
MEMORY: Final = "memory"
MAIN_MODULE: Final = "__main_module__"
"""What the adapter calls the program."""
DROP: Final = "[resource-drop]"
_FILE: Final = "fs.[method]file."
_OPEN: Final = "path_open"
_OLDER: Final = frozenset(("wasi_unstable", "wasi_ephemeral_preview1"))
_COMPILERS: Final = ("_", "asyncify_", "emscripten_")
"""How exports begin that compilers add and nobody calls by name."""


@cache
def preview1() -> CoreModule:
    """The standard adapter."""
    return read_module((Path(__file__).parent / "preview1.wasm").read_bytes())


@cache
def _reached() -> Mapping[str, list[str]]:
    text = (Path(__file__).parent / "preview1.json").read_text("utf-8")
    found: dict[str, list[str]] = json.loads(text)
    return found


def is_command(core: CoreModule) -> bool:
    """Whether a core module is a program for WASI preview 1: it is begun by `_start`, and by
    nothing else. (With other functions to call it is taken for a plug-in of Extism's.)
    """
    of = {i.module for i in core.imports}
    called = (
        name for name, kind in core.functions.items()
        if not kind.params and kind.results in (b"", bytes([I32]))
    )  # fmt: skip
    return (
        core.functions.get(START) == Signature()
        and (of == {WASI} or bool(of & _OLDER))
        and all(name in INTERNAL or name.startswith(_COMPILERS) for name in called)
    )


def check_command(core: CoreModule) -> None:
    """Raise GuestError(ending="world") for a program that cannot become a component."""
    for one in core.imports:
        name = f"{show_line(one.module)}.{show_line(plain_name(one.name))}"
        if one.module in _OLDER:
            raise GuestError(
                f"it imports {name}, of a WASI before preview 1, which lion does not have",
                ending="world",
                hint="build it with a current compiler, for wasm32-wasip1 or wasm32-wasip2",
            )
        known = preview1().functions.get(plain_name(one.name))
        if known is None or plain_name(one.name) not in _reached():
            raise GuestError(f"it imports {name}, which lion does not offer", ending="world")
        if one.signature != known:
            asked = "no function" if one.signature is None else str(one.signature)
            raise GuestError(
                f"it imports {name} as {asked}, but here it is {known}", ending="world"
            )
    if MEMORY not in core.memories:
        raise GuestError("it exports no memory, which WASI needs", ending="world")


def reached_imports(core: CoreModule) -> set[str]:
    """Which of the adapter's imports a program can reach, as `interface#function`."""
    return {one for name in _used(core) for one in _behind(name)}


def _used(core: CoreModule) -> list[str]:
    return sorted({plain_name(i.name) for i in core.imports})


def _behind(name: str) -> list[str]:
    """Sockets and signals are refused before anything is asked."""
    return _reached()[name] if name in FUNCTIONS else []


def preview1_needs(core: CoreModule) -> dict[str, set[str]]:
    """By imported function, which of lion's it needs. Who can open no file has none, so what is
    done to open files is not needed.
    """
    names = _used(core)
    found = {name: _needs_of(_behind(name)) for name in names}
    if _OPEN not in names:
        found = {n: {x for x in needs if not x.startswith(_FILE)} for n, needs in found.items()}
    return found


def _needs_of(reached: Iterable[str]) -> set[str]:
    needs: set[str] = set()
    for one in reached:
        interface, _, function = one.partition("#")
        if interface != MAIN_MODULE and not function.startswith(DROP):
            needs.update(NEEDS[base_name(interface)][function].split())
    return needs
