"""Look here if you want to know what happens to a component that imports WASI, or a program for
WASI preview 1, and is to be loaded.

Rule: everything here works on bytes that anybody wrote, in a thread, and is bounded by their size.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from lion.domain.capability import is_extension
from lion.domain.text import show_line
from lion.errors import GuestError
from lion.ports import Adapted
from lion.wasm.extism.abi import HOST
from lion.wasm.extism.abi import WASI as PREVIEW1
from lion.wasm.extism.binary import section, text
from lion.wasm.extism.module import read_module
from lion.wasm.extism.rewrite import rewrite
from lion.wasm.sections import WASI
from lion.wasm.wasi.command import VERSION as COMMAND_VERSION
from lion.wasm.wasi.command import Command
from lion.wasm.wasi.compose import VERSION, Composition
from lion.wasm.wasi.head import INSTANCE, KINDS, TYPE, Head, Imported, named, read_head
from lion.wasm.wasi.host import Adapter, base_name
from lion.wasm.wasi.preview1 import check_command, is_command, preview1, preview1_needs
from lion.wasm.wasi.table import HANDLER, NEEDS, RUN, TRACK, host_interface

MARK: Final = "lion-wasi"
"""The custom section of what was composed, JSON: digests of guest and adapters, the composer."""


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
    composed = Composition(data, head, _adapter(), needs).compose()
    return _adapted(data, composed, "wasi", imports, composer=VERSION)


def adapt_command(data: bytes) -> Adapted | None:
    """The same of a program for WASI preview 1; None for a core module that is none."""
    core = read_module(data)
    if not is_command(core):
        return None
    check_command(core)
    behind = preview1_needs(core)
    needs: dict[str, set[str]] = {f"{HOST}process@0.1.0": {"start"}}
    for one in set().union(*behind.values()):
        interface, name = host_interface(one)
        needs.setdefault(interface, set()).add(name)
    composed = Command(rewrite(core), _adapter(), needs).compose()
    imports = {f"{PREVIEW1}.{name}": _shown(wanted) for name, wanted in behind.items()}
    standard = _digest(preview1().data)
    return _adapted(
        data, composed, "wasi-preview1", imports, composer=COMMAND_VERSION, preview1=standard
    )


def _adapted(
    data: bytes, composed: bytes, kind: str, imports: Mapping[str, tuple[str, ...]], **said: Any
) -> Adapted:
    """What was composed of a guest, with a mark that says of what."""
    original, adapter = _digest(data), _digest(adapter_bytes())
    mark = {"guest": original, "adapter": adapter, **said}
    return Adapted(
        data=composed + section(0, text(MARK) + json.dumps(mark).encode()), kind=kind,
        original=original, size=len(data), adapter=adapter_bytes(), imports=imports,
    )  # fmt: skip


def _shown(needs: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(need.replace("[method]", "") for need in needs))


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
                imports[f"{one.name}#{function}"] = _shown(wanted)
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
