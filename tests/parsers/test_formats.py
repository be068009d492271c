"""What each format is read as: records at once, words around it, and what is refused."""

from typing import Any

import pytest

from lion.parsers import Fault, Parsed, Partial, Prose, Record, open_parser
from tests.parsers.samples import CALLS, MARKDOWN, SAMPLES, read


def records(name: str) -> list[Any]:
    format, options, text = SAMPLES[name]
    return [one.value for one in read(format, [text], **options)[0] if isinstance(one, Record)]


def test_a_record_is_told_as_soon_as_it_is_whole() -> None:
    parser = open_parser("json", records="found")
    assert parser.feed('Here: {"found": [{"a": 1}') == [Prose("Here:")]
    assert parser.feed(",") == [Record({"a": 1}, 1)]
    assert parser.feed(" 12") == []
    assert parser.feed("3]") == [Record(123, 2)]
    assert parser.feed(', "x": 0}\n```') == []
    assert parser.finish() == Parsed({"found": [{"a": 1}, 123], "x": 0})


def test_a_snapshot_is_marked_and_has_no_number_that_may_go_on() -> None:
    parser = open_parser("json")
    assert parser.snapshot() is None
    parser.feed('{"text": "Li')
    assert parser.snapshot() == Partial({"text": "Li"})
    parser.feed('ons", "count": 12')
    assert parser.snapshot() == Partial({"text": "Lions"})
    parser.feed('3, "n')
    assert parser.snapshot() == Partial({"text": "Lions", "count": 123})


def test_words_and_fence_are_passed_over() -> None:
    events, end = read("json", [SAMPLES["fenced"][2]])
    assert events[0] == Prose("Sure, here it is:")
    assert events[-1] == Prose("Anything else?")
    assert isinstance(end, Parsed)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"a": [1, 2', "incomplete"), ("[1, 2", "incomplete"), ("", "missing"),
        ("I cannot do that.", "missing"), ("{'a': 1}", "syntax"), ("[1,,2]", "syntax"),
        ("[1,]", "syntax"), ('{"a": 1]', "syntax"), ('{"a": NaN}', "syntax"),
        ('{"a": 1}{"a": 2}', "syntax"), ('{"a": 1}\n{"a": 2}', "syntax"),
        ('{"a": 1} [2]', "syntax"), ('["a", {\'b\': [1]}]', "syntax"), ('{"a": 01}', "syntax"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_a_fault(text: str, kind: str) -> None:
    end = read("json", [text])[1]
    assert isinstance(end, Fault)
    assert end.kind == kind


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{\'a\': True, b: [1, 2,], // why\n "c": "x', {"a": True, "b": [1, 2], "c": "x"}),
        ('{"a": 1, "b": [{"c": 2', {"a": 1, "b": [{"c": 2}]}),
        ('Here: [1, 2, "x]', None),
    ],
)
def test_repair_is_marked(text: str, value: Any) -> None:
    assert isinstance(read("json", [text])[1], Fault)
    end = read("json", [text], repair=True)[1]
    assert isinstance(end, Parsed)
    assert end.repaired
    assert value is None or end.value == value


def test_what_is_whole_is_not_repaired_and_words_do_not_become_a_value() -> None:
    assert read("json", ['{"a": 1}'], repair=True)[1] == Parsed({"a": 1})
    for text in ("I cannot do that.", "{}}}", "{oh dear}"):
        end = read("json", [text], repair=True)[1]
        assert isinstance(end, Fault) or end.repaired, text


def test_a_repaired_value_is_held_to_the_schema() -> None:
    schema = {"required": ["b"]}
    end = read("json", ["{'a': 1}"], repair=True, schema=schema)[1]
    assert isinstance(end, Fault)
    assert end.what == 'it does not follow the schema: $: "b" is a required property'


