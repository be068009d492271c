"""Look here if you want to know how the bench measures what needs a process of its own.

As a program (`python -m benchmarks.starts CACHE AGENTS NANOS`) it runs that many waiting agents
and prints its peak memory in KiB.
"""

import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

ROOT = Path(__file__).parents[1]
_IMPORTS = "import trio, pydantic, wasmtime.component, click"
_LION = ("-m", "lion", "run", "examples/hello/manifest.toml")
_SHOWN = 6
_WAIT_NANOS = 1_000_000_000


class Starts:
    """Processes that start and end, with a home directory of their own."""

    def __init__(self, home: Path) -> None:
        self._cache = home / "agents"
        self._environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}
        # Without bytecode lion would be compiled each time, and what it imports would not.
        spare = ("LION_STATE", "LION_CACHE", "XDG_STATE_HOME", "XDG_CACHE_HOME")
        for name in (*spare, "PYTHONDONTWRITEBYTECODE"):
            self._environment.pop(name, None)

    def _run(self, *args: str) -> str:
        done = subprocess.run(
            [sys.executable, *args],
            env=self._environment,
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    async def lion(self, count: int) -> None:
        """`lion run` of the smallest example."""
        for _ in range(count):
            self._run(*_LION)

    async def imports(self, count: int) -> None:
        """The same libraries imported, and nothing done."""
        for _ in range(count):
            self._run("-c", _IMPORTS)

    def import_times(self, *args: str) -> dict[str, int]:
        """Microseconds each module took by itself, by Python's own account."""
        words = [sys.executable, "-X", "importtime", *args]
        done = subprocess.run(
            words, env=self._environment, cwd=ROOT, check=True, capture_output=True, text=True
        )
        rows = [line.split("|") for line in done.stderr.splitlines() if line.count("|") == 2]
        return {name.strip(): int(own.split(":")[1]) for own, _, name in rows if "self" not in own}

    def peak_kib(self, agents: int, nanos: int) -> int:
        """Peak memory of a process in which that many agents wait at once."""
        words = (str(self._cache), str(agents), str(nanos))
        return int(self._run("-m", "benchmarks.starts", *words))


@contextmanager
def open_starts() -> Iterator[Starts]:
    """Starts in a new home, which goes in the end."""
    with tempfile.TemporaryDirectory() as home:
        yield Starts(Path(home))


def agent_kib(agents: int, nanos: int = _WAIT_NANOS) -> float:
    """KiB that one more waiting agent takes."""
    with open_starts() as starts:
        starts.peak_kib(1, 0)  # Compiling takes more memory than many agents; it is done here.
        return (starts.peak_kib(agents, nanos) - starts.peak_kib(1, nanos)) / (agents - 1)


def start_parts(rounds: int = 5) -> dict[str, float]:
    """Milliseconds of `lion run` in modules that the bare imports lack, by package; most first."""
    best: dict[str, int] = {}
    with open_starts() as starts:
        for _ in range(rounds):
            for name, micros in starts.import_times(*_LION).items():
                best[name] = min(best.get(name, micros), micros)
        common = starts.import_times("-c", _IMPORTS)
    parts: dict[str, float] = {}
    for name in best.keys() - common.keys():
        package = name.partition(".")[0]
        parts[package] = parts.get(package, 0) + best[name] / 1_000
    return dict(sorted(parts.items(), key=lambda part: -part[1])[:_SHOWN])


async def _wait(cache: str, agents: int, nanos: int) -> None:
    from benchmarks.lion_host import open_whole

    async with open_whole(Path(cache)) as lion:
        await lion.wait(agents, nanos)


def _peak_kib() -> int:
    """Of this process. Linux counts what a forking parent held into getrusage's figure."""
    if platform.system() == "Linux":
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if platform.system() == "Darwin" else peak


if __name__ == "__main__":
    trio.run(_wait, sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    print(_peak_kib())
