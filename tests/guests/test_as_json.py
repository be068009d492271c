"""Look here if you want to know that the AssemblyScript library reads and writes JSON as RFC 8259
has it, numbers to the last digit, and packs bytes as WIT says.
"""

import json
import math
import struct
from decimal import Decimal, localcontext
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime.component import Variant

from tests.examples import examples

from .built import Fueled, Instance

probe = Instance("probe-as")
MANY = examples(300)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def read(text: str) -> str:
    """What the library makes of a text: JSON again, or its words."""
    found: Variant = probe("json", text)
    return str(found.payload)


def is_refused(text: str) -> bool:
    return bool(probe("json", text).tag == "err")


@MANY
@given(VALUES, st.booleans())
def test_what_was_read_is_written_again(value: Any, ascii_only: bool) -> None:
    # json has no lone surrogates in what st.text() makes, and reads its own numbers exactly.
    text = json.dumps(value, ensure_ascii=ascii_only, indent=None if ascii_only else 1)
    assert json.loads(read(text)) == value
    assert probe("json", text).tag == "ok"


@MANY
@given(VALUES, st.randoms(use_true_random=False))
def test_a_text_is_read_if_and_only_if_it_is_json(value: Any, random: Random) -> None:
    text = list(json.dumps(value))
    at = random.randrange(len(text))
    text[at : at + random.randrange(2)] = random.choice(['"', ",", "]", "{", "0", "\\", "e", ""])
    changed = "".join(text)
    assert is_refused(changed) == (not _is_json(changed))


def _is_json(text: str) -> bool:
    def refuse(word: str) -> Any:
        raise ValueError(word)

    try:
        found = json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    # Python reads half a surrogate pair, which no UTF-8 has.
    return not any(0xD800 <= ord(c) < 0xE000 for c in json.dumps(found, ensure_ascii=False))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a value should be at line 1, column 1"),
        ("[1,\n 2,\n x]", "a value should be at line 3, column 2"),
        ("[1,]", "a value should be at line 1, column 4"),
        ("[1 2]", "a , or ] should be at line 1, column 4"),
        ('{"a" 1}', "a : should be at line 1, column 6"),
        ("{1:2}", "a key should be at line 1, column 2"),
        ('{"a":1,}', "a key should be at line 1, column 8"),
        ("01", "there is more after the value at line 1, column 2"),
        ("1.", "a digit should be at line 1, column 3"),
        ("1e+", "a digit should be at line 1, column 4"),
        (".5", "a value should be at line 1, column 1"),
        ("+1", "a value should be at line 1, column 1"),
        ("tru", "a value should be at line 1, column 1"),
        ("NaN", "a value should be at line 1, column 1"),
        ("\ufeff1", "a value should be at line 1, column 1"),
        ('"a\nb"', "a control character stands in a string at line 1, column 3"),
        ('"ab', "a string does not end at line 1, column 4"),
        ('"\\x"', "there is no such escape at line 1, column 3"),
        ('"\\u12g4"', "four hexadecimal digits should be at line 1, column 6"),
        ('"\\ud800"', "half a surrogate pair stands at line 1, column 8"),
        ('"\\udc00\\ud800"', "half a surrogate pair stands at line 1, column 8"),
        ("[" * 129 + "]" * 129, "more than 128 values are nested at line 1, column 129"),
        ("[" * 60000, "more than 128 values are nested at line 1, column 129"),
    ],
)
def test_what_is_no_json_is_refused_with_line_and_column(text: str, words: str) -> None:
    assert read(text) == f"JSON: {words}"


def test_the_deepest_there_may_be() -> None:
    text = "[" * 128 + "]" * 128
    assert read(text) == text


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    assert read('{"a":1,"b":2,"a":3}') == '{"a":3,"b":2}'


def test_fields_by_name() -> None:
    text = '{"b":[{"d":1,"c":null}],"a":{"y":"","x":true}}'
    assert probe("sorted", text) == '{"a":{"x":true,"y":""},"b":[{"c":null,"d":1}]}'


def test_digits_are_kept_as_they_were_written() -> None:
    text = "[1.50,1E5,-0,123456789012345678901234567890,0.1e-7]"
    assert read(text) == text


