"""What is said on a disk that is full: a real one, of some hundred kilobytes."""

import shutil
import subprocess
import sys

import pytest

from tests.cli.kit import SECONDS, WASM, Lion

MANIFEST = f"""
name = "full"
[plugins.notes]
component = "{WASM}/notebook.wasm"
allow.kv = {{ bytes = "64 KiB" }}
[[run]]
call = "notes.write"
with = {{ title = "a", text = "b" }}
"""
SCRIPT = """
mount -t tmpfs -o size=400k none "$LION_STATE" || exit 99
say() { "$0" -m lion "$@" >out 2>&1; echo "$? $*"; grep -A1 '^error: ' out; }
say run manifest.toml
head -c 400k /dev/zero >"$LION_STATE/fill" 2>/dev/null
say run manifest.toml
say verify last
say state repair
say forget last
say export last --output "$LION_STATE/export"
rm "$LION_STATE/fill"
say state repair
say verify last
"""


def test_it_is_said_and_nothing_is_lost(lion: Lion) -> None:
    lion.write(MANIFEST)
    lion.state.mkdir()
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", SCRIPT, sys.executable], cwd=lion.folder,
        env=lion.environ, capture_output=True, text=True, timeout=5 * SECONDS, check=False,
    )  # fmt: skip
    if done.returncode == 99 or done.stderr.startswith("unshare: "):
        pytest.skip(f"no file system can be mounted here: {done.stderr}")
    log = lion.state / "log.sqlite"
    full = f"error: the log {log} could not be opened: its disk is full"
    room = "       make room there, or choose another directory with --state DIR"
    lines = done.stdout.splitlines()
    assert lines[:6] == [
        "0 run manifest.toml", "4 run manifest.toml", full, room, "0 verify last",
        "4 state repair",
    ], done  # fmt: skip
    assert lines[6].startswith("error: what verifies of the log cannot be copied: that may take")
    assert lines[7] == "       make room there; nothing was done"
    assert lines[8:11] == ["4 forget last", full, room]
    assert lines[11].startswith("4 export last")
    assert lines[-2:] == ["0 state repair", "0 verify last"]
