"""Look here if you want to know who is cut for letting a reader wait, and when exactly."""

from typing import Any

import pytest
import trio
import trio.testing

from lion.capabilities.http.lookout import Lookout, Patience


class Line:
    """A connection that notes when it was cut."""

    def __init__(self) -> None:
        self.cut_at: list[float] = []

    def cut(self) -> None:
        self.cut_at.append(trio.current_time())


def patience(line: Line, idle: float, until: float = 1_000.0) -> Patience:
    return Patience(line, idle, trio.current_time() + until)


@pytest.fixture
async def lookout(nursery: trio.Nursery) -> Lookout:
    lookout = Lookout()
    nursery.start_soon(lookout.look)
    await trio.testing.wait_all_tasks_blocked()
    return lookout


async def test_who_waits_is_cut_in_time_and_once(lookout: Lookout, autojump_clock: Any) -> None:
    line, began = Line(), trio.current_time()
    lookout.add(one := patience(line, 30.0))
    await trio.sleep(20.0)
    one.since = trio.current_time()
    await trio.sleep(500.0)
    assert line.cut_at == [began + 50.0]
    assert one.is_over


async def test_each_piece_begins_anew(lookout: Lookout, autojump_clock: Any) -> None:
    line, began = Line(), trio.current_time()
    lookout.add(one := patience(line, 30.0))
    for _ in range(10):
        one.since = trio.current_time()
        await trio.sleep(29.0)
    assert line.cut_at == []
    await trio.sleep(100.0)
    assert line.cut_at == [began + 291.0]


async def test_a_slow_reader_is_not_cut(lookout: Lookout, autojump_clock: Any) -> None:
    line = Line()
    lookout.add(patience(line, 30.0, until=60.0))
    await trio.sleep(500.0)
    assert line.cut_at == []


async def test_the_time_for_everything_ends_it_too(lookout: Lookout, autojump_clock: Any) -> None:
    line, began = Line(), trio.current_time()
    lookout.add(one := patience(line, 30.0, until=45.0))
    await trio.sleep(40.0)
    one.since = trio.current_time()
    await trio.sleep(100.0)
    assert line.cut_at == [began + 45.0]


async def test_a_shorter_patience_wakes_the_task_sooner(
    lookout: Lookout, autojump_clock: Any
) -> None:
    long, short, began = Line(), Line(), trio.current_time()
    for line, idle in ((long, 300.0), (short, 3.0)):
        lookout.add(one := patience(line, idle))
        one.since = began
    await trio.sleep(999.0)
    assert (short.cut_at, long.cut_at) == ([began + 3.0], [began + 300.0])


async def test_who_has_ended_is_left_alone(lookout: Lookout, autojump_clock: Any) -> None:
    line = Line()
    lookout.add(one := patience(line, 30.0))
    one.since = trio.current_time()
    for _ in range(2):
        lookout.remove(one)
    await trio.sleep(500.0)
    assert line.cut_at == []
