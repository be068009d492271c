"""Look here if you want to know what a component says of the fields and cases of its types.

Rule: a component may say anything, so what it says is bounded by what saying it costs: each text
may come into the schemas of each function.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from lion.ports import Export
from lion.values.type_notes import TypeNote
from lion.wasm.sections import custom_sections, read_json

SECTION: Final = "type-docs"
"""A version byte and a JSON array of TypeNotes (lion/toolchain/wit/docs.py writes it)."""
MOST_TEXT: Final = 4 << 20
"""Bytes of the section times functions; above that nothing is said."""


def with_notes(exports: Sequence[Export], data: bytes) -> tuple[Export, ...]:
    """Exports with what their component says of types."""
    payload = next((p for name, p in custom_sections(data) if name == SECTION), b"")
    notes = read_notes(payload) if len(payload) * len(exports) <= MOST_TEXT else ()
    return tuple(msgspec.structs.replace(e, notes=notes) if notes else e for e in exports)


def read_notes(payload: bytes) -> tuple[TypeNote, ...]:
    """The notes of a section; none if it cannot be read."""
    try:
        return msgspec.convert(read_json(payload[1:]), type=tuple[TypeNote, ...])
    except msgspec.ValidationError:
        return ()
