"""Look here if you want to know how WebAssembly's binary form is written: numbers, names,
sections, and small core modules made here.

Source: WebAssembly's binary format (webassembly.github.io/spec/core/binary) and the component
model's (github.com/WebAssembly/component-model).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

I32, I64, F32, F64 = 0x7F, 0x7E, 0x7D, 0x7C
NAMES: Final = {
    I32: "i32", I64: "i64", F32: "f32", F64: "f64", 0x7B: "v128", 0x70: "funcref",
    0x6F: "externref",
}  # fmt: skip
"""Types of values by their byte."""

FUNC, TABLE, MEMORY, GLOBAL = 0x00, 0x01, 0x02, 0x03
"""Kinds of imports and exports of a core module."""


class Signature(msgspec.Struct, frozen=True):
    """The type of a core function: a byte for each value."""

    params: bytes = b""
    results: bytes = b""

    def __str__(self) -> str:
        words = [", ".join(NAMES[v] for v in part) for part in (self.params, self.results)]
        return f"({words[0]}) -> ({words[1]})"


def unsigned(number: int) -> bytes:
    """LEB128 of a number that is not negative."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def signed(number: int) -> bytes:
    """Signed LEB128."""
    out = bytearray()
    while True:
        byte = number & 0x7F
        number >>= 7
        if number == (-1 if byte & 0x40 else 0):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def text(name: str) -> bytes:
    """A name with its length."""
    encoded = name.encode()
    return unsigned(len(encoded)) + encoded


def vector(items: Iterable[bytes]) -> bytes:
    listed = list(items)
    return unsigned(len(listed)) + b"".join(listed)


def section(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + unsigned(len(body)) + body


def get(*locals_: int) -> bytes:
    """Code: the values of these locals."""
    return b"".join(b"\x20" + unsigned(one) for one in locals_)


def put(local: int) -> bytes:
    """Code: into a local."""
    return b"\x21" + unsigned(local)


def const(number: int) -> bytes:
    """Code: an i32, as it is read without a sign."""
    return b"\x41" + signed(number - (1 << 32) if number >> 31 else number)


def call(function: int) -> bytes:
    return b"\x10" + unsigned(function)


class ModuleWriter:
    """A small core module. Imported functions come before own ones, as their numbers do."""

    def __init__(self) -> None:
        self._types: list[Signature] = []
        self._imports: list[bytes] = []
        self._own: list[bytes] = []
        self._code: list[bytes] = []
        self._exports: list[bytes] = []
        self._tail = b""
        self._table = b""
        self._memory = b""
        self._globals: list[bytes] = []
        self._functions = 0

    def type(self, signature: Signature) -> int:
        if signature not in self._types:
            self._types.append(signature)
        return self._types.index(signature)

    def _import(self, module: str, name: str, what: bytes) -> None:
        self._imports.append(text(module) + text(name) + what)

    def import_function(self, module: str, name: str, signature: Signature) -> int:
        self._import(module, name, b"\x00" + unsigned(self.type(signature)))
        self._functions += 1
        return self._functions - 1

    def import_memory(self, module: str, name: str) -> None:
        self._import(module, name, b"\x02\x00\x00")

    def import_table(self, module: str, name: str, size: int) -> None:
        self._import(module, name, b"\x01\x70\x00" + unsigned(size))

    def add_table(self, name: str, size: int) -> None:
        self._table = section(4, vector([b"\x70\x01" + unsigned(size) * 2]))
        self._exports.append(text(name) + b"\x01\x00")

    def add_memory(self, name: str, pages: int) -> None:
        self._memory = section(5, vector([b"\x00" + unsigned(pages)]))
        self._exports.append(text(name) + b"\x02\x00")

    def add_global(self, begin: int) -> int:
        """A number (i32) that changes."""
        self._globals.append(bytes([I32, 1]) + const(begin) + b"\x0b")
        return len(self._globals) - 1

    def add_function(
        self, name: str, signature: Signature, code: bytes, locals_: Sequence[int] = ()
    ) -> int:
        """An exported function, and its number; `locals_` are the types of its own locals."""
        self._own.append(unsigned(self.type(signature)))
        body = vector(b"\x01" + bytes([one]) for one in locals_) + code + b"\x0b"
        self._code.append(unsigned(len(body)) + body)
        self._exports.append(text(name) + b"\x00" + unsigned(self._functions))
        self._functions += 1
        return self._functions - 1

    def fill_table(self, begin: int, functions: Sequence[int]) -> None:
        """Put functions into the first table when the module is instantiated."""
        listed = vector(map(unsigned, functions))
        self._tail = section(9, vector([b"\x00" + const(begin) + b"\x0b" + listed]))

    def write(self) -> bytes:
        types = (b"\x60" + values(t.params) + values(t.results) for t in self._types)
        parts = [
            b"\0asm\x01\0\0\0",
            section(1, vector(types)),
            section(2, vector(self._imports)) if self._imports else b"",
            section(3, vector(self._own)) if self._own else b"",
            self._table,
            self._memory,
            section(6, vector(self._globals)) if self._globals else b"",
            section(7, vector(self._exports)) if self._exports else b"",
            self._tail,
            section(10, vector(self._code)) if self._code else b"",
        ]
        return b"".join(parts)


def values(types: bytes) -> bytes:
    return unsigned(len(types)) + types
