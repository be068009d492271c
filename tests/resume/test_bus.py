"""Look here if you want to know that messages which waited when the process of a run ended are
there afterwards, once, and in the same order.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from lion.domain.events import AgentCompleted, CallWaits
from tests.endurance.kit import AGENT, agent
from tests.resume.rig import Death, Stage

NAP = "nap 25000000"
"""Where the process ends."""


def _ann(name: str = "ann") -> str:
    bus = 'allow.bus = { publish = ["**"], receive = ["**"], write = ["*"] }'
    return agent(name, bus, component="probe-bus")


def _does(*lines: str, name: str = "ann") -> str:
    return AGENT.format(name, "\\n".join(lines))


def _at_nap(death: Death) -> None:
    death.come_with(CallWaits)


async def _cut(stage: Stage, *lines: str) -> list[Any]:
    """Let one agent do this, end the process at its nap, go on; what each line gave."""
    run = await stage.cut(_ann(), _does(*lines), at=_at_nap)
    report = await stage.resume(run)
    assert report.endings[0].ok, report.endings[0]
    return report.endings[0].text.split("\n")


def _payload(said: str) -> tuple[str, int]:
    message = json.loads(said)
    return message["payload"], message["missed"]


async def test_an_inbox_is_as_it_was(stage: Stage) -> None:
    said = await _cut(
        stage, "send ann 1", "send ann 2", "send ann 3", "inbox", "next 0", NAP,
        "next 0", "next 0", "poll 0",
    )  # fmt: skip
    assert [_payload(one) for one in (said[4], said[6], said[7])] == [("1", 0), ("2", 0), ("3", 0)]
    assert said[8] == "[]"


async def test_a_subscription_has_what_it_heard_and_goes_on_to_hear(stage: Stage) -> None:
    said = await _cut(
        stage, "publish a 0", "subscribe a", "publish a 1", "publish b 2", "publish a 3", NAP,
        "publish a 4", "next 0", "next 0", "next 0", "poll 0",
    )  # fmt: skip
    assert said[6] == "1"
    assert [_payload(one)[0] for one in said[7:10]] == ["1", "3", "4"]
    assert said[10] == "[]"


async def test_what_was_lost_stays_lost_and_is_told(stage: Stage) -> None:
    said = await _cut(stage, "subscribe a", "many 300 publish a 1", NAP, "next 0")
    assert _payload(said[3]) == ("1", 300 - 256)


async def test_a_dropped_subscription_stays_so(stage: Stage) -> None:
    said = await _cut(stage, "subscribe a", "publish a 1", "drop 0", NAP, "publish a 2")
    assert said[-1] == "0"


async def test_what_an_agent_wrote_that_has_ended_is_there(stage: Stage) -> None:
    run = await stage.cut(
        _ann(), _ann("bob"), _does("send bob 1"), _does("inbox", NAP, "next 0", name="bob"),
        at=lambda death: death.come_with(AgentCompleted),
    )  # fmt: skip
    report = await stage.resume(run)
    assert _payload(report.endings[1].text.split("\n")[2]) == ("1", 0)


async def test_what_was_delivered_is_not_delivered_again_to_another(stage: Stage) -> None:
    """One that has read and ended is not there any more; what it read is not, either."""
    run = await stage.cut(
        _ann(), _ann("bob"), _does("send bob 1", "send bob 2"),
        _does("inbox", "next 0", name="bob"),
        _does("inbox", NAP, "nap 1000000", "next 0", name="bob"),
        at=lambda death: death.come_with(AgentCompleted, 2),
    )  # fmt: skip
    report = await stage.resume(run)
    read = [one.text.split("\n")[-1] for one in report.endings[1:]]
    assert sorted(_payload(one)[0] for one in read) == ["1", "2"]


async def test_who_may_not_read_today_does_not(stage: Stage, tmp_path: Path) -> None:
    run = await stage.cut(_ann(), _does("send ann 1", "inbox", NAP, "next 0"), at=_at_nap)
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["bus"]\n')
    stage.settings = msgspec.structs.replace(stage.settings, policy=policy)
    report = await stage.resume(run)
    assert report.endings[0].text.split("\n")[3].startswith("denied: ")


async def test_a_full_inbox_is_still_full(stage: Stage) -> None:
    said = await _cut(
        stage, "many 200 send ann 1", NAP, "send ann 1", "inbox", "next 0", "send ann 1"
    )
    assert said[0].startswith("exhausted")
    assert said[2].startswith("exhausted")
    assert said[-1] == "null"
