"""Look here if you want to know what a guard costs that stands on the way of a call.

    python -m benchmarks.guards

Each is timed with what it guards, and without it, in turns; what is told is the difference of the
best rounds, in CPU time, and its share of a recorded call (config.get) or of a tool's (tools.start
and take, with a fresh instance).
"""

import ctypes
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import process_time_ns
from typing import Any

import trio

from benchmarks.lion_host import open_whole
from lion.domain.memory_sum import process_sum
from lion.domain.plan import Limits
from lion.kernel.handles import HandleTable
from lion.ports import CallStats
from lion.values.wit import Prim, ResultOf
from lion.wasm import runtime
from lion.wasm.bounds import Room
from lion.wasm.crossing import Values
from lion.wasm.engine import build_engine
from lion.wasm.lift import _array, compile_lift, compile_within
from lion.wasm.lower import compile_lower

ROUNDS = 15
COUNT = 20_000
TEXT = Prim("string")
Part = Callable[[int], None]


def _difference(with_it: Part, without: Part, count: int = COUNT) -> float:
    """Microseconds of CPU that the first takes more, each time."""
    best = {with_it: 10.0**12, without: 10.0**12}
    for _ in range(ROUNDS):
        for part in best:
            began = process_time_ns()
            part(count)
            best[part] = min(best[part], process_time_ns() - began)
    return (best[with_it] - best[without]) / count / 1_000


def _held(kind: Any, value: Any) -> Values:
    held = Values(1)
    held.fill([compile_lower(kind, {})], [value], 0)
    return held


def _times(lift: Callable[[], object]) -> Part:
    def part(count: int) -> None:
        for _ in range(count):
            lift()

    return part


def text_bound() -> float:
    """A text is bounded before it is read."""
    held = _held(TEXT, "greeting")
    bounded, at = compile_lift([TEXT]), held.address
    free = _unbounded()
    return _difference(_times(lambda: bounded(at, 0)), _times(lambda: free(at, 0)))


def _unbounded() -> Callable[[int, int], list[Any]]:
    from struct import Struct

    unpack, read = Struct("<8xQQ8x").unpack, ctypes.string_at

    def lift(a: int, c: int) -> list[Any]:
        (size, where) = unpack(read(a, 32))
        return [read(where, size).decode() if size else ""]

    return lift


def room() -> float:
    """A result is read into a room."""
    kind = ResultOf(TEXT, TEXT)
    held = _held(kind, ("ok", "hello world"))
    within, free, at = compile_within([kind]), _array([kind], 32, counted=False), held.address
    return _difference(_times(lambda: within(at, Room(0))), _times(lambda: free(at, 0)))


def poll_checks() -> float:
    """A memory's guest is known, and cut if there is no more for it."""

    class Both:
        inline = crowded = dropped = None

    memories, guest = Both(), Both()

    def checked(count: int) -> None:
        for _ in range(count):
            memories.inline = guest  # type: ignore[assignment]
            if guest.dropped or guest.crowded:
                raise AssertionError

    def bare(count: int) -> None:
        for _ in range(count):
            if guest.dropped:
                raise AssertionError

    return _difference(checked, bare)


async def instances() -> float:
    """Memories are made and counted by lion, and instances wait for their turn."""
    best: dict[bool, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for ours in (True, False):
                took = await _instances(Path(folder), ours)
                best[ours] = min(best.get(ours, took), took)
    return (best[True] - best[False]) / 500 / 1_000


async def _instances(cache: Path, ours: bool) -> int:
    made = runtime.build_engine
    runtime.build_engine = made if ours else lambda memories=None: build_engine()
    try:
        async with runtime.open_runtime(cache) as engine:
            data = (Path(__file__).parents[1] / "plugins-wasm" / "calculator.wasm").read_bytes()
            component = await engine.load(data, "calculator.wasm")
            add = next(e for e in component.exports if e.name == "add")

            async def handle(index: int, args: list[Any]) -> Any:
                return "ok", None

            began = 0
            for number in range(600):
                if number == 100:
                    began = process_time_ns()
                stats = CallStats(memory=process_sum(None))
                await component.call(add, [1, 2], handle, HandleTable(8), Limits(), stats)
            return process_time_ns() - began
    finally:
        runtime.build_engine = made


async def _recorded(tool: str, count: int) -> float:
    async with open_whole() as lion:
        best = 10.0**12
        for _ in range(5):
            began = process_time_ns()
            await lion.run(tool, count)
            best = min(best, process_time_ns() - began)
        return best / count / 1_000


async def main() -> None:
    """Print a line for each."""
    call, tool = await _recorded("config-n", 20_000), await _recorded("tools-n", 500)
    print(f"a recorded call {call:.1f} us, a tool's {tool:.0f} us of CPU")
    parts: list[tuple[Callable[[], float], float]] = [
        (text_bound, call), (poll_checks, call), (room, tool),
    ]  # fmt: skip
    for part, whole in parts:
        cost = part()
        print(f"{cost:7.3f} us {cost / whole:6.1%}  {part.__doc__}")
    waits: Callable[[], Awaitable[float]] = instances
    cost = await waits()
    print(f"{cost:7.3f} us {cost / tool:6.1%}  {instances.__doc__}")


if __name__ == "__main__":
    trio.run(main)
