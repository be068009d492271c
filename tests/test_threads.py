"""Look here if you want to know what becomes of work on files whose caller is cancelled."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from lion import threads
from lion.capabilities.fs.file import Descriptor
from lion.domain.call import CallError
from lion.threads import finish
from tests.capabilities.fs.rig import grant, open_guest


class Gate:
    """Work that has begun, and ends when told."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.may_end.wait(10)
        return "done"

    async def wait_begun(self) -> None:
        assert await trio.to_thread.run_sync(self.begun.wait, 10)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.may_end.set()


def limiters(size: int = 1) -> list[trio.CapacityLimiter]:
    return [trio.CapacityLimiter(size), trio.CapacityLimiter(size)]


async def test_work_gives_what_it_returns_and_raises_what_it_raises() -> None:
    places = limiters()
    assert await finish(lambda: threading.get_ident(), places) != threading.get_ident()
    with pytest.raises(CallError):
        await finish(lambda: Descriptor(_closed()).using().__enter__(), places)
    assert [place.borrowed_tokens for place in places] == [0, 0]


def _closed() -> int:
    raise CallError("not-found", "nothing")


async def test_cancelled_work_that_ends_soon_gives_its_outcome(gate: Gate) -> None:
    outcomes: list[str] = []

    async def call() -> None:
        outcomes.append(await finish(gate, limiters()))
        await trio.lowlevel.checkpoint()
        outcomes.append("went on")

    with trio.move_on_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(call)
            await gate.wait_begun()
            nursery.cancel_scope.cancel()
            gate.may_end.set()
    assert outcomes == ["done"]


async def test_work_that_hangs_is_left_behind_and_keeps_its_place(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "GRACE", 0.01)
    places, late = limiters(), trio.Event()
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(finish, gate, places, lambda value: late.set())
            await gate.wait_begun()
            scope.cancel()
    assert scope.cancelled_caught
    assert [place.borrowed_tokens for place in places] == [1, 1]
    assert not late.is_set()
    gate.may_end.set()
    with trio.fail_after(60):
        await late.wait()
    assert [place.borrowed_tokens for place in places] == [0, 0]


async def test_who_waits_for_a_place_is_cancelled_before_it_begins(gate: Gate) -> None:
    places = limiters()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(finish, gate, places)
        await gate.wait_begun()
        began: list[int] = []
        with trio.move_on_after(0.01):
            await finish(lambda: began.append(1), places)
        gate.may_end.set()
    assert began == []
    assert [place.borrowed_tokens for place in places] == [0, 0]


async def test_one_holder_leaves_places_to_the_others(gate: Gate) -> None:
    own, other, of_all = (trio.CapacityLimiter(size) for size in (2, 2, 3))
    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(finish, gate, (own, of_all))
        await gate.wait_begun()
        assert await finish(lambda: "served", (other, of_all)) == "served"
        gate.may_end.set()


def test_a_descriptor_is_not_closed_under_who_uses_it() -> None:
    reader, writer = os.pipe()
    ended: list[int] = []
    descriptor = Descriptor(reader, ended.append)
    with descriptor.using() as number:
        descriptor.close()
        assert not ended
        os.write(writer, b"x")
        assert os.read(number, 1) == b"x"
    assert ended == [reader]
    with pytest.raises(OSError):
        os.fstat(reader)
    with pytest.raises(CallError), descriptor.using():
        pass
    os.close(writer)


async def test_a_cancelled_write_is_whole_or_not_there(tmp_path: Path) -> None:
    async with open_guest(grant("/n", tmp_path, write=True)) as guest:
        await guest("write", "/n/a", "old" * 10_000 + "u")
        for _ in range(100):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(guest, "write", "/n/a", "new" * 10_000 + "u")
                await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()
            assert (tmp_path / "a").read_text() in ("old" * 10_000, "new" * 10_000)
            assert os.listdir(tmp_path) == ["a"]


async def test_files_open_are_bounded_and_given_back(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    async with open_guest(grant("/n", tmp_path)) as guest:
        reps = []
        while isinstance(rep := await guest("open", "/n/a", ("read",)), int):
            reps.append(rep)
            assert len(reps) <= 256
        assert rep == "exhausted" and "files are open" in guest.words
        assert len(reps) > 10
        guest.caller.handles.drop(reps[0])
        assert await guest("open", "/n/missing", ("read",)) == "not-found"
        assert isinstance(await guest("open", "/n/a", ("read",)), int)
        assert await guest("open", "/n/a", ("read",)) == "exhausted"


async def test_descriptors_are_back_when_the_run_ends(tmp_path: Path) -> None:
    before = os.listdir("/dev/fd")
    async with open_guest(grant("/n", tmp_path, write=True)) as guest:
        await guest.opened("/n/a", "write", "create")
        await guest("symlink", "a", "/n/s")
        for words in (
            ("read", "/n/s"), ("list", "/n", None, 9), ("read", "/n/x/y"), ("read", "/n/a/x"),
            ("open", "/n", ("directory",)), ("open", "/n/s", ("write", "create", "exclusive")),
        ):  # fmt: skip
            await guest(*words)
    assert len(os.listdir("/dev/fd")) == len(before)
