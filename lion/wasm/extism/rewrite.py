"""Look here if you want to know what is changed in a plug-in's own bytes, and why.

A component may not import one name twice, which Go's compiler does; and Go's modules have tens of
thousands of pieces of data, each of which costs at every start. And a manifest of Extism's may say
how large memory gets. Nothing else is touched.
"""

from itertools import pairwise
from typing import Final

from lion.errors import GuestError
from lion.wasm.extism import module as m
from lion.wasm.extism.binary import const, section, text, unsigned, vector
from lion.wasm.extism.module import CoreModule, Cursor, read_module

GAP: Final = 64
"""Bytes between two pieces that are filled with zeros to join them."""
FEW: Final = 64
"""So many pieces are left as they are."""
MOST_PIECES: Final = 200_000
MOST_MEMORIES: Final = 16
AGAIN: Final = "~"
"""What stands between a name and which time it is imported."""


def rewrite(core: CoreModule, pages: int | None = None) -> CoreModule:
    """The module with every import's name once, data that lies close in one piece, and memories of
    at most so many pages (None: as many as it says). Raises GuestError(ending="world").
    """
    changes: dict[int, bytes] = {}
    names = [(i.module, i.name) for i in core.imports]
    if len(set(names)) < len(names):
        changes[m.IMPORTS] = _imports(core)
    kinds = {kind for kind, _, _ in core.sections}
    # Where there is a data-count section, code may name pieces by number.
    if m.DATA in kinds and m.DATA_COUNT not in kinds:
        joined = _data(core)
        if joined is not None:
            changes[m.DATA] = joined
    if pages is not None and m.MEMORIES in kinds:
        changes[m.MEMORIES] = _memories(core, pages)
    if not changes:
        return core
    parts = [m.HEAD]
    for kind, at, end in core.sections:
        parts.append(section(kind, changes.get(kind) or core.data[at:end]))
    return read_module(b"".join(parts))


def _imports(core: CoreModule) -> bytes:
    seen: dict[tuple[str, str], int] = {}
    written = []
    for one in core.imports:
        times = seen[one.module, one.name] = seen.get((one.module, one.name), 0) + 1
        name = one.name if times == 1 else f"{one.name}{AGAIN}{times}"
        written.append(text(one.module) + text(name) + one.described)
    return vector(written)


def _memories(core: CoreModule, pages: int) -> bytes:
    at, end = next((at, end) for kind, at, end in core.sections if kind == m.MEMORIES)
    cursor = Cursor(core.data, at, end)
    written = []
    try:
        for _ in range(cursor.count(MOST_MEMORIES, "memories")):
            flags, least = cursor.byte(), cursor.number()
            most = min(pages, cursor.number()) if flags & 1 else pages
            if flags > 1 or least > most:
                what = f"it begins with {least:,} pages of memory, and may have {most:,}"
                raise GuestError(what, ending="world", hint="raise memory.max_pages")
            written.append(b"\x01" + unsigned(least) + unsigned(most))
    except IndexError as exc:
        raise GuestError("its memories cannot be read", ending="world") from exc
    return vector(written)


def plain_name(name: str) -> str:
    """The name as the plug-in has it."""
    return name.partition(AGAIN)[0]


def _data(core: CoreModule) -> bytes | None:
    """The data section in fewer pieces; None if they are few, or placed otherwise than by a number
    in the first memory, or overlap.
    """
    at, end = next((at, end) for kind, at, end in core.sections if kind == m.DATA)
    cursor = Cursor(core.data, at, end)
    try:
        count = cursor.count(MOST_PIECES, "pieces of data")
        pieces = _pieces(cursor, count) if count > FEW else []
    except IndexError:
        return None
    if len(pieces) <= FEW:
        return None
    joined: list[tuple[int, bytearray]] = []
    for offset, content in pieces:
        if joined:
            begin, before = joined[-1]
            gap = offset - begin - len(before)
            # Later pieces overwrite earlier ones, so only what comes after is joined.
            if 0 <= gap <= GAP:
                before.extend(bytes(gap))
                before.extend(content)
                continue
        joined.append((offset, bytearray(content)))
    if any(a[0] + len(a[1]) > b[0] for a, b in pairwise(joined)):
        return None
    return vector(
        b"\x00" + const(offset) + b"\x0b" + unsigned(len(content)) + bytes(content)
        for offset, content in joined
    )


def _pieces(cursor: Cursor, count: int) -> list[tuple[int, bytes]]:
    """Raises IndexError for a piece of another form. In one loop: there may be tens of thousands,
    at each start of a process.
    """
    data, at, found = cursor.data, cursor.at, []
    for _ in range(count):
        # Active in the first memory, at a number: 0, i32.const, LEB128, end.
        if data[at] or data[at + 1] != 0x41:
            raise IndexError
        at += 2
        offset = shift = 0
        while (byte := data[at]) > 0x7F and shift < 28:
            offset |= (byte & 0x7F) << shift
            shift += 7
            at += 1
        offset |= (byte & 0x7F) << shift
        if byte & 0x40:
            offset -= 1 << (shift + 7)
        if data[at + 1] != 0x0B:
            raise IndexError
        at += 2
        size = shift = 0
        while (byte := data[at]) > 0x7F and shift < 28:
            size |= (byte & 0x7F) << shift
            shift += 7
            at += 1
        size |= byte << shift
        at += 1
        if at + size > cursor.end:
            raise IndexError
        found.append((offset & 0xFFFF_FFFF, data[at : at + size]))
        at += size
    return found
