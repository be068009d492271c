"""Look here if you want to know that any bytes that import WASI become a component or are refused,
and cost no more than their size.
"""

import random
import time
from functools import cache

import pytest

from lion.errors import GuestError
from lion.wasm.extism.binary import section, text, unsigned, vector
from lion.wasm.extism.frame import PREAMBLE
from lion.wasm.sections import imports_wasi
from lion.wasm.wasi.adapt import adapt
from tests.wasi.kit import program

NAME = "wasi:cli/exit@0.2.6"


@cache
def _small() -> bytes:
    """A real component's beginning, and what follows its code."""
    data = program("every").read_bytes()
    return data[:12_000]


def _tried(data: bytes) -> bool:
    """Whether it was taken; else it was refused in words."""
    try:
        imports_wasi(data)
        adapt(data)
    except GuestError as exc:
        assert exc.ending == "world"
        assert exc.what
        return False
    return True


def test_the_programs_are_taken() -> None:
    for name in ("tool", "every", "web", "proxy"):
        assert _tried(program(name).read_bytes())


def test_cut_anywhere() -> None:
    data = program("every").read_bytes()
    taken = [at for at in range(9, 12_000, 61) if _tried(data[:at])]
    # Where a section ends, the rest is a component too, though it does nothing.
    assert len(taken) < 5


def test_changed_anywhere() -> None:
    chosen = random.Random(4)
    for _ in range(1_500):
        data = bytearray(_small())
        for _ in range(chosen.randint(1, 4)):
            data[chosen.randrange(8, len(data))] = chosen.randrange(256)
        _tried(bytes(data))


@pytest.mark.parametrize("kind", [6, 7, 10, 11])
def test_counts_that_lie_cost_nothing(kind: int) -> None:
    data = PREAMBLE + section(kind, unsigned(2**32 - 1) + b"\x00" * 20)
    before = time.process_time()
    assert not _tried(data)
    assert time.process_time() - before < 1


def test_types_nested_without_end() -> None:
    inner = b"\x42\x00"
    for _ in range(5_000):
        inner = b"\x42\x01\x01" + inner
    assert not _tried(PREAMBLE + section(7, b"\x01" + inner))


def _importing(name: str, *functions: str) -> bytes:
    """A component that imports an interface with functions of no arguments."""
    declared = [b"\x01\x40\x00\x01\x00", *(b"\x04\x00" + text(f) + b"\x01\x00" for f in functions)]
    types = section(7, b"\x01\x42" + vector(declared))
    return PREAMBLE + types + section(10, b"\x01\x00" + text(name) + b"\x05\x00")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_importing("wasi:keyvalue/store@0.2.0", "open"), "wasi:keyvalue/store@0.2.0"),
        (_importing("wasi:cli/exit@0.2.6", "leave"), "wasi:cli/exit@0.2.6.leave"),
        (_importing("wasi:cli/exit@0.3.0", "exit"), "not here yet"),
        (_importing("wasi:cli/exit@0.1.0", "exit"), "wasi:cli/exit@0.1.0"),
        (_importing("lion:host/none@0.1.0", "f"), "lion:host/none@0.1.0"),
        (_importing("lion:host/fs@0.1.0", "format"), "lion:host/fs@0.1.0.format"),
        (_importing("lion:guest/exit@0.1.0", "finish"), "lion:guest/exit@0.1.0"),
        (_importing("acme:shelf/books@1.0.0", "find"), "acme:shelf/books@1.0.0, with WASI"),
        (PREAMBLE + section(7, b"\x01\x40\x00\x01\x00") + section(
            10, b"\x01\x00" + text("f") + b"\x01\x00"), "without an interface"),
    ],
)  # fmt: skip
def test_what_is_not_here_is_refused_by_name(data: bytes, words: str) -> None:
    with pytest.raises(GuestError) as failure:
        adapt(data)
    assert failure.value.ending == "world"
    assert words in failure.value.what


def test_what_a_name_says_is_shown_escaped() -> None:
    with pytest.raises(GuestError) as failure:
        adapt(_importing("wasi:x/\x1b[31m@0.2.0", "f"))
    assert "\x1b" not in failure.value.what
