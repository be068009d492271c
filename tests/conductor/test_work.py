"""What an agent writes reaches who reads it in order, once, and no faster than it is read."""

import trio
import trio.testing

from lion.kernel.agent_calls import LONGEST, PIECES, Work


async def test_pieces_of_before_come_first_also_for_who_waits_already(nursery) -> None:
    """Its reader was told that there is something, died, and asks before the agent is there."""
    work, got = Work(True), []
    work.note_read()

    async def read() -> None:
        while (piece := await work.next()) is not None:
            got.append(piece)

    nursery.start_soon(read)
    await trio.testing.wait_all_tasks_blocked()
    for piece in "abc":
        work.hear_again(piece)
    await work.hear("d")
    work.settle("{}")
    await trio.testing.wait_all_tasks_blocked()
    assert got == ["b", "c", "d"]


async def test_who_writes_faster_than_he_is_read_waits(nursery) -> None:
    work = Work(True)
    nursery.start_soon(work.hear, "x" * LONGEST * (PIECES + 5))
    await trio.testing.wait_all_tasks_blocked()
    assert len(work._pieces) == PIECES
    assert len(await work.next() or "") == LONGEST
    await trio.testing.wait_all_tasks_blocked()
    assert len(work._pieces) == PIECES + 1 and work._pieces[0] == ""
    nursery.cancel_scope.cancel()
