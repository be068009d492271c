"""Look here if you want to know how the core modules of one plug-in travel as one file, which is
then the original whose digest is recorded.

It is a component's head, a custom section that names them, and a section for each: nothing that
runs. One module without more to say is its own file.

Source: the component model's binary format: sections 0 (custom) and 1 (core module).
"""

import json
from typing import Any, Final

import msgspec

CORE_HEAD: Final = b"\0asm\x01\0\0\0"
HEAD: Final = b"\0asm\x0d\0\x01\0"
NAME: Final = b"extism-modules"
_BEGIN: Final = HEAD + b"\0"
MOST: Final = 8
"""Modules of one plug-in."""


class Packed(msgspec.Struct, frozen=True):
    """Modules by name, in order; `pages` of 64 KiB are what the memory of each may have (None: no
    limit of its own).
    """

    modules: tuple[tuple[str, bytes], ...]
    pages: int | None = None


def is_core(data: bytes) -> bool:
    """Whether bytes are a core module, or several packed: no component yet."""
    return data[:8] == CORE_HEAD or is_packed(data)


def is_packed(data: bytes) -> bool:
    """Whether bytes are what `pack` made of several modules."""
    return data.startswith(_BEGIN) and NAME in data[: len(_BEGIN) + 12 + len(NAME)]


def pack(packed: Packed) -> bytes:
    """As one file."""
    if len(packed.modules) == 1 and packed.pages is None:
        return packed.modules[0][1]
    said = {"modules": [name for name, _ in packed.modules], "pages": packed.pages}
    names = _sized(NAME) + json.dumps(said).encode()
    return HEAD + b"\0" + _sized(names) + b"".join(b"\1" + _sized(d) for _, d in packed.modules)


def unpack(data: bytes, alone: str) -> Packed:
    """The modules of a file; one that is its own file is called `alone`. Raises ValueError."""
    if data[:8] == CORE_HEAD:
        return Packed(((alone, data),))
    sections = _sections(data)
    if not 2 <= len(sections) <= MOST + 1 or not sections[0].startswith(_sized(NAME)):
        raise ValueError("no modules are packed here")
    try:
        said: Any = json.loads(sections[0][1 + len(NAME) :])
        names, pages = msgspec.convert(
            (said["modules"], said["pages"]), tuple[list[str], int | None]
        )
    except (LookupError, TypeError, RecursionError, msgspec.ValidationError) as exc:
        raise ValueError("the names of the modules cannot be read") from exc
    return Packed(tuple(zip(names, sections[1:], strict=True)), pages)


def _sections(data: bytes) -> list[bytes]:
    """The bodies of at most MOST + 2 sections. Raises ValueError."""
    found: list[bytes] = []
    at = len(HEAD)
    while at < len(data) and len(found) < MOST + 2:
        size = shift = 0
        while True:
            at += 1
            if at >= len(data) or shift > 28:
                raise ValueError("it is truncated")
            size |= (data[at] & 0x7F) << shift
            shift += 7
            if data[at] < 0x80:
                break
        at += 1
        if at + size > len(data):
            raise ValueError("it is truncated")
        found.append(data[at : at + size])
        at += size
    return found


def _sized(data: bytes) -> bytes:
    size, out = len(data), bytearray()
    while size > 0x7F:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    return bytes(out) + data
