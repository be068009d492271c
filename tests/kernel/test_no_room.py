"""An instance that the machine has no address space for never began, and its run replays."""

import subprocess
import sys
from pathlib import Path

import pytest

from lion.domain.events import AgentCompleted, AgentError
from lion.errors import OperatorError
from lion.log.sqlite import open_sqlite_reader
from lion.testing import replay_file
from tests.wasm.kit import BUILT, ROOT

WITH_ROOM_FOR_ONE = """
import resource, sys
from pathlib import Path
from lion.blocking import open_host
from lion.errors import LionError

waits = {"component": sys.argv[2], "config": {"nanos": 300_000_000}}
manifest = {"name": "waits", "agents": {"waiter": waits},
            "run": [{"agent": "waiter", "task": "wait"}] * 2}
with open_host(state=sys.argv[1]) as host:
    host.check(manifest)  # Compiled and loaded; no place for a memory is kept yet.
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    room = pages * resource.getpagesize() + int(float(sys.argv[3]) * 1024**3)
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    try:
        host.run(manifest)
    except LionError as exc:
        print(exc.exit_code, exc.what, exc.hint)
"""


def run_with(tmp_path: Path, gibibytes: float) -> str:
    words = [str(tmp_path), str(BUILT / "waiter.wasm"), str(gibibytes)]
    done = subprocess.run(
        [sys.executable, "-c", WITH_ROOM_FOR_ONE, *words], cwd=ROOT, check=True, timeout=120,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and macOS has no such limit")
def test_what_found_no_address_space_never_began(tmp_path: Path) -> None:
    run_with(tmp_path, 6)
    with open_sqlite_reader(tmp_path) as reader:
        events = [record.event() for record in reader.records(reader.find("last"))]
    (error,) = [event for event in events if isinstance(event, AgentError)]
    assert (error.ending, error.began) == ("exhausted", False)
    assert "address space" in error.error and "ulimit -v" in error.hint
    assert len([event for event in events if isinstance(event, AgentCompleted)]) == 1
    assert replay_file(tmp_path / "log.sqlite").identical


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and macOS has no such limit")
def test_where_not_even_one_has_room_nothing_begins(tmp_path: Path) -> None:
    said = run_with(tmp_path, 0.2)
    assert said.startswith("2 a guest needs 4.1 GiB of address space")
    assert "ulimit -v" in said
    with open_sqlite_reader(tmp_path) as reader, pytest.raises(OperatorError):
        reader.find("last")
