"""Look here if you want to know how the comments of WIT get into a component.

Neither compilers nor linkers put them there. They go where wit-component's own readers look for
them: the custom section `package-docs`, a version byte and JSON, for the component's world as it
decodes (`root:component/root`).

Source: wit-parser's metadata.rs. Documented are the world, the functions it exports and its own
types, with what it includes; the docs of interfaces are their packages' own and stay there.

A component keeps no names of types, so what is said of the fields of records and of the cases of
variants goes into a section of lion's own, `type-docs`, by kind and names (values/type_notes.py).
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from lion.toolchain.wit.source import TypeDocs, WitWorld, find_world, read_types, read_worlds

SECTION = "package-docs"
TYPES = "type-docs"
_VERSION = b"\x01"


def embed_docs(component: bytes, own: Path, deps: list[Path], name: str) -> bytes:
    """The component with the docs of its world: the one in `own` (a folder of WIT), or the one
    called `name` there; `deps` are folders of other packages. Raises OperatorError.
    """
    payloads = {SECTION: docs_payload(own, deps, name), TYPES: types_payload(own, deps)}
    for section, payload in payloads.items():
        if payload is not None:
            component = append_custom(component, section, payload)
    return component


def docs_payload(own: Path, deps: list[Path], name: str) -> bytes | None:
    """The section's content; None if nothing is documented. Raises OperatorError."""
    worlds = {folder: read_worlds(folder) for folder in (own, *deps)}
    world = resolve_world(worlds, own, name)
    described = _described(world)
    content: dict[str, Any] = {"worlds": {"root": described}} if described else {}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return _VERSION + text.encode("utf-8")


def types_payload(own: Path, deps: list[Path]) -> bytes | None:
    """What is said of the types in `own`, as TypeNotes by which lion finds them again; None if
    nothing is. Two types of one kind with the same names are told apart by nothing, so what is not
    said of both is not said. Raises OperatorError.
    """
    told: dict[tuple[str, tuple[str, ...]], set[bytes]] = {}
    notes: dict[bytes, TypeDocs] = {}
    for folder in (own, *deps):
        for one in read_types(folder):
            note = msgspec.json.encode(_note(one))
            told.setdefault((one.kind, one.names), set()).add(note)
            if folder == own and (one.docs or one.items):
                notes[note] = one
    kept = sorted(n for n, one in notes.items() if len(told[one.kind, one.names]) == 1)
    return _VERSION + b"[" + b",".join(kept) + b"]" if kept else None


def _note(one: TypeDocs) -> dict[str, Any]:
    items = {name: text.strip() for name, text in one.items.items()}
    return {"kind": one.kind, "names": one.names, "docs": (one.docs or "").strip(), "items": items}


def resolve_world(worlds: dict[Path, list[WitWorld]], own: Path, name: str) -> WitWorld:
    """A plugin's world with all it includes. Raises OperatorError."""
    world = find_world(worlds, own, name)
    by_name = {_full_name(w): w for found in worlds.values() for w in found}
    return _with_included(world, by_name, set())


def _full_name(world: WitWorld) -> str:
    package, at, version = world.package.partition("@")
    return f"{package}/{world.name}{at}{version}"


def _with_included(world: WitWorld, known: dict[str, WitWorld], seen: set[str]) -> WitWorld:
    functions, types, imports = dict(world.functions), dict(world.types), dict(world.imports)
    seen.add(_full_name(world))
    for written, renames in world.includes:
        package, at, version = world.package.partition("@")
        full = written if "/" in written else f"{package}/{written}{at}{version}"
        if full not in known or full in seen:
            continue
        other = _with_included(known[full], known, seen)
        for name, docs in other.functions.items():
            functions.setdefault(renames.get(name, name), docs)
        for name, one in other.types.items():
            types.setdefault(renames.get(name, name), one)
    return msgspec.structs.replace(world, functions=functions, types=types, imports=imports)


def _described(world: WitWorld) -> dict[str, Any]:
    types = {name: _type(one) for name, one in world.types.items()}
    functions = {n: {"docs": docs} for n, docs in world.functions.items() if docs is not None}
    parts = {
        "docs": world.docs,
        "types": {name: one for name, one in types.items() if one},
        "func_exports": functions,
    }
    return {key: part for key, part in parts.items() if part or part == ""}


def _type(one: TypeDocs) -> dict[str, Any]:
    docs = {} if one.docs is None else {"docs": one.docs}
    return {**docs, **({"items": one.items} if one.items else {})}


def append_custom(component: bytes, name: str, payload: bytes) -> bytes:
    """The component with one more custom section at its end."""
    title = name.encode("utf-8")
    body = _leb(len(title)) + title + payload
    return component + b"\0" + _leb(len(body)) + body


def _leb(number: int) -> bytes:
    digits = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        digits.append(low | (0x80 if number else 0))
        if not number:
            return bytes(digits)
