"""Tasks that nobody submits: begun by an instant of a schedule, and by a message on its topic."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lion import serving
from lion.domain.letter import Letter
from lion.domain.schedule import DAY, SECOND
from lion.domain.task import TaskState
from lion.history import open_history
from lion.kernel.system_clock import SystemClock
from lion.service import timekeeper
from lion.service.chain import read_state
from lion.service.living import Living
from lion.service.status import schedules_of
from lion.service.tasks import Task
from tests.service.bus_rig import AGENTS, does, office, refusals, said, settings_at, taken
from tests.service.rig import ANN, WASM, add, living_in, plan_of

HEAD = f"""
name = "rig"
[plugins.calculator]
component = "{WASM}/calculator.wasm"
[workflows.sum]
input = {{ at = "string", missed = "integer" }}
allow.tools = ["calculator.add"]
output = "=input.at"
[workflows.sum.steps.a]
call = "calculator.add"
with = {{ a = "=input.missed", b = 0 }}
"""
NIGHTLY = """
[schedules.nightly]
every = "1 d"
at = "02:30"
workflow = "sum"
with = { at = "=event.at", missed = "=event.missed" }
"""


class Clock(SystemClock):
    """A clock that is set by hand."""

    at = 0

    def now_ns(self) -> int:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    monkeypatch.setattr(serving, "SystemClock", Clock)
    Clock.at = 20_000 * DAY
    return Clock


def begun(living: Living) -> list[Task]:
    """Those that nobody submitted."""
    return [one for one in living.service.chain.state.tasks.values() if one.cause is not None]


async def until(living: Living, holds: Callable[[], bool]) -> None:
    """Wait until it is so; something is told whenever it may have become so."""
    while not holds():
        changed = living.service.chain.changed
        if holds():
            return
        await changed.wait()


async def over(living: Living, count: int = 1) -> list[Task]:
    """The tasks begun by schedules, once so many are over."""

    def are_over() -> bool:
        return sum(one.state.is_over for one in begun(living)) >= count

    await until(living, are_over)
    return begun(living)


async def test_an_instant_begins_a_workflow_and_says_so(
    tmp_path: Path, clock: type[Clock]
) -> None:
    async with living_in(tmp_path, HEAD + NIGHTLY) as living:
        await add(living)
        assert not begun(living)
        clock.at += DAY // 8
        await add(living)
        (task,) = await over(living)
        assert task.by == "schedule rig/nightly" and task.order.call == "sum.run"
        assert task.cause is not None and task.cause.at_ns == 20_000 * DAY + 9_000 * SECOND
        assert task.state is TaskState.COMPLETED and task.end is not None
        assert task.end.value == "2024-10-04T02:30:00Z"
        (shown,) = schedules_of(living.service, living.keeper)
        assert shown["next_ns"] == task.cause.at_ns + DAY and shown["waits"] == ""


@pytest.mark.parametrize(
    ("missed", "wanted"), [("last", [(3, 3)]), ("each", [(day, 0) for day in range(4)])]
)
async def test_what_came_while_no_service_was_there_comes_once(
    tmp_path: Path, clock: type[Clock], missed: str, wanted: list[tuple[int, int]]
) -> None:
    text = HEAD + NIGHTLY + f'missed = "{missed}"\nat-once = 9\n'
    async with living_in(tmp_path, text):
        pass
    clock.at += 3 * DAY + DAY // 2
    for _ in range(2):  # the second start finds nothing new
        async with living_in(tmp_path, text) as living:
            await over(living, len(wanted))
    with open_history(settings_at(tmp_path)) as reader:
        tasks = [one for one in read_state(reader).tasks.values() if one.cause is not None]
    found = [(one.cause.at_ns, one.cause.missed) for one in tasks if one.cause is not None]
    start = 20_000 * DAY + 9_000 * SECOND
    assert found == [(start + day * DAY, over) for day, over in wanted]


async def test_no_other_begins_while_one_is_not_over(tmp_path: Path, clock: type[Clock]) -> None:
    text = (
        HEAD
        + f"""
