"""Look here if you want to know what can be read from a component's bytes without compiling it.

Sources: the component model's binary format (preamble, section framing); wit-component's
`package-docs` custom section.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from lion.errors import OperatorError
from lion.reading import COMPONENT_SIZE, too_large

MOST_DOCS = 1 << 20
"""Bytes of a section with docs that are read."""
MOST_NESTED = 64
"""Levels of its JSON."""
_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
"""Texts, also one without an end, and what opens and closes."""
MOST_SECTIONS = 100_000
"""Sections that are looked at; a component made of others has some thousand."""
MOST_NAMES, NAME_BYTES = 40, 200
"""Names of imports that are told, and how much of each."""
MAGIC = b"\0asm"
COMPONENT_LAYER = b"\x0d\x00\x01\x00"
IMPORTS = 10
WASI = "wasi:"
MODULE_LAYER = b"\x01\x00\x00\x00"


def is_module(data: bytes) -> bool:
    """Whether the bytes begin as a core module does."""
    return data[:4] == MAGIC and data[4:8] == MODULE_LAYER


def check_preamble(data: bytes, origin: str) -> None:
    """Raise OperatorError unless the bytes begin as a component does and are no more than
    COMPONENT_SIZE; the sentence says what they are instead.
    """
    if len(data) > COMPONENT_SIZE:
        raise too_large(origin)
    if data[:4] != MAGIC:
        what = "is empty" if not data else "is no WebAssembly at all"
        raise OperatorError(
            f"{origin!r} {what}",
            hint="name a component (.wasm), for instance one made by: make plugins",
        )
    if is_module(data):
        raise OperatorError(
            f"{origin!r} is a core module, not a component",
            hint="build it as a component (docs/plugins.md shows how, plugins-src has many), or "
            "with a PDK of Extism's (docs/extism.md)",
        )
    if data[4:8] != COMPONENT_LAYER:
        raise OperatorError(
            f"{origin!r} is WebAssembly of a layer or version lion does not know",
            hint="build it as a component with a current toolchain",
        )


def _leb(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80 or shift > 28:
            return value, at
        shift += 7


def custom_sections(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and payloads of the outermost custom sections; stops where the bytes are truncated,
    and after MOST_SECTIONS of all kinds.
    """
    try:
        for kind, at, end in _sections(data):
            if kind == 0 and end <= len(data):
                length, start = _leb(data, at)
                name = data[start : start + length].decode("utf-8", "replace")
                yield name, data[start + length : end]
    except IndexError:
        return


def _sections(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The kind of each outermost section, where it begins and where it ends."""
    at = 8
    for _ in range(MOST_SECTIONS):
        if at >= len(data):
            return
        size, body = _leb(data, at + 1)
        yield data[at], body, body + size
        at = body + size


def import_names(data: bytes) -> list[str]:
    """What a component says it imports, by name and without types, also where this wasmtime knows
    none of its features; up to where it cannot be read, MOST_NAMES at most.
    """
    found: list[str] = []
    try:
        for kind, at, end in _sections(data):
            if kind == IMPORTS:
                count, at = _leb(data, at)
                while count > 0 and at < end and len(found) < MOST_NAMES:
                    length, start = _leb(data, at + 1)
                    name = data[start : start + min(length, NAME_BYTES)]
                    found.append(name.decode("utf-8", "replace"))
                    at = _after_type(data, start + length)
                    count -= 1
    except IndexError:
        pass
    return found


def imports_wasi(data: bytes) -> bool:
    """Whether bytes are a component that imports some of WASI."""
    is_component = data[:4] == MAGIC and data[4:8] == COMPONENT_LAYER
    return is_component and any(name.startswith(WASI) for name in import_names(data))


def _after_type(data: bytes, at: int) -> int:
    """Where the type of an import ends: its kind, for some kinds a byte more, and an index."""
    kind = data[at]
    at += 2 if kind in (0, 2) or (kind == 3 and data[at + 1] == 0) else 1
    return at + 1 if kind == 3 and data[at] == 1 else _leb(data, at)[1]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def function_docs(data: bytes) -> dict[str, str]:
    """Documentation of exported functions by name, from `package-docs`; empty if there is none.

    The payload is a version byte and JSON: worlds -> func_exports -> docs, and interfaces -> funcs
    -> docs.
    """
    docs: dict[str, str] = {}
    for name, payload in custom_sections(data):
        if name != "package-docs":
            continue
        package = _table(read_json(payload[1:]))
        groups = [
            *(
                _table(world).get("func_exports")
                for world in _table(package.get("worlds")).values()
            ),
            *(_table(face).get("funcs") for face in _table(package.get("interfaces")).values()),
        ]
        for group in groups:
            for function, entry in _table(group).items():
                text = entry if isinstance(entry, str) else _text(_table(entry).get("docs"))
                docs.setdefault(function, text.strip())
    return docs


def _is_deep(payload: bytes) -> bool:
    """Asked before it is parsed: what Python tidies up at the bottom of its stack stays untidy."""
    depth = 0
    for token in _TOKENS.finditer(payload):
        mark = token[0][:1]
        depth += (mark in b"[{") - (mark in b"]}")
        if depth > MOST_NESTED:
            return True
    return False


def read_json(payload: bytes) -> Any:
    """JSON that anybody may have written; None if it is none, or too much of it."""
    if len(payload) > MOST_DOCS or _is_deep(payload):
        return None
    try:
        # Half a character is written `\\ud800` in JSON, and cannot be written anywhere else.
        text = json.dumps(json.loads(payload), ensure_ascii=False)
        return json.loads(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
