"""What a service reads in threads shares nothing with its loop: neither a connection that the loop
closes, nor the log that the loop writes.
"""

import threading
from pathlib import Path

import pytest
import trio
import trio.testing

from lion.domain.events import TaskScheduled, TaskStarted
from lion.domain.task import TaskState
from lion.log.sqlite import open_sqlite_log
from lion.log.sqlite_reader import SqliteReader
from lion.ports import RunSummary
from lion.service.tail import Tail
from tests.service.rig import ANN, add, living_in, settings_of


@pytest.mark.parametrize("method", ["last_position", "since"])
async def test_a_log_is_not_closed_under_a_thread_that_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async with living_in(tmp_path) as living:
        await living.service.wait_over(ANN, (await add(living)).id)
    entered, go = trio.Event(), threading.Event()
    found: list[int] = []
    token, read = trio.lowlevel.current_trio_token(), getattr(SqliteReader, method)

    def hold(reader: SqliteReader, *args: int) -> object:
        token.run_sync_soon(entered.set)
        go.wait()
        found.append(len(reader.runs()))
        return read(reader, *args)

    monkeypatch.setattr(SqliteReader, method, hold)
    settings = settings_of(tmp_path)
    async with open_sqlite_log(settings.state) as log, trio.open_nursery() as nursery:
        tail = Tail(settings, log)
        nursery.start_soon(tail.run)
        nursery.start_soon(tail.hear, lambda records: None)
        await entered.wait()
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            await trio.testing.wait_all_tasks_blocked()  # whoever closes it at once has done so
        go.set()
    assert found == [1]


async def test_what_became_of_tasks_is_told_on_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the log has nothing to write meanwhile: its writer can only be woken there."""
    async with living_in(tmp_path) as living:
        living.service.conductor.is_stopping = True
        task = (await add(living)).id
        chain = living.service.chain
        chain.tell(TaskScheduled(task, 9, "fifo", 1, "test"))
        chain.tell(TaskStarted(task, "no-such-run", 1))
        await chain.commit()
    read = SqliteReader.runs

    def late(reader: SqliteReader) -> list[RunSummary]:
        trio.from_thread.run(trio.testing.wait_all_tasks_blocked, 0.05)
        return read(reader)

    monkeypatch.setattr(SqliteReader, "runs", late)
    async with living_in(tmp_path) as living:
        over = await living.service.wait_over(ANN, task)
    assert (over.state, over.attempts) == (TaskState.COMPLETED, 2)
