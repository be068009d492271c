"""Look here if you want to know what an OpenAI-compatible server may say, and how it is asked."""

import contextlib
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities.models.chat import Assistant, Chat, System, Tool, ToolCall, ToolResult, User
from lion.capabilities.models.events import (
    Event,
    Stop,
    Text,
    Thinking,
    ToolArguments,
    ToolEnd,
    ToolStart,
    Usage,
)
from lion.capabilities.models.openai_opaque import ON_MESSAGE
from lion.capabilities.models.openai_stream import ChunkDecoder
from lion.capabilities.models.openai_wire import OpenAiWire
from lion.capabilities.models.reply import Gathered
from lion.capabilities.models.tool_names import ToolNames
from lion.capabilities.models.wire import Overloaded
from lion.domain.call import CallError
from lion.domain.plan import Model

from .server import DONE, chat, delta

MODEL = Model(name="fast", provider="openai", base_url="http://127.0.0.1:1/v1", model="m-1")


def read(*chunks: Any, tools: tuple[str, ...] = ()) -> list[Event]:
    decoder = ChunkDecoder(ToolNames(chat("", *tools)))
    events = []
    for chunk in chunks:
        events += decoder.feed("message", chunk if isinstance(chunk, str) else json.dumps(chunk))
    return [*events, *decoder.finish()]


