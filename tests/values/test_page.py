"""Look here if you want to know whether docs/command-line.md tells how values look as JSON."""

import re
from typing import Any

import pytest

from lion.values.json_values import from_json, to_json
from lion.values.wit import (
    EnumOf,
    FlagsOf,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    TupleOf,
    VariantOf,
    WitType,
)
from tests.cli.documents import section

U8, U32 = Prim("u8"), Prim("u32")
SHAPE = VariantOf((("circle", Prim("f64")), ("none", None)))
TWICE = OptionOf(OptionOf(U32))
RESULT = ResultOf(U32, Prim("string"))
TOLD: list[tuple[str, WitType, Any, Any]] = [
    ("bool", Prim("bool"), True, True),
    ("string", Prim("string"), "text", "text"),
    ("char", Prim("char"), "c", "c"),
    ("enum", EnumOf(("case-name", "other")), "case-name", "case-name"),
    ("s8", Prim("s8"), -3, -3),
    ("u32", U32, 3, 3),
    ("f32", Prim("f32"), 2.5, 2.5),
    ("f64", Prim("f64"), 2.5, 2.5),
    ("s64", Prim("s64"), -(2**53) - 1, "-9007199254740993"),
    ("u64", Prim("u64"), 2**53 + 1, "9007199254740993"),
    ("list<u8>", ListOf(U8), b"lion", "bGlvbg=="),
    ("list", ListOf(U32), [1, 2], [1, 2]),
    ("tuple", TupleOf((U32, Prim("bool"))), (1, True), [1, True]),
    ("record", RecordOf((("a-b", U32),)), {"a-b": 1}, {"a-b": 1}),
    ("variant", SHAPE, ("circle", 2.5), {"tag": "circle", "value": 2.5}),
    ("variant", SHAPE, ("none", None), {"tag": "none"}),
    ("flags", FlagsOf(("r", "w")), ("w",), ["w"]),
    ("option", OptionOf(U32), None, None),
    ("option", OptionOf(U32), 1, 1),
    ("option", TWICE, ("some", 1), {"some": 1}),
    ("result", RESULT, ("ok", 1), {"ok": 1}),
    ("result", RESULT, ("err", "text"), {"err": "text"}),
]


@pytest.mark.parametrize(("name", "kind", "value", "written"), TOLD)
def test_values_look_as_the_page_says(name: str, kind: WitType, value: Any, written: Any) -> None:
    assert to_json(kind, value) == written
    assert from_json(kind, written) == value


def test_the_page_tells_of_every_type() -> None:
    rows = section("docs/command-line.md", "Values as JSON")
    cells = re.findall(r"^\| ([^|]*) \|", rows, re.MULTILINE)
    told = {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}
    assert told == {name for name, *_ in TOLD}
