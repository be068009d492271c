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
from lion.service.chain import Chain
from tests.service.rig import ANN, add, living_in


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
