"""Values whose size is the guest's choice: bounded before they are read, at every depth, on the
guest's own time and never on the loop's thread.
"""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from lion.domain.plan import MIB, Limits
from lion.errors import GuestError
from lion.ports import UNREAD
from lion.wasm import capi, fiber, poll_meter
from lion.wasm.bounds import VALUE, octets_at
from tests.wasm.kit import Bench, assemble, open_bench

PIECES = 16_384
"""Where the list of lists is, each of which is the whole of the memory's first page."""


def component(element: str) -> bytes:
    """It gives `count` elements of 8 bytes each that lie at 64 KiB, and hands them to `take`."""
    return assemble(f"""
    (component
      (import "a:b/c@1.0.0" (instance $host (export "take"
        (func (param "all" (list {element})) (result (list u32))))))
      (core module $mem
        (memory (export "memory") 300)
        (global $top (mut i32) (i32.const 18874368))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
          (global.set $top (i32.add (global.get $top)
            (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16))))
          (i32.sub (global.get $top)
            (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16)))))
      (core instance $mem (instantiate $mem))
      (core func $take (canon lower (func $host "take")
        (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
      (core module $m
        (import "mem" "memory" (memory 300))
        (import "host" "take" (func $take (param i32 i32 i32)))
        (func $fill (param $count i32) (local $at i32) (local $end i32)
          (local.set $at (i32.const 65536))
          (local.set $end (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 8))))
          (block $done (loop $more
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (i32.store (local.get $at) (i32.const 1024))
            (i32.store offset=4 (local.get $at) (i32.const {PIECES}))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (br $more))))
        (func (export "give") (param $count i32) (result i32)
          (call $fill (local.get $count))
          (i32.store (i32.const 0) (i32.const 65536))
          (i32.store (i32.const 4) (local.get $count))
          (i32.const 0))
        (func $ask (export "ask") (param $count i32) (param $times i32) (result i32)
          (call $fill (local.get $count))
          (loop $again
            (call $take (i32.const 65536) (local.get $count) (i32.const 16))
            (local.set $times (i32.sub (local.get $times) (i32.const 1)))
            (br_if $again (local.get $times)))
          (i32.load (i32.const 20)))
        (func (export "ask-and-give") (result i32)
          (drop (call $ask (i32.const 1) (i32.const 3)))
          (i32.const 0)))
      (core instance $i (instantiate $m (with "mem" (instance $mem))
        (with "host" (instance (export "take" (func $take))))))
      (func (export "give") (param "count" u32) (result (list {element}))
        (canon lift (core func $i "give") (memory (core memory $mem "memory"))))
      (func (export "ask") (param "count" u32) (param "times" u32) (result u32)
        (canon lift (core func $i "ask")))
      (func (export "ask-and-give") (result (list u8))
        (canon lift (core func $i "ask-and-give") (memory (core memory $mem "memory")))))""")


@pytest.fixture
def peak() -> Iterator[Any]:
    """What Python has had at most since the test began, in bytes."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


MANY = {
    "u64": 230_000, "(tuple u32 u32)": 230_000, "(option u32)": 230_000, "(list u32)": 100,
    "(list u8)": 100, "string": 300,
}  # fmt: skip
"""How many of them are more than the host reads, and less than wasmtime refuses by itself."""


@pytest.mark.parametrize("element", MANY)
async def test_a_result_is_bounded_before_it_is_read(element: str, peak: Any) -> None:
    async with open_bench(component(element)) as bench:
        assert len(await bench.call("give", 10)) == 10
        tracemalloc.reset_peak()
        limits = Limits(memory=20 * MIB, output=MIB)
        with pytest.raises(GuestError) as caught:
            await bench.call("give", MANY[element], limits=limits)
        is_text = element == "string"
        assert caught.value.ending == ("exhausted" if is_text else "memory"), caught.value
        assert "bytes" in caught.value.what
        # A list that was being read when the next part of it did not fit is let go.
        assert peak() < 24 * MIB


async def test_what_fits_is_read_whole() -> None:
    async with open_bench(component("u64")) as bench:
        count = 64 * MIB // VALUE - 1
        assert len(await bench.call("give", count)) == count
    async with open_bench(component("(list u8)")) as bench:
        first, *rest = await bench.call("give", 3)
        assert len(first) == PIECES
        assert rest == [first] * 2


def test_many_bytes_are_read_as_few_are() -> None:
    values = bytes(range(256)) * 700
    array = bytearray(len(values) * capi.VAL)
    array[8 :: capi.VAL] = values
    where = (capi.ctypes.c_char * len(array)).from_buffer(array)
    assert octets_at(capi.ctypes.addressof(where), len(values)) == values


async def test_the_thread_that_polled_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also behind host calls, where a guest that was quick is polled on the loop's thread."""
    inline: list[int] = []

    async def answer(name: str, args: list[Any]) -> Any:
        return [1]

    async with open_bench(component("u64")) as bench:
        await bench.call("give", 1)
        monkeypatch.setattr(poll_meter, "capi", Counting(inline))
        await bench.call("ask", 1, 3, answer=answer)
        assert inline == []  # its result is a number
        await bench.call("give", 1)
        assert len(inline) == 1
        await bench.call("ask-and-give", answer=answer)
        assert len(inline) == 1 + 4


