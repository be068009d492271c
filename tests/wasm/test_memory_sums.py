"""The memory of many instances together: counted when it is given, at every growth, given back."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import trio
import trio.testing

from lion.domain.memory_sum import MemorySum, holders_sum, process_sum, runs_sum
from lion.domain.plan import MIB, Limits
from lion.errors import GuestError
from lion.ports import CallStats
from lion.wasm import linear, poll_meter
from lion.wasm.linear import Memories
from lion.wasm.poll_meter import PollMeter
from tests.wasm.kit import Bench, assemble, open_bench

PAGE = 64 * 1024

GROWS = assemble("""
(component
  (import "a:b/c@1.0.0" (instance $host (export "wait" (func (result u32)))))
  (core func $wait (canon lower (func $host "wait")))
  (core module $m
    (import "host" "wait" (func $wait (result i32)))
    (memory (export "memory") 4)
    (func (export "grow") (param $pages i32) (result i32) (local $got i32)
      (local.set $got (memory.grow (local.get $pages)))
      (drop (call $wait))
      (local.get $got))
    (func (export "sum") (result i64) (local $at i32) (local $sum i64)
      (loop $more
        (local.set $sum (i64.add (local.get $sum) (i64.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $more (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
      (memory.fill (i32.const 0) (i32.const 255) (i32.mul (memory.size) (i32.const 65536)))
      (local.get $sum))
    (func (export "beyond") (result i32) (i32.load (i32.mul (memory.size) (i32.const 65536)))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "wait" (func $wait))))))
  (func (export "grow") (param "pages" u32) (result u32) (canon lift (core func $i "grow")))
  (func (export "sum") (result s64) (canon lift (core func $i "sum")))
  (func (export "beyond") (result u32) (canon lift (core func $i "beyond"))))""")


async def at_once(name: str, args: list[Any]) -> Any:
    return 1


class Held:
    """Guests that hold what they got until they are let go, counted together in `memory`."""

    def __init__(self, bench: Bench, memory: MemorySum) -> None:
        self._bench = bench
        self._memory = memory
        self._gate = trio.Event()
        self.held = 0
        self.endings: list[str] = []

    async def grow(self, pages: int, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        async def handle(index: int, args: list[Any]) -> Any:
            self.held += 1
            await self._gate.wait()
            return 1

        component = self._bench.component
        try:
            got = await component.call(
                self._bench.exports["grow"], [pages], handle, _Handles(), limits,
                CallStats(memory=self._memory),
            )  # fmt: skip
            self.endings.append(f"got {got}")
        except GuestError as exc:
            self.endings.append(exc.ending)

    def let_go(self) -> None:
        self._gate.set()


class _Handles:
    def drop(self, rep: int) -> None: ...
    def close(self) -> None: ...
    def add(self, kind: str, thing: Any, close: Any = None) -> int:
        raise AssertionError

    def get(self, rep: int, kind: str | None = None) -> Any:
        raise AssertionError


async def test_forty_instances_have_no_more_than_their_holder() -> None:
    """Forty of 48 MiB each reached 1,978 MiB under a limit of 64."""
    memory = holders_sum("ann", 256 * MIB, None)
    async with open_bench(GROWS) as bench:
        crowd = Held(bench, memory)
        async with trio.open_nursery() as nursery:
            for _ in range(40):
                nursery.start_soon(crowd.grow, 47 * 16)
            await trio.testing.wait_all_tasks_blocked()
            assert crowd.held == 256 // 48
            assert memory.used <= 256 * MIB
            crowd.let_go()
        assert sorted(set(crowd.endings)) == ["got 4", "memory-sum"]
        assert crowd.endings.count("got 4") == 256 // 48
        assert memory.used == bench.runtime.memory.used == 0


async def test_what_the_first_pages_take_counts_too() -> None:
    memory = holders_sum("ann", MIB, None)
    async with open_bench(GROWS) as bench:
        crowd = Held(bench, memory)
        async with trio.open_nursery() as nursery:
            for _ in range(6):
                nursery.start_soon(crowd.grow, 0)
            await trio.testing.wait_all_tasks_blocked()
            assert (crowd.held, memory.used) == (4, MIB)
            crowd.let_go()
        assert crowd.endings.count("memory-sum") == 2


@pytest.mark.parametrize("level", ["holder", "run", "process"])
async def test_each_sum_holds_by_itself_and_says_what_to_type(level: str) -> None:
    limits = {"holder": 1000, "run": 1000, "process": 1000} | {level: 16}
    process = process_sum(limits["process"] * PAGE)
    memory = holders_sum("ann", limits["holder"] * PAGE, runs_sum(limits["run"] * PAGE, process))
    async with open_bench(GROWS) as bench:
        component = bench.component
        with pytest.raises(GuestError) as caught:
            await component.call(
                bench.exports["grow"], [13], None, _Handles(), Limits(),  # type: ignore[arg-type]
                CallStats(memory=memory),
            )  # fmt: skip
        assert caught.value.ending == "memory-sum"
        word = {"holder": "memory-sum =", "run": "[limits] memory", "process": "LION_MEMORY"}
        assert word[level] in caught.value.hint
        assert (memory.used, process.used) == (0, 0)


async def test_who_is_refused_is_cut_before_its_next_call() -> None:
    """Else a replay, which knows no neighbours, would find that it went on otherwise."""
    asked: list[str] = []
    memory = holders_sum("ann", 8 * PAGE, None)

    async def handle(index: int, args: list[Any]) -> Any:
        asked.append("wait")
        return 1

    async with open_bench(GROWS) as bench:
        with pytest.raises(GuestError, match="'ann' have no more than 524,288 bytes"):
            await bench.component.call(
                bench.exports["grow"], [5], handle, _Handles(), Limits(), CallStats(memory=memory)
            )
    assert asked == []


async def test_its_own_limit_is_an_answer_that_a_replay_gets_too() -> None:
    async with open_bench(GROWS) as bench:
        limits = Limits(memory=8 * PAGE)
        assert await bench.call("grow", 5, answer=at_once, limits=limits) == 2**32 - 1
        assert await bench.call("grow", 4, answer=at_once, limits=limits) == 4
        assert bench.runtime.memory.used == 0


async def test_the_engine_counts_whom_nobody_counts() -> None:
    async with open_bench(GROWS, memory=8 * PAGE) as bench:
        with pytest.raises(GuestError) as caught:
            await bench.call("grow", 5)
        assert caught.value.ending == "memory-sum"
        assert await bench.call("grow", 4, answer=at_once) == 4


async def test_nothing_of_one_memory_is_in_the_next() -> None:
    async with open_bench(GROWS) as bench:
        for _ in range(3):
            assert await bench.call("sum") == 0


async def test_a_place_that_is_used_again_ends_where_the_memory_ends() -> None:
    async with open_bench(GROWS) as bench:
        assert await bench.call("grow", 16, answer=at_once) == 4
        with pytest.raises(GuestError, match="out of bounds"):
            await bench.call("beyond")


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A system that refuses what the list names."""
    refused: list[str] = []
    for name, failed in (("_mmap", None), ("_mprotect", -1), ("_madvise", -1)):
        real = getattr(linear, name)

        def call(*args: Any, name: str = name, failed: Any = failed, real: Any = real) -> Any:
            return failed if name in refused else real(*args)

        monkeypatch.setattr(linear, name, call)
    yield refused


@pytest.mark.parametrize("what", ["_mmap", "_mprotect"])
async def test_a_system_without_room_is_an_error_and_nothing_is_lost(
    what: str, refusing: list[str]
) -> None:
    async with open_bench(GROWS) as bench:
        refusing.append(what)
        with pytest.raises(GuestError) as caught:
            await bench.call("sum")
        assert caught.value.ending == "exhausted"
        refusing.clear()
        assert await bench.call("sum") == 0
        assert bench.runtime.memory.used == 0


async def test_what_cannot_be_emptied_is_not_used_again(refusing: list[str]) -> None:
    async with open_bench(GROWS) as bench:
        refusing.append("_madvise")
        assert [await bench.call("sum") for _ in range(2)] == [0, 0]


async def test_a_thread_counts_for_the_guest_it_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """One in a worker, and one on the loop's thread while it is there."""
    monkeypatch.setattr(PollMeter, "is_exposed", lambda self: True)
    ann, bob = (holders_sum(name, MIB, None) for name in ("ann", "bob"))
    async with open_bench(GROWS) as bench:
        crowds = [Held(bench, one) for one in (ann, bob)]
        async with trio.open_nursery() as nursery:
            for crowd, pages in zip(crowds, (1, 2), strict=True):
                nursery.start_soon(crowd.grow, pages)
            while sum(crowd.held for crowd in crowds) < 2:
                await trio.lowlevel.checkpoint()
            assert [one.used // PAGE for one in (ann, bob)] == [5, 6]
            for crowd in crowds:
                crowd.let_go()


def test_what_is_kept_for_the_next_is_bounded() -> None:
    memories = Memories()
    places = [linear._reserve(PAGE, PAGE) for _ in range(linear.KEPT + 3)]
    for place in places:
        assert place is not None
        memories._keep(place)
    assert len(memories._kept) == linear.KEPT
    for place in memories._kept:
        place.unmap()


class Rounds(trio.abc.Instrument):
    """Which round of the loop this is. A task that counts runs before or after others in one."""

    number = 0

    def before_io_wait(self, timeout: float) -> None:
        self.number += 1


async def test_of_a_crowd_that_starts_at_once_one_starts_in_each_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sixty-four calls that start as many each, twice, held the loop for 5 s."""
    monkeypatch.setattr(poll_meter, "LOOP_NS", -1)
    loop = Rounds()
    rounds: list[int] = []
    turn = PollMeter.turn

    async def noted_turn(meter: PollMeter) -> None:
        await turn(meter)
        rounds.append(loop.number)

    async def answer(name: str, args: list[Any]) -> Any:
        return 1

    monkeypatch.setattr(PollMeter, "turn", noted_turn)
    async with open_bench(GROWS) as bench:
        trio.lowlevel.add_instrument(loop)
        async with trio.open_nursery() as crowd:
            for _ in range(50):
                crowd.start_soon(partial(bench.call, "grow", 0, answer=answer))
        trio.lowlevel.remove_instrument(loop)
    assert len(rounds) == len(set(rounds)) == 50
