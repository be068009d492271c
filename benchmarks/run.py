"""Look here if you want to know how the bench is run.

    make bench                     everything, about five minutes
    make bench JSON=bench.json     and the same figures as JSON
    python benchmarks/run.py [--json FILE] [--quick] [--only NAME]...

Rule: one run measures everything it compares; figures of two runs are not compared.
Rule: the process looks for garbage as seldom as the process `lion` does.
"""

import argparse
import gc
import json
import os
import platform
import sys
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import trio

from benchmarks.breakdown import measure_parts
from benchmarks.contests import CONTESTS
from benchmarks.long_log import measure_log
from benchmarks.measure import ROUNDS, Contest, hold
from benchmarks.script_guests import measure_starts
from benchmarks.starts import agent_kib, start_parts
from benchmarks.table import Bench, contest_lines, goal_lines, part_lines, to_json
from lion.cli.main import GARBAGE

QUICK_ROUNDS, QUICK_SHARE = 2, 20
AGENTS = 1_000
LONG_LOG = 1_000_000


def machine() -> dict[str, str]:
    """What the figures depend on."""
    found = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
    }
    for package in ("wasmtime", "extism", "extism-sys", "httpx2", "trio"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def read_words(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure lion against others on the same work.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="a look: few rounds of little work")
    parser.add_argument(
        "--only", choices=[c.name for c in CONTESTS], action="append", help="only this contest"
    )
    return parser.parse_args(words)


async def measure(bench: Bench, chosen: list[Contest]) -> None:
    """Hold the contests one after the other, printing each when it is over."""
    for contest in chosen:
        if why := contest.lacks():
            print(f"{contest.title}\n  left out: {why}", end="\n\n", flush=True)
            continue
        count = max(1, contest.count // QUICK_SHARE) if bench.is_quick else contest.count
        times = await hold(contest, bench.rounds, count)
        bench.contests.append(contest)
        bench.results[contest.name] = times
        print("\n".join(contest_lines(contest, times)), end="\n\n", flush=True)


def measure_rest(bench: Bench) -> None:
    """What is no contest: parts of a recorded call, a long log, the memory of a waiting agent."""
    if "recorded_text" in bench.results:
        bench.parts = measure_parts(1_024 if bench.is_quick else 10_240)
        print("where the time of a recorded call goes, beside the bare one")
        print("\n".join(part_lines(bench.parts, "us")), end="\n\n")
        records = LONG_LOG // QUICK_SHARE if bench.is_quick else LONG_LOG
        bench.log = measure_log(records)
        print(f"a log of {records:,} records")
        print("\n".join(part_lines(bench.log, "")), end="\n\n")
    if "start" in bench.results:
        bench.start_parts = start_parts()
        print("modules that lion run imports beside the libraries it is compared with")
        print("\n".join(part_lines(bench.start_parts, "ms")), end="\n\n")
    bench.guest_starts = measure_starts(set(bench.results))
    if bench.guest_starts:
        print("until the first call of such a guest is answered, host and log included")
        print("\n".join(part_lines(bench.guest_starts, "ms")), end="\n\n")
    if "waiting" in bench.results:
        agents = AGENTS // QUICK_SHARE if bench.is_quick else AGENTS
        bench.agent_kib = agent_kib(agents)
        print(f"a waiting agent takes {bench.agent_kib:,.0f} KiB (of {agents:,})\n")


def main(words: list[str]) -> None:
    """Measure, print, write."""
    asked = read_words(words)
    gc.set_threshold(GARBAGE)
    rounds = QUICK_ROUNDS if asked.quick else ROUNDS
    bench = Bench(machine=machine(), rounds=rounds, is_quick=asked.quick)
    print(", ".join(f"{name} {value}" for name, value in bench.machine.items()))
    print(f"CPU time of all threads, {rounds} rounds, contestants in turn\n", flush=True)
    chosen = [c for c in CONTESTS if not asked.only or c.name in asked.only]
    trio.run(partial(measure, bench, chosen))
    measure_rest(bench)
    goals = goal_lines(bench.results)
    if goals:
        print("goals, by the best of the rounds", *goals, sep="\n")
    if asked.json:
        asked.json.write_text(json.dumps(to_json(bench), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