class Counting:
    """capi, with polls in workers counted."""

    def __init__(self, seen: list[int]) -> None:
        self._seen = seen

    def poll(self, future: int) -> bool:
        self._seen.append(future)
        return bool(capi.poll(future))


async def test_the_guest_pays_for_the_reading() -> None:
    async with open_bench(component("u64")) as bench:
        await bench.call("give", 1)
        few = bench.stats.cpu_ns
        await bench.call("give", 500_000)
        assert bench.stats.cpu_ns > few + 10_000_000
        with pytest.raises(GuestError) as caught:
            await bench.call("give", 500_000, limits=Limits(cpu_ns=10_000_000))
        assert caught.value.ending == "cpu"


async def test_the_guest_pays_for_what_goes_in_and_out_of_a_host_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing else counts here: a poll on the loop's thread is worth nothing."""
    monkeypatch.setattr(fiber, "INLINE_CAP_NS", 0)
    monkeypatch.setattr(fiber, "LONG_POLL_NS", 10**12)
    monkeypatch.setattr(fiber, "INLINE_TICKS", 10**6)

    async def used(bench: Bench, count: int, answered: int) -> int:
        async def answer(name: str, args: list[Any]) -> Any:
            assert len(args[0]) == count
            return [7] * answered

        assert await bench.call("ask", count, 2, answer=answer) == answered
        return bench.stats.cpu_ns

    async with open_bench(component("u64")) as bench:
        await used(bench, 1, 1)
        nothing = await used(bench, 1, 1)
        assert await used(bench, 60_000, 1) > nothing + 2_000_000
        assert await used(bench, 1, 60_000) > nothing + 2_000_000


@pytest.mark.parametrize("element", MANY)
async def test_arguments_are_bounded_before_they_are_read(element: str, peak: Any) -> None:
    seen: list[Any] = []

    async def answer(name: str, args: list[Any]) -> Any:
        seen.append(args)
        return []

    async with open_bench(component(element)) as bench:
        assert await bench.call("ask", 2, 1, answer=answer) == 0
        assert len(seen[0][0]) == 2
        tracemalloc.reset_peak()
        assert await bench.call("ask", MANY[element], 2, answer=answer) == 0
        # The guest is told, and lives on.
        assert all(args is UNREAD for args in seen[1:])
        assert len(seen) == 3
        assert peak() < 16 * MIB


async def test_a_text_is_bounded_where_there_is_no_list(peak: Any) -> None:
    wat = """
    (component
      (import "a:b/c@1.0.0" (instance $host (export "say" (func (param "text" string)))))
      (core module $mem (memory (export "memory") 300))
      (core instance $mem (instantiate $mem))
      (core func $say (canon lower (func $host "say") (memory (core memory $mem "memory"))))
      (core module $m
        (import "host" "say" (func $say (param i32 i32)))
        (func (export "ask") (param i32) (call $say (i32.const 0) (local.get 0))))
      (core instance $i (instantiate $m
        (with "host" (instance (export "say" (func $say))))))
      (func (export "ask") (param "size" u32) (canon lift (core func $i "ask"))))"""
    seen: list[Any] = []

    async def answer(name: str, args: list[Any]) -> Any:
        seen.append(args)

    async with open_bench(assemble(wat)) as bench:
        await bench.call("ask", 4 * MIB, answer=answer)
        tracemalloc.reset_peak()
        await bench.call("ask", 4 * MIB + 1, answer=answer)
        assert len(seen[0][0]) == 4 * MIB
        assert seen[1] is UNREAD
        assert peak() < 6 * MIB
