"""Look here if you want to know how what WIT's comments say of a type finds the type again.

Rule: types are structural here, so notes go by kind and names of fields or cases; where two types
have the same and are not said to be the same, nothing is said.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from lion.values.wit import EnumOf, FlagsOf, RecordOf, VariantOf, WitType

KINDS: Final = ("record", "variant", "enum", "flags")
Shape = tuple[str, tuple[str, ...]]
Notes = Mapping[Shape, "TypeNote"]


class TypeNote(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a type: `kind` is one of KINDS, `names` are all its fields or cases in their
    order, `items` the texts of those that have one.
    """

    kind: str
    names: tuple[str, ...]
    docs: str = ""
    items: dict[str, str] = {}


def by_shape(notes: Iterable[TypeNote]) -> dict[Shape, TypeNote]:
    """Notes to look up."""
    found: dict[Shape, TypeNote | None] = {}
    for note in notes:
        shape = note.kind, note.names
        found[shape] = note if found.setdefault(shape, note) == note else None
    return {shape: note for shape, note in found.items() if note is not None}


def shape_of(t: WitType) -> Shape | None:
    """What a type's notes go by; None for one that has no name in WIT."""
    match t:
        case RecordOf():
            return "record", tuple(name for name, _ in t.fields)
        case VariantOf():
            return "variant", tuple(name for name, _ in t.cases)
        case EnumOf():
            return "enum", t.names
        case FlagsOf():
            return "flags", t.names
        case _:
            return None