def calls(*fragments: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The calls that fragments come to, one chunk each."""
    gathered = Gathered()
    for event in read(*(delta(tool_calls=[one]) for one in fragments), delta("tool_calls")):
        gathered.add(event)
    return [(c["id"], c["name"], c["arguments"]) for c in gathered.reply()["tool-calls"]]


def fragment(
    index: int | None = None, id: str | None = None, name: str | None = None, args: Any = None
) -> dict[str, Any]:
    fields = {"index": index, "id": id, "function": {"name": name, "arguments": args}}
    return {key: value for key, value in fields.items() if value is not None}


ODD = [None, "", "stop", "error", 0, 1, True, [], {}, {"content": "y"}, {"total": 1}, ["y"], [{}]]
USAGE = {"prompt_tokens": 1, "completion_tokens": 2}
USAGE_HUGE = {"prompt_tokens": 10**20, "completion_tokens": 2**24 + 1}
USAGE_ZERO = {"prompt_tokens": 0, "completion_tokens": 0}
FIELDS = ("content", "role", "reasoning_content", "reasoning", "refusal", "tool_calls",
          "function_call", *ON_MESSAGE)  # fmt: skip
PLACES = {
    "delta": FIELDS,
    "choice": ("delta", "message", "index", "finish_reason", "usage", "error"),
    "chunk": ("choices", "object", "type", "error", "errors", "usage", "x_groq"),
}


def said_by(feed: Callable[[str, str], Iterable[Event]], text: str) -> Any:
    try:
        return list(feed("message", text))
    except (CallError, Overloaded) as exc:
        return str(exc)


class TestAnswers:
    @pytest.mark.parametrize(
        ("place", "field"), [(place, field) for place, all_ in PLACES.items() for field in all_]
    )
    def test_words_alone_have_a_short_way_that_changes_nothing(
        self, place: str, field: str
    ) -> None:
        for odd in (*ODD, USAGE, {"usage": USAGE}, {"message": "no"}):
            words: dict[str, Any] = {"content": "Hi"}
            choice: dict[str, Any] = {"delta": words}
            chunk: dict[str, Any] = {"choices": [choice]}
            {"delta": words, "choice": choice, "chunk": chunk}[place][field] = odd
            text = json.dumps(chunk)
            quick, thorough = (ChunkDecoder(ToolNames(chat(""))) for _ in range(2))
            assert said_by(quick.feed, text) == said_by(thorough._feed, text)
            assert list(quick.finish()) == list(thorough.finish())

    def test_after_the_end_nothing_is_said(self) -> None:
        assert read(delta(content="Hi"), DONE, delta(content="Ho")) == [Text("Hi"), Stop("end")]

    def test_text_and_end(self) -> None:
        said = read(delta(role="assistant", content=""), delta(content="Hi"), delta("stop"), DONE)
        assert said == [Text("Hi"), Stop("end")]

    @pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
    def test_thinking_is_kept(self, key: str) -> None:
        said = read(delta(**{key: "Hm."}), delta(content="Hi"), delta("stop"))
        assert said == [Thinking("Hm."), Text("Hi"), Stop("end")]

    @pytest.mark.parametrize(
        ("reason", "stop"),
        [
            ("stop", "end"), ("eos", "end"), ("length", "length"), ("MAX_TOKENS", "length"),
            ("tool_calls", "tool-use"), ("function_call", "tool-use"),
            ("content_filter", "filtered"), ("surprise", "other"),
        ],
    )  # fmt: skip
    def test_reasons(self, reason: str, stop: str) -> None:
        assert read(delta(reason)) == [Stop(stop)]

    def test_who_is_done_needs_no_reason(self) -> None:
        assert read(delta(content="Hi"), DONE) == [Text("Hi"), Stop("end")]
        assert read(delta(content="Hi")) == [Text("Hi")]

    def test_a_message_beside_deltas_is_all_of_them_once_more(self) -> None:
        whole = {"role": "assistant", "content": "Hi"}
        last = {"choices": [{"delta": {}, "message": whole, "finish_reason": "stop"}]}
        assert read(delta(content="Hi"), last) == [Text("Hi"), Stop("end")]
        assert read(delta(role="assistant"), last) == [Text("Hi"), Stop("end")]

    def test_nothing_is_no_answer(self) -> None:
        assert read(DONE) == read(delta(content=""), DONE) == []
        assert read(delta("stop")) == [Stop("end")]

    def test_half_a_call_is_no_answer(self) -> None:
        call = fragment(0, "a", "x", '{"q":')
        assert not any(isinstance(said, Stop) for said in read(delta(tool_calls=[call]), DONE))

    def test_nothing_is_read_after_done(self) -> None:
        assert read(delta("stop"), DONE, delta(content="ghost"), "rubbish") == [Stop("end")]

    @pytest.mark.parametrize(
        "place",
        [
            lambda usage: [{"choices": [], "usage": usage}],
            lambda usage: [{"usage": usage}],
            lambda usage: [{**delta(content=""), "usage": usage}],
            lambda usage: [{**delta(), "x_groq": {"usage": usage}}],
            lambda usage: [{"choices": [{"delta": {}, "usage": usage}]}],
        ],
    )
    def test_usage_wherever_it_is(self, place: Any) -> None:
        usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
        assert Usage(5, 3) in read(*place(usage))

    @pytest.mark.parametrize(
        "usage", [None, [], {}, {"prompt_tokens": "5"}, USAGE_ZERO, USAGE_HUGE]
    )
    def test_what_is_no_usage_is_none(self, usage: Any) -> None:
        assert read({**delta("stop"), "usage": usage}) == [Stop("end")]

    @pytest.mark.parametrize(
        "chunk",
        [
            {}, {"choices": None}, {"choices": [None]}, {"choices": [{}]}, {"choices": "x"},
            {"choices": [{"delta": None}]}, {"choices": [{"delta": {"content": 5}}]},
            {"choices": [{"delta": {"tool_calls": None}}]},
            {"choices": [{"delta": {"tool_calls": [None, 1]}}]},
            {"choices": [{"index": 1, "delta": {"content": "another choice"}}]},
        ],
    )  # fmt: skip
    def test_what_is_missing_is_nothing(self, chunk: Any) -> None:
        assert read(chunk) == []

    def test_parts_of_content(self) -> None:
        parts = [{"type": "text", "text": "a"}, {"type": "image"}, None, {"text": "b"}]
        assert read(delta(content=parts)) == [Text("a"), Text("b")]

    @pytest.mark.parametrize("rubbish", ["{", "[]", "1", '"x"', "[" * 5000])
    def test_what_is_no_chunk_is_an_error(self, rubbish: str) -> None:
        with pytest.raises(CallError, match="no chunk") as raised:
            read(rubbish)
        assert raised.value.case == "unavailable"

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from([
            "choices", "delta", "content", "tool_calls", "function", "name", "arguments", "usage",
            "index", "id", "finish_reason", "error", "message", "code", "type",
        ]), inner)
    )))  # fmt: skip
    def test_any_json_is_understood_or_an_error(self, chunk: Any) -> None:
        with contextlib.suppress(CallError, Overloaded):
            read(chunk if isinstance(chunk, dict) else {"choices": chunk})


class TestErrors:
    @pytest.mark.parametrize(
        ("chunk", "said"),
        [
            ({"error": {"message": "bad thing", "code": 400}}, "bad thing"),
            ({"error": "bad thing"}, "bad thing"),
            ({"object": "error", "message": "bad thing", "code": 40303}, "bad thing"),
            ({"error": {"error": {"message": "bad thing"}}}, "bad thing"),
            ({"error": {"code": "x"}}, '"code":"x"'),
            ({"type": "error"}, "error"),
            ({"errors": [{"message": "bad thing"}]}, "bad thing"),
            ({"error": True, "message": "bad thing"}, "bad thing"),
            ([{"error": {"message": "bad thing"}}], "bad thing"),
            ({"choices": [{"error": {"message": "bad thing"}}]}, "bad thing"),
            (delta("error"), "stopped by 'error'"),
        ],
    )
    def test_an_error_in_a_stream_is_raised(self, chunk: Any, said: str) -> None:
        with pytest.raises(CallError, match=said):
            read(delta(content="so far"), chunk)

    @pytest.mark.parametrize(
        "sign",
        [
            {"code": 503},
            {"code": 429},
            {"type": "overloaded_error"},
            {"code": "rate_limit_exceeded"},
        ],
    )
    def test_what_passes_may_be_tried_again(self, sign: Any) -> None:
        with pytest.raises(Overloaded, match="later"):
            read({"error": {"message": "later", **sign}})

    def test_an_event_of_type_error_is_one(self) -> None:
        decoder = ChunkDecoder(ToolNames(chat()))
        with pytest.raises(CallError, match="boom"):
            list(decoder.feed("error", '{"message": "boom"}'))


class TestCalls:
    def test_one_is_told_as_it_comes(self) -> None:
        said = read(
            delta(tool_calls=[fragment(0, "a", "x", "")]),
            delta(tool_calls=[fragment(0, args='{"p"')]),
            delta(tool_calls=[fragment(0, args=": 1}")]),
            delta("tool_calls"),
        )
        assert said == [
            ToolStart("a", "x"), ToolArguments('{"p"'), ToolArguments(": 1}"), ToolEnd(),
            Stop("tool-use"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("fragments", "expected"),
        [
            pytest.param(
                [fragment(0, "a", "x", "{}"), fragment(1, "b", "y", "{}")],
                [("a", "x", "{}"), ("b", "y", "{}")],
                id="one after the other",
            ),
            pytest.param(
                [
                    fragment(0, "a", "x", "{"), fragment(1, "b", "y", "["),
                    fragment(0, args="}"), fragment(1, args="]"),
                ],
                [("a", "x", "{}"), ("b", "y", "[]")],
                id="mixed by index",
            ),
            pytest.param(
                [
                    fragment(None, "a", "x", "{"), fragment(None, "b", "y", "["),
                    fragment(None, "a", args="}"), fragment(None, "b", args="]"),
                ],
                [("a", "x", "{}"), ("b", "y", "[]")],
                id="mixed by id",
            ),
            pytest.param(
                [
                    fragment(0, "a", "x", "{"), fragment(0, args="}"),
                    fragment(0, "b", "y", "["), fragment(0, args="]"),
                ],
                [("a", "x", "{}"), ("b", "y", "[]")],
                id="all have index 0",
            ),
            pytest.param(
                [fragment(0, "a", "x", "{"), fragment(0, "a", "x", "}")],
                [("a", "x", "{}")],
                id="id and name repeated",
            ),
            pytest.param(
                [
                    fragment(0, "a", "x", "{"), fragment(0, "z1", args='"k"'),
                    fragment(0, "z2", args=":1}"),
                ],
                [("a", "x", '{"k":1}')],
                id="an id for each fragment",
            ),
            pytest.param(
                [
                    fragment(None, None, "x", "{"), fragment(args="}"),
                    fragment(name="y", args="{}"),
                ],
                [("call-1", "x", "{}"), ("call-2", "y", "{}")],
                id="neither id nor index",
            ),
            pytest.param(
                [fragment(name="x", args="{}"), fragment(name="x", args="{}")],
                [("call-1", "x", "{}"), ("call-2", "x", "{}")],
                id="the same tool twice, no ids",
            ),
            pytest.param(
                [fragment(0, "a", "x", "{"), fragment(7, args="}")],
                [("a", "x", "{}")],
                id="an index of nobody",
            ),
            pytest.param(
                [fragment(0, "a"), fragment(0, name="x"), fragment(0, args="{}")],
                [("a", "x", "{}")],
                id="id before name",
            ),
            pytest.param(
                [fragment(0, "a", "x", {"k": 1})], [("a", "x", '{"k":1}')], id="an object"
            ),
            pytest.param([fragment(0, args="{}")], [], id="no name at all"),
            pytest.param(
                [fragment(0, "c", "x", '{"q":1}'), fragment(1, "c", "y", '{"n":2}')],
                [("c", "x", '{"q":1}'), ("c-2", "y", '{"n":2}')],
                id="two indexes, one id",
            ),
            pytest.param(
                [fragment(0, "c", "x", '{"q":1}'), fragment(1, "c", "x", '{"q":1}')],
                [("c", "x", '{"q":1}'), ("c-2", "x", '{"q":1}')],
                id="two indexes, one id, the same tool",
            ),
            pytest.param(
                [
                    fragment(0, "c", "x", '{"q"'), fragment(1, "c", "x", '{"r"'),
                    fragment(1, "c", args=":2}"), fragment(0, "c", args=":1}"),
                ],
                [("c", "x", '{"q":1}'), ("c-2", "x", '{"r":2}')],
                id="two indexes, one id, mixed",
            ),
            pytest.param(
                [
                    fragment(0, "a", "x", "{"), fragment(0, "b", "y", "["),
                    fragment(0, "a", args="}"), fragment(0, "b", args="]"),
                ],
                [("a", "x", "{}"), ("b", "y", "[]")],
                id="all have index 0, mixed by id",
            ),
            pytest.param(
                [fragment(0, "a", "x", '{"q":'), fragment(0, args="1}"),
                 fragment(0, "a", "x", '{"q":1}')],
                [("a", "x", '{"q":1}')],
                id="the whole once more",
            ),
            pytest.param(
                [fragment(0, "a", "x", '{"q":1}'), fragment(0, "a", "x", '{"q":2}')],
                [("a", "x", '{"q":1}'), ("a-2", "x", '{"q":2}')],
                id="one index, one id, two calls",
            ),
            pytest.param(
                [fragment(0, "a", "x", '{"q":1}'), fragment(0, "a", "x", "")],
                [("a", "x", '{"q":1}')],
                id="a name behind the whole",
            ),
            pytest.param(
                [fragment(0, "a", "x", "{}"), fragment(1, "b"), fragment(1, name="y"),
                 fragment(1, args="{}")],
                [("a", "x", "{}"), ("b", "y", "{}")],
                id="the second's id before its name",
            ),
            pytest.param(
                [fragment(0, "call-2", "x", "{}"), fragment(1, None, "y", "{}")],
                [("call-2", "x", "{}"), ("call-2-2", "y", "{}")],
                id="an id that looks made up",
            ),
            pytest.param(
                [fragment(0, "a", "x", '{"q":1}'), fragment(3, "a", args=" ")],
                [("a", "x", '{"q":1} ')],
                id="an index that wanders",
            ),
        ],
    )  # fmt: skip
    def test_fragments_find_their_call(self, fragments: Any, expected: Any) -> None:
        assert calls(*fragments) == expected

    def test_fragments_that_repeat_all_cost_no_more_than_their_bytes(self) -> None:
        """Each has the name; each could be the end of an object."""
        pieces = ["{", *['"}":1,'] * 20_000, '"z":1}']
        said = calls(*(fragment(0, "a", "x", piece) for piece in pieces))
        assert said == [("a", "x", "".join(pieces))]

    def test_too_many_are_refused(self) -> None:
        with pytest.raises(CallError, match="more than 128"):
            calls(*(fragment(at, f"id-{at}", "x", "{}") for at in range(129)))

    def test_names_come_back(self) -> None:
        said = read(
            delta(tool_calls=[fragment(0, "a", "fetcher_fetch", "{}")]),
            tools=("fetcher.fetch",),
        )
        assert said[0] == ToolStart("a", "fetcher.fetch")

    def test_the_old_spelling(self) -> None:
        said = read(delta(function_call={"name": "x", "arguments": "{}"}), delta("function_call"))
        assert said == [ToolStart("call-1", "x"), ToolArguments("{}"), ToolEnd(), Stop("tool-use")]


class TestNames:
    def test_there_and_back(self) -> None:
        names = ToolNames(chat("", "a.b", "a_b", "a-b", "a b", "x" * 200, "x" * 201))
        there = {
            name: names.there(name) for name in ("a.b", "a_b", "a-b", "a b", "x" * 200, "x" * 201)
        }
        assert there["a_b"] == "a_b" and there["a-b"] == "a-b"
        assert len(set(there.values())) == 6
        assert all(len(told) <= 64 for told in there.values())
        assert all(names.back(told) == name for name, told in there.items())
        assert names.back("invented") == "invented"


class TestQuestions:
    def _body(self, chat: Chat) -> Any:
        return json.loads(OpenAiWire().spell(MODEL, chat).body)

    def test_the_endpoint_is_the_manifests(self) -> None:
        request = OpenAiWire().spell(MODEL, chat("http://elsewhere/"))
        assert request.url == "http://127.0.0.1:1/v1/chat/completions"
        assert not any(name == "authorization" for name, _ in request.headers)

    def test_little_is_asked_for(self) -> None:
        assert self._body(chat("hello")) == {
            "model": "m-1",
            "messages": [{"role": "user", "content": "hello"}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def test_everything_is_asked_for(self) -> None:
        body = self._body(
            Chat(
                model="fast",
                messages=(
                    System("Be short."),
                    User("Go."),
                    Assistant("", (ToolCall("1", "a.b", ""),), "I should."),
                    ToolResult("3", "1"),
                ),
                tools=(Tool("a.b", "Adds.", {"type": "object"}), Tool("plain")),
                schema={"type": "object"},
                max_tokens=9,
                temperature=0.7,
            )
        )
        assert body["messages"][2:] == [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "1",
                        "type": "function",
                        "function": {"name": "a_b", "arguments": "{}"},
                    }
                ],
                "reasoning_content": "I should.",
            },
            {"role": "tool", "tool_call_id": "1", "content": "3"},
        ]
        assert [tool["function"]["name"] for tool in body["tools"]] == ["a_b", "plain"]
        assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
        assert (body["max_tokens"], body["temperature"]) == (9, 0.7)

    def test_a_server_that_calls_the_limit_otherwise_is_told_so(self) -> None:
        model = Model(
            name="fast", provider="openai", base_url="http://a/v1", model="m-1",
            limit_field="max_completion_tokens",
        )  # fmt: skip
        asked = OpenAiWire().spell(model, chat("hello", max_tokens=9))
        body = json.loads(asked.body)
        assert body["max_completion_tokens"] == 9 and "max_tokens" not in body
