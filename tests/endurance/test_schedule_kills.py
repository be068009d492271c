"""A service that is killed at any moment begins each instant of a schedule once, and each message
of a topic once: a server counts what they do.
"""

import json
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from lion.domain.schedule import SECOND
from lion.history import open_history
from lion.service.chain import read_state
from lion.settings import Settings
from tests.cli.kit import WASM, Lion
from tests.cli.serving import begin, end
from tests.endurance.test_service_kills import counting
from tests.series import times

pytestmark = pytest.mark.slow

KILLS = times(50, sample=4)
EACH = 5
"""Messages of one task."""


@pytest.fixture
def lion(tmp_path: Path) -> Lion:
    return Lion(tmp_path)


def _posts(url: str, what: str) -> str:
    """An expression for a program that posts there, once."""
    return f"""='[["http-send", "POST", "{url}/' + {what} + '"]]'"""


def manifest(port: int) -> str:
    url = f"http://127.0.0.1:{port}"
    ticks = json.dumps(_posts(url, "event.at"))
    heard = json.dumps(_posts(url, "'m' + string(event.value)"))
    return f"""
name = "scheduled"
[agents.ann]
component = "{WASM}/probe-bus.wasm"
allow.bus = {{ publish = ["news.*"] }}
[plugins.stepper]
component = "{WASM}/stepper.wasm"
allow.http = [{{ url = "POST {url}/**", addresses = ["127.0.0.1"] }}]
allow.bus = {{ receive = ["news.*"] }}
[schedules.ticks]
every = "1 s"
missed = "each"
at-once = 500
call = "stepper.go"
with = {{ program = {ticks} }}
[schedules.heard]
topic = "news.*"
call = "stepper.go"
with = {{ program = {heard} }}
[service]
slots = 4
[service.bus]
name = "here"
topics = ["news.*"]
"""


def test_each_instant_and_each_message_begins_one_task(lion: Lion) -> None:
    rng = random.Random(20261128)
    with counting() as server:
        path = lion.write(manifest(server.server_address[1]))
        published = 0
        for number in range(KILLS):
            process = begin(lion, path)
            killer = threading.Timer(rng.uniform(0, 3), process.send_signal, (signal.SIGKILL,))
            killer.start()
            lines = "\n".join(f"publish news.a {number * EACH + n}" for n in range(EACH))
            given = lion("task", "submit", "ann", lines, "--key", str(number))
            published += EACH if given.returncode == 0 else 0
            killer.join()
            end(process, signal.SIGKILL)
        _finish(lion, path, published)
        assert max(server.seen.values()) == 1, server.seen.most_common(3)


def _finish(lion: Lion, path: Path, published: int) -> None:
    """Let what waits come to its end: no instant is missing, and no message."""
    process = begin(lion, path)
    try:
        while lion.json("status")["waiting"] or _begun(lion, "heard") < published:
            time.sleep(0.2)
    finally:
        code, err = end(process)
    assert (code, err) == (0, "")
    with open_history(Settings(state=lion.state, cache=lion.folder)) as reader:
        causes = [task.cause for task in read_state(reader).tasks.values() if task.cause]
        for chain in reader.chains():
            reader.verify(chain)
    instants = [one.at_ns for one in causes if one.at_ns]
    assert instants == list(range(instants[0], instants[-1] + 1, SECOND)), instants
    messages = [one.message for one in causes if one.message]
    assert len(messages) == len(set(messages)) >= published


def _begun(lion: Lion, name: str) -> int:
    tasks = map(json.loads, lion("task", "list", "--json").stdout.splitlines())
    return sum(task.get("cause", {}).get("schedule", "").endswith(name) for task in tasks)
