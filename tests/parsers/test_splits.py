"""It does not matter how a text is cut, and a damaged one is a fault or read rightly."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lion.parsers import Bounds, Fault, Parsed, Record, join_text
from tests.parsers.samples import LIST, OBJECT, SAMPLES, cut, read

PLACES = st.lists(st.integers(0, 100_000), max_size=12)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_cut_gives_the_same(name: str) -> None:
    """In two at every byte, and byte by byte."""
    format, options, text = SAMPLES[name]
    data = text.encode()
    whole = read(format, [text], **options)
    assert isinstance(whole[1], Parsed)
    assert read(format, [data[n : n + 1] for n in range(len(data))], **options) == whole
    for place in range(len(data)):
        assert read(format, cut(data, [place]), **options) == whole


@given(st.sampled_from(sorted(SAMPLES)), PLACES, st.data())
def test_any_cut_of_any_damage_gives_the_same(name: str, places: list[int], data: Any) -> None:
    format, options, text = SAMPLES[name]
    pieces = data.draw(st.lists(st.sampled_from([*cut(text, range(0, len(text), 7)), *MARKS])))
    damaged = "".join(pieces)
    bounds = data.draw(st.sampled_from([Bounds(), SMALL]))
    whole = read(format, [damaged], bounds=bounds, **options)
    assert read(format, cut(damaged, places), bounds=bounds, **options) == whole
    raw = damaged.encode()
    assert read(format, cut(raw, places), bounds=bounds, **options) == whole


MARKS = [*"{}[]\"'\\,:<>()=\n#é\ufeff", "\r\n", "```", "- ", " " * 40, "x" * 5_000]
SMALL = Bounds(size=6_000, record=40, records=3, depth=3)


@given(st.binary(max_size=200), PLACES, st.sampled_from(sorted(SAMPLES)))
def test_any_bytes_give_the_same_however_cut(raw: bytes, places: list[int], name: str) -> None:
    format, options, _ = SAMPLES[name]
    whole = read(format, [raw], **options)
    assert read(format, cut(raw, places), **options) == whole
    try:
        raw.decode()
    except UnicodeDecodeError:
        assert isinstance(whole[1], Fault)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)  # fmt: skip


@example("`", [], False, None)
@given(JSON, PLACES, st.booleans(), st.sampled_from([None, 2]))
def test_json_is_what_another_reader_says(
    value: Any, places: list[int], is_ascii: bool, indent: int | None
) -> None:
    try:
        text = json.dumps(value, ensure_ascii=is_ascii, indent=indent)
        text.encode()
    except UnicodeEncodeError:
        return
    events, end = read("json", cut(f"Here:\n```json\n{text}\n```", places))
    assert end == Parsed(value)
    if isinstance(value, list):
        assert [one.value for one in events if isinstance(one, Record)] == value


def damages(raw: bytes) -> Iterator[bytes]:
    """A text cut off, with a byte left out, and with another in its place, at every byte."""
    for place in range(len(raw)):
        before, behind = raw[:place], raw[place + 1 :]
        yield before
        yield before + behind
        yield from (before + bytes([other]) + behind for other in b'"}]{[,x\\\xff')


@pytest.mark.parametrize("text", [OBJECT, LIST])
def test_damage_at_every_byte_is_a_fault_or_read_rightly(text: str) -> None:
    faults = 0
    for damaged in damages(text.encode()):
        _, end = read("json", [damaged])
        if isinstance(end, Fault):
            faults += 1
        else:
            assert end.value == json.loads(damaged)
    assert faults > 3 * len(text)


@pytest.mark.parametrize("name", SAMPLES)
def test_damage_at_every_byte_of_every_format_is_a_fault_or_a_value(name: str) -> None:
    """However it comes: in one piece, and byte by byte."""
    format, options, text = SAMPLES[name]
    raw = text.encode()
    for place in range(len(raw)):
        for damaged in (raw[:place], raw[:place] + b'"' + raw[place + 1 :]):
            whole = read(format, [damaged], **options)
            assert isinstance(whole[1], Parsed | Fault)
            assert read(format, cut(damaged, range(len(damaged))), **options) == whole


FIELD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=6)


@given(st.lists(st.lists(FIELD, min_size=2, max_size=2), max_size=6), PLACES)
def test_csv_is_what_another_writer_wrote(rows: list[list[str]], places: list[int]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    out.write("a,b\r\n")
    writer.writerows(rows)
    _, end = read("csv", cut(out.getvalue(), places), columns=("a", "b"))
    assert end == Parsed([{"a": a, "b": b} for a, b in rows])


def element(children: Any = None) -> Any:
    return st.builds(
        lambda tag, keys, inner: {"tag": tag, "attributes": keys, "children": inner},
        st.sampled_from(["a", "b", "c-1"]),
        st.dictionaries(st.sampled_from(["k", "l"]), st.text("x>&'\"é ", max_size=4)),
        st.just([]) if children is None else st.lists(children, max_size=3),
    )


def as_tree(value: Any) -> ET.Element:
    made = ET.Element(value["tag"], value["attributes"])
    for one in value["children"]:
        made.append(as_tree(one))
    return made


@given(st.recursive(element(), element, max_leaves=8), PLACES)
def test_xml_is_what_another_writer_wrote(value: Any, places: list[int]) -> None:
    text = ET.tostring(as_tree(value), encoding="unicode")
    events, end = read("xml", cut(text, places))
    assert end == Parsed(value)
    assert [one.value for one in events if isinstance(one, Record)] == value["children"]


def test_pieces_of_text_are_one() -> None:
    pieces = join_text(read("text", ["a", "b"])[0])
    assert pieces == read("text", ["ab"])[0]
