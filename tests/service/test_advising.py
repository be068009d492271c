"""An adviser orders within its window and decides nothing, whatever it is and says."""

from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.events import TaskAdvised
from lion.review.report import Ending, RunReport
from lion.service import advising
from lion.service.advising import MOST_TOLD, BadAdvice, checked
from lion.service.living import Living
from lion.service.tasks import Task
from tests.service.rig import ANN, MANIFEST, WASM, add, living_in, wait, works

SHORTEST = (
    f'{MANIFEST}\n[system.brief]\nuse = "shortest-first"\nsettings = {{ unknown = 86_000_000 }}\n'
)


async def advised(living: Living, times: int) -> list[TaskAdvised]:
    """What advisers said, once they have so often."""
    chain, found = living.service.chain, []
    async for record in chain.log.subscribe(chain.run):
        if isinstance(event := record.event(), TaskAdvised):
            found.append(event)
        if len(found) == times:
            break
    return found


async def begun(living: Living) -> Task:
    """A task that takes the only slot."""
    task = await wait(living)
    await works(living, task)
    return task


async def ended(living: Living, first: Task, *others: Task) -> list[int]:
    """Free the slot: at which decisions the others began."""
    await living.service.cancel(ANN, first.id)
    over = [await living.service.wait_over(ANN, one.id) for one in others]
    return [one.scheduled.decision for one in over if one.scheduled is not None]


async def test_what_is_likely_to_last_least_goes_first(tmp_path: Path) -> None:
    terms = {"slots": 1, "strategy": "fifo", "adviser": "brief"}
    async with living_in(tmp_path, SHORTEST, **terms) as living:
        await living.service.wait_over(ANN, (await add(living)).id)
        first = await begun(living)
        slow, quick = await wait(living), await add(living)
        (said,) = await advised(living, 1)
        assert (said.adviser, said.order, said.error) == ("brief", (quick.id, slow.id), "")
        await ended(living, first, quick)
        scheduled = living.service.task(ANN, quick.id).scheduled
        assert scheduled is not None
        assert scheduled.advice == "followed"
        assert scheduled.passed == {slow.id: "the adviser puts another before it"}


async def test_a_component_asks_a_model(tmp_path: Path) -> None:
    script = tmp_path / "answers.toml"
    script.write_text('[[answer]]\ntext = "as they are"\n', "utf-8")
    planner = f"""{MANIFEST}
[models.fast]
provider = "scripted"
script = "{script}"
[plugins.planner]
component = "{WASM}/planner.wasm"
allow.llm = ["fast"]
"""
    terms = {"slots": 1, "strategy": "fifo", "adviser": "planner"}
    async with living_in(tmp_path, planner, **terms) as living:
        first = await begun(living)
        one, other = await add(living), await add(living)
        (said,) = await advised(living, 1)
        assert (said.order, said.error) == ((), "")
        words = f"first {other.id}, then {one.id}; never {first.id}, and {other.id} again"
        script.write_text(f'[[answer]]\ntext = "{words}"\n', "utf-8")
        last = await add(living)
        said = (await advised(living, 2))[1]
        assert said.order == (other.id, one.id)
        decisions = await ended(living, first, other, one, last)
        assert decisions == sorted(decisions)


@pytest.mark.parametrize("how", ["late", "dead", "lying", "absent"])
async def test_a_hostile_adviser_costs_nothing_but_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(advising, "PATIENCE", 0.05)

    async def advise(tasks: list[dict[str, Any]]) -> list[str]:
        """Whatever harms."""
        if how == "late":
            await trio.sleep_forever()
        if how == "dead":
            raise RuntimeError("dead")
        return [tasks[-1]["id"], "nobody"]

    terms = {"slots": 1, "strategy": "fifo", "adviser": "evil"}
    async with living_in(tmp_path, **terms) as living:
        living.service.host.lend("evil", {"advise": advise})
        if how != "absent":
            text = 'name = "evil"\n[system.evil]\nuse = "evil"\n'
            await living.plugins.install(ANN, text)
        first = await begun(living)
        tasks = [await add(living) for _ in range(3)]
        said = (await advised(living, 1))[0]
        assert (said.order, bool(said.error)) == ((), True)
        decisions = await ended(living, first, *tasks)
        assert decisions == sorted(decisions)


def report_of(value: Any, ok: bool = True) -> RunReport:
    ending = Ending("x", "call", ok=ok, exit_code=0, value=value, error="it broke")
    return RunReport("r", 0, (ending,), 0, 0, (), 0)


@pytest.mark.parametrize(
    "value",
    [
        None, "a", {"a": 1}, [1], ["nobody"], ["a", "a"], ["a", None],
        [str(i) for i in range(MOST_TOLD + 1)],
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_order_is_not_used(value: Any) -> None:
    with pytest.raises(BadAdvice):
        checked(report_of(value), {"a", "b", *map(str, range(MOST_TOLD + 1))})


def test_an_order_may_leave_some_out() -> None:
    assert checked(report_of(["b"]), {"a", "b"}) == ("b",)
    with pytest.raises(BadAdvice, match="it broke"):
        checked(report_of(["a"], ok=False), {"a"})
