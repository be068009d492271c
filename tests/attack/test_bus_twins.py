"""Messages between real guests: granted they come, not granted they are denied; bombs, silent
readers, names made to look like another's and costly patterns are held.
"""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from lion.domain.events import CallFinished
from lion.kernel.bus import INBOX_BYTES, MOST_WAITING
from lion.review.report import RunReport
from tests.attack.kit import Arena, call, holder, only, open_arena, task

GRANT = 'allow.bus = { publish = ["notes.*"], receive = ["news.*"], write = ["bob"] }'
CALLS: list[tuple[str, dict[str, Any], Any]] = [
    ("bus-send", {"to": "bob", "payload": "1"}, None),
    ("bus-publish", {"topic": "notes.a", "payload": "{}"}, 0),
    ("bus-subscribe", {"pattern": "news.*"}, 1),
    ("bus-inbox", {}, 1),
]


def _probe(*lines: str) -> str:
    return holder("probe", "probe-bus", *lines) + holder("bob", "probe-bus")


def _agent(name: str, grant: str) -> str:
    return holder(name, "probe-bus", f"allow.bus = {{ {grant} }}", kind="agents")


def _does(name: str, *lines: str) -> str:
    return task(name, "\\n".join(line.replace('"', '\\"') for line in lines))


def _said(report: RunReport, at: int = 0) -> list[str]:
    ending = report.endings[at]
    assert ending.ok, ending
    return ending.text.split("\n")


def _next(arena: Arena, run: str) -> list[dict[str, Any]]:
    """What was delivered, in the log's order."""
    return [
        event.value[1]
        for event in arena.events(run)
        if isinstance(event, CallFinished)
        and event.operation == "subscription.next"
        and event.value[0] == "ok"
    ]


@pytest.mark.parametrize(("tool", "args", "expected"), CALLS)
async def test_granted(tool: str, args: dict[str, Any], expected: Any, tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(GRANT), call(f"probe.{tool}", **args))
        assert json.loads(only(report).value) == expected
        assert report.denied == 0
        assert (await arena.replay(report.run)).identical


@pytest.mark.parametrize(
    ("tool", "args"), [*((tool, args) for tool, args, _ in CALLS), ("bus-next", {})]
)
async def test_not_granted(tool: str, args: dict[str, Any], tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(), call(f"probe.{tool}", **args))
        assert only(report).value.startswith("denied: ")
        (denial,) = report.denials
        assert denial.suggestion.startswith("plugins.probe.allow.bus = {")
        assert (await arena.replay(report.run)).identical


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("bus-publish", {"topic": "news.a", "payload": "1"}),
        ("bus-publish", {"topic": "notes.a.b", "payload": "1"}),
        ("bus-subscribe", {"pattern": "news.**"}),
        ("bus-subscribe", {"pattern": "notes.a"}),
        ("bus-send", {"to": "probe", "payload": "1"}),
        ("bus-send", {"to": "nobody", "payload": "1"}),
    ],
)
async def test_a_topic_or_a_name_without_a_right_is_denied(
    tool: str, args: dict[str, Any], tmp_path: Path
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(GRANT), call(f"probe.{tool}", **args))
        assert only(report).value.startswith("denied: ")


async def test_the_suggested_line_allows_it_and_keeps_what_was_granted(tmp_path: Path) -> None:
    wanted = call("probe.bus-publish", topic="other", payload="1")
    async with open_arena(tmp_path) as arena:
        (denial,) = (await arena.run(_probe(GRANT), wanted)).denials
        line = denial.suggestion.removeprefix("plugins.probe.")
        kept = call("probe.bus-send", to="bob", payload="1")
        again = await arena.run(_probe(line), wanted, kept)
        assert again.denied == 0


@pytest.mark.parametrize(
    ("rule", "tool", "args"),
    [
        ("bus", "bus-inbox", {}),
        ("bus subscribe news.secret", "bus-subscribe", {"pattern": "news.*"}),
        ("bus send bob", "bus-send", {"to": "bob", "payload": "1"}),
    ],
)
async def test_the_operators_rule_wins(
    rule: str, tool: str, args: dict[str, Any], tmp_path: Path
) -> None:
    async with open_arena(tmp_path, policy=f'deny = ["{rule}"]\n') as arena:
        report = await arena.run(_probe(GRANT), call(f"probe.{tool}", **args))
        assert only(report).value.startswith("denied: ")


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("bus-send", {"to": "Bob", "payload": "1"}, "no name"),
    ("bus-send", {"to": "bob ", "payload": "1"}, "no name"),
    ("bus-send", {"to": "bоb", "payload": "1"}, "no name"),  # the second letter is Cyrillic
    ("bus-send", {"to": "@operator", "payload": "1"}, "no name"),
    ("bus-send", {"to": "", "payload": "1"}, "a name has"),
    ("bus-publish", {"topic": "notes.a\n", "payload": "1"}, "a topic is"),
    ("bus-publish", {"topic": "notes.*", "payload": "1"}, "a topic is"),
    ("bus-publish", {"topic": "notes..a", "payload": "1"}, "a topic is"),
    ("bus-publish", {"topic": "n" * 257, "payload": "1"}, "a topic has"),
    ("bus-subscribe", {"pattern": "news." + "*a" * 9}, "at most 8"),
    ("bus-subscribe", {"pattern": "news.***"}, "a pattern is"),
    ("bus-subscribe", {"pattern": "a*" * 200}, "a pattern has"),
    ("bus-send", {"to": "bob", "payload": "no json"}, "a payload is JSON"),
    ("bus-send", {"to": "bob", "payload": "[" * 65 + "]" * 65}, "nested at most 64"),
    ("bus-publish", {"topic": "notes.a", "payload": f'"{"x" * 65_535}"'}, "a payload has at most"),
]


