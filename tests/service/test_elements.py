"""Look here if you want to know that what a service holds is shown as elements, as the record has
it.
"""

from pathlib import Path

import pytest

from lion.domain.task import TaskState
from lion.elements import Event, Progression, from_dict
from lion.errors import OperatorError
from lion.service.elements import (
    element_of,
    elements_of,
    progression_of,
    queue_of,
    task_id,
    tasks_of,
)
from tests.service.rig import ANN, VIC, add, living_in, wait, works


async def test_a_task_is_an_event_and_the_queue_a_progression_over_tasks(tmp_path: Path) -> None:
    async with living_in(tmp_path, slots=1) as living:
        service = living.service
        done = await service.wait_over(ANN, (await add(living)).id)
        works_on = await wait(living)
        await works(living, works_on)
        later, sooner = await add(living, priority=1), await add(living, priority=200)
        tasks = tasks_of(service)
        assert [one.status for one in tasks] == [
            TaskState.COMPLETED, TaskState.PROCESSING, TaskState.PENDING, TaskState.PENDING,
        ]  # fmt: skip
        assert tasks[task_id(done.id)].response == 2
        queue = queue_of(service)
        waiting = [one.metadata["task"] for one in tasks.ordered(queue)]
        assert sorted(waiting) == sorted([sooner.id, later.id])
        assert waiting == [place.task.id for place in service.conductor.queue]
        await service.cancel(ANN, works_on.id)


async def test_all_is_listed_found_and_read_again(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        service = living.service
        done = await service.wait_over(ANN, (await add(living)).id)
        found = await elements_of(service, VIC)
        kinds = {one.kind for one in found}
        assert kinds == {"Task", "Run", "Plugin"}
        assert [from_dict(one.to_dict()).to_dict() for one in found] == [
            one.to_dict() for one in found
        ]
        task = await element_of(service, VIC, done.id)
        assert isinstance(task, Event)
        assert await element_of(service, VIC, str(task.id)[:13]) == task
        assert (await element_of(service, VIC, done.run)).metadata == {"task": done.id}
        assert isinstance(progression_of(service, VIC, "queue"), Progression)
        for id, words in (("", "several elements"), ("x", "no element begins")):
            with pytest.raises(OperatorError, match=words):
                await element_of(service, VIC, id)
        with pytest.raises(OperatorError, match="no progression 'x'"):
            progression_of(service, VIC, "x")
