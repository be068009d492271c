"""Every function of `llm`, called by a real component: granted it answers, not granted it is
denied; and what a model's budget is for.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lion.domain.events import CallFinished, CallRequested
from lion.errors import OperatorError
from lion.history import open_history
from tests.attack.kit import Arena, call, holder, only, open_arena

SCRIPT = '''
[[answer]]
when = { user = "sum", results = 0, offers = "calculator.add" }
calls = [{ name = "calculator.add", with = { a = 1, b = 2 } }]

[[answer]]
when = { user = "both", results = 0 }
text = "I look."
calls = [
    { name = "calculator.add", with = { a = 1, b = 1 } },
    { name = "calculator.divide", with = { a = 1, b = 1 } },
    { name = "nobody.home" },
]

[[answer]]
when = { user = "again" }
calls = [{ name = "calculator.add", with = { a = 1, b = 2 } }]

[[answer]]
when = { tool = "calculator.add", result = "3" }
text = "It is 3."

[[answer]]
when = { results = 3 }
text = "Some failed."

[[answer]]
when = { user = "endless" }
text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"

[[answer]]
when = { user = "unheeding" }
unbounded = true
text = """
incomprehensibly incomprehensibly incomprehensibly incomprehensibly incomprehensibly
incomprehensibly incomprehensibly incomprehensibly"""

[[answer]]
when = { user = "break" }
text = "I was about to"
failure = { kind = "unavailable", text = "the server went away" }

[[answer]]
when = { user = "slow" }
text = "s s s"
every = "20 ms"

[[answer]]
when = { user = "count" }
text = "ok"
usage = { input = 30, output = 12 }

[[answer]]
when = { user = "forever" }
text = "never heard"
first = "1 h"

[[answer]]
thinking = "Well."
text = "Hello you."
'''


@pytest.fixture
async def arena(tmp_path: Path) -> AsyncIterator[Arena]:
    async with open_arena(tmp_path) as opened:
        yield opened


def manifest(tmp_path: Path, *lines: str, model: str = "", script: str = SCRIPT) -> str:
    """A probe of models, a calculator, and the scripted model `fast` (and `dear`)."""
    file = tmp_path / "answers.toml"
    file.write_text(script, "utf-8")
    tables = "".join(
        f'[models.{name}]\nprovider = "scripted"\nscript = "{file}"\n{model}\n'
        for name in ("fast", "dear")
    )
    probe = holder("probe", "probe-llm", *lines)
    return tables + probe + holder("calculator", "calculator")


def question(text: str, model: str = "fast", **more: Any) -> dict[str, Any]:
    messages = json.dumps([{"role": "user", "content": text}])
    return {"question": {"model": model, "messages": messages, "tools": "", **more}}


ASK = question("hello")
CALLS: list[tuple[str, dict[str, Any], Any]] = [
    ("llm-models", {}, ["fast"]),
    (
        "llm-ask",
        ASK,
        {
            "text": "Hello you.",
            "thinking": "Well.",
            "tool-calls": [],
            "usage": [6, 5],
            "estimated": True,
            "stop": "end",
        },
    ),
    ("llm-start", ASK, None),
    (
        "llm-next",
        ASK,
        [
            ["thinking", "Well."],
            ["text", "Hello "],
            ["text", "you."],
            ["usage", 6, 5, True],
            ["stop", "end"],
        ],
    ),
]
GRANTED = 'allow.llm = ["fast"]'
METERED = 'allow.llm = [{ model = "fast", tokens = 2000 }]'


@pytest.mark.parametrize(("tool", "args", "expected"), CALLS)
async def test_granted(
    tool: str, args: dict[str, Any], expected: Any, arena: Arena, tmp_path: Path
) -> None:
    report = await arena.run(manifest(tmp_path, GRANTED), call(f"probe.{tool}", **args))
    ending = only(report)
    assert ending.ok, ending.error
    assert json.loads(ending.value) == expected
    assert report.denied == 0
    assert (await arena.replay(report.run)).identical


@pytest.mark.parametrize(("tool", "args", "expected"), CALLS)
@pytest.mark.parametrize("grant", ["", 'allow.llm = ["dear"]'])
async def test_not_granted(
    tool: str, args: dict[str, Any], expected: Any, grant: str, arena: Arena, tmp_path: Path
) -> None:
    report = await arena.run(manifest(tmp_path, grant), call(f"probe.{tool}", **args))
    ending = only(report)
    if tool == "llm-models" and grant:
        assert json.loads(ending.value) == ["dear"]
        return
    assert not ending.ok
    assert ending.value.startswith("denied: no grant covers it")
    (denial,) = report.denials
    if args:
        more = '"dear", "fast"' if grant else '"fast"'
        assert denial.suggestion == f"plugins.probe.allow.llm = [{more}]"
    requested = [e for e in arena.events(report.run) if isinstance(e, CallRequested)]
    assert requested == [], "a denied call has no effect to announce"
    assert (await arena.replay(report.run)).identical


async def test_the_suggested_line_allows_the_call(arena: Arena, tmp_path: Path) -> None:
    refused = await arena.run(
        manifest(tmp_path, 'allow.llm = [{ model = "dear", calls = 3, money = "0.50" }]'),
        call("probe.llm-ask", **ASK),
    )
    line = refused.denials[0].suggestion.removeprefix("plugins.probe.")
    assert "calls = 3" in line
    again = await arena.run(manifest(tmp_path, line), call("probe.llm-ask", **ASK))
    assert only(again).ok and again.denied == 0


async def test_the_policy_refuses_a_model_that_is_granted(tmp_path: Path) -> None:
    async with open_arena(tmp_path, 'deny = ["llm ask fast"]') as arena:
        report = await arena.run(
            manifest(tmp_path, GRANTED),
            call("probe.llm-ask", **ASK),
            call("probe.llm-start", **ASK),
        )
        assert [e.ok for e in report.endings] == [False, True]
        assert report.endings[0].value == "denied: a rule forbids it"


async def test_the_intent_is_in_the_log_before_the_outcome(arena: Arena, tmp_path: Path) -> None:
    report = await arena.run(manifest(tmp_path, GRANTED), call("probe.llm-next", **ASK))
    events = arena.events(report.run)
    (intent,) = [e for e in events if isinstance(e, CallRequested)]
    assert (intent.capability, intent.operation, intent.target) == ("llm", "start", "fast")
    heard = [e for e in events if isinstance(e, CallFinished) and e.operation == "answer.next"]
    assert [e.value[1] and e.value[1][0] for e in heard] == [
        "thinking", "text", "text", "usage", "stop", None,
    ]  # fmt: skip


class TestToolLoop:
    async def _loop(
        self, arena: Arena, tmp_path: Path, text: str, *lines: str, rounds: int = 3
    ) -> Any:
        report = await arena.run(
            manifest(tmp_path, GRANTED, *lines),
            call("probe.llm-loop", model="fast", text=text, rounds=rounds),
        )
        assert (await arena.replay(report.run)).identical
        ending = only(report)
        return json.loads(ending.value) if ending.ok else ending.value

    async def test_a_model_calls_a_tool_and_answers(self, arena: Arena, tmp_path: Path) -> None:
        said = await self._loop(arena, tmp_path, "the sum", 'allow.tools = ["calculator.add"]')
        assert said["reply"]["text"] == "It is 3."
        roles = [message["role"] for message in said["messages"]]
        assert roles == ["user", "assistant", "tool", "assistant"]
        assert said["messages"][2] == {"role": "tool", "content": "3", "tool-call": "call-1-0"}

    async def test_what_fails_is_told_to_the_model(self, arena: Arena, tmp_path: Path) -> None:
        said = await self._loop(arena, tmp_path, "both", 'allow.tools = ["calculator.add"]')
        assert said["reply"]["text"] == "Some failed."
        results = [m["content"] for m in said["messages"] if m["role"] == "tool"]
        assert results[0] == "2"
        assert [json.loads(text)["error"] for text in results[1:]] == ["not-found"] * 2

    async def test_it_is_bounded(self, arena: Arena, tmp_path: Path) -> None:
        said = await self._loop(
            arena, tmp_path, "again", 'allow.tools = ["calculator.add"]', rounds=2
        )
        assert said == "exhausted: the model still wants tools after 2 rounds"


class TestBudgets:
    async def _ask(
        self, arena: Arena, tmp_path: Path, grant: str, *texts: str, model: str = "", **more: Any
    ) -> list[Any]:
        """Ask one question after the other, in one run."""
        calls = [call("probe.llm-ask", **question(text, **more)) for text in texts]
        report = await arena.run(manifest(tmp_path, f"allow.llm = [{grant}]", model=model), *calls)
        return [json.loads(e.value) if e.ok else e.value for e in report.endings]

    async def test_calls_are_counted(self, arena: Arena, tmp_path: Path) -> None:
        grant = '{ model = "fast", calls = 2 }'
        said = await self._ask(arena, tmp_path, grant, "count", "count", "count")
        refused = [one for one in said if isinstance(one, str)]
        assert len(refused) == 1
        assert refused[0].startswith("exhausted: llm.calls of fast: more than 2 in this run")

    async def test_an_answer_has_what_is_left(self, arena: Arena, tmp_path: Path) -> None:
        grant = '{ model = "fast", tokens = 20 }'
        (said,) = await self._ask(arena, tmp_path, grant, "endless")
        assert said["stop"] == "length"
        assert sum(said["usage"]) <= 20

    async def test_a_question_that_is_too_long_is_not_asked(
        self, arena: Arena, tmp_path: Path
    ) -> None:
        grant = '{ model = "fast", tokens = 5 }'
        (said,) = await self._ask(arena, tmp_path, grant, "hello")
        assert said.startswith("exhausted: this question alone may have ")

    async def test_who_does_not_heed_is_cut(self, arena: Arena, tmp_path: Path) -> None:
        grant = '{ model = "fast", tokens = 16 }'
        (said,) = await self._ask(arena, tmp_path, grant, "unheeding")
        assert said.startswith("exhausted: the model said more than the 9 tokens it had")

    async def test_money_is_tokens_at_their_price(self, arena: Arena, tmp_path: Path) -> None:
        # 30 in, 12 out: 30 * 1 + 12 * 2 = 54 millionths each.
        prices = "prices = { input = 1, output = 2 }"
        grant = '{ model = "fast", money = "0.000130" }'
        said = await self._ask(arena, tmp_path, grant, "count", model=prices, **{"max-tokens": 12})
        assert said[0]["usage"] == [30, 12]

    async def test_what_is_used_is_in_the_log(self, arena: Arena, tmp_path: Path) -> None:
        grant = '{ model = "fast", tokens = 1_000, calls = 5, money = 1 }'
        report = await arena.run(
            manifest(
                tmp_path, f"allow.llm = [{grant}]", model="prices = { input = 1, output = 2 }"
            ),
            call("probe.llm-ask", **question("count", **{"max-tokens": 20})),
            call("probe.llm-next", **question("count", **{"max-tokens": 20})),
        )
        with open_history(arena.settings) as reader:
            used = {b.budget: (b.limit, b.used) for b in reader.budgets(report.run)}
        assert used["llm.tokens of fast"] == (1_000, 84)
        assert used["llm.calls of fast"] == (5, 2)
        assert used["llm.money of fast"] == (1_000_000, 108)

    async def test_what_a_dropped_answer_reserved_is_given_back(
        self, arena: Arena, tmp_path: Path
    ) -> None:
        report = await arena.run(
            manifest(tmp_path, 'allow.llm = [{ model = "fast", tokens = 5_000 }]'),
            call("probe.llm-start", **question("forever")),
        )
        assert only(report).ok
        with open_history(arena.settings) as reader:
            used = {b.budget: b.used for b in reader.budgets(report.run)}
        assert used["llm.tokens of fast"] == 0


class TestStreams:
    async def test_what_came_before_a_failure_is_heard(self, arena: Arena, tmp_path: Path) -> None:
        report = await arena.run(
            manifest(tmp_path, GRANTED), call("probe.llm-next", **question("break"))
        )
        events = json.loads(only(report).value)
        assert "".join(e[1] for e in events[:-1]) == "I was about to"
        assert events[-1] == {"error": "unavailable", "text": "the server went away"}
        assert (await arena.replay(report.run)).identical

    async def test_two_streams_are_heard_in_turns(self, arena: Arena, tmp_path: Path) -> None:
        both = {"first": question("slow")["question"], "second": question("slow")["question"]}
        report = await arena.run(manifest(tmp_path, GRANTED), call("probe.llm-both", **both))
        turns = json.loads(only(report).value)
        assert sorted(turns) == [0] * 5 + [1] * 5
        assert turns != sorted(turns), "one waited for the other's end"
        assert (await arena.replay(report.run)).identical

    async def test_an_unknown_model_is_not_found(self, arena: Arena, tmp_path: Path) -> None:
        report = await arena.run(
            manifest(tmp_path, 'allow.llm = ["*"]'),
            call("probe.llm-ask", **question("hello", model="nobody")),
        )
        assert only(report).value == "not-found: there is no model 'nobody'"

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"messages": "[]"}, "messages: at least one"),
            ({"messages": "{"}, "messages: "),
            (
                {"messages": '[{"role": "robot", "content": ""}]'},
                "messages: Invalid value 'robot'",
            ),
            ({"messages": '[{"role": "user", "contents": ""}]'}, "messages: Object"),
            ({"messages": "[" * 5_000}, "messages: "),
            ({"tools": "[1]"}, "tools: Expected `object`"),
            ({"tools": '[{"name": "a"}, {"name": "a"}]'}, "tools: two have one name"),
            ({"schema": "[]"}, "schema: Expected `object`"),
            ({"schema": '{"pattern": "(a)\\\\1"}'}, "the schema.pattern: it is no pattern"),
            ({"schema": '{"$ref": "http://127.0.0.1/s"}'}, "the schema: Resource 'http://127"),
            ({"max-tokens": 0}, "max-tokens is at least 1"),
        ],
    )
    async def test_a_wrong_question_is_invalid(
        self, wrong: dict[str, Any], said: str, arena: Arena, tmp_path: Path
    ) -> None:
        args = question("hello")
        args["question"].update(wrong)
        report = await arena.run(manifest(tmp_path, GRANTED), call("probe.llm-ask", **args))
        assert only(report).value.startswith(f"invalid: {said}"), only(report).value


SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"n": {"type": "integer", "maximum": 9}},
        "required": ["n"],
        "additionalProperties": False,
    }
)
STRUCTURED = """
[[answer]]
when = { user = "good" }
text = ' {"n": 7} '
[[answer]]
when = { user = "prose" }
text = 'Here it is: {"n": 7}'
[[answer]]
when = { user = "large" }
text = '{"n": 10}'
[[answer]]
when = { user = "more" }
text = '{"n": 1, "x": 2}'
[[answer]]
when = { user = "short" }
text = '{"n": '
stop = "length"
[[answer]]
when = { user = "tool" }
calls = [{ name = "calculator.add", with = { a = 1, b = 2 } }]
"""


class TestStructuredAnswers:
    """What a model says is held to the schema by the host, whatever the model's server does."""

    @pytest.mark.parametrize("tool", ["probe.llm-ask", "probe.llm-next"])
    @pytest.mark.parametrize(
        ("word", "fault"),
        [
            ("prose", "it is no JSON"),
            ("large", "$.n: it is greater than the maximum of 9"),
            ("more", "'x' was unexpected"),
        ],
    )
    async def test_an_answer_that_does_not_follow_is_an_error_and_paid_for(
        self, tool: str, word: str, fault: str, arena: Arena, tmp_path: Path
    ) -> None:
        report = await arena.run(
            manifest(tmp_path, METERED, script=STRUCTURED),
            call(tool, **question(word, schema=SCHEMA)),
        )
        assert only(report).ok is (tool == "probe.llm-next")
        said = str(only(report).value)
        assert "the model's answer does not follow the schema: " in said and fault in said
        with open_history(arena.settings) as reader:
            used = {b.budget: b.used for b in reader.budgets(report.run)}
        assert used["llm.tokens of fast"] > 0
        assert (await arena.replay(report.run)).identical

    async def test_one_that_is_too_long_to_be_judged_is_cut(
        self, arena: Arena, tmp_path: Path
    ) -> None:
        words = "roar " * 60_000
        script = f'[[answer]]\nchunk = 1000\ntext = "{words}"\n'
        for schema, said in ((SCHEMA, "at most 262,144 characters"), (None, '"stop"')):
            report = await arena.run(
                manifest(tmp_path, GRANTED, script=script),
                call("probe.llm-next", **question("go", **({"schema": schema} if schema else {}))),
            )
            assert said in str(only(report).value)[-200:]

    @pytest.mark.parametrize("word", ["good", "short", "tool"])
    async def test_others_are_given_as_they_are(
        self, word: str, arena: Arena, tmp_path: Path
    ) -> None:
        report = await arena.run(
            manifest(tmp_path, GRANTED, script=STRUCTURED),
            call("probe.llm-ask", **question(word, schema=SCHEMA)),
        )
        stop = json.loads(only(report).value)["stop"]
        assert stop == {"good": "end", "short": "length", "tool": "tool-use"}[word]

    async def test_without_a_schema_nothing_is_held_to_one(
        self, arena: Arena, tmp_path: Path
    ) -> None:
        report = await arena.run(
            manifest(tmp_path, GRANTED, script=STRUCTURED),
            call("probe.llm-ask", **question("prose")),
        )
        assert only(report).ok


async def test_a_wrong_script_is_the_operators_and_starts_nothing(
    arena: Arena, tmp_path: Path
) -> None:
    wrong = manifest(tmp_path, GRANTED, script="[[answer]]\nwhen = { usr = 'x' }\n")
    with pytest.raises(OperatorError, match=r"answers\.toml:2: .*usr.*did you mean 'user'"):
        await arena.run(wrong, call("probe.llm-models"))
