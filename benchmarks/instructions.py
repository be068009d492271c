"""Look here if you want to know whether a call has got dearer: instructions, not time.

    python -m benchmarks.instructions           count and compare with what is committed
    python -m benchmarks.instructions --write   write down what is counted now

Five pieces of work run under valgrind. What is compared are instructions of one unit of work (two
sizes of it, so that what is around falls out) as a multiple of a yardstick's, some plain Python
that no change of lion touches: so a processor, a compiler and other work on the machine change
little. Each release of Python has figures of its own.

Rule: what goes by the clock is put out of reach: under valgrind a millisecond is nothing, and how
often the loop yields would be counted instead of the work.
Rule: valgrind is a processor of its own, that can do less than the machine's: what runs in it is
compiled in it.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import trio

from benchmarks.callgrind import Callgrind, counts, is_possible, words

ROOT: Final = Path(__file__).parents[1]
FIGURES: Final = Path(__file__).with_name("instructions.json")
MARGIN: Final = 0.08
"""What a figure may grow before it counts as dearer; two counts differ by up to 3 %."""
SECONDS: Final = 1_200
"""A minute's work, on a machine that is not crowded."""
_FOREVER_NS: Final = 10**15
_YARD: Final = 2_000

Work = Callable[[int], Awaitable[object]]
SIZES: Final = {
    "recorded_text": (20, 1_042), "recorded_number": (20, 1_042), "recorded_rich": (2, 22),
    "host_call_rich": (20, 80), "fresh_call": (5, 25),
}  # fmt: skip
"""Of each contest (contests.py) how much work: the first is taken from the second."""


def _yardstick() -> int:
    """Calls, attributes, dicts, tuples and bytes, as lion's own code has them."""
    seen: dict[tuple[str, int], bytes] = {}
    for number in range(_YARD):
        key = ("yard", number % 7)
        seen[key] = seen.get(key, b"")[:8] + number.to_bytes(4, "little")
    return len(seen)


def _compile_here() -> None:
    from lion.wasm import compiler, freeze
    from lion.wasm.compile_child import compile_component
    from lion.wasm.compile_ends import Ended

    async def run(self: object, data: bytes) -> Ended:
        return Ended(code=0, answer=await trio.to_thread.run_sync(compile_component, data))

    compiler.Compiler._run = run  # type: ignore[method-assign]
    freeze.compile_blocking = lambda data, _: compiler._parse(compile_component(data))  # type: ignore


def _stop_clocks() -> None:
    from lion.log import sqlite
    from lion.wasm import engine, fiber, poll_meter

    for module in (fiber, poll_meter):
        module.LOOP_NS = _FOREVER_NS  # type: ignore[misc]
    fiber.LONG_POLL_NS = _FOREVER_NS
    engine.TICK, sqlite.LINGER_SECONDS = 0.5, 5.0


async def _count() -> None:
    """Run everything once to warm up, then counted; under valgrind."""
    from benchmarks.contests import CONTESTS

    _stop_clocks()
    _compile_here()
    valgrind = Callgrind()
    _yardstick()
    gc.disable()
    with valgrind.counting():
        _yardstick()
    for name, (small, large) in SIZES.items():
        contest = next(one for one in CONTESTS if one.name == name)
        async with contest.open() as works:
            work = next(iter(works.values()))
            await work(small)
            for size in (small, large):
                gc.collect()
                with valgrind.counting():
                    await work(size)


def count() -> dict[str, float]:
    """Each figure: instructions of one unit of work, in yardsticks' thousandths."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        program = [sys.executable, "-m", "benchmarks.instructions", "--counted"]
        fixed = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [*words(out), *program], cwd=ROOT, env=fixed, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr)
        yard, *parts = counts(out)
    found: dict[str, float] = {}
    for at, (name, (small, large)) in enumerate(SIZES.items()):
        each = (parts[2 * at + 1] - parts[2 * at]) / (large - small)
        found[name] = round(each / yard * 1_000, 1)
    return found


def release() -> str:
    """Whose figures are compared."""
    return "{}.{}".format(*sys.version_info)


def committed() -> dict[str, float]:
    """The figures of this release of Python; empty if there are none."""
    known: dict[str, dict[str, float]] = json.loads(FIGURES.read_text("utf-8"))
    return known.get(release(), {})


def dearer(found: dict[str, float], known: dict[str, float]) -> list[str]:
    """What has got dearer than the margin allows, in words."""
    return [
        f"{name}: {figure:g} where {known[name]:g} is committed ({figure / known[name] - 1:+.0%})"
        for name, figure in found.items()
        if name in known and figure > known[name] * (1 + MARGIN)
    ]


def _write(found: dict[str, float]) -> None:
    known = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    known[release()] = found
    FIGURES.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")


def main() -> int:
    """The program."""
    if "--counted" in sys.argv:
        trio.run(_count)
        return 0
    if not is_possible():
        print("error: this needs valgrind, and an x86-64 processor", file=sys.stderr)
        return 2
    found = count()
    if "--write" in sys.argv:
        _write(found)
    known = committed()
    for name, figure in found.items():
        was = f" ({figure / known[name] - 1:+.1%})" if name in known else ""
        print(f"{name:16} {figure:8.1f}{was}")
    worse = dearer(found, known)
    print(*worse, sep="\n", file=sys.stderr)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
