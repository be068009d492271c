"""A service that is killed at any moment under load loses no task and does none twice.

A counting server is the judge: each task's agent-less call posts its own number once.
"""

import http.server
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lion.domain.task import TaskState
from lion.history import open_history
from lion.settings import Settings
from tests.cli.kit import WASM, Lion
from tests.cli.serving import begin, end
from tests.series import times

pytestmark = pytest.mark.slow

KILLS = times(100, sample=6)
TASKS = 12


class Counting(http.server.ThreadingHTTPServer):
    """Counts what is fetched, by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: Counter[str] = Counter()


class Handler(http.server.BaseHTTPRequestHandler):
    server: Counting

    def do_GET(self) -> None:
        self.server.seen[self.path] += 1
        time.sleep(0.02)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def counting() -> Iterator[Counting]:
    with Counting() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    return Lion(tmp_path)


def test_no_task_is_lost_and_none_is_done_twice(lion: Lion) -> None:
    rng = random.Random(20261127)
    submitted: list[str] = []
    with counting() as server:
        port = server.server_address[1]
        path = lion.write(f"""
name = "counted"
[plugins.fetcher]
component = "{WASM}/fetcher.wasm"
allow.http = [{{ url = "GET http://127.0.0.1:{port}/**", addresses = ["127.0.0.1"] }}]
[service]
slots = 3
strategy = "fifo"
""")
        for number in range(KILLS):
            process = begin(lion, path)
            killer = threading.Timer(rng.uniform(0, 1.5), process.send_signal, (signal.SIGKILL,))
            killer.start()
            for task in range(TASKS):
                url = f"http://127.0.0.1:{port}/{number}-{task}"
                key = f"{number}-{task}"
                word = f'{{"url": "{url}"}}'
                found = lion("task", "submit", "fetcher.fetch", word, "--key", key)
                if found.returncode == 0:
                    submitted.append(found.stdout.strip())
            killer.join()
            end(process, signal.SIGKILL)
        _check_the_rest(lion, path, submitted)
        assert max(server.seen.values()) == 1, server.seen.most_common(3)
        assert submitted


def _check_the_rest(lion: Lion, path: Path, submitted: list[str]) -> None:
    """Let what waits come to its end: each that was answered for is there, and all is whole."""
    process = begin(lion, path)
    try:
        while (status := lion.json("status"))["waiting"] or status["working"]:
            time.sleep(0.1)
        tasks = {
            task["id"]: task
            for task in map(_read, lion("task", "list", "--json").stdout.splitlines())
        }
        assert set(submitted) <= set(tasks)
        states = {TaskState(tasks[id]["state"]) for id in submitted}
        assert states <= {TaskState.COMPLETED, TaskState.ABORTED}
        numbers = [tasks[id].get("scheduled", {}).get("decision", 0) for id in submitted]
        assert numbers == sorted(numbers), "fifo: in the order in which they were submitted"
    finally:
        code, err = end(process)
    assert (code, err) == (0, "")
    with open_history(Settings(state=lion.state, cache=lion.folder)) as reader:
        for chain in reader.chains():
            reader.verify(chain)
        for run in reader.runs():
            reader.verify(run.run)


def _read(line: str) -> dict:  # type: ignore[type-arg]
    found: dict = json.loads(line)  # type: ignore[type-arg]
    return found
