"""Look here if you want to know what happens to a core module that is to be loaded: which it may
be, of which modules it consists, and what is remembered of its composition.

Rule: everything here works on bytes that anybody wrote, in a thread, and is bounded by their size.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from lion.domain.text import show_line
from lion.errors import GuestError
from lion.ports import Adapted, Extensions
from lion.values.core_modules import Packed, unpack
from lion.wasm.extism.abi import ENV, PRESENT, USER, WASI, label, needs_of
from lion.wasm.extism.binary import section, text
from lion.wasm.extism.compose import VERSION, Composer, Host, check_world
from lion.wasm.extism.face import check_imports
from lion.wasm.extism.module import CoreModule, read_module
from lion.wasm.extism.rewrite import plain_name, rewrite

MARK: Final = "lion-extism"
"""The custom section of what was composed, JSON: digests of plug-in and adapter, the composer."""
MAIN: Final = "main"
"""What the module is called whose exports are the plug-in's; else it is the last one."""


@cache
def adapter_bytes() -> bytes:
    """The adapter that came with this lion."""
    return (Path(__file__).parent / "adapter.wasm").read_bytes()


@cache
def _adapter() -> CoreModule:
    return read_module(adapter_bytes())


def adapt(data: bytes, extensions: Extensions | None, host: Host) -> Adapted | None:
    """The component made of a plug-in (`is_core` of it holds). `extensions` are what system
    plugins offer (None: it is only looked at), `host` lion's own functions. None for a core module
    of another kind.

    Raises GuestError(ending="world") for one that cannot be read, or imports what is not there.
    """
    packed = _unpack(data)
    modules = [(name, rewrite(read_module(one), packed.pages)) for name, one in packed.modules]
    if not _is_of_extism(modules):
        return None
    ordered, main = _ordered(modules)
    check_imports(ordered, _adapter())
    check_world(ordered)
    original, adapter = _digest(data), _digest(adapter_bytes())
    said = {"plugin": original, "adapter": adapter, "composer": VERSION}
    composer = Composer(ordered, main, _adapter(), host, extensions)
    mark = section(0, text(MARK) + json.dumps(said).encode())
    return Adapted(
        data=composer.compose() + mark,
        kind="extism",
        original=original,
        size=len(data),
        adapter=adapter_bytes(),
        imports=_named_imports(ordered),
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _named_imports(modules: Sequence[tuple[str, CoreModule]]) -> dict[str, tuple[str, ...]]:
    """What the plug-in itself imports, but from its own modules (`extism:host/env.alloc`), and the
    host functions that each needs.
    """
    own = {name for name, _ in modules}
    names = {(i.module, plain_name(i.name)) for _, m in modules for i in m.imports}
    found: dict[str, tuple[str, ...]] = {}
    for module, name in sorted(names):
        if module not in own:
            found[f"{module}.{name}"] = _behind(module, name, (WASI, "path_open") in names)
    return found


def _behind(module: str, name: str, opens: bool) -> tuple[str, ...]:
    if module not in PRESENT:
        return (f"{USER}{label(module)}.{label(name)}",)
    needs = needs_of([(module, name)], opens)
    return tuple(sorted(n.replace("[method]", "") for n in needs if "[resource-drop]" not in n))


def _unpack(data: bytes) -> Packed:
    try:
        return unpack(data, MAIN)
    except ValueError as exc:
        raise GuestError(f"its modules cannot be read: {exc}", ending="world") from exc


def _is_of_extism(modules: Sequence[tuple[str, CoreModule]]) -> bool:
    """Whether modules are a plug-in, by what they import; a program for WASI alone is one too."""
    imported = {i.module for _, m in modules for i in m.imports}
    return ENV in imported or WASI in imported or len(modules) > 1


def _ordered(
    modules: Sequence[tuple[str, CoreModule]],
) -> tuple[list[tuple[str, CoreModule]], int]:
    """Modules after those that they import from, and the number of the main one."""
    names = [name for name, _ in modules]
    if len(set(names)) < len(names):
        raise GuestError("two of its modules have one name", ending="world")
    main = MAIN if MAIN in names else names[-1]
    by_name: Mapping[str, CoreModule] = dict(modules)
    ordered: list[tuple[str, CoreModule]] = []
    waiting = dict(modules)
    while waiting:
        done = {name for name, _ in ordered}
        ready = [
            name
            for name, module in waiting.items()
            if not ({i.module for i in module.imports} & by_name.keys()) - done
        ]
        if not ready:
            raise GuestError("its modules import each other in a circle", ending="world")
        ordered += [(name, waiting.pop(name)) for name in ready]
    _check_links(ordered, by_name)
    return ordered, [name for name, _ in ordered].index(main)


def _check_links(
    modules: Sequence[tuple[str, CoreModule]], by_name: Mapping[str, CoreModule]
) -> None:
    for name, module in modules:
        for one in module.imports:
            other = by_name.get(one.module)
            if other is None or one.signature is None:
                continue
            if other.functions.get(plain_name(one.name)) != one.signature:
                raise GuestError(
                    f"its module {show_line(name)!r} imports {show_line(one.module)}."
                    f"{show_line(one.name)}, which that one does not export so",
                    ending="world",
                )
