"""The process `lion` sets aside what it imported; another program's process is left as it is."""

import gc
import subprocess
import sys

from lion.cli.session import run_trio

PROGRAM = """
import gc
from lion.cli.main import GARBAGE, STARTING
from lion.cli.session import run_trio
gc.set_threshold(STARTING)
async def seen():
    return gc.get_threshold()[0], gc.get_freeze_count()
threshold, frozen = run_trio(seen)
assert threshold == GARBAGE and frozen > 1_000, (threshold, frozen)
"""


def test_what_was_imported_is_set_aside() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_another_programs_garbage_is_its_own() -> None:
    async def seen() -> tuple[int, int]:
        return gc.get_threshold()[0], gc.get_freeze_count()

    before = gc.get_threshold()[0], gc.get_freeze_count()
    assert run_trio(seen) == before
