"""Look here if you want to know what happens to a core module that is to be loaded: which it may
be, of which modules it consists, and what is remembered of its composition.

Several modules of one plug-in travel as one file of core module sections, whose names are in a
custom section (`pack_modules`): that is the original whose digest is recorded.

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
from lion.wasm.extism.abi import ENV, WASI
from lion.wasm.extism.binary import section, text
from lion.wasm.extism.compose import VERSION, Composer, Host, check_world
from lion.wasm.extism.face import check_imports
from lion.wasm.extism.frame import PREAMBLE
from lion.wasm.extism.module import HEAD, CoreModule, Cursor, read_module
from lion.wasm.extism.rewrite import rewrite

NAMES: Final = "extism-modules"
"""The custom section that names a plug-in's modules, JSON: the last one is called."""
MARK: Final = "lion-extism"
"""The custom section of what was composed, JSON: digests of plug-in and adapter, the composer."""
MOST_MODULES: Final = 8
MAIN: Final = "main"
"""What the module is called whose exports are the plug-in's."""


@cache
def adapter_bytes() -> bytes:
    """The adapter that came with this lion."""
    return (Path(__file__).parent / "adapter.wasm").read_bytes()


@cache
def _adapter() -> CoreModule:
    return read_module(adapter_bytes())


def is_plugin(data: bytes) -> bool:
    """Whether bytes are what `adapt` takes: a core module, or several packed."""
    return data[:8] == HEAD or (data[:8] == PREAMBLE and NAMES.encode() in data[8:64])


def adapt(data: bytes, extensions: Extensions | None, host: Host) -> Adapted:
    """The component made of a plug-in. `extensions` are what system plugins offer (None: it is only
    looked at), `host` lion's own functions.

    Raises GuestError(ending="world") for what is none, or imports what is not there.
    """
    modules = [(name, rewrite(read_module(one))) for name, one in _unpack(data)]
    _check_kind(modules)
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


def _named_imports(modules: Sequence[tuple[str, CoreModule]]) -> tuple[str, ...]:
    """What the plug-in itself imports, but from its own modules: `extism:host/env.alloc`."""
    own = {name for name, _ in modules}
    names = (
        f"{i.module}.{i.name.partition('~')[0]}"
        for _, m in modules
        for i in m.imports
        if i.module not in own
    )
    return tuple(dict.fromkeys(names))


def pack_modules(modules: Sequence[tuple[str, bytes]]) -> bytes:
    """Several core modules, by name, as one file; one alone is its own file."""
    if len(modules) == 1:
        return modules[0][1]
    names = json.dumps([name for name, _ in modules]).encode()
    parts = [section(1, data) for _, data in modules]
    return b"".join([PREAMBLE, section(0, text(NAMES) + names), *parts])


def _unpack(data: bytes) -> list[tuple[str, bytes]]:
    if data[:8] == HEAD:
        return [(MAIN, data)]
    try:
        cursor = Cursor(data, 8, len(data))
        parts = []
        while cursor.at < cursor.end:
            kind = cursor.byte()
            parts.append((kind, cursor.take(cursor.number())))
        names = json.loads(parts[0][1][1 + len(NAMES) :])
    except (IndexError, ValueError, RecursionError) as exc:
        raise GuestError("its modules cannot be read", ending="world") from exc
    bodies = [body for kind, body in parts[1:] if kind == 1 and body[:8] == HEAD]
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not is_list or len(names) != len(bodies) or not 1 <= len(names) <= MOST_MODULES:
        raise GuestError("its modules cannot be read", ending="world")
    return list(zip(names, bodies, strict=True))


def _check_kind(modules: Sequence[tuple[str, CoreModule]]) -> None:
    """Raise GuestError for a core module of another kind."""
    imported = {i.module for _, m in modules for i in m.imports}
    if ENV in imported or WASI in imported or len(modules) > 1:
        return
    if imported or not modules[0][1].functions:
        names = ", ".join(show_line(one) for one in sorted(imported)[:10]) or "nothing"
        raise GuestError(
            f"it is a core module and no Extism plug-in: it imports {names}",
            ending="world",
            hint="build it as a component (docs/plugins.md), or with a PDK of Extism's",
        )


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
            if one.module in by_name and one.signature is not None:
                if by_name[one.module].functions.get(one.name.partition("~")[0]) != one.signature:
                    raise GuestError(
                        f"its module {show_line(name)!r} imports {show_line(one.module)}."
                        f"{show_line(one.name)}, which that one does not export so",
                        ending="world",
                    )
