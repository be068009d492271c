"""The component model's own tests, malformed and valid: none ends the compiler or the host, and
each is loaded or refused in one line.
"""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio

from lion.domain.plan import Limits
from lion.errors import GuestError, LionError, OperatorError
from lion.kernel.exports import tool_exports
from lion.kernel.handles import HandleTable
from lion.ports import CallStats
from lion.wasm import compiler
from lion.wasm.compile_ends import MIB
from lion.wasm.component import LoadedComponent
from lion.wasm.lower import LowerError
from lion.wasm.runtime import WasmRuntime, open_runtime
from tests.wasm.wast import SUITE, fetch_crate, of_crate, read_suite

COMPILE_ALL = """
import sys; sys.path += sys.argv[2:]
from lion.wasm.compile_child import compile_component, limit_self
limit_self(240, 999, int(sys.argv[1]))
given, kinds = sys.stdin.buffer, b""
while size := int.from_bytes(given.read(4), "little"):
    kinds += compile_component(given.read(size))[:1]
sys.stdout.buffer.write(kinds)
"""
"""Compiles one component after another: what the child does for one of them."""


def compile_all(components: list[bytes]) -> bytes:
    """The first letter of each answer, in one process within the limits of a child."""
    given = b"".join(len(one).to_bytes(4, "little") + one for one in components)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", COMPILE_ALL, str(512 * MIB), *compiler._roots()],
        input=given + bytes(4), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return done.stdout


def test_the_suite_says_where_it_is_from() -> None:
    suite = read_suite()
    assert len(suite) > 800 and SUITE.stat().st_size < 100_000
    names = set(suite.values())
    for part in ("strings", "fused", "resources", "async/streams", "very-nested", "invalid"):
        assert any(part in name for name in names), part


def test_all_of_the_suite_is_compiled_or_refused() -> None:
    counts = Counter(compile_all(list(read_suite())))
    assert counts[ord("C")] > 300 and counts[ord("R")] > 400
    assert counts.total() == len(read_suite())


async def _refuse(index: int, args: list[Any]) -> Any:
    raise LionError("nobody answers")


async def _start(loaded: LoadedComponent) -> str:
    """Call every tool of a component that takes no argument, and start what takes some."""
    limits = Limits(cpu_ns=200_000_000)
    for export in tool_exports(loaded).values():
        try:
            await loaded.call(export, [], _refuse, HandleTable(10), limits, CallStats())
        except LowerError:
            continue
        except GuestError as exc:
            assert "\n" not in exc.what
    return "loaded"


async def _load(runtime: WasmRuntime, data: bytes, name: str) -> str:
    try:
        return await _start(await runtime.load(data, name, None))
    except (OperatorError, GuestError) as exc:
        assert name in exc.what and "\n" not in exc.what and len(exc.what) < 400
        assert "makes the compiler" not in exc.what, exc.what
        return type(exc).__name__


async def test_those_that_pass_texts_between_their_parts_run(tmp_path: Path) -> None:
    """Each has two memories, or more."""
    chosen = [d for d, name in read_suite().items() if name.endswith("wasmtime/strings.wast")]
    assert len(chosen) >= 3
    async with open_runtime(tmp_path / "cache") as runtime:
        ends = [await _load(runtime, data, "strings.wast") for data in chosen]
        assert "loaded" in ends
        assert runtime.live == 0


@pytest.mark.slow
async def test_all_of_the_suite_is_loaded_and_run_or_refused(tmp_path: Path) -> None:
    ends: Counter[str] = Counter()

    async def some(items: list[tuple[bytes, str]]) -> None:
        for data, name in items:
            ends[await _load(runtime, data, name)] += 1

    items = list(read_suite().items())
    async with open_runtime(tmp_path / "cache") as runtime:
        async with trio.open_nursery() as nursery:
            for share in range(4):
                nursery.start_soon(some, items[share::4])
        assert runtime.live == 0
    assert ends["loaded"] > 200 and ends.total() == len(items)


def _changed(random: Random, data: bytes) -> bytes:
    """A component with some bytes changed, cut out or repeated."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(8, len(changed) + 1)
        match random.randrange(4):
            case 0 if at < len(changed):
                changed[at] = random.randrange(256)
            case 1 if at < len(changed):
                changed[at] ^= 1 << random.randrange(8)
            case 2:
                del changed[at : at + random.randrange(1, 9)]
            case _:
                changed[at:at] = changed[at : at + random.randrange(1, 64)]
    return bytes(changed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_changed_components_are_compiled_or_refused(seed: int) -> None:
    random, suite = Random(seed), [d for d in read_suite() if len(d) > 8]
    compile_all([_changed(random, random.choice(suite)) for _ in range(5_000)])


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("cargo"), reason="cargo fetches the scripts")
def test_the_suite_is_all_that_the_crate_has(tmp_path: Path) -> None:
    assert of_crate(fetch_crate(tmp_path)) == read_suite()
