"""Look here if you want to know how arguments of a tool call are refused and results written."""

import pytest

from lion.values.json_arguments import arguments_from_json, arguments_from_values, result_to_json
from lion.values.json_scalars import JsonMismatch
from lion.values.wit import Function, ListOf, OptionOf, Prim, ResultOf

U8, TEXT = Prim("u8"), Prim("string")
ADD = Function((("a", U8), ("b", U8)), U8)
FIND = Function((("text", TEXT), ("limit", OptionOf(U8))), ResultOf(ListOf(TEXT), TEXT))


def test_arguments_come_in_the_order_of_parameters() -> None:
    assert arguments_from_json(ADD, '{"b": 2, "a": 1}') == [1, 2]
    assert arguments_from_values(ADD, {"b": 2, "a": 1}) == [1, 2]
    assert arguments_from_json(Function((), None), "{}") == []


def test_a_missing_option_is_null() -> None:
    assert arguments_from_json(FIND, '{"text": "x"}') == ["x", None]
    assert arguments_from_json(FIND, '{"text": "x", "limit": 3}') == ["x", 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}', "arguments: missing: b"),
        ("{}", "arguments: missing: a, b"),
        ('{"a": 1, "b": 2, "c": 3}', 'arguments: unknown name "c"; known: a, b'),
        ('{"a": 1, "a": 1, "b": 2}', 'arguments: the name "a" occurs twice'),
        ('{"a": 300, "b": 2}', "arguments.a: expected u8, got 300"),
        ("[1, 2]", "arguments: expected an object, got an array"),
        ("", "arguments: not valid JSON at line 1, column 1"),
        ('{"a": 1\n "b": 2}', "arguments: not valid JSON at line 2, column 2"),
        ('{"a": NaN, "b": 2}', "arguments: NaN is no JSON"),
        ('{"a": -Infinity, "b": 2}', "arguments: -Infinity is no JSON"),
        ('{"a": 1e999, "b": 2}', "arguments.a: expected u8, got inf"),
        ('{"a": ' + "9" * 5_000 + ', "b": 2}', "arguments: a number of too many digits"),
        ("[" * 60_000, "arguments: nested too deeply"),
        ('{"a":' * 10_000, "arguments: nested too deeply"),
        ('"' + "x" * 70_000 + '"', "arguments: longer than 65536 bytes"),
        ('"' + "ä" * 40_000 + '"', "arguments: longer than 65536 bytes"),
    ],
)
def test_each_mistake_is_named(text: str, message: str) -> None:
    with pytest.raises(JsonMismatch) as caught:
        arguments_from_json(ADD, text)
    assert str(caught.value).startswith(message)


def test_a_result_is_its_value_or_its_error() -> None:
    assert result_to_json(ADD, 3) == ("ok", 3)
    assert result_to_json(FIND, ("ok", ["a"])) == ("ok", ["a"])
    assert result_to_json(FIND, ("err", "none")) == ("err", "none")
    assert result_to_json(Function((), None), None) == ("ok", None)
    assert result_to_json(Function((), ResultOf(None, None)), ("ok", None)) == ("ok", None)


def test_a_result_that_json_cannot_say_is_a_mismatch() -> None:
    with pytest.raises(JsonMismatch, match="result: expected f64, got inf"):
        result_to_json(Function((), Prim("f64")), float("inf"))
