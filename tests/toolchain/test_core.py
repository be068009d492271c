"""The canonical ABI from underneath: what no real host would hand over is refused, and memory that
was handed over is given back.
"""

import struct

import pytest
from wasmtime import Trap, WasmtimeError

from tests.toolchain.core import Core

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


@pytest.mark.slow
def test_a_million_calls_leave_memory_as_it_was() -> None:
    """One instance that is never given up, which is not what lion does with a tool."""
    core = Core("echo-as")
    pages = 0
    for at in range(1_000_000):
        match at % 3:
            case 0:
                assert _echo(core, b"a lion in the grass") == b"a lion in the grass"
            case 1:
                data = struct.pack("<4I", 3, 1, 4, 1)
                core.call("cabi_post_same-words", core.call("same-words", core.give(data), 4))
            case 2:
                texts = [core.give(b"one", 1), 3, core.give(b"three", 1), 5]
                at_texts = core.give(struct.pack("<4I", *texts))
                core.call("cabi_post_same-texts", core.call("same-texts", at_texts, 2))
        if at == 100_000:
            pages = core.pages
    assert core.pages == pages <= 4
