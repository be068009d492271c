"""Attack: a workflow that decides much by itself, so that nobody else gets a turn. It pauses
between steps, items, states and rules, and goes the same way as without.
"""

from typing import Any

import pytest

from lion.domain.workflow import Job, Move, Step
from lion.workflows import meter
from lion.workflows.meter import Meter
from tests.workflows.world import World, flow

MUCH = "input.list.filter(x, input.list.size() > 1).size()"
"""Half of what is decided before a pause, with the list below."""
LIST = list(range(60))
PART = 256
"""Of what a pause really comes after, so that these are quick."""

VALUE = Job(kind="value", given=f"={MUCH}")


def value(name: str, **more: Any) -> Step:
    return Step(name=name, job=VALUE, **more)


def skipped(name: str, **more: Any) -> Step:
    return Step(name=name, job=VALUE, when=f"{MUCH} < 0", **more)


FLOWS = {
    "items": flow(value("a", each="input.list.filter(x, x < 20)")),
    "steps": flow(*(value(f"s{n}") for n in range(20))),
    "skipped steps": flow(*(skipped(f"s{n}") for n in range(20))),
    "states": flow(
        value("a", next=(Move(to="b"),), set={"n": "=vars.n + 1"}),
        value("b", next=(Move(to="c", when="vars.n > 9"), Move(to="a"))),
        Step(name="c", end=1),
        strategy="states", vars={"n": 0},
    ),
    "skipped states": flow(
        *(
            skipped(f"s{n}", next=(Move(to=f"s{n + 1}", on="skipped"),)) for n in range(20)
        ),
        Step(name="s20", end=1),
        strategy="states",
    ),
    "rules": flow(*(value(f"r{n}", on=("start",)) for n in range(20)), strategy="events"),
    "skipped rules": flow(
        *(skipped(f"r{n}", on=("start",)) for n in range(20)), strategy="events"
    ),
    "compensations": flow(
        Step(
            name="a", job=Job(kind="call", target="t.a", given={}), each="input.list",
            undo=Job(kind="call", target="t.b", given={"x": f"={MUCH} / 0"}),
        ),
        Step(name="b", after=("a",), job=Job(kind="value", given="=1 / 0")),
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses come sooner."""
    for name in ("MOST_WORK", "MOST_AT_ONCE", "EACH"):
        monkeypatch.setattr(meter, name, getattr(meter, name) / PART)


@pytest.mark.parametrize("name", FLOWS)
def test_it_pauses(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0.0
    add = Meter.add

    def counting(self: Meter, work: float = 0) -> None:
        nonlocal most
        add(self, work)
        most = max(most, self._work)

    monkeypatch.setattr(Meter, "add", counting)
    paused = World(FLOWS[name])
    end = paused.run({"list": LIST})
    assert paused.pauses > 5
    assert most < 3 * meter.MOST_WORK
    monkeypatch.setattr(Meter, "is_spent", property(lambda self: False))
    monkeypatch.setattr(Meter, "is_over", property(lambda self: False))
    whole = World(FLOWS[name])
    assert whole.run({"list": LIST}) == end
    assert whole.pauses == 0
    assert paused.keys == whole.keys


def test_what_cannot_pause_comes_to_nothing() -> None:
    many = Job(kind="value", given=[f"={MUCH}"] * 1_000)
    end = World(flow(Step(name="a", job=many))).run({"list": LIST})
    assert end.fault is not None
    assert "it could take too long" in end.fault.text
