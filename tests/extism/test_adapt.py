"""Look here if you want to know that any bytes become a component or a GuestError, within bounds,
and that what is changed in a module changes nothing of what it does.
"""

import random
import time
from pathlib import Path

import pytest
import wasmtime
from hypothesis import given
from hypothesis import strategies as st

from lion.errors import GuestError
from lion.values.core_modules import Packed, is_core, is_packed, pack, unpack
from lion.values.wit import render_function
from lion.wasm.compiler import compile_blocking
from lion.wasm.extism import module as m
from lion.wasm.extism.adapt import adapt
from lion.wasm.extism.binary import section, unsigned, vector
from lion.wasm.extism.module import read_module
from lion.wasm.extism.rewrite import rewrite
from lion.wasm.extism.types import parse_function
from lion.wasm.offers import offered
from tests.attack.kit import open_arena
from tests.extism.modules import committed

HOST = offered().interfaces
HELLO = (committed() / "hello.wasm").read_bytes()


def _wat(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


def _tried(data: bytes) -> bool:
    """Whether it became a component. Anything but GuestError is a mistake."""
    try:
        return adapt(data, None, HOST) is not None
    except GuestError:
        return False


@given(st.integers(0, len(HELLO) - 1))
def test_truncated_anywhere(end: int) -> None:
    _tried(HELLO[:end])


@given(st.lists(st.tuples(st.integers(8, len(HELLO) - 1), st.integers(0, 255)), max_size=8))
def test_changed_anywhere(changes: list[tuple[int, int]]) -> None:
    data = bytearray(HELLO)
    for at, byte in changes:
        data[at] = byte
    _tried(bytes(data))


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert not _tried(m.HEAD + data)
    _tried(pack(Packed((("a", data), ("b", data)))))


def test_counts_that_lie_cost_nothing() -> None:
    huge = unsigned(0xFFFF_FFFF)
    for kind in (1, 2, 3, 5, 7, 11):
        began = time.process_time()
        _tried(m.HEAD + section(kind, huge))
        assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (section(1, unsigned(m.MOST_TYPES + 1)), "types"),
        (section(2, unsigned(m.MOST_IMPORTS + 1)), "imports"),
        (section(7, unsigned(m.MOST_EXPORTS + 1)), "exports"),
        (section(3, unsigned(m.MOST_FUNCTIONS + 1)), "functions"),
        (section(0, b"\x01a") * (m.MOST_SECTIONS + 1), "sections"),
        (section(1, vector([b"\x60" + unsigned(m.MOST_PARAMS + 1)])), "parameters"),
        (section(7, b"\x01" + unsigned(m.MOST_NAME + 1)), "bytes in a name"),
        (section(1, b"\x01\x5f\x00"), "GC"),
        (section(1, b"\x01\x60\x01\x64\x70\x00"), "function references"),
        (section(2, b"\x01\x01a\x01b\x02\x03\x01\x01"), "threads"),
        (section(2, b"\x01\x01a\x01b\x02\x04\x01"), "memory64"),
    ],
)
def test_what_is_too_much_or_not_carried_is_named(data: bytes, words: str) -> None:
    with pytest.raises(GuestError, match=words):
        adapt(m.HEAD + data, None, HOST)


def test_what_is_offered_is_read_as_it_was_written() -> None:
    for functions in HOST.values():
        for text in functions.values():
            if text != "resource":
                assert render_function(parse_function(text)) == text


def test_the_same_bytes_give_the_same_component() -> None:
    assert adapt(HELLO, None, HOST) == adapt(HELLO, None, HOST)


def test_names_that_are_imported_twice_are_told_apart() -> None:
    text = """(module
      (import "wasi_snapshot_preview1" "sched_yield" (func $a (result i32)))
      (import "wasi_snapshot_preview1" "sched_yield" (func $b (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (result i32) (call $a) (call $b) i32.add))"""
    assert [i.name for i in rewrite(read_module(_wat(text))).imports] == [
        "sched_yield", "sched_yield~2",
    ]  # fmt: skip
    made = adapt(_wat(text), None, HOST)
    assert made is not None
    compile_blocking(made.data, "twice")


def _pieces(offsets: list[tuple[int, str]], extra: str = "") -> bytes:
    data = "".join(f'(data (i32.const {at}) "{text}")' for at, text in offsets)
    return _wat(f'(module (memory (export "memory") 4) {extra} {data})')


def _content(data: bytes) -> bytes:
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    made = wasmtime.Instance(store, wasmtime.Module(engine, data), [])
    memory = made.exports(store)["memory"]
    assert isinstance(memory, wasmtime.Memory)
    return bytes(memory.read(store, 0, 4 * 65_536))


@given(st.integers(0, 2**32))
def test_data_in_fewer_pieces_is_the_same_data(seed: int) -> None:
    chance = random.Random(seed)
    offsets = [(chance.randrange(6_000), "abcdefgh"[: chance.randint(1, 8)]) for _ in range(90)]
    for ordered in (sorted(offsets), offsets):
        before = _pieces(ordered)
        after = rewrite(read_module(before)).data
        assert _content(before) == _content(after)


def test_many_pieces_become_few() -> None:
    before = _pieces([(16 * i, "abcd") for i in range(1_000)])
    after = rewrite(read_module(before)).data
    at = next(at for kind, at, _ in read_module(after).sections if kind == m.DATA)
    assert after[at] == 1 and len(after) > 16_000 - 16
    assert _content(before) == _content(after)


def test_pieces_that_code_names_are_left() -> None:
    extra = "(func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))"
    before = _pieces([(16 * i, "abcd") for i in range(1_000)], extra)
    assert rewrite(read_module(before)).data == before


def test_memory_is_held_to_the_manifests_pages() -> None:
    text = '(module (memory (export "memory") 2 9) (func (export "run")))'
    held = rewrite(read_module(_wat(text)), 2).data
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    made = wasmtime.Instance(store, wasmtime.Module(engine, held), [])
    memory = made.exports(store)["memory"]
    assert isinstance(memory, wasmtime.Memory)
    assert memory.type(store).limits.max == 2
    with pytest.raises(GuestError, match="begins with 2 pages of memory, and may have 1"):
        rewrite(read_module(_wat(text)), 1)


@given(st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=300)), min_size=2, max_size=8))
def test_packed_modules_come_out_as_they_went_in(modules: list[tuple[str, bytes]]) -> None:
    packed = Packed(tuple(modules), 7)
    data = pack(packed)
    assert is_packed(data) and is_core(data)
    assert unpack(data, "x") == packed


async def test_a_packed_file_that_lies_is_refused(tmp_path: Path) -> None:
    whole = pack(Packed((("a", HELLO), ("b", HELLO))))
    async with open_arena(tmp_path) as arena:
        for data in (
            whole[:-5],
            whole[:60],
            whole + b"\x01\x7f",
            whole.replace(b"pages", b"pagez"),
        ):
            with pytest.raises(GuestError, match="cannot be read"):
                await arena.host.inspect(data, "x")
        circle = '(module (import "{}" "f" (func)) (func (export "f")))'
        both = [(n, _wat(circle.format(o))) for n, o in (("a", "b"), ("b", "a"))]
        with pytest.raises(GuestError, match="in a circle"):
            await arena.host.inspect(pack(Packed(tuple(both))), "x")
