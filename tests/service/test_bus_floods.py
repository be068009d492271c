"""A run that writes to others without end: what of it they have to bear."""

from functools import partial
from pathlib import Path

import pytest

from lion import opening
from lion.domain.task import TaskState
from lion.log.sqlite import open_sqlite_log
from tests.service.bus_rig import called, does, office, refusals, said, taken
from tests.service.rig import ANN

QUOTA = 2_000_000
LARGE = '"' + "x" * 40_000 + '"'


async def test_a_flood_from_other_runs_ends_neither_a_run_nor_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "open_sqlite_log", partial(open_sqlite_log, quota=QUOTA))
    async with office(tmp_path, "west") as west:
        bob = await does(west, "bob", "inbox", "subscribe shared.*", "next 0")
        await called(west, bob, "subscribe")
        last = await does(west, "ann", "inbox", "next 0")
        await called(west, last, "inbox")
        for _ in range(3):  # each less than its own share, all of them more than bob's run has
            flood = await does(west, "ann", f"many 20 publish shared.a {LARGE}")
            assert await said(west, flood) == ["1"] or await said(west, flood) == ["0"]
        await does(west, "ann", f"send @west/{last.id} 1")
        assert len(await said(west, last)) == 2
        await west.service.cancel(ANN, bob.id)
        assert (await west.service.wait_over(ANN, bob.id)).state is TaskState.CANCELLED
    whys = set(refusals(taken(tmp_path)).values())
    assert len(whys) == 1 and "takes no more from outside" in whys.pop()
