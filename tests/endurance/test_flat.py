"""A process that lives long: what many short runs leave behind in it is nothing."""

import gc
from collections import Counter
from pathlib import Path

import pytest

from lion.host import Host
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.settings import Settings
from lion.wasm import runtime
from tests.endurance.kit import rss
from tests.series import times
from tests.wasm.kit import assemble, cache_directory, open_bench

HELLO = Path(__file__).parents[2] / "plugins-wasm" / "hello.wasm"
MANIFEST = f"""
name = "flat"
[plugins.hello]
component = "{HELLO}"
allow.kv = {{ bytes = "1 MiB" }}
[[run]]
call = "hello.greet"
with = {{ name = "NAME" }}
"""
WARM = 60
LOGS = ("RunQuota", "ReferenceType")
"""What the log keeps of each run that was begun: that it has ended, some hundred bytes. Weak
references keep nothing.
"""


async def runs(host: Host, first: int, count: int) -> None:
    """Each says something else, so that what is kept by what was said shows."""
    for number in range(first, first + count):
        plan = parse_manifest(MANIFEST.replace("NAME", f"n{number}"), path=None)
        assert (await host.run(plan)).exit_code == 0


def objects() -> Counter[str]:
    gc.collect()
    return Counter(type(one).__qualname__ for one in gc.get_objects())


async def grown(tmp_path: Path, count: int) -> tuple[dict[str, int], int]:
    """Objects by type that so many runs left, and bytes."""
    settings = Settings(state=tmp_path / "state", cache=cache_directory())
    async with open_host(settings) as host:
        await runs(host, 0, WARM)
        before, size = objects(), rss()
        await runs(host, WARM, count)
        more = objects() - before
        left = {name: n for name, n in more.items() if n > count // 2 and name not in LOGS}
        return left, rss() - size


async def test_runs_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # trio forgets the deadlines of what has ended a thousand at a time.
    monkeypatch.setattr("trio._core._run.DEADLINE_HEAP_MIN_PRUNE_THRESHOLD", 0)
    left, _ = await grown(tmp_path, 120)
    assert left == {}


@pytest.mark.slow
async def test_thousands_of_runs_leave_nothing_behind(tmp_path: Path) -> None:
    left, size = await grown(tmp_path, times(10_000, sample=2_500))
    assert left == {}
    assert size < 64 * 1024 * 1024


def numbered(number: int) -> bytes:
    return assemble(f"""
    (component
      (import "a:b/c@1.0.0" (instance $host (export "ask" (func (result u32)))))
      (core func $ask (canon lower (func $host "ask")))
      (core module $m (import "host" "ask" (func (result i32)))
        (func (export "give") (result i32) (i32.const {number})))
      (core instance $i (instantiate $m
        (with "host" (instance (export "ask" (func $ask))))))
      (func (export "give") (result u32) (canon lift (core func $i "give"))))""")


async def test_components_and_their_functions_are_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtime, "KEPT", 3)
    async with open_bench(numbered(0)) as bench:
        engine, functions = bench.runtime, bench.component._shared.callbacks._functions
        for number in range(1, 8):
            await engine.load(numbered(number), f"{number}.wasm")
        gc.collect()
        assert len(engine._loaded) == 3
        # The first is still held by the bench.
        assert len(functions) == 4
        assert await bench.call("give") == 0
