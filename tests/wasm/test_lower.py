"""Values that Python writes for wasmtime are read back the same, however deep their types are."""

from typing import Any

import pytest

from lion.values.wit import ListOf, OptionOf, Prim, RecordOf, ResultOf, TupleOf, VariantOf, WitType
from lion.wasm.bounds import Room
from lion.wasm.crossing import Values
from lion.wasm.lift import compile_within
from lion.wasm.lower import LowerError, compile_lower

TEXT, NUMBER = Prim("string"), Prim("u32")


def there_and_back(t: WitType, value: Any) -> Any:
    held = Values(1)
    try:
        held.fill([compile_lower(t, {})], [value], 0)
        return compile_within([t])(held.address, Room(0))[0]
    finally:
        held.free()


def nested(depth: int, kinds: int = 6) -> tuple[WitType, Any]:
    """A type that many levels deep, of so many kinds in turn (the last is lists), and a value."""
    t: WitType = TEXT
    value: Any = "lion"
    for level in range(depth):
        match level % kinds:
            case 0:
                t, value = ResultOf(NUMBER, t), ("err", value)
            case 1:
                t, value = TupleOf((NUMBER, t)), (level, value)
            case 2:
                t, value = OptionOf(t), value
            case 3:
                t, value = RecordOf((("name", TEXT), ("inner", t))), {"name": "é", "inner": value}
            case 4:
                t, value = VariantOf((("none", None), ("some", t))), ("some", value)
            case _:
                t, value = ListOf(t), [value, value]
    return t, value


@pytest.mark.parametrize("kinds", [5, 6])
@pytest.mark.parametrize("depth", [1, 7, 13, 60])
def test_deep_values_come_back(depth: int, kinds: int) -> None:
    t, value = nested(depth, kinds)
    assert there_and_back(t, value) == value
    assert there_and_back(ListOf(t), [value] * 3) == [value] * 3


def test_a_part_that_does_not_fit_is_named() -> None:
    t, value = nested(4)
    value["inner"] = (1, ("err", 7))
    with pytest.raises(LowerError, match="argument 1: 7 is no string"):
        there_and_back(t, value)
    with pytest.raises(LowerError, match="lacks 'inner'"):
        there_and_back(t, {"name": "x"})
    value["inner"] = (1, ("err", "fits"))
    assert there_and_back(t, value) == value, "nothing is left of what did not fit"


@pytest.mark.parametrize("bad", [("ok",), ("perhaps", 1), None, "ok", 5])
def test_what_is_no_result_is_refused(bad: Any) -> None:
    with pytest.raises(LowerError, match="is no result"):
        there_and_back(ResultOf(NUMBER, None), bad)


def test_parts_of_lists_do_not_share_memory() -> None:
    t = ListOf(OptionOf(TupleOf((TEXT, OptionOf(OptionOf(NUMBER))))))
    value = [None, ("a", None), ("", ("some", None)), ("b" * 100, ("some", 7))] * 50
    assert there_and_back(t, value) == value
    assert there_and_back(t, []) == []
