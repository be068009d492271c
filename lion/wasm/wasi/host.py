"""Look here if you want to know how lion's interfaces are imported: with the functions that are
needed and all of their types; and how the adapter, which knows all functions, is given the others
as closed ones.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from lion.errors import InternalError
from lion.wasm.extism.binary import Signature, text, unsigned, vector
from lion.wasm.extism.frame import Frame
from lion.wasm.extism.module import read_module
from lion.wasm.wasi.head import (
    CORE_MODULE,
    FUNC,
    TYPE,
    Declared,
    Imported,
    Reader,
    copy_type,
    read_head,
    sections,
)

TYPES: Final = "lion:host/types@0.1.0"


def base_name(interface: str) -> str:
    """An interface without its version."""
    return interface.partition("@")[0]


class Adapter:
    """lion's adapter, read once; `host` are the interfaces it may import, all of each."""

    def __init__(self, data: bytes, host: bytes) -> None:
        self.data = data
        self.imports = {one.name: one for one in read_head(data).imports}
        self.exports = {base_name(name): name for name, _ in read_head(data).exports}
        head = read_head(host)
        self.host_types: list[Any] = head.types
        self.host = {one.name: one for one in head.imports} | {TYPES: self.imports[TYPES]}
        self.signatures = _signatures(data)

    def shared_type(self, number: int) -> str:
        """What the interface for types calls one that another interface has from it."""
        found: tuple[int, str] = self.host_types[number]
        return found[1]


def _signatures(data: bytes) -> dict[tuple[str, str], Signature]:
    """What the adapter's own code imports, as core functions."""
    for kind, begin, end in sections(data):
        if kind == CORE_MODULE:
            module = read_module(data[begin:end])
            return {(i.module, i.name): i.signature for i in module.imports if i.signature}
    raise InternalError("the adapter for WASI has no code")


def import_host(
    frame: Frame, adapter: Adapter, one: Imported, needed: Collection[str], types: int | None
) -> int:
    """Import one of lion's interfaces, with some of its functions and all of its types. `types` is
    the instance of those that all share, None for itself.
    """
    return _import_as(frame, adapter, one, needed, types, one.name)


def _import_as(
    frame: Frame, adapter: Adapter, one: Imported, needed: Collection[str], types: int | None,
    name: str,
) -> int:  # fmt: skip
    kept = [d for d in one.declared if d.sort != FUNC or d.name in needed]
    outer = {
        d.outer: frame.type_of(types, adapter.shared_type(d.outer))
        for d in kept
        if d.outer is not None and types is not None
    }
    definition = b"\x42" + vector(_written(d, outer) for d in kept)
    return frame.import_instance(name, definition)


def joined(
    adapter: Adapter, one: Imported, needed: Collection[str], closed: Sequence[str]
) -> bytes:
    """A component that has all functions of an interface: what `host` has, and closed ones. (An
    instance made of parts in place could not have a resource's methods.)
    """
    f, whole = Frame(), adapter.host[one.name]
    types = _import_as(f, adapter, adapter.host[TYPES], (), None, "types")
    host = _import_as(f, adapter, whole, needed, types, "host")
    local = LocalTypes(f, adapter, whole, host, types)
    functions = {
        name: f.import_function(f"closed{number}", local.function(name))
        for number, name in enumerate(closed)
    }
    exported = {name: f.export(name, TYPE, f.alias(host, name, TYPE)) for name in one.types}
    # A method is one of the resource that is exported, so its type has to name that.
    local = LocalTypes(f, adapter, whole, host, types, exported)
    for name in one.functions:
        number = functions[name] if name in functions else f.function_of(host, name)
        f.export(name, FUNC, number, local.function(name))
    return f.write()


def _written(one: Declared, outer: Mapping[int, int]) -> bytes:
    """A declaration as it stands in an instance's type."""
    if one.outer is not None:
        return b"\x02\x03\x02\x01" + unsigned(outer[one.outer])
    if not one.name:
        return b"\x01" + one.definition
    begin = b"\x04\x00" + text(one.name) + bytes([one.sort])
    if one.sort == FUNC:
        return begin + unsigned(one.type or 0)
    return begin + (b"\x01" if one.type is None else b"\x00" + unsigned(one.type))


class LocalTypes:
    """Types of an imported instance, made again outside of it."""

    def __init__(
        self,
        frame: Frame,
        adapter: Adapter,
        one: Imported,
        instance: int,
        types: int,
        known: Mapping[str, int] = {},
    ) -> None:
        """`known` are types that have a number already, by name."""
        self._known = known
        self._frame = frame
        self._adapter = adapter
        self._one = one
        self._instance = instance
        self._shared = types
        self._types = [d for d in one.declared if d.sort == TYPE]
        self._made: dict[int, int] = {}

    def function(self, name: str) -> int:
        """The type of a function."""
        (number,) = [d.type for d in self._one.declared if d.name == name and d.sort == FUNC]
        return self._make(number or 0)

    def _make(self, number: int) -> int:
        if number not in self._made:
            one = self._types[number]
            if one.outer is not None:
                shared = self._adapter.shared_type(one.outer)
                made = self._frame.type_of(self._shared, shared)
            elif one.name in self._known:
                made = self._known[one.name]
            elif one.name:
                made = self._frame.alias(self._instance, one.name, TYPE)
            else:
                made = self._frame.type(copy_type(Reader(one.definition), self._make))
            self._made[number] = made
        return self._made[number]