@pytest.mark.parametrize(("tool", "args", "words"), BAD, ids=[words for _, _, words in BAD])
async def test_what_is_no_name_no_topic_or_no_json_is_invalid(
    tool: str, args: dict[str, Any], words: str, tmp_path: Path
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(GRANT), call(f"probe.{tool}", **args))
        assert only(report).value.startswith("invalid: ")
        assert words in only(report).value


async def test_the_host_says_who_wrote_whatever_the_message_claims(tmp_path: Path) -> None:
    lies = '{"sender":"carl"}'
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _agent("ann", 'write = ["bob"]'), _agent("bob", ""), _agent("carl", ""),
            _does("ann", f"send bob {lies}"), _does("bob", "inbox", "next 0"),
        )  # fmt: skip
        (message,) = _next(arena, report.run)
        assert (message["sender"], message["topic"]) == ("ann", None)
        assert message["payload"] == lies
        assert (await arena.replay(report.run)).identical


async def test_messages_come_in_order_and_a_replay_sees_the_same(tmp_path: Path) -> None:
    wanted = [f'"{number}"' for number in range(20)]
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _agent("ann", 'write = ["bob"]'), _agent("bob", ""),
            _does("ann", *(f"send bob {one}" for one in wanted)),
            _does("bob", "inbox", "many 20 next 0"),
        )  # fmt: skip
        assert [message["payload"] for message in _next(arena, report.run)] == wanted
        assert (await arena.replay(report.run)).identical


async def test_a_message_bomb_fills_its_half_of_one_inbox_and_others_get_through(
    tmp_path: Path,
) -> None:
    bomb = f'"{"x" * 65_000}"'
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _agent("mallory", 'write = ["bob"], publish = ["go"]'),
            _agent("ann", 'write = ["bob"], receive = ["go"]'), _agent("bob", ""),
            # She writes after him, and all the same there is room.
            _does("ann", "subscribe go", "next 0", "send bob 1"),
            _does("mallory", "nap 20000000", f"many 300 send bob {bomb}", "publish go 1"),
            _does("bob", "inbox"),
        )  # fmt: skip
        _, bombed, _ = _said(report, 1)
        assert bombed.startswith("exhausted: half of the inbox")
        assert _said(report, 0)[-1] == "null"
        sent = [c for c in arena.calls(report.run) if c.operation == "send"]
        assert sum(c.value[0] == "ok" for c in sent) == INBOX_BYTES // 2 // len(bomb) + 1


async def test_a_reader_that_never_reads_keeps_nobody_and_loses_the_oldest(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _agent("ann", 'publish = ["a", "go"], receive = ["a"]'),
            _does("ann", "subscribe a", f"many {MOST_WAITING + 44} publish a 1", "publish a 2",
                  "next 0", f"many {MOST_WAITING - 1} next 0"),
        )  # fmt: skip
        _, _, count, first, last = _said(report)
        assert count == "1"
        assert json.loads(first)["missed"] == 45
        assert json.loads(last) == {"sender": "ann", "topic": "a", "payload": "2", "missed": 0}


async def test_a_dropped_subscription_hears_no_more_and_poll_knows_what_waits(
    tmp_path: Path,
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _agent("ann", 'publish = ["a"], receive = ["a"]'),
            _does("ann", "subscribe a", "poll 0", "publish a 1", "poll 0", "drop 0",
                  "publish a 1"),
        )  # fmt: skip
        assert _said(report) == ["opened", "[]", "1", "[0]", "dropped", "0"]


async def test_costly_patterns_are_matched_in_time_that_grows_with_the_text(
    tmp_path: Path,
) -> None:
    """Eight stars against a topic that almost matches, thirty subscriptions: a matcher that tries
    things twice would not end.
    """
    pattern, topic = "*a" * 8 + "c", "a" * 250 + "b"
    async with open_arena(tmp_path) as arena:
        began = time.process_time()
        report = await arena.run(
            _agent("ann", 'publish = ["**"], receive = ["**"]'),
            _does("ann", f"many 30 subscribe {pattern}", f"many 20 publish {topic} 1"),
        )
        assert _said(report)[-1] == "0"
        assert time.process_time() - began < 60
