"""An instance that the machine has no address space for never began, and its run replays."""

import subprocess
import sys
from pathlib import Path

import pytest

from lion.domain.events import PluginError
from lion.log.sqlite import open_sqlite_reader
from lion.testing import replay_file
from tests.wasm.kit import BUILT, ROOT

CALL_WITHOUT_ROOM = """
import resource, sys
from contextlib import suppress
from pathlib import Path
from lion.blocking import open_host
from lion.errors import GuestError

manifest = {"name": "hello", "plugins": {"hello": {"component": sys.argv[2]}}}
with open_host(state=sys.argv[1]) as host:
    host.check(manifest)  # Compiled and loaded; no place for a memory is kept yet.
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    room = pages * resource.getpagesize() + 200_000_000
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    with suppress(GuestError):
        host.call(manifest, "hello.greet", {"name": "Ann"})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and macOS has no such limit")
def test_what_found_no_address_space_never_began(tmp_path: Path) -> None:
    words = [sys.executable, "-c", CALL_WITHOUT_ROOM, str(tmp_path), str(BUILT / "hello.wasm")]
    subprocess.run(words, cwd=ROOT, check=True, timeout=120)
    with open_sqlite_reader(tmp_path) as reader:
        events = [record.event() for record in reader.records(reader.find("last"))]
    (error,) = [event for event in events if isinstance(event, PluginError)]
    assert (error.ending, error.began) == ("exhausted", False)
    assert "address space" in error.error and "ulimit -v" in error.hint
    assert replay_file(tmp_path / "log.sqlite").identical
