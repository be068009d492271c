"""Look here if you want to know what happens to a component that imports WASI and is to be loaded.

Rule: everything here works on bytes that anybody wrote, in a thread, and is bounded by their size.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Final

from lion.domain.capability import is_extension
from lion.domain.text import show_line
from lion.errors import GuestError
from lion.ports import Adapted
from lion.wasm.extism.abi import HOST
from lion.wasm.extism.binary import section, text
from lion.wasm.sections import WASI
from lion.wasm.wasi.compose import VERSION, Composition
from lion.wasm.wasi.head import INSTANCE, KINDS, TYPE, Head, Imported, named, read_head
from lion.wasm.wasi.host import Adapter, base_name
from lion.wasm.wasi.table import HANDLER, NEEDS, RUN, TRACK, host_interface

MARK: Final = "lion-wasi"
"""The custom section of what was composed, JSON: digests of guest and adapter, the composer."""


@cache
def adapter_bytes() -> bytes:
    """The adapter that came with this lion."""
    return (Path(__file__).parent / "adapter.wasm").read_bytes()


@cache
def _adapter() -> Adapter:
    return Adapter(adapter_bytes(), (Path(__file__).parent / "host.wasm").read_bytes())


def adapt(data: bytes) -> Adapted:
    """The component made of a guest. Raises GuestError(ending="world") for one that cannot be
    read, or imports what is not there.
    """
    head = read_head(data)
    needs, imports = _needs(head)
    original, adapter = _digest(data), _digest(adapter_bytes())
    composed = Composition(data, head, _adapter(), needs).compose()
    said = {"guest": original, "adapter": adapter, "composer": VERSION}
    mark = section(0, text(MARK) + json.dumps(said).encode())
    return Adapted(
        data=composed + mark, kind="wasi", original=original, size=len(data),
        adapter=adapter_bytes(), imports=imports,
    )  # fmt: skip


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _needs(head: Head) -> tuple[dict[str, set[str]], dict[str, tuple[str, ...]]]:
    """What of lion's is needed, by interface; and the guest's own imports with what stands behind
    each. Raises GuestError for what nobody has.
    """
    needs: dict[str, set[str]] = {}
    imports: dict[str, tuple[str, ...]] = {}
    for one in head.imports:
        if one.sort == TYPE:
            continue
        if one.sort != INSTANCE:
            raise GuestError(
                f"it imports {show_line(one.name)}, a {KINDS[one.sort]}, without an interface, "
                "which lion does not offer",
                ending="world",
            )
        behind = _wasi(one) if one.name.startswith(WASI) else _lions(one)
        for function, wanted in behind.items():
            if one.name.startswith(WASI):
                shown = sorted(w.replace("[method]", "") for w in wanted)
                imports[f"{one.name}#{function}"] = tuple(shown)
            for need in wanted:
                interface, name = host_interface(need)
                needs.setdefault(interface, set()).add(name)
    for name, _ in head.exports:
        if base_name(name) == RUN:
            needs.setdefault(f"{HOST}process@0.1.0", set()).add("start")
    return needs, imports


def _wasi(one: Imported) -> dict[str, list[str]]:
    name, at, version = one.name.partition("@")
    if f"{at}{version}".startswith("@0.3."):
        raise GuestError(
            f"it imports {show_line(one.name)}, and WASI 0.3 is not here yet",
            ending="world",
            hint="build it for WASI 0.2: what it needs, async functions of the component model, "
            "cannot be given by this wasmtime's interface for hosts",
        )
    table = NEEDS.get(name)
    if table is None or not f"{at}{version}".startswith(TRACK):
        raise GuestError(
            f"it imports {show_line(one.name)}, which lion does not offer",
            ending="world",
            hint="of WASI lion has cli, clocks, filesystem, http, io, random and sockets, 0.2",
        )
    for function in one.functions:
        if function not in table:
            raise GuestError(
                f"it imports {named(one, function)}, a function lion does not offer",
                ending="world",
            )
    return {function: table[function].split() for function in one.functions}


def _lions(one: Imported) -> dict[str, list[str]]:
    host = _adapter().host.get(one.name)
    if host is None:
        what = "with WASI" if is_extension(base_name(one.name)) else "which lion does not offer"
        raise GuestError(f"it imports {show_line(one.name)}, {what}", ending="world")
    known = set(host.functions)
    for function in one.functions:
        if function not in known:
            raise GuestError(
                f"it imports {named(one, function)}, a function lion does not offer",
                ending="world",
            )
    capability = base_name(one.name).removeprefix(HOST)
    return {function: [f"{capability}.{function}"] for function in one.functions}


def is_program(head: Head) -> bool:
    """Whether it is started by one of WASI's ways: a command, or a handler of requests."""
    return any(base_name(name) in (RUN, HANDLER) for name, _ in head.exports)
