"""What is noted in the file of a run's lock is there for whoever goes on with the run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from lion.log.owned import OwnedRuns, read_beat, read_heard
from lion.log.ownership import RUNS, lock_path, take_lock

RUN = "run-1"


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[OwnedRuns]:
    (tmp_path / RUNS).mkdir()
    runs = OwnedRuns(tmp_path)
    yield runs
    runs.let_all_go()


async def beaten(owned: OwnedRuns, directory: Path, clock_ns: int) -> None:
    """Own the run for two seconds, in which its clock says this."""
    owned.add(RUN, take_lock(directory, RUN), lambda: clock_ns)
    with trio.move_on_after(2.5):
        await owned.beat()
    owned.let_go(RUN, for_ever=False)


async def test_its_clock(
    owned: OwnedRuns, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Until its next owner knows better."""
    assert read_beat(tmp_path, RUN) == 0
    await beaten(owned, tmp_path, 7_000)
    assert read_beat(tmp_path, RUN) == 7_000
    await beaten(owned, tmp_path, 0)
    assert read_beat(tmp_path, RUN) == 7_000
    await beaten(owned, tmp_path, 9_000)
    assert read_beat(tmp_path, RUN) == 9_000


async def test_how_far_listeners_are(
    owned: OwnedRuns, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    owned.note_heard(RUN, {"a": 1})
    assert read_heard(tmp_path, RUN) == {}, "whose run it is not notes nothing"
    for heard in ({"a": 10_000}, {"a": 10_001, "b": 7}, {"b": 1}):
        owned.add(RUN, take_lock(tmp_path, RUN), None)
        owned.note_heard(RUN, heard)
        owned.let_go(RUN, for_ever=False)
        await beaten(owned, tmp_path, 3)
        assert read_heard(tmp_path, RUN) == heard
    owned.add(RUN, take_lock(tmp_path, RUN), None)
    owned.let_go(RUN, for_ever=True)
    assert not lock_path(tmp_path, RUN).exists()
