"""What a start does with tasks that worked when their service was killed, however long that is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from lion import serving
from lion.domain.events import TaskScheduled, TaskStarted
from lion.domain.task import TaskState
from lion.history import open_history
from lion.service.chain import Chain
from tests.service.rig import ANN, MANIFEST, WASM, add, living_in, plan_of, settings_of


async def test_what_became_of_tasks_is_told_in_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However busy the machine is: the log's writer may have written, and be waiting, by the time
    the look is over. Told from a thread, the writer would never be woken, and the start hang.
    """
    async with living_in(tmp_path, slots=1) as living:
        living.service.conductor.is_stopping = True
        unbegun = (await add(living)).id
        living.service.chain.tell(TaskScheduled(unbegun, 9, "fifo", 1, "test"))
        living.service.chain.tell(TaskStarted(unbegun, "no-such-run", 1))
        await living.service.chain.commit()
    told, beside, tell = [], serving.beside, Chain.tell

    async def late(look: Callable[[], Any]) -> Any:
        found = await beside(look)
        await trio.testing.wait_all_tasks_blocked(0.05)  # all that was told is written by now
        return found

    def noted(self: Chain, event: Any) -> None:
        told.append(trio.lowlevel.current_task())  # raises outside of the loop
        tell(self, event)

    monkeypatch.setattr(serving, "beside", late)
    monkeypatch.setattr(Chain, "tell", noted)
    with trio.fail_after(60):
        async with living_in(tmp_path, slots=1) as living:
            again = await living.service.wait_over(ANN, unbegun)
            assert (again.state, again.attempts) == (TaskState.COMPLETED, 2)
    assert told


AGENT = f"""
name = "said"
[agents.waiter]
component = "{WASM}/waiter.wasm"
config = {{ times = 0, pieces = 1, nanos = 1 }}
[[run]]
agent = "waiter"
task = "x"
"""
CALL = MANIFEST + '[[run]]\ncall = "calculator.add"\nwith = { a = 20, b = 3 }\n'


@pytest.mark.parametrize("text", [AGENT, CALL], ids=["agent", "call"])
async def test_what_a_run_came_to_that_had_ended_unsaid(tmp_path: Path, text: str) -> None:
    """Its service was killed before it could say so."""
    async with living_in(tmp_path, slots=1) as living:
        chain = living.service.chain
        living.service.conductor.is_stopping = True
        id = (await add(living)).id
        (ending,) = (await living.service.host.run(plan_of(text))).endings
        with open_history(settings_of(tmp_path)) as reader:
            (run,) = [one.run for one in reader.runs()]
        chain.tell(TaskScheduled(id, 9, "fifo", 1, "test"))
        chain.tell(TaskStarted(id, run, 1))
        await chain.commit()
    async with living_in(tmp_path, slots=1) as living:
        task = await living.service.wait_over(ANN, id)
    assert (task.state, task.attempts) == (TaskState.COMPLETED, 1)
    assert task.end is not None
    assert (task.end.value, task.end.is_long) == (ending.text or ending.value, False)
