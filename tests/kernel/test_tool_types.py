"""What a tool takes, as a schema that is made once."""

import pytest

from lion.kernel import tool_types
from lion.ports import Export
from lion.values.type_notes import TypeNote
from lion.values.wit import Function, Prim, RecordOf


def test_notes_are_sorted_once_for_all_of_a_component(monkeypatch: pytest.MonkeyPatch) -> None:
    """A component of 900 functions and as many types took 3 s to be listed."""
    notes = (TypeNote(kind="record", names=("a",), docs="said"),)
    kind = Function((("x", RecordOf((("a", Prim("u8")),))),), None)
    sorted_, by = [], tool_types.by_shape
    monkeypatch.setattr(tool_types, "by_shape", lambda given: sorted_.append(given) or by(given))
    exports = [Export("", f"t{n}", kind, notes=notes) for n in range(5)]
    assert all("said" in str(tool_types.input_schema(export)) for export in exports)
    assert "said" not in str(tool_types.input_schema(Export("", "other", kind)))
    assert len(sorted_) <= 2
