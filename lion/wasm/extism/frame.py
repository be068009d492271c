"""Look here if you want to know how a component is written section by section, each thing getting
the number by which later ones name it.

Source: the component model's binary format (github.com/WebAssembly/component-model).
"""

from collections.abc import Mapping
from typing import Final

from lion.wasm.extism.binary import section, text, unsigned, vector

PREAMBLE: Final = b"\0asm\x0d\0\x01\0"
SORTS: Final = {1: "func", 3: "type", 4: "component", 5: "instance"}
"""Sorts of a component's own things."""
CORE_FUNC, CORE_TABLE, CORE_MEMORY, CORE_INSTANCE = 0x00, 0x01, 0x02, 0x12


class Frame:
    """A component being written."""

    def __init__(self) -> None:
        self._parts = [PREAMBLE]
        self._counts: dict[str, int] = {}

    def _number(self, kind: str) -> int:
        number = self._counts.get(kind, 0)
        self._counts[kind] = number + 1
        return number

    def _add(self, kind: int, body: bytes, named: str) -> int:
        """One item in a section of its own; its number."""
        self._parts.append(section(kind, b"\x01" + body))
        return self._number(named)

    def custom(self, name: str, payload: bytes) -> None:
        self._parts.append(section(0, text(name) + payload))

    def type(self, definition: bytes) -> int:
        return self._add(7, definition, "type")

    def import_instance(self, name: str, definition: bytes) -> int:
        number = self.type(definition)
        return self._add(10, b"\x00" + text(name) + b"\x05" + unsigned(number), "instance")

    def core_module(self, data: bytes) -> int:
        self._parts.append(section(1, data))
        return self._number("core module")

    def instantiate(self, module: int, given: Mapping[str, int]) -> int:
        """A core instance of a module; `given` are instances by the name of what it imports."""
        args = vector(text(n) + b"\x12" + unsigned(i) for n, i in given.items())
        return self._add(2, b"\x00" + unsigned(module) + args, "core instance")

    def bundle(self, items: Mapping[str, tuple[int, int]]) -> int:
        """A core instance of things that are there: (kind, number) by name."""
        listed = vector(
            text(n) + bytes([kind]) + unsigned(number) for n, (kind, number) in items.items()
        )
        return self._add(2, b"\x01" + listed, "core instance")

    def core_export(self, instance: int, name: str, kind: int) -> tuple[int, int]:
        """What a core instance exports, as `bundle` takes it."""
        body = b"\x00" + bytes([kind]) + b"\x01" + unsigned(instance) + text(name)
        return kind, self._add(6, body, f"core {kind}")

    def function_of(self, instance: int, name: str) -> int:
        return self._add(6, b"\x01\x00" + unsigned(instance) + text(name), "func")

    def type_of(self, instance: int, name: str) -> int:
        return self._add(6, b"\x03\x00" + unsigned(instance) + text(name), "type")

    def lower(self, function: int, memory: int, realloc: int) -> tuple[int, int]:
        body = b"\x01\x00" + unsigned(function) + _options(memory, realloc)
        return CORE_FUNC, self._add(8, body, f"core {CORE_FUNC}")

    def drop(self, resource: int) -> tuple[int, int]:
        return CORE_FUNC, self._add(8, b"\x03" + unsigned(resource), f"core {CORE_FUNC}")

    def lift(self, function: int, memory: int, realloc: int, kind: int) -> int:
        body = b"\x00\x00" + unsigned(function) + _options(memory, realloc) + unsigned(kind)
        return self._add(8, body, "func")

    def export_function(self, name: str, function: int) -> None:
        self._add(11, b"\x00" + text(name) + b"\x01" + unsigned(function) + b"\x00", "func")

    def component(self, data: bytes) -> int:
        """A component within this one."""
        self._parts.append(section(4, data))
        return self._number("component")

    def make(self, component: int, given: Mapping[str, tuple[int, int]]) -> int:
        """An instance of a component; `given` are (sort, number) by the name of an import."""
        args = vector(_sorted(n, sort, number) for n, (sort, number) in given.items())
        return self._add(5, b"\x00" + unsigned(component) + args, "instance")

    def alias(self, instance: int, name: str, sort: int) -> int:
        """What an instance exports, of any sort but core ones."""
        body = bytes([sort]) + b"\x00" + unsigned(instance) + text(name)
        return self._add(6, body, SORTS[sort])

    def import_function(self, name: str, kind: int) -> int:
        return self._add(10, b"\x00" + text(name) + b"\x01" + unsigned(kind), "func")

    def import_type(self, name: str, number: int) -> int:
        return self._add(10, b"\x00" + text(name) + b"\x03\x00" + unsigned(number), "type")

    def export(self, name: str, sort: int, number: int, kind: int | None = None) -> int:
        """Export something; a function with a type of `kind`, which names types as exported."""
        ascribed = b"\x00" if kind is None else b"\x01\x01" + unsigned(kind)
        body = b"\x00" + text(name) + bytes([sort]) + unsigned(number) + ascribed
        return self._add(11, body, SORTS[sort])

    def write(self) -> bytes:
        return b"".join(self._parts)


def _sorted(name: str, sort: int, number: int) -> bytes:
    return text(name) + bytes([sort]) + unsigned(number)


def _options(memory: int, realloc: int) -> bytes:
    return b"\x03\x00\x03" + unsigned(memory) + b"\x04" + unsigned(realloc)
