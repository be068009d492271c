"""No text, however it is made, takes more of anything than the bounds say."""

import sys
import tracemalloc
from typing import Any

import pytest

from lion.parsers import Bounds, Fault, open_parser
from lion.parsers.parser import Stop
from lion.parsers.repair import MOST_TEXT, repair_json
from tests.parsers.samples import read

SMALL = Bounds(size=50_000, record=10_000, records=100, depth=20)
LONG = "x" * 20_000


@pytest.mark.parametrize(
    ("format", "text", "kind"),
    [
        ("json", '["' + LONG * 3, "record"),
        ("json", '{"a": "' + LONG * 3, "size"),
        ("json", "[1," * 21, "depth"),
        ("json", "[" + "1," * 200, "records"),
        ("json", "words " * 10_000, "size"),
        ("json-lines", '{"a": "' + LONG, "record"),
        ("json-lines", '{"a":' * 21 + "1" + "}" * 21, "depth"),
        ("json-lines", "{}\n" * 200, "records"),
        ("xml", "<a>" * 21, "depth"),
        ("xml", "<a>" + "<b/>" * 200, "records"),
        ("xml", '<a k="' + LONG, "record"),
        ("calls", "f(a=" + "[" * 21, "depth"),
        ("calls", "f(a='" + LONG, "record"),
        ("calls", "f()" * 200, "records"),
        ("csv", "a,b\n1,2\n" + '3,"' + "\n" * 20_000, "record"),
        ("csv", "a,b\n" + "1,2\n" * 200, "records"),
        ("lines", LONG, "record"),
        ("lines", "\n" * 200, "records"),
        ("markdown", LONG, "record"),
        ("markdown", "```\n" + "x\n" * 10_000, "record"),
        ("text", LONG * 3, "size"),
    ],
)
def test_what_overruns_a_bound_is_a_fault(format: str, text: str, kind: str) -> None:
    for pieces in ([text], [text[n : n + 7] for n in range(0, len(text), 7)]):
        end = read(format, pieces, bounds=SMALL)[1]
        assert isinstance(end, Fault)
        assert end.kind == kind


SLOW = {
    "open tag": ("xml", '<a k="' + "x>" * 20_000),
    "comment": ("xml", "<a><!-- " + "-> " * 10_000),
    "brackets": ("json", "words [ " * 5_000),
    "backslashes": ("json", '["' + "\\" * 20_000),
    "spaces": ("json", ": " * 10_000 + " " * 20_000),
    "ticks": ("json", "```\n" * 8_000),
    "names": ("calls", "a" * 40_000 + "(a" * 100),
    "half calls": ("calls", "a(b" * 10_000),
    "quotes": ("csv", "a,b\n" + '"' * 40_000),
    "list": ("markdown", "- a\n\n" * 1_600),
    "fences": ("markdown", "```\n~~~\n\n" * 1_000),
    "quote marks": ("markdown", (">" * 200 + " a\n\n") * 40),
    "numbers": ("json", "[" + "1" * 40_000),
}


@pytest.mark.parametrize("name", SLOW)
def test_work_grows_with_the_text_and_no_faster(name: str) -> None:
    """Steps of Python and not time: four times the text may take six times the steps."""
    format, text = SLOW[name]
    quarter = steps(format, text[: len(text) // 4])
    assert steps(format, text) < 6 * quarter + 20_000


def steps(format: str, text: str) -> int:
    count = 0

    def note(*_: Any) -> None:
        nonlocal count
        count += 1

    parser = open_parser(format, bounds=Bounds(records=10**6, record=10**6))
    pieces = [text[n : n + 40] for n in range(0, len(text), 40)]
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
    finally:
        sys.setprofile(before)
    return count


def test_memory_is_a_few_times_the_text() -> None:
    text = '[{"a": "' + "x" * 100 + '"}'
    pieces = [text, *[',{"a": "' + "y" * 100 + '"}'] * 5_000, "]"]
    tracemalloc.start()
    try:
        read("json", pieces)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * sum(map(len, pieces))


@pytest.mark.parametrize(
    "text",
    [
        "{a:b " * 12_000, "(" * 60_000, "[" * 60_000, '{"a":' * 10_000, '"' * 60_000,
        "{'a':'" + "b'c" * 20_000, "[" + "'a'," * 15_000, "[1/" * 20_000, "{" + " " * 60_000,
        '{"a": "b" "c" ' * 4_000, "```json\n" * 8_000,
    ],
)  # fmt: skip
def test_mending_looks_at_a_text_so_often_and_no_more(text: str) -> None:
    """Without the count the first takes minutes; that it comes to an end is what is shown."""
    fault = Stop("syntax", "it is no JSON")
    try:
        assert isinstance(repair_json(text, fault), list | dict)
    except Stop as stop:
        assert stop.kind == "syntax"


def test_what_is_too_long_is_not_mended() -> None:
    with pytest.raises(Stop, match="too long to be mended"):
        repair_json("{a: " + "x" * MOST_TEXT, Stop("syntax", "it is no JSON"))
