"""Schedules of a manifest: what becomes of them, and what is refused with which line."""

from pathlib import Path

import pytest

from lion.domain.schedule import SECOND, Schedule
from lion.domain.task import Order
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest

HEAD = """name = "m"
[plugins.tool]
component = "tool.wasm"
allow.bus = { receive = ["news.*"] }
[agents.ann]
component = "ann.wasm"
[workflows.w]
[workflows.w.steps.a]
value = 1
[system.words]
use = "words"
[schedules.s]
"""


def parsed(text: str) -> tuple[Schedule, ...]:
    return parse_manifest(HEAD + text, path=Path("/m/m.toml")).schedules


def test_what_begins_when() -> None:
    (one,) = parsed('every = "1 d"\nat = "02:30"\nworkflow = "w"\nwith = { x = "=event.at" }')
    assert one == Schedule(
        name="s", order=Order(call="w.run", arguments={"x": "=event.at"}),
        every_ns=86_400 * SECOND, at_ns=9_000 * SECOND, at_once=1,
    )  # fmt: skip
    (heard,) = parsed('topic = "news.*"\ncall = "tool.x"')
    assert (heard.topic, heard.at_once, heard.every_ns) == ("news.*", 0, 0)


# ruff: noqa: E501 - a manifest and what is said of it belong on one line
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('workflow = "w"', "m.toml:12: schedules.s: needs either 'every' or 'topic'"),
        ('every = "1 s"\ntopic = "news.x"\nworkflow = "w"', "needs either 'every' or 'topic'"),
        ('every = "1 s"', "needs either 'agent', 'call' or 'workflow'"),
        ('every = "10 ms"\nworkflow = "w"', "m.toml:13: schedules.s.every: it is at least \"1 s\""),
        ('every = "1 d"\nat = "25:00"\nworkflow = "w"', "'25:00' is no time of day"),
        ('every = "1 d"\nat = 2\nworkflow = "w"', "2 is no time of day"),
        ('every = "1 d"\nmissed = "al"\nworkflow = "w"', "'al' is not known"),
        ('topic = "news.x"\nat = "02:00"\ncall = "tool.x"', "'at' is for 'every'"),
        ('every = "1 s"\nworkflow = "x"', "there is no workflow 'x'"),
        ('every = "1 s"\nagent = "an"\ntask = "x"', "there is no agent 'an'"),
        ('every = "1 s"\nagent = "ann"', "'agent' and 'task' go together"),
        ('every = "1 s"\nagent = "ann"\ntask = "x"\nwith = {}', "an agent takes no 'with'"),
        ('every = "1 s"\ncall = "tol.x"', "there is no plugin 'tol'"),
        ('every = "1 s"\ncall = "tool"', "'tool' names no tool"),
        ('every = "1 s"\ncall = "tool.x"\nwith = { a = "=evnt.at" }', "m.toml:15: schedules.s.with.a: column 5: there is no 'evnt.at'"),
        ('every = "1 s"\ncall = "tool.x"\nwith = { a = "' + "x" * 40_000 + '" }', "more than 32,768 bytes"),
        ('topic = "other.x"\ncall = "tool.x"', "schedules.s.topic: no grant of 'tool' covers topic 'other.x'; under [plugins.tool] write allow.bus = { receive = [\"news.*\", \"other.x\"] }"),
        ('topic = "news.**"\ncall = "tool.x"', "no grant of 'tool' covers topic 'news.**'"),
        ('topic = "news.x"\ncall = "words.x"', "is a system plugin, and hears no topics"),
        ('evry = "1 s"\nworkflow = "w"', "unknown key 'evry'"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(OperatorError) as caught:
        parsed(text)
    assert words in str(caught.value) + "; " + (caught.value.hint or ""), caught.value


def test_there_are_not_too_many() -> None:
    more = "".join(f'[schedules.s{n}]\nevery = "1 s"\nworkflow = "w"\n' for n in range(64))
    with pytest.raises(OperatorError, match="65 schedules"):
        parsed('every = "1 s"\nworkflow = "w"\n' + more)
