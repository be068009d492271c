"""Topics of the bus as events of a workflow, on the real host: who may hear what, what is on
record, and that a replay hears the same.
"""

from pathlib import Path
from typing import Any

import lion
from lion.domain.events import CallFinished
from tests.conductor.test_runs import manifest, ran
from tests.embedding.kit import WASM, recorded

SAYS = {
    "component": WASM / "probe-bus.wasm",
    "allow": {"bus": {"publish": ["**"], "receive": ["**"]}},
}
BEGIN = {"on": ["start"], "agent": "ann", "task": "=input.lines"}


def hearing(rules: dict[str, Any], lines: str, **more: Any) -> Any:
    """A workflow that has an agent write these lines, and hears `news.*`."""
    allow = {"agents": ["ann"], "tools": ["**"], "bus": {"receive": ["news.*"]}}
    more = {"allow": allow, "vars": {"heard": []}, **more}
    return manifest(
        {"begin": BEGIN, **rules}, {"lines": lines}, strategy="events",
        input={"lines": "string"}, agents={"ann": SAYS}, **more,
    )  # fmt: skip


NOTE = {
    "on": ["bus news.*"],
    "value": "=event.sender + ' ' + event.topic + ' ' + string(event.value)",
    "set": {"heard": "=vars.heard + [result]"},
}
THREE = {"on": ["note"], "when": "=size(vars.heard) == 3", "end": "=vars.heard"}


async def test_messages_of_a_topic_come_in_order_with_their_sender(host: lion.Host) -> None:
    lines = "publish news.a 1\npublish other.a 2\npublish news.b 3\npublish news.a 4"
    value, report = await ran(host, hearing({"note": NOTE, "three": THREE}, lines))
    assert value == ["ann news.a 1", "ann news.b 3", "ann news.a 4"]
    calls = [
        (e.operation, e.target)
        for e in recorded(host.settings, report.run)
        if isinstance(e, CallFinished) and e.capability == "bus" and e.operation != "publish"
    ]
    assert calls == [("subscribe", "news.*"), *[("subscription.next", "")] * 3]


async def test_a_topic_that_the_operator_denies_is_not_heard(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    lines = "publish news.a 1"
    once = {"on": ["bus news.*"], "end": "=event.value"}
    async with lion.open_host() as free:
        value, _ = await ran(free, hearing({"once": once}, lines))
        assert value == 1
        known = {name: getattr(free.settings, name) for name in free.settings.__struct_fields__}
    policy.write_text('deny = ["bus subscribe news.secret"]\n')
    async with lion.open_host(lion.Settings(**{**known, "policy": policy})) as strict:
        value, report = await ran(strict, hearing({"once": once}, lines))
    assert value["step"] == "once" and value["case"] == "denied", value
    assert [(one.operation, one.target) for one in report.denials] == [("subscribe", "news.*")]


async def test_a_flood_is_bounded_and_what_was_lost_is_told(host: lion.Host) -> None:
    lines = "\n".join(f"publish news.a {n}" for n in range(600))
    slow = {
        "on": ["bus news.*"], "call": "calculator.add", "with": {"a": "=event.value", "b": 0},
        "set": {"heard": "=vars.heard + [result]"},
    }  # fmt: skip
    last = {"on": ["slow"], "when": "=event.value == 599", "end": "=size(vars.heard)"}
    value, report = await ran(host, hearing({"slow": slow, "last": last}, lines, **{"at-once": 1}))
    assert 256 <= value <= 600, value
    events = recorded(host.settings, report.run)
    nexts = [e for e in events if isinstance(e, CallFinished) and e.capability == "bus"
             and e.operation == "subscription.next"]  # fmt: skip
    missed = sum(e.value[1]["missed"] for e in nexts)
    assert len(nexts) + missed >= 600
