"""Look here if you want to know what a server of Anthropic's protocol may say, how it is asked."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities.models.anthropic_wire import AnthropicWire
from lion.capabilities.models.chat import Assistant, Chat, System, Tool, ToolCall, ToolResult, User
from lion.capabilities.models.events import Stop, ToolStart, Usage
from lion.capabilities.models.openai_opaque import MARK, Hung, hang, take_off
from lion.capabilities.models.remote import MOST_PAUSES
from lion.domain.call import CallError
from lion.domain.plan import Model

from .anthropic_says import ALL, CALL, HIDDEN, SECOND, TEXT, THOUGHT, USAGE, event, stream, whole
from .server import answer, open_server
from .shapes import Outcome, Pieces, hear, hear_each
from .test_remote import ask

MODEL = Model(
    name="fast", provider="anthropic", base_url="http://127.0.0.1:1/v1", model="claude-x"
)
HEARD = (
    TEXT["text"],
    THOUGHT["thinking"],
    [("get.weather", json.dumps(CALL["input"])), ("pay", "{}")],
)


def body(chat: Chat, model: Model = MODEL) -> dict[str, Any]:
    return dict(json.loads(AnthropicWire().spell(model, chat).body))


def of(*messages: Any, **fields: Any) -> Chat:
    return Chat(model="fast", messages=messages, **fields)


def said(*pieces: bytes, ending: str = "") -> Outcome:
    return hear(Pieces(list(pieces), ending), MODEL)


def turn(outcome: Outcome) -> Assistant:
    """What a guest gives back of an answer."""
    reply = outcome.reply
    calls = tuple(ToolCall(**call) for call in reply["tool-calls"])
    return Assistant(reply["text"], calls, reply["thinking"])


class TestQuestions:
    def test_system_is_apart_roles_take_turns_and_results_are_one_message(self) -> None:
        asked = body(
            of(
                System("Be short."),
                User("Hi"),
                User("there"),
                Assistant("", (ToolCall("a", "x.y", '{"n": 1}'), ToolCall("b", "z", ""))),
                ToolResult("one", "a"),
                ToolResult("", "b"),
                User("And?"),
                tools=(Tool("x.y", "Does.", {"type": "object"}), Tool("z")),
            )
        )
        assert asked["system"] == "Be short."
        roles = [message["role"] for message in asked["messages"]]
        assert roles == ["user", "assistant", "user"]
        first, calls, results = (message["content"] for message in asked["messages"])
        assert first == [{"type": "text", "text": "Hi"}, {"type": "text", "text": "there"}]
        assert calls == [
            {"type": "tool_use", "id": "a", "name": "x_y", "input": {"n": 1}},
            {"type": "tool_use", "id": "b", "name": "z", "input": {}},
        ]
        assert results == [
            {"type": "tool_result", "tool_use_id": "a", "content": "one"},
            {"type": "tool_result", "tool_use_id": "b"},
            {"type": "text", "text": "And?"},
        ]
        assert asked["tools"][0] == {
            "name": "x_y", "description": "Does.", "input_schema": {"type": "object"},
        }  # fmt: skip

    def test_the_most_tokens_are_always_said(self) -> None:
        assert body(of(User("Hi")))["max_tokens"] == 4096
        assert body(of(User("Hi"), max_tokens=7))["max_tokens"] == 7

    def test_calls_of_before_have_their_tools_described(self) -> None:
        called = Assistant("", (ToolCall("a", "x.y", ""),))
        asked = body(of(User("Hi"), called, ToolResult("1", "a")))
        assert asked["tools"] == [{"name": "x_y", "input_schema": {"type": "object"}}]
        assert asked["tool_choice"] == {"type": "none"}

    def test_ids_of_other_servers_and_arguments_that_are_none(self) -> None:
        call = ToolCall("call.1:x", "x", "[1]")
        content = body(of(User("Hi"), Assistant("", (call,)), ToolResult("1", "call.1:x")))
        used, result = (content["messages"][at]["content"][0] for at in (1, 2))
        assert used["id"] == result["tool_use_id"] == "call_1_x"
        assert used["input"] == {"arguments": [1]}

    def test_a_schema_is_told_in_the_words_that_it_knows(self) -> None:
        schema = {
            "type": "object",
            "properties": {"const": {"type": "integer", "minimum": 1}, "b": {"oneOf": [{}]}},
        }
        told = body(of(User("Hi"), schema=schema))["output_config"]["format"]
        assert told == {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {"const": {"type": "integer"}, "b": {"anyOf": [{}]}},
                "additionalProperties": False,
            },
        }

    def test_instructions_alone_are_no_question(self) -> None:
        with pytest.raises(CallError, match="no instruction"):
            body(of(System("Be short."), User("")))

    def test_it_knows_no_higher_temperature(self) -> None:
        assert body(of(User("Hi"), temperature=0.5))["temperature"] == 0.5
        with pytest.raises(CallError, match="temperature is 0 to 1"):
            body(of(User("Hi"), temperature=1.5))

    def test_headers_place_and_what_a_manifest_adds(self) -> None:
        model = msgspec.structs.replace(
            MODEL,
            headers=(("anthropic-beta", "x"),),
            query=(("beta", "a b"),),
            add={"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        )
        asked = AnthropicWire().spell(model, of(User("Hi"), schema={"type": "object"}))
        assert asked.url == "http://127.0.0.1:1/v1/messages?beta=a%20b"
        assert {("anthropic-version", "2023-06-01"), ("anthropic-beta", "x")} <= set(asked.headers)
        sent = json.loads(asked.body)
        assert sent["thinking"] == {"type": "adaptive"}
        assert set(sent["output_config"]) == {"effort", "format"}


class TestAnswers:
    @pytest.mark.parametrize("split", [1, 4, 99])
    def test_all_blocks(self, split: int) -> None:
        outcome = said(*stream(ALL, "tool_use", split=split))
        assert outcome.failure is None and outcome.heard == HEARD
        assert outcome.events[-2:] == [
            Usage(100, 40, cached=50, written=30), Stop("tool-use"),
        ]  # fmt: skip

    def test_one_piece_says_the_same(self) -> None:
        for one in (said(whole(ALL, "tool_use")), said(*stream(ALL, "tool_use"))):
            calls = one.reply["tool-calls"]
            told = [(call["name"], json.loads(call["arguments"])) for call in calls]
            assert told == [("get.weather", CALL["input"]), ("pay", {})]
            assert (*one.heard[:2], one.reply["stop"]) == (*HEARD[:2], "tool-use")

    @pytest.mark.parametrize(
        ("reason", "stop"),
        [
            ("end_turn", "end"), ("stop_sequence", "end"), ("max_tokens", "length"),
            ("refusal", "filtered"), ("model_context_window_exceeded", "length"), ("new", "other"),
        ],
    )  # fmt: skip
    def test_reasons(self, reason: str, stop: str) -> None:
        assert said(*stream([TEXT], reason)).reply["stop"] == stop

    def test_thoughts_go_back_before_their_calls_as_they_came(self) -> None:
        more = {**THOUGHT, "thinking": "And pay.", "signature": "b3RoZXI="}
        content = [THOUGHT, HIDDEN, TEXT, CALL, more, SECOND]
        for outcome in (said(*stream(content, "tool_use")), said(whole(content, "tool_use"))):
            back = body(of(User("Go"), turn(outcome)))["messages"][1]["content"]
            assert back == content

    def test_text_between_calls_goes_back_to_its_place(self) -> None:
        content = [TEXT, CALL, {"type": "text", "text": "And pay."}, SECOND]
        back = body(of(User("Go"), turn(said(*stream(content, "tool_use")))))
        assert back["messages"][1]["content"] == content

    def test_words_that_a_guest_changed_are_sent_as_it_says(self) -> None:
        changed = msgspec.structs.replace(turn(said(*stream(ALL, "tool_use"))), content="Hm.")
        back = body(of(User("Go"), changed))["messages"][1]["content"]
        assert [block["type"] for block in back] == [
            "thinking", "redacted_thinking", "text", "tool_use", "tool_use",
        ]  # fmt: skip
        assert back[2]["text"] == "Hm."

    def test_nothing_goes_back_where_the_manifest_says_so(self) -> None:
        model = msgspec.structs.replace(MODEL, opaque_fields=False)
        outcome = hear(Pieces(stream(ALL, "tool_use")), model)
        assert MARK not in outcome.reply["tool-calls"][0]["id"]
        back = body(of(User("Go"), turn(said(*stream(ALL, "tool_use")))), model)
        assert {block["type"] for block in back["messages"][1]["content"]} == {"text", "tool_use"}

    @pytest.mark.parametrize(
        "block",
        [
            {"type": "image", "source": {"type": "url", "url": "http://169.254.169.254/"}},
            {"type": "tool_use", "id": "x", "name": "pay", "input": {}},
            {"type": "server_tool_use", "id": "x", "name": "web_search", "input": {}},
            {"type": "thinking", "thinking": 1, "signature": "x"},
            {"type": ["thinking"]},
            {},
        ],
    )
    def test_a_guest_cannot_smuggle_blocks(self, block: dict[str, Any]) -> None:
        forged = hang("a", Hung(blocks=[(-1, block)]))
        back = body(of(User("Go"), Assistant("", (ToolCall(forged, "x", ""),))))
        assert [one["type"] for one in back["messages"][1]["content"]] == ["tool_use"]

    def test_a_guest_cannot_smuggle_fields(self) -> None:
        block = {**THOUGHT, "cache_control": {"type": "ephemeral"}}
        forged = hang("a", Hung(blocks=[(-1, block)]))
        back = body(of(User("Go"), Assistant("", (ToolCall(forged, "x", ""),))))
        assert back["messages"][1]["content"][0] == THOUGHT

    def test_thoughts_that_are_too_long_to_come_back_are_an_error(self) -> None:
        long = {**THOUGHT, "thinking": "x" * 200_000}
        outcome = said(*stream([long, CALL], "tool_use", split=50_000))
        assert outcome.failure is not None and "hangs more than" in outcome.failure.text
        assert said(*stream([long, TEXT], split=50_000)).failure is None

    def test_an_error_event_is_raised(self) -> None:
        pieces = stream([TEXT])[:4]
        error = {"type": "invalid_request_error", "message": "no credit"}
        outcome = said(*pieces, event("error", error=error))
        assert outcome.failure is not None and "no credit" in outcome.failure.text

    @pytest.mark.parametrize("kind", ["overloaded_error", "api_error", "rate_limit_error"])
    async def test_what_may_pass_is_tried_again(self, kind: str) -> None:
        sorry = event("error", error={"type": kind, "message": "busy"})
        async with open_server(answer(sorry), answer(*stream([TEXT]))) as server:
            heard, failure = await ask(server, provider="anthropic")
            assert failure is None and heard[-1] == Stop("end")
            assert len(server.requests) == 2

    async def test_529_is_overload(self) -> None:
        sorry = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
        busy = answer(sorry, status="529 Overloaded", type="application/json")
        async with open_server(busy, answer(*stream([TEXT]))) as server:
            _, failure = await ask(server, provider="anthropic")
            assert failure is None and len(server.requests) == 2

    def test_half_an_answer_is_none(self) -> None:
        whole_answer = stream(ALL, "tool_use")
        for at in range(len(whole_answer) - 2):
            assert said(*whole_answer[:at]).failure is not None

    def test_events_without_names_and_with_more_fields(self) -> None:
        bare = [piece.split(b"\n", 1)[1] for piece in stream(ALL, "tool_use")]
        extra = event("content_block_delta", index=2, delta={"type": "new_delta", "x": 1})
        outcome = said(*bare[:8], extra, event("future"), *bare[8:])
        assert outcome.failure is None and outcome.heard == HEARD


class TestPauses:
    async def test_an_answer_that_pauses_goes_on(self) -> None:
        first = [THOUGHT, {"type": "text", "text": "Wait. "}]
        used = {"type": "server_tool_use", "id": "s", "name": "x", "input": {"q": 1}}
        one = answer(*stream([*first, used], "pause_turn", out=10))
        two = answer(*stream([TEXT, CALL], "tool_use", out=5))
        async with open_server(one, two) as server:
            question = of(User("Go"), max_tokens=100)
            heard, failure = await ask(server, provider="anthropic", asked=question)
            assert failure is None
            assert heard[-2:] == [Usage(200, 15, cached=100, written=60), Stop("tool-use")]
            asked = [sent for _, sent in server.requests]
            assert asked[1]["messages"][-1] == {"role": "assistant", "content": [*first, used]}
            assert asked[1]["max_tokens"] == 90

    async def test_a_try_that_failed_leaves_nothing_behind(self) -> None:
        one = answer(*stream([THOUGHT], "pause_turn"))
        sorry = event("error", error={"type": "overloaded_error", "message": "busy"})
        two = answer(*stream([HIDDEN, CALL], "tool_use")[:4], sorry)
        three = answer(*stream([HIDDEN, CALL], "tool_use"))
        async with open_server(one, two, three) as server:
            heard, failure = await ask(server, provider="anthropic")
            assert failure is None and len(server.requests) == 3
        (started,) = (one for one in heard if isinstance(one, ToolStart))
        blocks = take_off(started.id)[1].blocks
        assert [fields for _, fields in blocks] == [THOUGHT, HIDDEN]

    async def test_one_that_always_pauses_is_an_error(self) -> None:
        async with open_server(answer(*stream([TEXT], "pause_turn"))) as server:
            _, failure = await ask(server, provider="anthropic")
            assert failure is not None and "paused more than" in failure.text
            assert len(server.requests) == MOST_PAUSES + 1


EVERY = pytest.mark.parametrize("step", [17, pytest.param(1, marks=pytest.mark.slow)])
RAW = b"".join(stream(ALL, "tool_use", split=9))


@EVERY
def test_split_at_every_byte(step: int) -> None:
    doors = [Pieces([RAW[:at], RAW[at:]]) for at in range(1, len(RAW), step)]
    doors.append(Pieces([RAW[at : at + 1] for at in range(len(RAW))]))
    for outcome in hear_each(doors, MODEL):
        assert outcome.failure is None and outcome.heard == HEARD


@EVERY
def test_cut_off_at_every_byte(step: int) -> None:
    endings = ("", "connection", "timeout")
    places = range(0, len(RAW), step)
    doors = [Pieces([RAW[:at]] if at else [], endings[at % 3]) for at in places]
    for at, outcome in zip(places, hear_each(doors, MODEL), strict=True):
        assert outcome.failure is not None or outcome.heard == HEARD, at


DAMAGE = [b"\0", b"\n", b'"', b"}", b"\xff"]


@EVERY
def test_damaged_at_every_byte(step: int) -> None:
    for raw in (RAW, whole(ALL, "tool_use")):
        places = ((raw[:at], DAMAGE[at % 5], raw[at + 1 :]) for at in range(0, len(raw), step))
        for outcome in hear_each([Pieces([b"".join(one)]) for one in places], MODEL):
            check(outcome)


def check(outcome: Outcome) -> None:
    """A typed error, or an answer in order with one end."""
    if outcome.failure is None:
        assert isinstance(outcome.events[-1], Stop)
        assert sum(isinstance(one, Stop) for one in outcome.events) == 1


ODD = [None, 0, -1, 10**25, 1.5, "", "x", [], {}, [[]], [None], {"a": 1}, True]
MISSING = [
    "type", "index", "delta", "content_block", "text", "thinking", "signature", "partial_json",
    "id", "name", "input", "usage", "stop_reason", "message", "input_tokens", "output_tokens",
]  # fmt: skip


@given(st.sampled_from(MISSING), st.sampled_from(ODD), st.booleans(), st.booleans())
def test_fields_that_are_missing_or_odd(field: str, odd: Any, gone: bool, one: bool) -> None:
    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(one) for one in value]
        if not isinstance(value, dict):
            return value
        kept = {key: change(one) for key, one in value.items() if not (gone and key == field)}
        return kept if gone or field not in kept else {**kept, field: odd}

    lines = [whole(ALL)] if one else RAW.splitlines()
    pieces = []
    for line in lines:
        mark, brace, rest = line.partition(b"{")
        pieces.append(
            mark + json.dumps(change(json.loads(brace + rest))).encode() if brace else line
        )
    check(said(b"\n".join(pieces) + b"\n\n"))


def test_usage_counts_what_a_cache_had() -> None:
    assert USAGE["input_tokens"] + 30 + 50 == 100  # type: ignore[operator]
    only = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9})
    outcome = said(*stream([TEXT])[:-2], only)
    assert outcome.reply["usage"] == {"input": 100, "output": 9, "estimated": False}
