"""Look here if you want to know how a component is written section by section, each thing getting
the number by which later ones name it.

Source: the component model's binary format (github.com/WebAssembly/component-model).
"""

from collections.abc import Mapping
from typing import Final

from lion.wasm.extism.binary import section, text, unsigned, vector

PREAMBLE: Final = b"\0asm\x0d\0\x01\0"
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

    def write(self) -> bytes:
        return b"".join(self._parts)


def _options(memory: int, realloc: int) -> bytes:
    return b"\x03\x00\x03" + unsigned(memory) + b"\x04" + unsigned(realloc)
