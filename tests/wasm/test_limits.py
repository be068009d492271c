"""Limits on memory, tables, instances, stack and CPU, and the words in which they are reported."""

import itertools
from time import perf_counter_ns
from typing import Any

import pytest
import trio

from lion.domain.plan import MIB, Limits
from lion.errors import GuestError
from lion.wasm import fiber
from lion.wasm.admission import Admission
from lion.wasm.fiber import LONG_POLL_NS
from lion.wasm.offers import offered
from lion.wasm.poll_meter import PollMeter
from lion.wasm.traps import frames, guest_error
from tests.wasm.kit import WAT, Bench, assemble, built, open_bench


def _wat(name: str) -> bytes:
    return assemble((WAT / f"{name}.wat").read_text("utf-8"))


async def _ending(name: str, export: str, limits: Limits = Limits()) -> GuestError:  # noqa: B008
    async with open_bench(_wat(name), offers=offered()) as bench:
        with pytest.raises(GuestError) as caught:
            await bench.call(export, limits=limits)
        assert bench.runtime.live == 0
        assert bench.component._shared.callbacks.guests == {}
    return caught.value


@pytest.mark.parametrize(
    ("name", "export", "ending"),
    [
        ("memory-large", "nop", "memory"),
        ("table-large", "nop", "exhausted"),
        ("table-bomb", "bomb", "trap"),
        ("list-beyond-memory", "text", "trap"),
        ("bad-case", "pick", "trap"),
        ("start-trap", "nop", "trap"),
    ],
)
async def test_endings(name: str, export: str, ending: str) -> None:
    assert (await _ending(name, export)).ending == ending


async def test_a_loop_at_instantiation_is_cut_too() -> None:
    error = await _ending("start-spin", "nop", Limits(cpu_ns=30_000_000))
    assert error.ending == "cpu"
    assert "cpu" in error.hint


async def test_zero_means_zero() -> None:
    error = await _ending("start-spin", "nop", Limits(cpu_ns=0))
    assert error.ending == "cpu"
    async with open_bench(built("hostile"), offers=offered()) as bench:
        with pytest.raises(GuestError) as caught:
            await bench.call("nop", limits=Limits(memory=0))
        assert caught.value.ending == "memory"


async def test_texts_that_overlap_cost_no_more_than_wasmtime_allows() -> None:
    """2,000 texts of 64 KiB in 4 MiB of guest memory: 128 MiB for whoever copies them."""
    async with open_bench(_wat("overlap")) as bench:
        assert len(await bench.call("overlap", 10)) == 10
        with pytest.raises(GuestError) as caught:
            await bench.call("overlap", 8_000)
        assert caught.value.ending == "exhausted"


async def test_one_instance_too_many_is_refused_and_the_others_go_on() -> None:
    async def wait(name: str, args: list[Any]) -> Any:
        await event.wait()
        return args[0]

    event = trio.Event()
    refused: list[GuestError] = []
    done: list[int] = []

    async def one(bench: Bench) -> None:
        try:
            done.append(await bench.call("fetch-n", 1, "abc", answer=wait))
        except GuestError as exc:
            refused.append(exc)
            if len(refused) == 3:
                event.set()

    async with open_bench(built("mirror"), instances=5) as bench:
        async with trio.open_nursery() as nursery:
            for _ in range(8):
                nursery.start_soon(one, bench)
        assert [e.ending for e in refused] == ["exhausted"] * 3
        assert done == [3] * 5
        assert "vm.max_map_count" in refused[0].hint


def test_admission_gives_places_back() -> None:
    admission = Admission(1)
    for _ in range(3):
        with admission.admit(), pytest.raises(GuestError), admission.admit():
            raise AssertionError("two places of one")
    assert admission.live == 0


def test_admission_leaves_room_below_the_machines_limit() -> None:
    assert 1 <= Admission().limit <= 100_000_000


async def test_cpu_is_the_guests_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour passes in each host call; of five calls, the one that the machine held up least."""
    waited = 0

    async def slow(name: str, args: list[Any]) -> Any:
        nonlocal waited
        waited += 3_600_000_000_000
        await trio.lowlevel.checkpoint()
        return args[0]

    monkeypatch.setattr(fiber, "perf_counter_ns", lambda: perf_counter_ns() + waited)
    used = []
    async with open_bench(built("mirror")) as bench:
        for _ in range(5):
            await bench.call("fetch-n", 4, "abc", answer=slow)
            assert bench.stats.host_calls == 4
            used.append(bench.stats.cpu_ns)
    # What is polled in the loop counts no more than this each time, also if the host's is in it.
    assert 0 < min(used) < fiber.INLINE_CAP_NS


@pytest.mark.parametrize(("cpu_ns", "is_hopping"), [(0, False), (2 * LONG_POLL_NS, True)])
async def test_only_who_computes_is_polled_in_a_worker(
    cpu_ns: int, is_hopping: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the wall clock a poll is also long that waited for the GIL."""
    for clock, step in (("perf_counter_ns", 2 * LONG_POLL_NS), ("thread_time_ns", cpu_ns)):
        monkeypatch.setattr(fiber, clock, itertools.count(step=step).__next__)
    monkeypatch.setattr(fiber, "INLINE_TICKS", 1_000_000)
    polled, poll = [], PollMeter.poll_in_worker

    async def counted(meter: PollMeter, future: int, finish: Any, guest: Any) -> tuple[bool, int]:
        polled.append(future)
        return await poll(meter, future, finish, guest)

    async def at_once(name: str, args: list[Any]) -> Any:
        return args[0]

    monkeypatch.setattr(PollMeter, "poll_in_worker", counted)
    async with open_bench(built("mirror")) as bench:
        await bench.call("fetch-n", 7, "abc", answer=at_once)
    assert bool(polled) == is_hopping


TRACE = """error while executing at wasm backtrace:
    0:   0x12b6 - <unknown>!core[4d105328dfd0a45]::panicking::panic_fmt
    1:   0x1f3c - <unknown>!<alloc::boxed::Box<dyn core::ops::Fn() -> !>>::call
    2:   0x2000 - <unknown>!alloc::raw_vec::handle_error::h0123456789abcdef

Caused by:
    wasm trap: wasm `unreachable` instruction executed"""


def test_frames_are_names_without_hashes() -> None:
    assert frames(TRACE) == (
        "core::panicking::panic_fmt",
        "<alloc::boxed::Box<dyn core::ops::Fn() -> !>>::call",
        "alloc::raw_vec::handle_error",
    )


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        (TRACE, "trap"),
        (TRACE.replace("panic_fmt", "handle_alloc_error"), "memory"),
        ("memory minimum size of 65536 pages exceeds memory limits", "memory"),
        ("wasm trap: call stack exhausted", "stack"),
        ("resource limit exceeded: instance count too high at 65", "exhausted"),
        ("fuel allocated for hostcalls has been exhausted", "exhausted"),
        ("something nobody has seen", "trap"),
    ],
)
def test_words_become_endings(text: str, ending: str) -> None:
    error = guest_error(text, "'run'")
    assert error.ending == ending
    assert "\n" not in error.what


def test_a_memory_limit_names_what_to_type() -> None:
    assert "memory" in guest_error("exceeds memory limits", "it").hint
    assert Limits().memory == 64 * MIB