[agents.waiter]
component = "{WASM}/waiter.wasm"
config = {{ times = 1_000_000, pieces = 1_000_000, nanos = 1_000_000 }}
[schedules.wait]
every = "1 s"
agent = "waiter"
task = "='since ' + event.at"
"""
    )
    async with living_in(tmp_path, text) as living:
        clock.at += SECOND
        await add(living)
        await until(living, lambda: bool(begun(living)))
        for _ in range(3):
            clock.at += SECOND
            await add(living)
        (task,) = begun(living)
        assert task.order.task == "since 2024-10-04T00:00:01Z"
        await living.service.cancel(ANN, task.id)
        await until(living, lambda: len(begun(living)) == 2)
        cause = begun(living)[1].cause
        assert cause is not None and cause.missed == 2


async def test_what_is_disabled_waits_and_what_is_removed_is_gone(
    tmp_path: Path, clock: type[Clock]
) -> None:
    async with living_in(tmp_path, HEAD + NIGHTLY) as living:
        await living.plugins.disable(ANN, "sum", "not now")
        clock.at += DAY
        await add(living)
        (shown,) = schedules_of(living.service, living.keeper)
        assert not begun(living) and "disabled it: not now" in shown["waits"]
        await living.plugins.enable(ANN, "sum")
        await over(living)
        await living.plugins.remove(ANN, "rig")
        assert schedules_of(living.service, living.keeper) == []
        assert not living.service.chain.state.times.since


async def test_a_time_that_is_changed_counts_from_then_and_any_other_change_does_not(
    tmp_path: Path, clock: type[Clock]
) -> None:
    async with living_in(tmp_path, HEAD + NIGHTLY) as living:
        clock.at += DAY // 24
        other = HEAD + NIGHTLY + "missed = 'each'\n"
        await living.plugins.update(ANN, "rig", plan_of(other), accept="any")
        since = living.service.chain.state.times.since["rig/nightly"].at_ns
        assert since == 20_000 * DAY
        later = HEAD + NIGHTLY.replace("02:30", "00:30")
        await living.plugins.update(ANN, "rig", plan_of(later), accept="any")
        assert living.service.chain.state.times.since["rig/nightly"].at_ns == clock.at
        assert not begun(living)


HEARD = f"""
[plugins.calculator]
component = "{WASM}/calculator.wasm"
allow.bus = {{ receive = ["shared.*"] }}
[schedules.sums]
topic = "shared.*"
call = "calculator.add"
with = {{ a = "=event.value.a", b = 1 }}
"""


async def test_a_message_begins_a_task(tmp_path: Path) -> None:
    async with office(tmp_path, "west", manifest=AGENTS + HEARD) as west:
        ann = await does(west, "ann", 'publish shared.x {"a":2}', "publish own.x 3")
        assert await said(west, ann) == ["0", "0"]
        (task,) = await over(west)
        assert task.end is not None and task.end.value == 3
        cause = task.cause
        assert cause is not None and cause.topic == "shared.x" and cause.message
        assert (cause.schedule, cause.sender) == ("desk/sums", f"@west/{ann.id}/ann")
        assert task.by == "schedule desk/sums"


async def test_a_message_that_is_taken_again_begins_nothing_again(tmp_path: Path) -> None:
    async with office(tmp_path, "west", manifest=AGENTS + HEARD) as west:
        ann = await does(west, "ann", 'publish shared.x {"a":2}')
        await said(west, ann)
        (task,) = await over(west)
        assert task.cause is not None
        again = Letter(
            service="west", epoch=int(task.cause.message.split("/")[1]),
            position=int(task.cause.message.split("/")[2]), sender=task.cause.sender,
            topic="shared.x", payload='{"a":2}',
        )  # fmt: skip
        assert await west.keeper.hear(again) == ""
        assert len(begun(west)) == 1


async def test_a_message_that_begins_nothing_is_told_and_why(tmp_path: Path) -> None:
    async with office(tmp_path, "west", manifest=AGENTS + HEARD) as west:
        ann = await does(west, "ann", 'publish shared.x {"b":2}')
        await said(west, ann)
        await until(west, lambda: bool(west.service.chain.state.marks.taken))
        await west.plugins.disable(ANN, "calculator", "not now")
        last = west.service.chain.state.marks.taken
        bob = await does(west, "bob", 'publish shared.x {"a":2}')
        await said(west, bob)
        await until(west, lambda: west.service.chain.state.marks.taken != last)
        assert not begun(west)
    first, second = refusals(taken(tmp_path)).values()
    assert first.startswith("schedule desk/sums: ") and "a" in first
    assert "'calculator' gets no work" in second


ROUND = """
[schedules.echo]
topic = "shared.x"
agent = "bob"
task = "publish shared.x 1"
"""


async def test_tasks_that_begin_each_other_do_not_go_round_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timekeeper, "MOST_IN_A_ROW", 3)
    async with office(tmp_path, "west", manifest=AGENTS + ROUND) as west:
        heard, hear = [], west.keeper.hear

        async def spy(letter: Letter) -> str:
            heard.append(await hear(letter))
            return heard[-1]

        monkeypatch.setattr(west.keeper, "hear", spy)
        ann = await does(west, "ann", "publish shared.x 1")
        await said(west, ann)
        tasks = await over(west, 3)
        assert [one.cause.deep for one in tasks if one.cause is not None] == [1, 2, 3]
        await until(west, lambda: any(heard))
    (why,) = refusals(taken(tmp_path)).values()
    assert "3 tasks began each other by messages" in why


async def test_who_may_not_hear_a_topic_is_not_begun_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["bus subscribe shared.secret"]\n')
    import tests.service.bus_rig as rig

    known = rig.settings_at

    def ruled(folder: Path, url: str = "") -> Any:
        return msgspec.structs.replace(known(folder, url), policy=policy)

    monkeypatch.setattr(rig, "settings_at", ruled)
    async with office(tmp_path, "west", manifest=AGENTS + HEARD) as west:
        ann = await does(west, "ann", 'publish shared.x {"a":2}')
        await said(west, ann)
        await until(west, lambda: bool(west.service.chain.state.marks.taken))
        assert not begun(west)
    (why,) = refusals(taken(tmp_path)).values()
    assert "'calculator' may not hear shared.*" in why