def test_each_record_is_held_to_a_schema_before_it_is_told() -> None:
    events, end = read("json", ['[{"a": 1}, {"a": "x"}, {"a": 2}]'],
                       each={"properties": {"a": {"type": "integer"}}})  # fmt: skip
    fault = Fault(
        "schema", 'record 2: it does not follow the schema: $.a: it is not of type "integer"'
    )
    assert events == [Record({"a": 1}, 1), fault]
    assert end == fault


@pytest.mark.parametrize("format", ["json-lines", "csv", "xml", "calls", "markdown", "lines"])
def test_every_format_is_held_to_a_schema(format: str) -> None:
    text = next(text for one, _, text in SAMPLES.values() if one == format)
    assert isinstance(read(format, [text], schema={"not": {"type": "null"}})[1], Parsed)
    assert isinstance(read(format, [text], schema=False)[1], Fault)


def test_json_lines() -> None:
    assert records("lines of JSON") == [{"a": 1}, {"b": [2]}]
    for text in ('{"a": 1}\nand\n{"b": 2}', '{"a": 1', "words", '{"a": 1} {"b": 2}'):
        assert isinstance(read("json-lines", [text])[1], Fault), text


def test_csv() -> None:
    assert records("rows")[1] == {"name": "bob", "text": 'say "hi", bob'}
    for text in ("a,b\n1", "a,b\n1,2,3", 'a,b\n1,"2', 'a,b\n1,"2"x', "a,a\n", "no rows"):
        assert isinstance(read("csv", [text])[1], Fault), text
    events, end = read("csv", ["Well, here:\na;b\n1;2"], columns=("a", "b"), delimiter=";")
    assert (events[0], end) == (Prose("Well, here:"), Parsed([{"a": "1", "b": "2"}]))


def test_xml() -> None:
    assert records("named xml") == [
        {"tag": "i", "attributes": {}, "children": [text]} for text in ("1", "2")
    ]
    for text in ("<a><b></a>", "<a>&nbsp;</a>", "<a", "<a>", "words", "<a x=1></a>",
                 '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'):  # fmt: skip
        assert isinstance(read("xml", [text])[1], Fault), text


def test_calls() -> None:
    assert records("calls") == [
        {"name": "find", "arguments": {"q": "a (b)", "n": 3, "o": {"k": [True, None]}}},
        {"name": "add", "arguments": {"a": 1}},
        {"name": "go", "arguments": {"t": [1, 2], "s": 'it\'s "x"'}},
    ]
    assert records("named calls") == [{"name": "go", "arguments": {"a": 1}}]
    for text in ("f(1)", "f(a=b)", "f(a=open('x'))", "f(a=1", "f(a=1+1)", "words", "f(a=[1}",
                 '{"name": "f", "arguments": [1]}', "f(a=1 2)"):  # fmt: skip
        assert isinstance(read("calls", [text])[1], Fault), text
    assert len(read("calls", [CALLS], names=("add",))[0]) == 1


def test_markdown_is_what_the_library_says_of_the_whole() -> None:
    kinds = [one["kind"] for one in records("markdown")]
    assert kinds == ["heading", "paragraph", "list", "code", "quote", "table", "heading", "break",
                     "list"]  # fmt: skip
    assert records("markdown")[3] == {"kind": "code", "language": "py", "text": "x\n\n# no\n"}


def test_a_block_is_told_before_the_next_is_whole() -> None:
    parser = open_parser("markdown")
    heads = [parser.feed(line + "\n") for line in MARKDOWN.split("\n")]
    assert [bool(one) for one in heads[:4]] == [False, True, False, False]
    assert heads[4] == [Record({"kind": "paragraph", "text": "A\nb"}, 2)]


def test_a_parser_that_was_finished_takes_nothing() -> None:
    parser = open_parser("text")
    parser.finish()
    with pytest.raises(ValueError, match="has been finished"):
        parser.feed("x")
    with pytest.raises(ValueError, match="'yaml' is none of the formats json, "):
        open_parser("yaml")
