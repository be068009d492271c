"""Whatever a client sends is a question or a refusal, and nothing else; texts at which an answer
ends are found however it is split.
"""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.gateway.anthropic_messages import MessagesWriter, read_messages
from lion.gateway.asked import Asked, Read, Write, decoded
from lion.gateway.hearing import Stops
from lion.gateway.openai_chat import ChatWriter, read_chat
from lion.gateway.openai_items import read_responses
from lion.gateway.openai_responses import ResponsesWriter
from lion.gateway.refusals import Refusal

READERS = (read_chat, read_messages, read_responses)
WRITERS = (ChatWriter, MessagesWriter, ResponsesWriter)
WORDS = st.sampled_from((
    "model", "messages", "input", "role", "content", "type", "text", "tools", "function", "name",
    "user", "assistant", "tool", "system", "tool_calls", "id", "arguments", "tool_choice",
    "parameters", "input_schema", "tool_use", "tool_result", "tool_use_id", "call_id", "output",
    "function_call", "function_call_output", "reasoning", "summary", "stop", "format", "any",
    "response_format", "json_schema", "schema", "stream", "max_tokens", "thinking", "required",
))  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=4),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(WORDS, below, max_size=5),
    max_leaves=25,
)


@pytest.mark.parametrize("read", READERS)
@given(said=st.dictionaries(WORDS, VALUES, max_size=6))
def test_any_object_is_a_question_or_a_refusal(read: Read, said: dict[str, Any]) -> None:
    base = {"model": "m", "messages": [], "input": [], "max_tokens": 1}
    if read is read_responses:
        del base["messages"], base["max_tokens"]
    else:
        del base["input"]
    try:
        asked = read({**base, **said})
        asked.chat()
    except Refusal as exc:
        assert 400 <= exc.status < 500 and exc.words


@given(body=st.binary(max_size=60))
def test_any_bytes_are_an_object_or_a_refusal(body: bytes) -> None:
    try:
        assert isinstance(decoded(body), dict)
    except Refusal as exc:
        assert exc.status == 400


@given(
    text=st.text("abc", max_size=30),
    stops=st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=3),
    places=st.lists(st.integers(0, 30), max_size=6),
)
def test_an_answer_ends_at_the_same_place_however_split(
    text: str, stops: list[str], places: list[int]
) -> None:
    cuts = sorted({0, len(text), *(place for place in places if place < len(text))})
    found = Stops(tuple(stops))
    said = ""
    for begin, end in pairwise(cuts):
        said += found.feed(text[begin:end])
        if found.is_over:
            break
    else:
        said += found.rest()
    ends = [(text.find(stop), text.find(stop) + len(stop)) for stop in stops if stop in text]
    if not ends:
        assert said == text
        return
    # Whichever of them is whole first ends it; what was told is never any of a text at its end.
    assert found.is_over
    assert text.startswith(said) and not any(stop in said for stop in stops)
    assert len(said) in {begin for begin, _ in ends}


EVENTS = st.lists(
    st.sampled_from((
        ("text", "a"), ("thinking", "b"), ("tool-start", {"id": "1", "name": "n"}),
    )),
    max_size=6,
)  # fmt: skip


@pytest.mark.parametrize("write", WRITERS)
@given(kinds=EVENTS, streams=st.booleans(), stop=st.sampled_from(("end", "length", "other")))
def test_each_order_of_events_is_an_answer(
    write: Write, kinds: list[tuple[str, Any]], streams: bool, stop: str
) -> None:
    asked = Asked(model="m", messages=[], streams=streams)
    writer = write(asked, "id", 1)
    told = list(writer.begin())
    for kind, value in kinds:
        told += writer.add(kind, value)
        if kind == "tool-start":
            told += writer.add("tool-arguments", "{}")
            told += writer.add("tool-end", None)
    told += writer.add("usage", {"input": 1, "output": 2, "estimated": False})
    told += writer.add("stop", stop)
    told += writer.end() if streams else ()
    assert all(line.endswith(b"\n\n") for line in told)
    whole = writer.whole()
    calls = sum(kind == "tool-start" for kind, _ in kinds)
    assert str(whole).count("'name': 'n'") == calls
