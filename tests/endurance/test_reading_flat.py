"""Whoever verifies or audits a run needs no more memory for a long one than for a short one."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from benchmarks.long_log import write_run
from lion.log.sqlite import open_sqlite_log

SHORT, LONG = 20_000, 220_000
ROOM_KIB: Final = 8 * 1024
"""What the longer run may take more: 40 bytes a record, less than one has in the log."""
PROGRAM: Final = """
import gc, sys
from pathlib import Path
from lion.cli.main import STARTING, run_command
gc.set_threshold(STARTING)
code = run_command(sys.argv[1:])
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0], file=sys.stderr)
sys.exit(code)
"""


async def written(state: Path, calls: int) -> Path:
    async with open_sqlite_log(state, quota=1 << 40) as log:
        await write_run(log, calls)
    return state


def peak_kib(state: Path, *words: str) -> int:
    """How large a process of its own became that ran such a command."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words, "last", "--state", str(state)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
async def test_a_long_run_takes_no_more_memory_to_read(tmp_path: Path) -> None:
    short = await written(tmp_path / "short", SHORT)
    long = await written(tmp_path / "long", LONG)
    for command in ("verify", "audit"):
        more = peak_kib(long, command) - peak_kib(short, command)
        assert more < ROOM_KIB, f"lion {command}: {more:,} KiB more for {LONG - SHORT:,} records"
