"""The canonical ABI from underneath: what no real host would hand over is refused, and memory that
was handed over is given back.
"""

import struct
from typing import Any

import pytest
from wasmtime import Func, Instance, Module, Trap, WasmtimeError, wat2wasm

from lion.domain.plan import Limits
from tests.toolchain.core import Core
from tests.wasm.kit import built, open_bench

REFUSED: list[tuple[str, tuple[int, ...]]] = [
    ("same-bool", (2,)),
    ("same-bool", (-1,)),
    ("same-char", (0xD800,)),
    ("same-char", (0x110000,)),
    ("same-color", (3,)),
    ("same-color", (-1,)),
    ("same-maybe", (2, 0)),
    ("same-result-bare", (2,)),
    ("same-shape", (5, 0, 0, 0, 0, 0, 0, 0, 0)),
]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_value_that_is_none_of_its_type_traps(case: tuple[str, tuple[int, ...]]) -> None:
    name, args = case
    with pytest.raises((Trap, WasmtimeError), match="unreachable"):
        Core("echo-as").call(name, *args)


def test_the_same_with_values_of_the_type_does_not() -> None:
    core = Core("echo-as")
    assert [core.call("same-bool", n) for n in (0, 1)] == [0, 1]
    assert core.call("same-char", 0x1F981) == 0x1F981
    assert core.call("same-color", 2) == 2
    assert core.call("same-result-bare", 1) == 1


@pytest.mark.parametrize("bad", [bytes([2]), bytes([0, 255])])
def test_a_bool_in_a_list_is_looked_at_too(bad: bytes) -> None:
    core = Core("echo-as")
    with pytest.raises((Trap, WasmtimeError), match="unreachable"):
        core.call("same-bools", core.give(bad), len(bad))


def test_numbers_and_flags_lose_the_bits_they_do_not_have() -> None:
    core = Core("echo-as")
    assert core.call("same-u8", 0x1FF) == 0xFF
    assert core.call("same-s8", 0xFF) == -1
    assert core.call("same-few", 0xFF) == 0b111


def _echo(core: Core, text: bytes) -> bytes:
    at = core.call("same-string", core.give(text, 1) if text else 1, len(text))
    where, size = struct.unpack("<II", core.read(at, 8))
    answer = core.read(where, size)
    core.call("cabi_post_same-string", at)
    return answer


def test_text_comes_back_and_memory_stays() -> None:
    core = Core("echo-as")
    for size in [0, 1, 100, 2000, 100_000]:
        assert _echo(core, "🦁ä".encode() * size) == "🦁ä".encode() * size
    before = core.pages
    for _ in range(300):
        _echo(core, b"x" * 100_000)
    assert core.pages == before


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 64), (64, 0), (64, 4096), (4096, 64)])
def test_realloc_keeps_what_fits(old: int, new: int) -> None:
    core = Core("echo-as")
    at = core.call("cabi_realloc", 0, 0, 8, old)
    core.memory.write(core.store, b"\x07" * old, at)
    to = core.call("cabi_realloc", at, old, 8, new)
    assert to % 8 == 0 and to != 0
    assert core.read(to, min(old, new)) == b"\x07" * min(old, new)


DRIVER = """
(module
  (import "guest" "memory" (memory 1))
  (import "guest" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "guest" "same-string" (func $string (param i32 i32) (result i32)))
  (import "guest" "cabi_post_same-string" (func $post-string (param i32)))
  (import "guest" "same-texts" (func $texts (param i32 i32) (result i32)))
  (import "guest" "cabi_post_same-texts" (func $post-texts (param i32)))
  (func $text (param $from i32) (param $size i32) (result i32)
    (local $to i32)
    (local.set $to
      (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $size)))
    (memory.copy (local.get $to) (local.get $from) (local.get $size))
    (local.get $to))
  (func (export "run") (param $from i32) (param $size i32) (param $times i32)
    (local $list i32)
    (loop $again
      (call $post-string
        (call $string (call $text (local.get $from) (local.get $size)) (local.get $size)))
      (local.set $list
        (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 16)))
      (i32.store (local.get $list) (call $text (local.get $from) (local.get $size)))
      (i32.store offset=4 (local.get $list) (local.get $size))
      (i32.store offset=8 (local.get $list) (call $text (local.get $from) (local.get $size)))
      (i32.store offset=12 (local.get $list) (local.get $size))
      (call $post-texts (call $texts (local.get $list) (i32.const 2)))
      (local.set $times (i32.sub (local.get $times) (i32.const 2)))
      (br_if $again (local.get $times)))))
"""
"""Hands text over as a host does, and calls; in WebAssembly, since a million calls from Python
take minutes."""


@pytest.mark.parametrize("calls", [10_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_memory_stays_however_often_it_is_called(calls: int) -> None:
    """One instance that is never given up, which is not what lion does with a tool."""
    core = Core("echo-as")
    module = Module(core.store.engine, wat2wasm(DRIVER))
    given = [core.exports[item.name or ""] for item in module.imports]
    run = Instance(core.store, module, given).exports(core.store)["run"]
    assert isinstance(run, Func)
    text = "a lion 🦁 in the grass ".encode() * 4
    at = core.give(text, 1)
    run(core.store, at, len(text), 10_000)
    before = core.pages
    run(core.store, at, len(text), calls)
    assert core.pages == before <= 8
    assert _echo(core, text) == text


@pytest.mark.parametrize("calls", [1_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
async def test_memory_stays_however_often_it_calls(calls: int) -> None:
    """What the host answers is given back by the guest; a megabyte is enough for any number."""

    async def fetch(name: str, args: list[Any]) -> str:
        return "x" * 100

    limits = Limits(memory=2**20, cpu_ns=None, deadline_ns=None)
    async with open_bench(built("mirror-as")) as bench:
        got = await bench.call("fetch-n", calls, "a lion 🦁", answer=fetch, limits=limits)
    assert got == calls * 100
