"""Look here if you want to know that pieces of a secret's value are found, and what that costs."""

import base64
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities.secrets.scrub import Scrubber, least_of
from lion.domain.hidden import Hidden

KEY = "sk-0123456789abcdefghijKLMNOPQRSTuvwxyz"
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=90)


def scrubber(value: str) -> Scrubber:
    return Scrubber([Hidden(value)])


def test_how_long_a_piece_is_that_is_found() -> None:
    sizes = (8, 12, 16, 48, 52, 200, 8192)
    assert [least_of(size) for size in sizes] == [6, 9, 12, 12, 13, 50, 2048]


@given(VALUES, st.data())
def test_every_piece_that_is_long_enough_is_starred_whole(value: str, draw: st.DataObject) -> None:
    least = least_of(len(value))
    start = draw.draw(st.integers(0, len(value) - least))
    end = draw.draw(st.integers(start + least, len(value)))
    # What is around it is in no value: these are printable.
    data = b"\x00" + value[start:end].encode() + b"\x00"
    assert scrubber(value).scrub(data) == b"\x00" + b"*" * (end - start) + b"\x00"
    assert scrubber(value).finds(data)


@given(VALUES, st.data())
def test_a_piece_comes_in_pieces(value: str, draw: st.DataObject) -> None:
    """What is given on is what the whole would have come to."""
    ends = st.integers(0, len(value))
    parts = draw.draw(st.lists(st.tuples(ends, ends), max_size=4))
    whole = b"|".join(value[min(pair) : max(pair)].encode() for pair in parts)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    stream, made = scrubber(value).stream(), scrubber(value)
    came = [stream.feed(whole[a:b]) for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert b"".join(came) + stream.finish() == made.scrub(whole)


@pytest.mark.parametrize("cut", [slice(0, -1), slice(1, None), slice(5, 20), slice(-12, None)])
def test_a_character_missing_is_no_way_past(cut: slice) -> None:
    part = KEY[cut].encode()
    for data in (part, part.hex().encode(), base64.b64encode(b"xy" + part)):
        assert scrubber(KEY).finds(b"before " + data + b" after")
    assert scrubber(KEY).scrub(b"[" + part + b"]") == b"[" + b"*" * len(part) + b"]"


def test_what_is_too_short_passes() -> None:
    part = KEY[3:14].encode()
    assert scrubber(KEY).scrub(part) == part
    assert not scrubber(KEY).finds(b"sk-0123 and others")


def test_a_long_value_costs_in_proportion() -> None:
    value = base64.b64encode(bytes(range(256)) * 24).decode()
    assert len(value) == 8192
    tracemalloc.start()
    try:
        made = scrubber(value)
        stream = made.stream()
        for at in range(0, len(value), 512):
            stream.feed(value[at : at + 512].encode())
        assert stream.finish().strip(b"*") == b""
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()
