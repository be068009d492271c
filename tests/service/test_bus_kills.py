"""Two services in two processes, with a real Redis between: each is killed at named points, and
Redis too. What was sent is read, all of it, once and in order.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

from tests.service.redis_server import RedisServer, redis_in

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
MANY = 20
PATIENCE = 120
"""Seconds after which a process counts as hung."""
READS = "\n".join(["inbox", *["next 0"] * MANY, "poll 0"])
SENDS = "\n".join(["inbox", *(f"send @east/bob {number}" for number in range(MANY))])

Process = subprocess.Popen[str]


class Pair:
    """Where two services live."""

    def __init__(self, folder: Path, redis: RedisServer) -> None:
        self.folder = folder
        self.redis = redis
        self.begun: list[Process] = []

    def begin(self, name: str, point: str = "") -> Process:
        """Start one of them, which dies at a point."""
        agent, lines = ("bob", READS) if name == "east" else ("ann", SENDS)
        words = [str(self.folder / name), name, self.redis.url, agent, lines, point]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.service.bus_process", *filter(None, words)],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ},
        )  # fmt: skip
        self.begun.append(process)
        return process

    def end(self) -> None:
        """Kill what is left."""
        for process in self.begun:
            process.kill()
            process.communicate()


@contextmanager
def _pair(folder: Path) -> Iterator[Pair]:
    with redis_in(folder / "redis") as redis:
        pair = Pair(folder, redis)
        try:
            yield pair
        finally:
            pair.end()


def _line(process: Process) -> str:
    assert process.stdout is not None
    late = Timer(PATIENCE, process.kill)
    late.start()
    try:
        line = process.stdout.readline().strip()
    finally:
        late.cancel()
    assert line, "it ended, or said nothing for too long"
    return line


def _read(process: Process) -> list[str]:
    """What its agent's task gave, after it said that it is ready."""
    line = _line(process)
    found: list[str] = json.loads(_line(process) if line == "ready" else line)
    return found


@pytest.mark.parametrize(
    ("sender", "receiver", "restarts"),
    [("recorded", "read", False), ("written", "arrived", True), ("written", "taken", False)],
)
def test_what_was_sent_is_read_once_whoever_is_killed(
    sender: str, receiver: str, restarts: bool, tmp_path: Path
) -> None:
    with _pair(tmp_path) as pair:
        east = pair.begin("east", receiver)
        assert _line(east) == "ready"
        west = pair.begin("west", sender)
        assert west.wait(PATIENCE) == -signal.SIGKILL
        if restarts:
            pair.redis.stop()
        west = pair.begin("west")
        assert len(_read(west)) == MANY + 1
        if restarts:
            pair.redis.start()
        assert east.wait(PATIENCE) == -signal.SIGKILL
        opened, *heard, left = _read(pair.begin("east"))
        assert (opened, left) == ("opened", "[]")
        assert [json.loads(one)["payload"] for one in heard] == [str(n) for n in range(MANY)]
