"""Look here if you want to know how fast a service answers, decides, begins and starts.

    python benchmarks/service.py [--quick] [--json FILE]

Rule: the service is a process of its own, spoken to through its socket, as people do; times are of
the wall, as somebody waits for them, and of the record.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import trio

from benchmarks.long_log import _open, write_run
from lion.domain.events import PluginInvoked, TaskSubmitted
from lion.domain.service_terms import STRATEGIES
from lion.history import open_history
from lion.service.client import Client
from lion.service.queue import Queue, Waiting
from lion.service.schedule import Bounds, choose
from lion.settings import Settings

ROOT = Path(__file__).parents[1]
MANIFEST = f"""
name = "bench"
[plugins.calculator]
component = "{ROOT}/plugins-wasm/calculator.wasm"
[agents.long]
component = "{ROOT}/plugins-wasm/waiter.wasm"
config = {{{{ times = 1, pieces = 0, nanos = 1_000_000_000 }}}}
[agents.short]
component = "{ROOT}/plugins-wasm/waiter.wasm"
config = {{{{ times = 1, pieces = 0, nanos = 50_000_000 }}}}
[agents.stuck]
component = "{ROOT}/plugins-wasm/waiter.wasm"
config = {{{{ times = 1, pieces = 0, nanos = 3_600_000_000_000 }}}}
[system.brief]
use = "shortest-first"
[service]
slots = {{slots}}
strategy = "fifo"
queue = {{queue}}
grace = "0 s"
{{adviser}}
"""
ADD = {"order": {"call": "calculator.add", "arguments": {"a": 1, "b": 2}}}
GOALS = {"ping p99, ms": 50.0, "decision, ms": 1.0, "submit to guest, ms": 5.0, "start, s": 2.0}


@contextmanager
def served(
    folder: Path, *, slots: int = 8, adviser: str = "", queue: int = 1_000
) -> Iterator[tuple[Client, float, int]]:
    """A service in a process of its own, after how many seconds it was ready, and its process."""
    manifest = folder / "manifest.toml"
    line = f'adviser = "{adviser}"' if adviser else ""
    manifest.write_text(MANIFEST.format(slots=slots, adviser=line, queue=queue), "utf-8")
    words = [sys.executable, "-m", "lion", "serve", str(manifest), "--state", str(folder)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        try:
            yield Client(folder), time.perf_counter() - began, process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def decision_ms(count: int) -> dict[str, float]:
    """Milliseconds of a decision over so many that wait, in the median, by strategy."""
    found = {}
    for strategy in STRATEGIES:
        queue = Queue(strategy, ageing_ns=10**9, most=2 * count)
        for i in range(count):
            needs = {"m": i % 3, "n": i % 2}
            queue.join(
                Waiting(id=str(i), by=str(i % 7), priority=i % 256, resources=needs, joined_ns=i)
            )
        laps, bounds = [], Bounds(slots=8, resources={"m": 1})
        for _ in range(200):
            began = time.perf_counter()
            choose(queue, (), bounds, [str(i) for i in range(50)])
            laps.append((time.perf_counter() - began) * 1e3)
        found[strategy] = percentile(laps, 0.5)
    return found


def flood(folder: Path, count: int) -> dict[str, float]:
    """So many tasks are submitted at once, while somebody pings."""
    pings: list[float] = []
    is_over = threading.Event()

    def ping() -> None:
        while not is_over.is_set():
            began = time.perf_counter()
            client.get("ping")
            pings.append((time.perf_counter() - began) * 1e3)
            time.sleep(0.02)

    with served(folder) as (client, _, _):
        pinger = threading.Thread(target=ping)
        pinger.start()
        began = time.perf_counter()
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(lambda _: client.ask("POST", "api", "tasks", body=ADD), range(count)))
        submitted = time.perf_counter() - began
        while client.get("api", "status")["tasks"]["completed"] < count:
            time.sleep(0.1)
        done = time.perf_counter() - began
        is_over.set()
        pinger.join()
    return {
        "ping p50, ms": percentile(pings, 0.5), "ping p99, ms": percentile(pings, 0.99),
        "submitted, 1/s": count / submitted, "done, 1/s": count / done,
    }  # fmt: skip


def crowd(folder: Path, count: int) -> dict[str, float]:
    """So many tasks wait behind one that goes on: what each costs in memory, how long somebody
    waits for a list of all, and how long a ping takes while others have that list.
    """
    pings: list[float] = []
    with served(folder, slots=1, queue=2 * count) as (client, _, process):
        _order(client, "stuck")
        before = _resident_kb(process)
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(lambda _: client.ask("POST", "api", "tasks", body=ADD), range(count)))
        grown = _resident_kb(process) - before
        began = time.perf_counter()
        assert len(client.ask("GET", "api", "tasks")) == count + 1
        listed = (time.perf_counter() - began) * 1e3
        with ThreadPoolExecutor(1) as pool:
            lists = [pool.submit(client.ask, "GET", "api", "tasks") for _ in range(5)]
            while not all(one.done() for one in lists):
                began = time.perf_counter()
                client.get("ping")
                pings.append((time.perf_counter() - began) * 1e3)
    return {
        "waiting, kB each": grown / count, "list of all, ms": listed,
        "ping while listed, ms": percentile(pings, 0.99),
    }  # fmt: skip


def _resident_kb(process: int) -> float:
    """What a process has in memory (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e3


def first_instruction_ms(folder: Path, count: int) -> float:
    """Milliseconds from the record of an order to that of its first guest, in the median, of a
    service that has nothing else to do.
    """
    with served(folder) as (client, _, _):
        for _ in range(count):
            body = {"tool": "add", "arguments": {"a": 1, "b": 2}}
            client.ask("POST", "api", "plugins", "calculator", "invoke", body=body)
    with open_history(Settings(state=folder, cache=folder)) as reader:
        runs = {one.run: next(iter(_invoked(reader, one.run))) for one in reader.runs()}
        laps, asked = [], {}
        for chain in reader.chains():
            for record in reader.records(chain):
                event = record.event()
                if isinstance(event, TaskSubmitted):
                    asked[event.id] = record.time_ns
                elif record.type == "TaskStarted":
                    fields: Any = event
                    laps.append((runs[fields.run] - asked[fields.id]) / 1e6)
    return percentile(laps, 0.5)


def _invoked(reader: Any, run: str) -> Iterator[int]:
    for record in reader.records(run):
        if isinstance(record.event(), PluginInvoked):
            yield record.time_ns


def start_s(folder: Path, records: int) -> float:
    """Seconds until a service is ready, on a log of so many records."""
    trio.run(_open, folder, write_run, records)
    with served(folder) as (_, seconds, _):
        return seconds


def turnaround_ms(folder: Path, adviser: str, count: int) -> float:
    """Milliseconds from order to end in the mean, of long and short tasks in turn."""
    with served(folder, slots=2, adviser=adviser) as (client, _, _):
        for agent in ("long", "short"):  # so that it is known how long they take
            _done(client, [_order(client, agent)])
        ids = [_order(client, "long" if i % 2 == 0 else "short") for i in range(count)]
        tasks = _done(client, ids)
    laps = [(task["ended_ns"] - task["submitted_ns"]) / 1e6 for task in tasks]
    return sum(laps) / len(laps)


def _order(client: Client, agent: str) -> str:
    body = {"order": {"agent": agent, "task": "x"}}
    return str(client.ask("POST", "api", "tasks", body=body)["id"])


def _done(client: Client, ids: Sequence[str]) -> list[dict[str, Any]]:
    tasks = [client.get("api", "tasks", id) for id in ids]
    while not all("end" in task for task in tasks):
        time.sleep(0.05)
        tasks = [client.get("api", "tasks", id) for id in ids]
    return tasks


def measure(*, is_quick: bool) -> dict[str, float]:
    """All figures, by name; their units are in the names."""
    share = 20 if is_quick else 1
    found = {"decision, ms": max(decision_ms(10_000).values())}
    with tempfile.TemporaryDirectory() as folder:
        found |= flood(Path(folder), 1_000 // share)
    with tempfile.TemporaryDirectory() as folder:
        found |= crowd(Path(folder), 10_000 // share)
    with tempfile.TemporaryDirectory() as folder:
        found["submit to guest, ms"] = first_instruction_ms(Path(folder), 100 // share)
    with tempfile.TemporaryDirectory() as folder:
        found["start, s"] = start_s(Path(folder), 1_000_000 // share)
    for name, adviser in (("fifo, ms", ""), ("with advice, ms", "brief")):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = turnaround_ms(Path(folder), adviser, 40 // share + 4)
    return found


def main(words: Sequence[str]) -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few of each, to see that it runs")
    parser.add_argument("--json", type=Path, help="write the figures there")
    asked = parser.parse_args(words)
    found = measure(is_quick=asked.quick)
    for name, value in found.items():
        goal = GOALS.get(name)
        verdict = "" if goal is None else f"  goal {goal:g}: {'yes' if value < goal else 'NO'}"
        print(f"{name:<22} {value:10.3f}{verdict}")
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
