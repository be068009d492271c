"""All memories of an instance together stay within its limit, however many there are; and they are
counted where places are given out.
"""

import itertools
from typing import Any

import pytest
import trio

from lion.domain.plan import MIB, Limits
from lion.errors import GuestError
from lion.wasm import component as component_file
from lion.wasm.admission import MOST, Admission
from lion.wasm.compiler import compile_blocking
from lion.wasm.memories import count_memories
from lion.wasm.offers import offered
from lion.wasm.runtime import open_runtime
from tests.wasm.kit import WAT, assemble, built, open_bench

PAGE = 65_536


def wat(name: str) -> bytes:
    return assemble((WAT / f"{name}.wat").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "memories"),
    [("two-memories", 2), ("many-memories", 3), ("too-many-memories", 24), ("nested-strings", 2)],
)
def test_memories_are_counted_in_the_bytes(name: str, memories: int) -> None:
    assert count_memories(wat(name)) == memories
    assert compile_blocking(wat(name), name).memories == memories


def test_ours_have_one() -> None:
    for name in ("hello", "hello-as", "hostile", "fetcher"):
        assert count_memories(built(name)) == 1, name


@pytest.mark.parametrize("name", ["two-memories", "many-memories"])
@pytest.mark.parametrize("limit", [64 * MIB, 10 * MIB, 3 * PAGE])
async def test_the_sum_of_its_memories_is_within_the_limit(name: str, limit: int) -> None:
    """They grow for as long as they are let."""
    async with open_bench(wat(name), offers=offered()) as bench:
        pages = await bench.call("grow", limits=Limits(memory=limit))
        assert limit - bench.component.memories * PAGE < pages * PAGE <= limit


@pytest.mark.parametrize("counted", [1, 2])
async def test_a_wrong_count_lets_nobody_have_more(
    counted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_runtime(offers=offered()) as runtime:
        loaded = await runtime.load(wat("many-memories"), "many")
        loaded.memories = counted
        with pytest.raises(GuestError) as caught:
            await call(loaded)
    assert caught.value.ending == "exhausted"


async def call(loaded: Any) -> Any:
    from lion.kernel.handles import HandleTable
    from lion.ports import CallStats
    from tests.wasm.kit import refuse

    async def handle(index: int, args: list[Any]) -> Any:
        return await refuse("", args)

    return await loaded.call(loaded.exports[0], [], handle, HandleTable(1), Limits(), CallStats())


async def test_too_many_are_refused_by_name() -> None:
    async with open_runtime(offers=offered()) as runtime:
        with pytest.raises(GuestError) as caught:
            await runtime.load(wat("too-many-memories"), "stranger.wasm")
    assert caught.value.ending == "world"
    assert "'stranger.wasm': an instance has 24 memories, of which 16" in caught.value.what


async def test_who_runs_out_is_told_that_they_share() -> None:
    async with open_bench(wat("two-memories"), offers=offered()) as bench:
        with pytest.raises(GuestError) as caught:
            await bench.call("grow", limits=Limits(memory=PAGE))
    assert caught.value.ending == "memory"
    assert "2 memories" in caught.value.what and "limits" in caught.value.hint


async def test_components_inside_pass_each_other_texts() -> None:
    """Composition of guests of others: what aborted the host before."""
    async with open_bench(wat("nested-strings"), offers=offered()) as bench:
        assert await bench.call("go") == 7


@pytest.mark.parametrize(("memories", "places"), [(1, 1), (2, 2), (3, 2), (4, 3), (16, 9)])
def test_an_instance_of_more_memories_takes_more_places(memories: int, places: int) -> None:
    admission = Admission(places)
    with admission.admit(memories):
        assert (admission.live, admission.taken) == (1, places)
        with pytest.raises(GuestError), admission.admit():
            raise AssertionError("one place too many")
    with pytest.raises(GuestError), Admission(places - 1).admit(memories):
        raise AssertionError("one place too few")
    assert (admission.live, admission.taken) == (0, 0)


def test_addresses_are_enough_for_the_most_there_can_be() -> None:
    each = 4 * 1024 + 64  # MiB of addresses a memory reserves, its guards included
    for memories, instances in itertools.product(range(1, component_file.MEMORIES + 1), [MOST]):
        places = 1 + -(-(memories - 1) // 2)
        assert instances // places * memories * each < 100 * 1024 * 1024


async def test_places_are_taken_by_memories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four places are four instances of one memory, and two of three."""
    async with open_bench(wat("many-memories"), offers=offered(), instances=4) as bench:
        admission = bench.component._shared.admission
        with admission.admit(3), admission.admit(1), pytest.raises(GuestError) as caught:
            await bench.call("grow")
    assert caught.value.ending == "exhausted"


@pytest.mark.parametrize("cut", range(0, 120, 3))
def test_counting_rubbish_ends(cut: int) -> None:
    data = wat("too-many-memories")
    for changed in (data[: len(data) - cut], data[:8] + data[8 + cut :], data + data[cut:]):
        assert 1 <= count_memories(changed) <= 1_000


def test_counting_stops() -> None:
    """A component of two, of two, of two ...: as many as 2 ** 20."""
    inside = "(core module $m (memory 1)) (core instance (instantiate $m))"
    for _ in range(20):
        inside = f"(component $c {inside}) (instance (instantiate $c)) (instance (instantiate $c))"
    assert count_memories(assemble(f"(component {inside})")) == 1_000


@pytest.mark.parametrize("where", ["at the root", "in one interface"])
async def test_lists_are_not_read_in_the_square_of_their_length(where: str) -> None:
    """20,000 imports took 28 s, deaf to a signal: wasmtime counts up to each anew."""
    functions = [f'"f{i}" (func (type $f))' for i in range(20_000)]
    root = "".join(f"(import {one})" for one in functions)
    inner = "".join(f"(export {one})" for one in functions)
    kind = f'(import "a:b/c" (instance (alias outer 1 $f (type $f)) {inner}))'
    data = assemble(f"(component (type $f (func)) {root if where == 'at the root' else kind})")
    async with open_runtime(offers=offered()) as runtime:
        for look in (runtime.load, runtime.survey):
            with trio.fail_after(60), pytest.raises(GuestError, match="more than 2,000"):
                await look(data, "stranger.wasm")


async def test_types_that_are_long_when_written_out_are_refused() -> None:
    """600 bytes that name a type of 2 ** 17 parts: inspect would print 15 MB of schema."""
    types = "".join(f"(type $t{i + 1} (tuple $t{i} $t{i}))" for i in range(16))
    data = assemble(
        f"""(component (type $t0 (tuple u8 u8)) {types}
          (core module $m (memory (export "m") 1) (func (export "f") (param i32))
            (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
          (core instance $i (instantiate $m))
          (func (export "f") (param "x" $t16) (canon lift (core func $i "f")
            (memory (core memory $i "m")) (realloc (core func $i "r")))))"""
    )
    async with open_runtime(offers=offered()) as runtime:
        with trio.fail_after(60), pytest.raises(GuestError, match="100,000 when written out"):
            await runtime.load(data, "stranger.wasm")