def _numbers(count: int) -> list[str]:
    """Decimal texts of every kind: random bits, long ones, and the middles between neighbours."""
    random, found = Random(5), []
    while len(found) < count:
        value = struct.unpack("d", random.randbytes(8))[0]
        if not math.isfinite(value):
            continue
        found.append(repr(value))
        with localcontext() as context:
            context.prec = 1200
            middle = (Decimal(value) + Decimal(math.nextafter(value, math.inf))) / 2
            found += [f"{middle:e}", f"{middle:e}".replace("e", "1e")]
        digits = random.randrange(1, 10 ** random.randrange(1, 30))
        found += [f"0.{'0' * random.randrange(300)}{digits}", f"{digits}.{digits}"]
        found.append(f"{digits}e{random.randrange(-340, 310)}")
    return found


EDGES = ["0", "-0", "5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e400"]
EDGES += ["-1e400", "1e-400", "1.7976931348623157e308", "1.7976931348623159e308", "1e99999999999"]
HALF = "1.00000000000000011102230246251565404236316680908203125"
EDGES += [HALF, HALF + "0" * 800, HALF + "0" * 800 + "1", HALF[:-1] + "49" + "9" * 800]
EDGES += [
    "2.2250738585072011e-308",
    "9007199254740993",
    "0e99999",
    "1" + "0" * 900,
    "0." + "0" * 900,
]


def test_numbers_are_the_nearest_there_are() -> None:
    for text in [*_numbers(1_500), *EDGES]:
        assert repr(probe("number", text)[0]) == repr(float(text)), text


@pytest.mark.parametrize(
    ("text", "signed", "unsigned"),
    [
        (str(-(2**63)), -(2**63), None),
        (str(-(2**63) - 1), None, None),
        (str(2**63 - 1), 2**63 - 1, 2**63 - 1),
        (str(2**63), None, 2**63),
        (str(2**64 - 1), None, 2**64 - 1),
        (str(2**64), None, None),
        ("1" * 40, None, None),
        ("1.0", None, None),
        ("1e2", None, None),
        ("-7", -7, None),
    ],
)
def test_whole_numbers_are_exact_or_none(
    text: str, signed: int | None, unsigned: int | None
) -> None:
    assert probe("number", text)[1:] == (signed, unsigned)


@MANY
@given(
    st.text(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
def test_values_are_written(text: str, whole: int, unsigned: int, real: float, flag: bool) -> None:
    made = json.loads(probe("written", text, whole, unsigned, real, flag))
    expected = {"text": text, "whole": whole, "unsigned": unsigned, "real": real, "flag": flag}
    expected |= {"nothing": None, "list": [whole, -1, text], text: []}
    assert made == expected
    assert math.copysign(1, made["real"]) == math.copysign(1, real)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_json_has_no_number_that_is_not_finite(value: float) -> None:
    with pytest.raises(Exception, match=r"wasm trap|unknown import"):
        Instance("probe-as")("written", "", 0, 0, value, False)


def test_what_is_not_there_is_null() -> None:
    text = '{"a":[1,{"b":"c"}],"n":null,"f":false}'
    for path, found in {
        ("a", "1", "b"): "c",
        ("a",): "2 in ",
        (): "3 in a n f",
        ("f",): "no",
        ("n",): "nothing",
        ("z", "y"): "nothing",
        ("a", "7"): "nothing",
        ("a", "1", "z"): "nothing",
        ("f", "x"): "nothing",
    }.items():
        assert probe("walk", text, list(path)).payload == found, path


SHAPES = {
    "numbers": lambda n: "[" + ",".join(["1.5"] * n) + "]",
    "fields": lambda n: json.dumps({f"k{i}": i for i in range(n)}),
    "escapes": lambda n: json.dumps("\n" * 4 * n),
    "texts": lambda n: json.dumps(['a"b'] * n),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_grows_with_the_text_and_no_faster(shape: str) -> None:
    fueled = Fueled("probe-as")
    few, many = (fueled.used("json", SHAPES[shape](n)) for n in (500, 8_000))
    assert many < 24 * few


@MANY
@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_bytes_come_back(data: bytes) -> None:
    packed = probe("pack", data)
    assert packed[-1] == ("u" if _is_utf8(data) else "b")
    assert probe("unpack", packed) == data
    shown = probe("lossy", data)
    assert shown == data.decode() if _is_utf8(data) else "\ufffd" in shown


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    "bad", ["", "text", "abcb", "a=bcb", "====b", "ab=cb", "é==b", "x", "abc\nb"]
)
def test_what_is_not_packed_is_refused(bad: str) -> None:
    assert str(probe("unpack", bad)).startswith("invalid: packed: ")
