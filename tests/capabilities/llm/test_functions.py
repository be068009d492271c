"""Look here if you want to know that questions to models are checked, paid for, heard in order."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities.llm import functions as llm
from lion.capabilities.llm.answer import MOST_WAITING, ModelAnswer
from lion.capabilities.models.chat import (
    DEEPEST,
    Assistant,
    Chat,
    ToolCall,
    ToolResult,
    User,
    parse_chat,
)
from lion.capabilities.models.events import (
    Event,
    Stop,
    Tell,
    Text,
    Thinking,
    ToolArguments,
    ToolEnd,
    ToolStart,
    Usage,
)
from lion.capabilities.models.openai_wire import OpenAiWire
from lion.capabilities.models.provider import Served
from lion.capabilities.models.relay import Relay
from lion.capabilities.models.scripted import ScriptedModel, fits
from lion.capabilities.models.tokens import (
    TOKENS_A_MESSAGE,
    at_most,
    estimate,
    estimate_chat,
    price,
)
from lion.capabilities.opened import Opened
from lion.domain.call import CallError
from lion.domain.plan import Grant, Model
from lion.errors import OperatorError
from lion.manifest.script import WhenTable, parse_script
from lion.testing.caller import FakeCaller

from .server import Ear, chat

FAST = Model(name="fast", provider="scripted", input_price=1_000_000, output_price=2_000_000)


class Says:
    """A provider that tells these events; raises the last one if it is an error."""

    def __init__(self, *events: Event | CallError) -> None:
        self.events = events
        self.asked: list[Chat] = []

    async def answer(self, chat: Chat, tell: Tell) -> None:
        self.asked.append(chat)
        for event in self.events:
            await trio.lowlevel.checkpoint()
            if isinstance(event, CallError):
                raise event
            await tell(event)


def record(text: str = "hello", **more: Any) -> dict[str, Any]:
    messages = json.dumps([{"role": "user", "content": text}])
    fields = {"schema": None, "max-tokens": None, "temperature": None}
    return {"model": "fast", "messages": messages, "tools": "", **fields, **more}


def caller(provider: Any, nursery: trio.Nursery | None = None, **quota: int) -> FakeCaller:
    grant = Grant("llm", "agents.a.allow.llm", patterns=("fast",), quota=quota)
    models = {"fast": Served(FAST, provider), "dear": Served(FAST, provider)}
    return FakeCaller(grants=[grant], services=Opened(models=models), nursery=nursery)


CALLS = {one.name: one for one in llm.OPERATIONS}
HELLO = (Text("Hel"), Text("lo"), Stop("end"))
"""Two tokens; the question has six."""


class TestAsk:
    async def test_the_whole_answer(self) -> None:
        says = Says(
            Thinking("Hm."), Text("a"), ToolStart("1", "x"), ToolEnd(), Usage(9, 4), Text("b"),
            Stop("end"),
        )  # fmt: skip
        assert await caller(says).call(CALLS["ask"], record()) == {
            "text": "ab",
            "thinking": "Hm.",
            "tool-calls": [{"id": "1", "name": "x", "arguments": "{}"}],
            "usage": {"input": 9, "output": 4, "estimated": False},
            "stop": "tool-use",
        }

    async def test_an_answer_of_more_than_256_kib_is_exhausted(self) -> None:
        says = Says(*[Text("x" * 65_536)] * 5, Stop("end"))
        with pytest.raises(CallError, match="use start") as raised:
            await caller(says).call(CALLS["ask"], record())
        assert raised.value.case == "exhausted"

    async def test_without_an_end_it_was_cut_off(self) -> None:
        with pytest.raises(CallError, match="cut off") as raised:
            await caller(Says(Text("Hel"))).call(CALLS["ask"], record())
        assert raised.value.case == "unavailable"

    def test_models_are_those_granted(self) -> None:
        assert llm.models(caller(Says())) == ["fast"]
        assert llm.models(FakeCaller()) == []


class TestMeter:
    async def test_it_pays_what_was_used(self) -> None:
        one = caller(Says(*HELLO, Usage(100, 50)), tokens=10_000, calls=3, money=10_000)
        await one.call(CALLS["ask"], record())
        assert one.spent == {
            "llm.tokens of fast": 150, "llm.calls of fast": 1, "llm.money of fast": 200,
        }  # fmt: skip

    async def test_without_a_word_from_the_provider_it_is_estimated(self) -> None:
        one = caller(Says(*HELLO), tokens=10_000)
        reply = await one.call(CALLS["ask"], record())
        assert reply["usage"] == {"input": 6, "output": 2, "estimated": True}
        assert one.spent == {"llm.tokens of fast": 8}

    @pytest.mark.parametrize(
        ("usage", "tokens", "is_said"),
        [
            ([Usage(0, 0)], 306, False),
            ([Usage(7, 300), Usage(0, 0)], 307, True),
            ([Usage(7, 0)], 307, False),
            ([Usage(0, 310)], 316, False),
            ([Usage(1, 1)], 301, False),
            ([Usage(7, 37)], 44, True),
            ([Usage(7, 36)], 307, False),
            ([Usage(10**20, 10**20)], 306, False),
            ([Usage(2**24 + 1, 300)], 306, False),
            ([Usage(7, 300), Usage(8, 310)], 318, True),
            ([], 306, False),
        ],
    )
    async def test_a_server_does_not_say_what_cannot_be(
        self, usage: list[Usage], tokens: int, is_said: bool
    ) -> None:
        """The question has about six tokens, the answer three hundred."""
        one = caller(Says(Text("word" * 300), *usage, Stop("end")), tokens=10_000)
        reply = await one.call(CALLS["ask"], record())
        assert one.spent == {"llm.tokens of fast": tokens}
        said = reply["usage"]
        assert said["input"] + said["output"] == tokens
        assert said["estimated"] is not is_said

    async def test_an_absurd_number_is_not_more_than_it_had(self) -> None:
        one = caller(Says(Text("Hi"), Usage(6, 10**20), Text("!"), Stop("end")), tokens=100)
        assert (await one.call(CALLS["ask"], record()))["text"] == "Hi!"

    def test_no_price_is_more_than_a_log_can_hold(self) -> None:
        dear = Model(name="x", provider="scripted", input_price=2**63 - 1, output_price=2**63 - 1)
        assert 0 < price(dear, 2**24, 2**24) < 2**53

    async def test_what_fails_before_a_word_costs_only_the_call(self) -> None:
        failure = CallError("unavailable", "away")
        one = caller(Says(failure), tokens=10_000, calls=3, money=10_000)
        with pytest.raises(CallError, match="away"):
            await one.call(CALLS["ask"], record())
        assert one.spent == {
            "llm.tokens of fast": 0, "llm.calls of fast": 1, "llm.money of fast": 0,
        }  # fmt: skip

    async def test_what_fails_later_costs_what_came(self) -> None:
        one = caller(Says(Text("Hello"), CallError("unavailable", "away")), tokens=10_000)
        with pytest.raises(CallError, match="away"):
            await one.call(CALLS["ask"], record())
        assert one.spent == {"llm.tokens of fast": 8}

    async def test_more_than_was_left_is_charged_and_ends_it(self) -> None:
        one = caller(Says(*HELLO, Usage(900, 900)), tokens=1_000)
        await one.call(CALLS["ask"], record())
        assert one.spent == {"llm.tokens of fast": 1_800}
        with pytest.raises(CallError) as raised:
            await one.call(CALLS["ask"], record())
        assert raised.value.case == "exhausted"

    @pytest.mark.parametrize(
        ("wanted", "quota", "told"),
        [
            (None, {}, None),
            (50, {}, 50),
            (None, {"calls": 1}, None),
            (None, {"tokens": 100_000}, 4_096),
            (None, {"tokens": 106}, 100),
            (50, {"tokens": 106}, 50),
            (500, {"tokens": 106}, 100),
            (None, {"money": 206}, 100),
            (None, {"tokens": 106, "money": 26}, 10),
        ],
    )
    async def test_the_model_is_told_the_least_of_all(
        self, wanted: int | None, quota: dict[str, int], told: int | None
    ) -> None:
        says = Says(*HELLO)
        await caller(says, **quota).call(CALLS["ask"], record(**{"max-tokens": wanted}))
        assert says.asked[0].max_tokens == told

    @pytest.mark.parametrize("quota", [{"tokens": 6}, {"money": 6}, {"money": 0}, {"calls": 0}])
    async def test_what_cannot_be_paid_is_not_asked(self, quota: dict[str, int]) -> None:
        says = Says(*HELLO)
        one = caller(says, **quota)
        with pytest.raises(CallError) as raised:
            await one.call(CALLS["ask"], record())
        assert raised.value.case == "exhausted"
        assert says.asked == []
        assert not any(one.spent.values())

    @given(st.integers(0, 10**9), st.integers(0, 10**9))
    def test_a_price_is_never_rounded_down(self, given_: int, said: int) -> None:
        model = Model(name="m", provider="scripted", input_price=150_000, output_price=600_000)
        exact = given_ * 0.15 + said * 0.60
        assert exact - 0.001 <= price(model, given_, said) < exact + 1.001

    @pytest.mark.parametrize(
        ("cached", "written", "cost"), [(0, 0, 100), (50, 0, 55), (50, 30, 85), (900, 900, 10)]
    )
    async def test_what_a_cache_had_has_prices_of_its_own(
        self, cached: int, written: int, cost: int
    ) -> None:
        kept = {"cached_price": 100_000, "written_price": 2_000_000}
        model = msgspec.structs.replace(FAST, input_price=1_000_000, output_price=0, **kept)
        used = Usage(100, 2, cached=cached, written=written)
        one = caller(Says(*HELLO[:2], used, HELLO[2]), money=10**9)
        services: Any = one.services
        services.models["fast"] = msgspec.structs.replace(services.models["fast"], model=model)
        await one.call(CALLS["ask"], record())
        assert one.spent == {"llm.money of fast": cost}
        plain = msgspec.structs.replace(model, cached_price=None, written_price=None)
        assert price(plain, 100, 2, cached, written) == 100

    @pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2)])
    def test_estimates(self, text: str, tokens: int) -> None:
        assert estimate(text) == tokens

    @pytest.mark.parametrize(
        ("text", "real"),
        [
            ("1234567890" * 100, 1_000),  # a token each (Llama, Gemma, Mistral)
            ("\U00013000" * 100, 400),  # a token for each byte, where the script is rare
            ("\x00\x01\x02" * 100, 300),
            ("{}[]()<>" * 100, 800),
            ("QXZJKV" * 100, 600),
            ("a\n" * 100, 200),
            (" \nx" * 100, 300),
            ("\n " * 100, 200),
            ("   1" * 100, 300),
            ("zaxoqu" * 100, 400),
            ("qx" * 100, 100),
            ('{"name": "ann"}\n' * 100, 700),
            ("the lions hunt together at night and sleep in the day " * 20, 240),
        ],
    )
    def test_what_is_reserved_is_more_than_dense_text_has(self, text: str, real: int) -> None:
        """By the bytes a token, four times as much could be asked as there was a budget for."""
        chat = Chat(model="m", messages=(User(content=text),))
        assert at_most(chat) >= real
        assert at_most(chat) <= 3 * real + TOKENS_A_MESSAGE


class TestAnswer:
    async def test_it_is_heard_as_it_comes(self, nursery: trio.Nursery) -> None:
        one = caller(Says(*HELLO, Usage(1, 2)), nursery)
        started = await one.call(CALLS["start"], record())
        assert started == {"answer": 1, "handle": 1}
        heard = [await llm.next_(one, 1) for _ in range(6)]
        assert heard == [
            ("text", "Hel"), ("text", "lo"),
            ("usage", {"input": 1, "output": 2, "estimated": False}), ("stop", "end"), None, None,
        ]  # fmt: skip

    async def test_what_came_is_heard_before_the_failure(self, nursery: trio.Nursery) -> None:
        one = caller(Says(Text("Hel"), CallError("timeout", "slow")), nursery)
        await one.call(CALLS["start"], record())
        assert await llm.next_(one, 1) == ("text", "Hel")
        for _ in range(2):
            with pytest.raises(CallError, match="slow"):
                await llm.next_(one, 1)

    async def test_a_reader_that_lags_slows_the_model(self, nursery: trio.Nursery) -> None:
        answer = ModelAnswer()
        told = []

        async def talk() -> None:
            for number in range(200):
                await answer.tell(Text(str(number)))
                told.append(number)
            answer.finish()

        nursery.start_soon(talk)
        await trio.testing.wait_all_tasks_blocked()
        assert len(told) == MOST_WAITING
        heard = []
        while (event := await answer.next()) is not None:
            heard.append(event)
        assert heard == [Text(str(number)) for number in range(200)]

    async def test_who_stopped_waiting_is_not_woken(self, nursery: trio.Nursery) -> None:
        answer = ModelAnswer()
        with trio.move_on_after(0):
            await answer.next()
        heard = []

        async def hear() -> None:
            heard.append(await answer.next())

        nursery.start_soon(hear)
        await trio.testing.wait_all_tasks_blocked()
        await answer.tell(Text("a"))
        await trio.testing.wait_all_tasks_blocked()
        assert heard == [Text("a")]

    @pytest.mark.parametrize("end", ["drop", "close"])
    async def test_it_ends_with_its_handle(self, nursery: trio.Nursery, end: str) -> None:
        class Endless:
            stopped = False

            async def answer(self, chat: Chat, tell: Tell) -> None:
                try:
                    await tell(Text("Hello"))
                    await trio.sleep_forever()
                finally:
                    self.stopped = True

        endless = Endless()
        one = caller(endless, nursery, tokens=1_000)
        await one.call(CALLS["start"], record())
        await trio.testing.wait_all_tasks_blocked()
        assert one.spent["llm.tokens of fast"] == 1_000
        one.handles.drop(1) if end == "drop" else one.handles.close()
        await trio.testing.wait_all_tasks_blocked()
        assert endless.stopped
        assert one.spent["llm.tokens of fast"] == 6 + 2

    async def test_poll_knows_when_it_is_ready(self, nursery: trio.Nursery) -> None:
        answer = ModelAnswer()
        assert not answer.is_ready
        with trio.fail_after(60):
            nursery.start_soon(answer.tell, Text("a"))
            await answer.wait_ready()
            assert answer.is_ready and await answer.next() == Text("a") and not answer.is_ready
            answer.finish()
            await answer.wait_ready()

    async def test_without_room_for_its_handle_nothing_is_paid(
        self, nursery: trio.Nursery
    ) -> None:
        says = Says(*HELLO)
        one = caller(says, nursery, tokens=1_000)
        for _ in range(1_024):
            one.handles.add("other", object())
        with pytest.raises(CallError, match="handles"):
            await one.call(CALLS["start"], record())
        assert one.spent == {"llm.tokens of fast": 0}


class TestRelay:
    @given(
        st.lists(
            st.sampled_from(
                [Text("a"), Text(""), Thinking("b"), ToolArguments("{}"), Usage(1, 1), Usage(5, 5)]
            )
        )
    )
    def test_usage_and_end_come_last_and_once(self, events: list[Event]) -> None:
        ear = Ear()
        said = [ToolStart("1", "x"), *events, Stop("length"), ToolEnd(), Text("late")]

        async def run() -> None:
            await Relay(chat(), ear).run(Says(*said), chat())

        trio.run(run)
        assert [type(event) for event in ear.events].count(Usage) == 1
        assert ear.events[-1] == Stop("length")
        assert isinstance(ear.events[-2], Usage)
        assert Text("") not in ear.events


def at_depth(frames: int, do: Callable[[], Any]) -> Any:
    """Do it that much deeper in the stack."""
    return do() if not frames else at_depth(frames - 1, do)


class TestChat:
    def test_a_conversation(self) -> None:
        call = {"id": "1", "name": "x", "arguments": "{}"}
        messages = [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b", "tool-calls": [call], "thinking": "c"},
            {"role": "tool", "tool-call": "1", "content": "d"},
        ]
        parsed = parse_chat(record(messages=json.dumps(messages), temperature=0.699999988079071))
        assert parsed.messages == (
            User("a"), Assistant("b", (ToolCall("1", "x", "{}"),), "c"), ToolResult("d", "1"),
        )  # fmt: skip
        assert parsed.temperature == 0.7

    @pytest.mark.parametrize(
        "wrong",
        [
            {"messages": json.dumps([{"role": "user", "content": "x" * 2**20}])},
            {"messages": '[{"role": "user", "content": "\\ud800"}]'},
            {"messages": '[{"role": "user"}]'},
            {"messages": '[{"role": "tool", "content": ""}]'},
            {"messages": '{"role": "user", "content": ""}'},
            {"messages": ""},
            {"tools": json.dumps([{"name": f"t{n}"} for n in range(129)])},
            {"tools": '[{"name": ""}]'},
            {"tools": '[{"name": "a", "input-schema": []}]'},
            {"schema": "{" * 3_000},
            {"schema": " " * 65_537},
            {"temperature": float("nan")},
            {"temperature": -0.1},
            {"max-tokens": 0},
        ],
    )
    def test_what_is_wrong_is_invalid(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(CallError) as raised:
            parse_chat(record(**wrong))
        assert raised.value.case == "invalid"

    def test_what_is_read_can_be_spelled_and_counted_however_deep(self) -> None:
        """Whoever spells it has less of the stack left than who read it."""
        depths = [10, 100, *range(120, 1_100, 7), 30_000]
        read = []
        for depth in depths:
            schema = '{"properties":' * depth + "{}" + "}" * depth
            try:
                asked = parse_chat(record(tools=f'[{{"name": "a", "input-schema": {schema}}}]'))
            except CallError as exc:
                assert exc.case == "invalid"
                continue
            assert at_depth(150, partial(estimate_chat, asked)) > depth
            assert at_depth(150, partial(OpenAiWire().spell, FAST, asked))
            read.append(depth)
        assert read == [depth for depth in depths if depth + 3 <= DEEPEST]

    @given(st.text(max_size=200))
    def test_any_text_is_read_or_invalid(self, text: str) -> None:
        for field in ("messages", "tools", "schema"):
            try:
                parse_chat(record(**{field: text}))
            except CallError as exc:
                assert exc.case == "invalid"


def script(text: str, **values: str) -> ScriptedModel:
    return ScriptedModel(parse_script(text, path=Path("a.toml"), values=values))


class TestScript:
    CALL = Assistant("", (ToolCall("1", "f.get", "{}"),))

    @pytest.mark.parametrize(
        ("when", "holds"),
        [
            ({}, True),
            ({"user": "LIONS"}, True),
            ({"user": "tigers"}, False),
            ({"user": "earlier"}, False),
            ({"system": "short"}, False),
            ({"model": "fast"}, True),
            ({"model": "slow"}, False),
            ({"results": 1}, True),
            ({"results": 0}, False),
            ({"tool": "f.get"}, True),
            ({"tool": "f.put"}, False),
            ({"result": "found"}, True),
            ({"result": "old"}, False),
            ({"offers": "f.get"}, True),
            ({"offers": "f.put"}, False),
            ({"user": "lions", "results": 1, "result": "lost"}, False),
        ],
    )
    def test_conditions(self, when: dict[str, Any], holds: bool) -> None:
        asked = Chat(
            model="fast",
            messages=(
                User("earlier"), self.CALL, ToolResult("old", "1"), User("What do lions eat?"),
                self.CALL, ToolResult("It was found.", "1"),
            ),
            tools=chat("", "f.get").tools,
        )  # fmt: skip
        assert fits(WhenTable(**when), asked) is holds

    async def test_pieces_come_at_their_pace(self, autojump_clock: Any) -> None:
        times: list[tuple[float, Event]] = []

        async def tell(event: Event) -> None:
            times.append((round(trio.current_time() - began, 6), event))

        began = trio.current_time()
        text = (
            '[[answer]]\ntext = "one two  three four"\nchunk = 2\nfirst = "1 s"\nevery = "250 ms"'
        )
        await script(text).answer(chat(), tell)
        assert times == [
            (1.0, Text("one two  ")), (1.25, Text("three four")), (1.25, Stop("end")),
        ]  # fmt: skip

    async def test_calls_thoughts_variables_and_usage(self) -> None:
        ear = Ear()
        text = """
        [[answer]]
        thinking = "Hm."
        calls = [{ name = "f.get", with = { url = "${web}/a" } }, { name = "f.put" }]
        chunk = 99
        usage = { input = 7, output = 8 }
        """
        await script(text, web="http://x").answer(chat(), ear)
        assert ear.events == [
            Thinking("Hm."),
            ToolStart("call-1-0", "f.get"), ToolArguments('{"url": "http://x/a"}'), ToolEnd(),
            ToolStart("call-1-1", "f.put"), ToolArguments("{}"), ToolEnd(),
            Usage(7, 8), Stop("tool-use"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("most", "said"), [(None, "one two three"), (2, "one two "), (1, "one ")]
    )
    async def test_it_heeds_the_limit(self, most: int | None, said: str) -> None:
        ear = Ear()
        await script('[[answer]]\ntext = "one two three"').answer(chat(max_tokens=most), ear)
        assert "".join(e.text for e in ear.events if isinstance(e, Text)) == said
        assert ear.events[-1] == Stop("end" if most is None else "length")

    async def test_a_question_without_an_answer(self) -> None:
        with pytest.raises(CallError, match="no answer to this"):
            await script('[[answer]]\nwhen = { user = "x" }').answer(chat("y"), Ear())

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[[answr]]", "a.toml:1: answr: unknown key 'answr'; did you mean 'answer'?"),
            ("[[answer]]\ntxt = 'x'", "a.toml:2: .*did you mean 'text'"),
            ("[[answer]]\nwhen = { users = 'x' }", "a.toml:2: .*did you mean 'user'"),
            ("[[answer]]\nstop = 'tired'", "a.toml:2: .*'tired' is no reason to stop"),
            ("[[answer]]\nfailure = { kind = 'x' }", "a.toml:2: .*'x' is no failure"),
            ("[[answer]]\nevery = 20", "a.toml:2: .*20 is no time"),
            ("[[answer]]\ncalls = [{}]", "a.toml:2: .*'name' is missing"),
            ("[[answer]]\ntext = '${nobody}'", "no variable 'nobody'"),
            ("", "'answer' is missing"),
        ],
    )
    def test_mistakes_are_told(self, text: str, said: str) -> None:
        with pytest.raises(OperatorError, match=said):
            script(text)
