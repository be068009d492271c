"""Elements of a run that goes on: what was recorded is there, once, and the rest is done then."""

import json
from collections.abc import Callable

import pytest

from lion.domain.events import CallFinished
from lion.upkeep import list_element_stores, list_elements
from tests.endurance.kit import call, plugin
from tests.resume.rig import Death, Stage
from tests.resume.test_granted import deny

GRANT = 'allow.elements = { count = 100, bytes = "64 KiB" }'
LINES = [
    "create note 0", "append q 0", "nap", "create note 1", "insert q 1 0", "update 0 1 2", "nap",
    "create note 3", "append q 2", "delete 1", "order q",
]  # fmt: skip
WANTED = ["0", "null", "null", "1", "null", "2", "null", "2", "null", "true", "[0,2]"]


def parts() -> tuple[str, str]:
    """A probe, and what it is to do."""
    lines = json.dumps("\n".join(LINES))
    grant = plugin("probe", GRANT, component="probe-elements")
    return grant, call("probe.script", f"{{ lines = {lines} }}")


def kept(stage: Stage) -> list[tuple[str, str, dict[str, int]]]:
    (owner,) = {one.owner for one in list_element_stores(stage.settings)}
    found = list_elements(stage.settings, owner, "probe")
    return [(one.kind, one.content, one.places) for one in found]


def asleep(number: int) -> Callable[[Death], None]:
    """After the `number`-th record of a nap."""
    return lambda death: death.come_with(CallFinished, number, operation="sleep")


def at_change(number: int, durable: bool) -> Callable[[Death], None]:
    """With the `number`-th record of an element: written as the last one, or not."""
    return lambda death: death.come_with(
        CallFinished, number, capability="elements", durable=durable
    )


MOMENTS = [
    asleep(1), asleep(2), at_change(1, True), at_change(3, False), at_change(5, False),
    at_change(7, True),
]  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS, ids=range(len(MOMENTS)))
async def test_each_is_made_once_wherever_it_is_cut(
    stage: Stage, moment: Callable[[Death], None]
) -> None:
    run = await stage.cut(*parts(), at=moment)
    report = await stage.resume(run)
    assert report.endings[0].value == WANTED
    assert kept(stage) == [("note", "2", {"q": 0}), ("note", "3", {"q": 1})]


async def test_what_is_denied_today_is_not_changed(stage: Stage) -> None:
    run = await stage.cut(*parts(), at=at_change(3, False))
    deny(stage, "elements create **")
    heard = (await stage.resume(run)).endings[0].value
    assert heard[:2] == ["0", "null"]
    assert heard[3].startswith("denied")
    assert len(kept(stage)) == 1
