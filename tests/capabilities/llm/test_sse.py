"""Look here if you want to know that server-sent events are read whatever way they arrive."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities.models.sse import (
    DOCUMENT,
    MOST_EVENT,
    ServerEvent,
    SseParser,
)
from lion.domain.call import CallError


def read(*pieces: bytes) -> list[ServerEvent]:
    parser = SseParser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.finish()


def data(*texts: str) -> list[ServerEvent]:
    return [ServerEvent("message", text) for text in texts]


def document(*texts: str) -> list[ServerEvent]:
    return [ServerEvent(DOCUMENT, text) for text in texts]


CASES = [
    (b"data: a\n\ndata: b\n\n", data("a", "b")),
    (b"data: a\r\n\r\ndata: b\r\n\r\n", data("a", "b")),
    (b"data: a\r\rdata: b\r\r", data("a", "b")),
    (b"data:a\n\ndata:  b\n\n", data("a", " b")),
    (b"data: a\ndata: b\ndata\n\n", data("a\nb\n")),
    (b": alive\n\n: still\n\ndata: a\n\n", data("a")),
    (b"id: 7\nretry: 10\nfuture: x\ndata: a\n\n", data("a")),
    (b"event: error\ndata: a\n\ndata: b\n\n", [ServerEvent("error", "a"), *data("b")]),
    (b"event: nothing\n\ndata: b\n\n", data("b")),
    (b"\xef\xbb\xbfdata: a\n\n", data("a")),
    ("data: grüße 🦁\n\n".encode(), data("grüße 🦁")),
    (b"data: \xff\n\n", data("\ufffd")),
    (b"data: last", data("last")),
    (b'{"a": 1}', document('{"a": 1}')),
    (b'{\n"a": [\n1\n],\n\n "b": "}"\n}\n', document('{\n"a": [\n1\n],\n "b": "}"\n}')),
    (b'{"a": 1}\n{"b": "{"}\n', document('{"a": 1}', '{"b": "{"}')),
    (b'data: {"a": 1}\n\n{"b": 2}\n', [*data('{"a": 1}'), *document('{"b": 2}')]),
    (b'data: {"a": 1}\n{"b": 2}\n', [*data('{"a": 1}'), *document('{"b": 2}')]),
    (b'data: {\n "a": 1\n}\n\n', data('{\n "a": 1\n}')),
    (b'{"a":\ndata: b\n\n', [*document('{"a":'), *data("b")]),
    (b'{"a":\n: alive\n1}\n', document('{"a":\n1}')),
    (b"  [1]\n", document("  [1]")),
    (b"words\n\nmore words", []),
    (b"\n\n\r\n\r", []),
    (b"", []),
]


@pytest.mark.parametrize(("raw", "events"), CASES)
def test_whole(raw: bytes, events: list[ServerEvent]) -> None:
    assert read(raw) == events


@pytest.mark.parametrize(("raw", "events"), CASES)
def test_byte_by_byte(raw: bytes, events: list[ServerEvent]) -> None:
    assert read(*(raw[at : at + 1] for at in range(len(raw)))) == events


@given(st.sampled_from(CASES), st.lists(st.integers(0, 60), max_size=6))
def test_split_anywhere(case: tuple[bytes, list[ServerEvent]], cuts: list[int]) -> None:
    raw, events = case
    places = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    assert read(*(raw[a:b] for a, b in itertools.pairwise(places))) == events


PARTS = [b"data: a\n\n", b"data: ", b"data:", b"b", b"\n", b"\r", b": c", b"event: e\n", b"\xc3"]


@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=5).map(b"".join), max_size=8))
def test_whole_events_are_read_as_their_bytes_are(pieces: list[bytes]) -> None:
    """A piece of nothing but whole events has a way of its own."""
    raw = b"".join(pieces)
    assert read(*pieces) == read(*(raw[at : at + 1] for at in range(len(raw))))


def test_a_long_event_is_cut_whole_too() -> None:
    parser = SseParser()
    assert parser.feed(b"data: a\n\n") + parser.feed(b"data: b\n\n") == data("a", "b")
    with pytest.raises(CallError, match="more than 1,048,576 bytes"):
        parser.feed(b"data: " + b"x" * MOST_EVENT + b"\n\n")


def test_comments_between_whole_events_add_up_to_nothing() -> None:
    parser = SseParser()
    for _ in range(MOST_EVENT // 2_048 + 1):
        assert parser.feed(b":\n" * 2_048) == []
        assert parser.feed(b"data: a\n\n") == data("a")


@pytest.mark.parametrize("piece", [b"data: " + b"x" * 1000, b"data: x\n"])
def test_an_endless_event_is_cut(piece: bytes) -> None:
    parser = SseParser()
    with pytest.raises(CallError, match="more than 1,048,576 bytes") as raised:
        for _ in range(MOST_EVENT):
            assert parser.feed(piece) == []
    assert raised.value.case == "unavailable"


def test_comments_may_go_on_for_ever() -> None:
    parser = SseParser()
    for _ in range(2 * MOST_EVENT // 1000):
        assert parser.feed(b": " + b"x" * 998 + b"\n") == []
    assert parser.feed(b"data: a\n\n") == data("a")
